/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "running/running_vms.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/retry.h"
#include "host/sight.h"
#include "running/walk.h"
#include "vm/command_line.h"

#define CMDLINE_MAX (256 * 1024) /* a guest of many disks has 30 KiB */

struct search {
	const struct host_processes *processes;
	const struct host_cgroups *cgroups;
	const struct running_vms_options *options;
	struct running_vms *vms;
	char *cmdline; /* CMDLINE_MAX bytes */
	int failure;   /* negative errno, described in *error */
	struct text *error;
	bool any_outside;   /* a process of a VM is outside our pid namespace */
	pid_t unreadable;   /* the first unreadable process that may be a VM; 0 if none */
	int unreadable_why; /* negative errno */
};

const struct running_vm *running_vms_find(const struct running_vms *vms, pid_t pid)
{
	for (size_t i = 0; i < vms->count; i++)
		if (vms->list[i].pid == pid)
			return &vms->list[i];
	return NULL;
}

void running_vms_free(struct running_vms *vms)
{
	for (size_t i = 0; i < vms->count; i++)
		free(vms->list[i].cgroup);
	free(vms->list);
	*vms = (struct running_vms){ 0 };
}

static int append(struct running_vms *vms, const struct running_vm *running, const char *cgroup)
{
	/* Grows by powers of two. */
	if ((vms->count & (vms->count - 1)) == 0) {
		size_t room = vms->count ? 2 * vms->count : 1;
		struct running_vm *list = reallocarray(vms->list, room, sizeof(*list));

		if (!list)
			return -ENOMEM;
		vms->list = list;
	}
	char *copy = strdup(cgroup);
	if (!copy)
		return -ENOMEM;
	vms->list[vms->count] = *running;
	vms->list[vms->count++].cgroup = copy;
	return 0;
}

static void set_name(struct running_vm *running, const struct vm_identity *vm, const char *comm)
{
	struct text name;

	text_init(&name, running->name, sizeof(running->name));
	if (vm_stacks[vm->stack].name_is_label && vm->id[0] && vm->display_name[0])
		text_printf(&name, "%s (%s)", vm->id, vm->display_name);
	else if (vm_name_is_whole(vm))
		text_append(&name, vm->name);
	else if (vm->id[0] && !vm->name[0])
		text_append(&name, vm->id);
	else
		text_printf(&name, "%s[%d]", comm, (int)running->pid);
}

/* Distinguishes an unreadable process (EACCES) from one that has exited (ESRCH). */
static bool is_read(struct search *search, pid_t pid, int r)
{
	if (r < 0 && r != -ESRCH && !search->unreadable) {
		search->unreadable = pid;
		search->unreadable_why = r;
	}
	return r == 0;
}

/*
 * Returns whether the command line is a hypervisor's. It is empty while the process executes its
 * program or exits, and if the read ended early: a process without one may still be a VM.
 */
static bool read_command_line(struct search *search, pid_t pid, struct vm_command_line *ret)
{
	struct retry retry = RETRY_ONCE;
	size_t length = 0;
	bool truncated;
	int r;

	do {
		r = host_process_cmdline(search->processes, pid, search->cmdline, CMDLINE_MAX, &length,
					 &truncated);
	} while (r != -ESRCH && retry_again(&retry, r == 0 && length == 0 ? -ENODATA : r));
	if (!is_read(search, pid, r))
		length = 0;
	vm_command_line_parse(ret, search->cmdline, length);
	return ret->stack != VM_STACK_NONE;
}

/*
 * In our own cgroup namespace (cgroup_namespaces(7)) a path outside it begins with "/.." for each
 * level up to the root. The rest is the path in the host's tree, unless the path and our namespace
 * have a common parent below the root. Returns whether the path was outside.
 */
static bool strip_ascent(char *path)
{
	size_t ascent = 0;

	while (strncmp(path + ascent, "/..", 3) == 0 && (path[ascent + 3] == '/' || !path[ascent + 3]))
		ascent += 3;
	memmove(path, path + ascent, strlen(path + ascent) + 1);
	return ascent > 0;
}

/* Length of the first cgroup on the path that is a VM's, or of the whole path if there is none. */
static size_t own_length(const struct vm_places *places, const char *path)
{
	char above[HOST_CGROUP_PATH_MAX];
	size_t length = 0;

	while (path[length]) {
		struct vm_identity vm = { .stack = VM_STACK_NONE };

		length += 1 + strcspn(path + length + 1, "/");
		text_copy(above, length + 1, path);
		if (vm_cgroup_look(&vm, places, above) == VM_CGROUP_VM)
			return length;
	}
	return length;
}

/*
 * Adds a process that may be a VM by its name or by its cgroup `own` (NULL if it has none of its
 * own). Processes that have exited, zombies and helpers are not added.
 */
static void add_named(struct search *search, pid_t pid, const char *comm, const char *own)
{
	struct running_vm running = { .pid = pid };
	struct vm_command_line line;
	struct vm_identity vm;
	char cgroup[HOST_CGROUP_PATH_MAX];
	bool is_v2;

	if (search->failure || !vm_identify(&vm, &search->options->places, own, comm) ||
	    vm.role != VM_ROLE_HYPERVISOR)
		return;
	/*
	 * virt-launcher exits with its VM but is not the VM. An unknown helper in a VM's cgroup is
	 * not the VM either.
	 */
	const bool is_hypervisor = read_command_line(search, pid, &line);
	struct vm_identity by_comm;
	if (!is_hypervisor &&
	    (!vm_identify(&by_comm, NULL, NULL, comm) || by_comm.stack == VM_STACK_KUBEVIRT))
		return;
	if (!is_read(search, pid, host_process_status(search->processes, pid, &running.status)) ||
	    !host_known(running.status.vm_rss_kb))
		return;
	if (!is_read(search, pid, host_process_cgroup(search->processes, pid, cgroup, &is_v2)))
		cgroup[0] = '\0';
	running.is_outside_cgroup_namespace = strip_ascent(cgroup);
	if (!own)
		vm_identify(&vm, &search->options->places, cgroup, comm);
	vm_command_line_identify(&vm, &line);
	running.stack = vm.stack;
	text_copy(running.comm, sizeof(running.comm), comm);
	set_name(&running, &vm, comm);
	memcpy(running.uuid, vm.uuid, sizeof(running.uuid));
	running.own_cgroup_length = own ? strlen(own) : own_length(&search->options->places, cgroup);
	running.memory_known = line.memory_known;
	running.memory_bytes = line.memory_bytes;
	running.max_bytes = line.max_bytes;
	running.hugetlb_bytes = line.hugetlb_bytes;
	search->failure = append(search->vms, &running, cgroup);
	if (search->failure < 0)
		text_append(search->error, "out of memory while listing the VMs");
}

static void add_process(struct search *search, pid_t pid, const char *own)
{
	char comm[HOST_COMM_MAX];

	if (is_read(search, pid, host_process_comm(search->processes, pid, comm)))
		add_named(search, pid, comm, own);
}

static bool add_cgroup(const char *path, void *data)
{
	struct search *search = data;
	pid_t pids[WALK_PIDS_MAX];
	size_t count = 0;

	/* On failure the VM in this cgroup is unknown, and it may be the largest: give up. */
	search->failure = walk_pids(search->cgroups, path, pids, &count, search->error);
	for (size_t i = 0; i < count && search->failure == 0; i++) {
		if (pids[i] == 0)
			search->any_outside = true;
		else if (!running_vms_find(search->vms, pids[i]))
			add_process(search, pids[i], path);
	}
	return search->failure == 0;
}

static int scan_processes(struct search *search)
{
	struct vm_identity vm;
	char comm[HOST_COMM_MAX];
	pid_t pid;
	int r;

	search->vms->by_scan = true;
	rewinddir(search->processes->directory);
	while ((r = host_processes_next((struct host_processes *)search->processes, &pid, search->error)) > 0)
		if (is_read(search, pid, host_process_comm(search->processes, pid, comm)) &&
		    vm_identify(&vm, NULL, NULL, comm) && !running_vms_find(search->vms, pid))
			add_named(search, pid, comm, NULL);
	return r;
}

static int search_all(struct search *search)
{
	int r = 0;

	if (search->cgroups && search->cgroups->memory[0])
		r = walk_vms(search->cgroups, &search->options->places, add_cgroup, search, search->error);
	if (search->failure < 0)
		return search->failure;
	if (r < 0)
		return r;
	/* A /proc other than ours (--procfs) may list processes outside our pid namespace. */
	if (search->options->scan || search->any_outside || search->vms->count == 0)
		r = scan_processes(search);
	return search->failure < 0 ? search->failure : r;
}

/* Not being able to see VMs does not mean that there are none. */
static int complain_if_blind(const struct search *search, struct text *error)
{
	const int why = search->unreadable_why;

	if (why < 0)
		text_printf(error, "/proc/%d: %s", (int)search->unreadable, strerror(-why));
	if (why == -EACCES || why == -EPERM)
		text_append(error, "; the process may be a VM: allow this check to read all processes "
				   "(SELinux, AppArmor)");
	if (why < 0)
		return why;
	if (search->any_outside && search->vms->count == 0) {
		text_append(error, "VMs run outside this container's pid namespace: mount the host's /proc "
				   "and name it with --procfs");
		return -EACCES;
	}
	return 0;
}

int running_vms_read(struct running_vms *ret, const struct host_processes *processes,
		     const struct host_cgroups *cgroups, const struct running_vms_options *options,
		     struct text *error)
{
	struct search search = {
		.processes = processes, .cgroups = cgroups, .options = options, .vms = ret, .error = error
	};

	*ret = (struct running_vms){ 0 };
	int r = host_sight(processes, error);
	if (r < 0)
		return r;
	search.cmdline = malloc(CMDLINE_MAX);
	if (!search.cmdline) {
		text_append(error, "out of memory while listing the VMs");
		return -ENOMEM;
	}
	r = search_all(&search);
	if (r == 0)
		r = complain_if_blind(&search, error);
	free(search.cmdline);
	if (r < 0)
		running_vms_free(ret);
	return r;
}

static bool is_nearer(const struct running_vm_limit *a, const struct running_vm_limit *b)
{
	if (!host_known(a->max_bytes) || !host_known(b->max_bytes))
		return host_known(a->max_bytes);
	/* Compares the fractions without dividing, because a limit may be 0. */
	return (double)a->held_bytes * (double)b->max_bytes > (double)b->held_bytes * (double)a->max_bytes;
}

/* What the cgroup holds. Only VMs with a limit, or with huge pages to be counted apart, need
 * memory.stat. */
static int read_held(uint64_t *ret_held_bytes, uint64_t *ret_hugetlb_bytes, const struct running_vm *running,
		     const struct host_cgroup_memory *memory, const struct host_cgroups *cgroups,
		     const char *path)
{
	struct host_cgroup_stat stat = { .hugetlb_bytes = HOST_ABSENT };
	int r = 0;

	if (host_known(memory->max_bytes) || host_or_zero(running->status.hugetlb_kb) > 0)
		r = host_cgroup_stat(&stat, cgroups, path, NULL);
	if (r < 0 && r != -ENOENT)
		return r;
	*ret_held_bytes = host_subtract(memory->current_bytes, stat.reclaimable_bytes);
	*ret_hugetlb_bytes = stat.hugetlb_bytes;
	return 0;
}

/* One file of a cgroup without a limit, as most VMs have. */
static int read_limit(struct running_vm_limit *ret, const struct running_vm *running,
		      const struct host_cgroups *cgroups, const char *path)
{
	struct host_cgroup_memory memory;

	*ret = (struct running_vm_limit){ .cgroup_length = strlen(path),
					  .held_bytes = HOST_ABSENT,
					  .hugetlb_bytes = HOST_ABSENT };
	int r = host_cgroup_max(&ret->max_bytes, cgroups, path, NULL);
	if (r < 0 || !host_known(ret->max_bytes))
		return r;
	r = host_cgroup_memory(&memory, cgroups, path, NULL);
	if (r < 0)
		return r;
	ret->max_bytes = memory.max_bytes;
	return read_held(&ret->held_bytes, &ret->hugetlb_bytes, running, &memory, cgroups, path);
}

int running_vms_usage(struct running_vm_usage *ret, const struct running_vm *running,
		      const struct running_vm_limit *limit, const struct host_cgroups *cgroups)
{
	char path[HOST_CGROUP_PATH_MAX];
	struct host_cgroup_memory memory;
	struct running_vm_usage usage;

	text_copy(path, limit->cgroup_length + 1, running->cgroup);
	int r = host_cgroup_memory(&memory, cgroups, path, NULL);
	if (r == 0)
		r = read_held(&usage.held_bytes, &usage.hugetlb_bytes, running, &memory, cgroups, path);
	if (r < 0)
		return r;
	usage.high_bytes = memory.high_bytes;
	if (host_cgroup_oom_kills(&usage.oom_kills, cgroups, path, NULL) < 0)
		usage.oom_kills = HOST_ABSENT;
	*ret = usage;
	return 0;
}

int running_vms_limit(struct running_vm_limit *ret, const struct running_vm *running,
		      const struct host_cgroups *cgroups)
{
	char path[HOST_CGROUP_PATH_MAX];
	struct running_vm_limit limit, nearest = { 0 };
	bool found = false;

	text_copy(path, sizeof(path), running->cgroup);
	while (path[0] && strcmp(path, "/") != 0 && strlen(path) >= running->own_cgroup_length) {
		/* In v2 threaded cgroups ("emulator") have no memory controller. */
		const int r = read_limit(&limit, running, cgroups, path);

		if (r < 0 && r != -ENOENT)
			return r;
		if (r == 0 && (!found || !is_nearer(&nearest, &limit))) {
			nearest = limit;
			found = true;
		}
		*strrchr(path, '/') = '\0';
	}
	if (!found)
		return -ENOENT;
	*ret = nearest;
	return 0;
}
