/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gather/living.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "host/cgroup.h"
#include "host/process.h"
#include "vm/complete.h"

/* A VM's cgroup holds the VM and its helpers. */
#define PROCESSES_MAX 32

/* Of a command line: -name and -uuid stand before the devices. */
#define CMDLINE_MAX 16384

/* The first folders of the paths that VMs live below: systemd's machined,
 * libvirt without systemd, Proxmox. */
static const char *const parents[] = { "/machine.slice", "/machine", "/qemu.slice" };

struct search {
	const struct memory *past;
	struct memory_vm *vms; /* MEMORY_VMS_MAX */
	size_t count;
	const struct file_roots *roots;
	struct host_cgroups cgroups;
	struct host_processes processes;
};

static uint64_t inode_of(const struct search *search, const char *path)
{
	char full[2 * HOST_CGROUP_PATH_MAX];
	struct stat status;

	snprintf(full, sizeof(full), "%s%s", search->cgroups.memory, path);
	return stat(full, &status) == 0 ? (uint64_t)status.st_ino : 0;
}

/* Those noted of the same cgroup: a VM that starts again gets a new one. */
static bool keep_known(struct search *search, uint64_t inode)
{
	const size_t before = search->count;

	for (size_t i = 0; i < search->past->vm_count && search->count < MEMORY_VMS_MAX; i++) {
		if (search->past->vms[i].cgroup_inode == inode)
			search->vms[search->count++] = search->past->vms[i];
	}
	return search->count > before;
}

static bool read_command_line(struct search *search, pid_t pid, struct vm_command_line *ret)
{
	char cmdline[CMDLINE_MAX];
	bool truncated;
	size_t length;

	if (host_process_cmdline(&search->processes, pid, cmdline, sizeof(cmdline), &length, &truncated) < 0)
		return false;
	vm_command_line_parse(ret, cmdline, length);
	return true;
}

static void note_process(struct search *search, const char *path, uint64_t inode, pid_t pid)
{
	struct memory_vm *vm = &search->vms[search->count];
	struct host_process_stat stat;
	char comm[HOST_COMM_MAX];

	if (search->count == MEMORY_VMS_MAX || host_process_comm(&search->processes, pid, comm) < 0 ||
	    host_process_stat(&search->processes, pid, &stat) < 0)
		return;
	*vm = (struct memory_vm){ .pid = pid,
				  .starttime_ticks = stat.starttime_ticks,
				  .cgroup_inode = inode };
	struct vm_command_line line;
	const struct vm_process process = {
		.pid = pid,
		.cgroup = path,
		.comm = comm,
		.command_line = read_command_line(search, pid, &line) ? &line : NULL,
	};
	struct text text;
	text_init(&text, vm->comm, sizeof(vm->comm));
	text_append(&text, comm);
	search->count += vm_identify_living(&vm->vm, &process, search->roots);
}

static enum host_walk on_cgroup(const char *path, const char *name, void *data)
{
	struct search *search = data;
	struct vm_identity vm;
	pid_t pids[PROCESSES_MAX];
	size_t count = 0;

	(void)name;
	if (!vm_identify(&vm, path, NULL))
		return HOST_WALK_DESCEND;
	const uint64_t inode = inode_of(search, path);
	if (!keep_known(search, inode) &&
	    host_cgroup_pids(&search->cgroups, path, pids, PROCESSES_MAX, &count, NULL) == 0) {
		for (size_t i = 0; i < count; i++)
			note_process(search, path, inode, pids[i]);
	}
	return search->count < MEMORY_VMS_MAX ? HOST_WALK_PASS : HOST_WALK_STOP;
}

void living_note(struct memory *memory, const struct file_roots *roots)
{
	struct search search = { .past = memory, .roots = roots };

	if (host_cgroups_find(&search.cgroups, roots, NULL) < 0 || search.cgroups.memory[0] == '\0' ||
	    host_processes_open(&search.processes, roots, NULL) < 0)
		return;
	search.vms = malloc(MEMORY_VMS_MAX * sizeof(search.vms[0]));
	for (size_t i = 0; search.vms && i < sizeof(parents) / sizeof(parents[0]); i++)
		host_cgroup_walk(&search.cgroups, parents[i], on_cgroup, &search, NULL);
	host_processes_close(&search.processes);
	if (search.vms) {
		memcpy(memory->vms, search.vms, search.count * sizeof(search.vms[0]));
		memory->vm_count = search.count;
	}
	free(search.vms);
}
