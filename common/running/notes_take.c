/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "host/cgroup.h"
#include "host/process.h"
#include "host/sight.h"
#include "running/notes.h"
#include "running/walk.h"
#include "state/state.h"
#include "vm/complete.h"

/* The start of a command line is enough: -name and -uuid come before the devices. */
#define CMDLINE_MAX 16384

struct taking {
	const struct file_roots *roots;
	const struct vm_places *places;
	struct host_cgroups cgroups;
	struct host_processes processes;
	struct notes past, now; /* now.list also points to notes in past.room */
	bool kept[NOTES_MAX];   /* past notes whose process runs; they are in now.list */
	bool changed;           /* a process of the past notes has exited, or runs after all */
	bool left_out;          /* there are more than NOTES_MAX running processes */
	bool were_removed;      /* the notes of earlier runs were lost */
	bool blind;             /* not all cgroups could be read: no process counts as gone */
};

static bool is_full(const struct taking *taking)
{
	return taking->now.count == NOTES_MAX;
}

/* There is no room for a running process. */
static bool is_left_out(struct taking *taking)
{
	taking->left_out |= is_full(taking);
	return is_full(taking);
}

static void keep(struct taking *taking, size_t i)
{
	struct note *note = taking->past.list[i];

	if (taking->kept[i] || is_left_out(taking))
		return;
	taking->now.list[taking->now.count++] = note;
	taking->kept[i] = true;
	taking->changed |= note->exited_usec != 0;
	note->exited_usec = 0;
}

static uint64_t inode_of(struct taking *taking, const char *path)
{
	char full[2 * HOST_CGROUP_PATH_MAX];
	struct stat status;

	snprintf(full, sizeof(full), "%s%s", taking->cgroups.memory, path);
	if (stat(full, &status) == 0)
		return (uint64_t)status.st_ino;
	taking->blind |= errno != ENOENT;
	return 0;
}

static bool is_in(const struct note *note, uint64_t inode)
{
	return note->exited_usec == 0 && inode != 0 && note->cgroup_inode == inode;
}

/*
 * Keeps the notes of the same cgroup; a VM that starts again gets a new one. Notes are kept only if
 * the hypervisor is among them, because swtpm or Proxmox's qm may be there before it.
 */
static bool keep_known(struct taking *taking, uint64_t inode)
{
	const struct notes *past = &taking->past;
	struct vm_identity vm;
	bool known = false;

	for (size_t i = 0; i < past->count && !known; i++)
		known = is_in(past->list[i], inode) && vm_identify(&vm, NULL, NULL, past->list[i]->comm);
	for (size_t i = 0; i < past->count && known; i++) {
		if (is_in(past->list[i], inode))
			keep(taking, i);
	}
	return known;
}

static bool read_command_line(const struct taking *taking, pid_t pid, struct vm_command_line *ret)
{
	AUTO_FREE char *cmdline = malloc(CMDLINE_MAX);
	bool truncated;
	size_t length;

	if (!cmdline ||
	    host_process_cmdline(&taking->processes, pid, cmdline, CMDLINE_MAX, &length, &truncated) < 0)
		return false;
	vm_command_line_parse(ret, cmdline, length);
	return true;
}

/*
 * Keeps the note of the same process. It may have executed another program since: libvirt's child
 * becomes a QEMU.
 */
static bool keep_same(struct taking *taking, const struct note *note)
{
	for (size_t i = 0; i < taking->past.count; i++) {
		const struct note *past = taking->past.list[i];

		if (past->pid == note->pid && past->starttime_ticks == note->starttime_ticks &&
		    past->cgroup_inode == note->cgroup_inode && strcmp(past->comm, note->comm) == 0) {
			keep(taking, i);
			return true;
		}
	}
	return false;
}

/* The caller has set pid, comm and cgroup_inode. */
static void note_process(struct taking *taking, const char *path, struct note *note)
{
	const pid_t pid = (pid_t)note->pid;
	struct vm_command_line line;

	if (is_left_out(taking) ||
	    host_process_starttime(&taking->processes, pid, &note->starttime_ticks) < 0 ||
	    keep_same(taking, note))
		return;
	const struct vm_process process = {
		.pid = pid,
		.places = taking->places,
		.cgroup = path,
		.comm = note->comm,
		.command_line = read_command_line(taking, pid, &line) ? &line : NULL,
	};
	if (vm_identify_living(&note->vm, &process, taking->roots))
		*notes_add(&taking->now) = *note;
}

static bool note_cgroup(const char *path, void *data)
{
	struct taking *taking = data;
	pid_t pids[WALK_PIDS_MAX];
	const uint64_t inode = inode_of(taking, path);

	if (is_left_out(taking))
		return false;
	if (!keep_known(taking, inode)) {
		size_t count = 0;

		if (walk_pids(&taking->cgroups, path, pids, &count, NULL) < 0)
			taking->blind = true;
		for (size_t i = 0; i < count; i++) {
			struct note note = { .pid = pids[i], .cgroup_inode = inode };

			if (host_process_comm(&taking->processes, pids[i], note.comm) == 0)
				note_process(taking, path, &note);
		}
	}
	return true;
}

static bool is_noted(const struct taking *taking, int64_t pid)
{
	for (size_t i = 0; i < taking->now.count; i++) {
		if (taking->now.list[i]->pid == pid)
			return true;
	}
	return false;
}

/*
 * VMs without a cgroup of their own are known by their processes. They are found only by callers
 * that look at every process.
 */
static void note_others(struct taking *taking, const struct running_vms *vms)
{
	uint64_t starttime_ticks;

	for (size_t i = 0; i < taking->past.count; i++) {
		const struct note *note = taking->past.list[i];

		if (note->cgroup_inode == 0 && note->exited_usec == 0 && !is_noted(taking, note->pid) &&
		    host_process_starttime(&taking->processes, (pid_t)note->pid, &starttime_ticks) == 0 &&
		    starttime_ticks == note->starttime_ticks)
			keep(taking, i);
	}
	for (size_t i = 0; vms && i < vms->count; i++) {
		const struct running_vm *running = &vms->list[i];

		if (is_noted(taking, running->pid))
			continue;
		struct note note = { .pid = running->pid };
		memcpy(note.comm, running->comm, sizeof(note.comm));
		note_process(taking, running->cgroup, &note);
	}
}

/*
 * Adds the exited processes after the running ones. Those found missing now come first, because
 * past.list begins with what ran then. So the latest comes first.
 */
static void mark_exited(struct taking *taking)
{
	const int64_t now_usec = clock_usec(CLOCK_BOOTTIME);

	for (size_t i = 0; i < taking->past.count && !is_full(taking); i++) {
		struct note *note = taking->past.list[i];

		if (taking->kept[i])
			continue;
		taking->now.list[taking->now.count++] = note;
		if (note->exited_usec != 0 || taking->blind)
			continue;
		note->exited_usec = now_usec;
		taking->changed = true;
	}
}

static void look_around(struct taking *taking, const struct running_vms *vms)
{
	const int found = host_cgroups_find(&taking->cgroups, taking->roots, NULL);

	if (found < 0)
		taking->blind = found != -ENOENT;
	else if (taking->cgroups.memory[0] &&
		 walk_vms(&taking->cgroups, taking->places, note_cgroup, taking, NULL) < 0)
		taking->blind = true;
	note_others(taking, vms);
	mark_exited(taking);
}

static bool is_as_before(const struct taking *taking)
{
	if (taking->changed || taking->now.count != taking->past.count)
		return false;
	for (size_t i = 0; i < taking->now.count; i++) {
		if (taking->now.list[i] != taking->past.list[i])
			return false;
	}
	return true;
}

static int save(const struct notes *notes, struct state *state)
{
	AUTO_FREE char *buffer = malloc(NOTES_TEXT_MAX);
	struct text text;

	if (!buffer)
		return -ENOMEM;
	text_init(&text, buffer, NOTES_TEXT_MAX);
	notes_print(notes, &text);
	return state_save(state, text.data, text.length);
}

/* Reads, merges and writes under one lock, so that concurrent checks lose nothing. */
static int take(struct taking *taking, const struct running_vms *vms, struct state *state)
{
	int r = notes_load(&taking->past, state);

	if (r < 0)
		return r;
	taking->were_removed = state->found == STATE_LOST;
	look_around(taking, vms);
	return is_as_before(taking) && !state_is_lost(state) ? 0 : save(&taking->now, state);
}

static void take_with_state(struct taking *taking, const struct running_vms *vms, struct text *failure)
{
	struct state state;
	TEXT_ON_STACK(name, STATE_NAME_MAX + 1);

	/* VMs are looked at only if the result can be saved, because it is expensive. */
	state_name(&name, NOTES_NAME, taking->roots);
	if (state_open(&state, NOTES_PROGRAM, name.data, NOTES_VERSION) == 0 &&
	    take(taking, vms, &state) == -ENOMEM)
		text_append(failure, strerror(ENOMEM));
	state_close(&state);
	text_append(failure, state.failure.reason);
	if (taking->were_removed && failure->length == 0) {
		state_append_loss(failure, &state, true);
		text_append(failure, "; processes that exited before cannot be named");
	}
}

void notes_take(const struct file_roots *roots, const struct vm_places *places, const struct running_vms *vms,
		struct text *failure)
{
	AUTO_FREE struct taking *taking = calloc(1, sizeof(*taking));

	if (!taking) {
		text_append(failure, strerror(ENOMEM));
		return;
	}
	taking->roots = roots;
	taking->places = places;
	/* A pid is only meaningful within one boot. The log has pids of the initial namespace. */
	if (notes_init(&taking->past, roots) == 0 && notes_init(&taking->now, roots) == 0 &&
	    host_processes_open(&taking->processes, roots, NULL) == 0) {
		if (host_sight_namespace(&taking->processes, failure) == 0)
			take_with_state(taking, vms, failure);
		if (taking->left_out && failure->length == 0)
			text_printf(failure, "VMs have more than %d processes: not all were recorded",
				    NOTES_MAX);
		host_processes_close(&taking->processes);
	}
	notes_free(&taking->past);
	notes_free(&taking->now);
}
