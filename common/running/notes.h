/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_RUNNING_NOTES_H
#define OOM_RUNNING_NOTES_H
/*
 * Notes which processes belong to which VM while they run.
 *
 * After ten kills in five seconds the kernel reports no cgroup for further ones: its reports are
 * rate-limited, the "Killed process" lines are not. The VM's scope is removed when the VM exits.
 * Then only the pid is left, and the note shows whose it was.
 *
 * Every check that looks at VMs takes notes, and check_oom_kills reads them, in one state file per
 * user beside check_oom_kills' own. Notes of exited processes are kept while there is room:
 * otherwise whichever check runs first after a kill would drop the note before check_oom_kills
 * needs it.
 */
#include "base/file.h"
#include "base/text.h"
#include "running/running_vms.h"
#include "vm/identity.h"

#define NOTES_VERSION  1
#define NOTES_MAX      512    /* processes; of those that exited, the latest */
#define NOTES_TEXT_MAX 262144 /* bytes, as saved */

/* A process of a VM, which may be a helper. */
struct note {
	int64_t pid;
	uint64_t starttime_ticks; /* since boot, sysconf(_SC_CLK_TCK) per second */
	uint64_t cgroup_inode;    /* of the VM's own cgroup; 0 if it has none */
	int64_t exited_usec;      /* time since boot when it was first found missing; 0 while it runs */
	char comm[HOST_COMM_MAX];
	struct vm_identity vm;
};

struct notes {
	uint8_t boot_id[16];
	size_t count;
	struct note **list; /* NOTES_MAX entries: running processes, then exited ones, the latest first */
	struct note *room;  /* NOTES_MAX notes, filled from the start; not all of them are in `list` */
	size_t room_used;
};

/*
 * Reads the notes of this boot. Returns 0 or -ENOMEM; notes that cannot be read count as none. Call
 * notes_free() in either case.
 */
int notes_read(struct notes *ret, const struct file_roots *roots);
void notes_free(struct notes *notes);

struct notes_death {
	int64_t pid;
	const char *comm;
	const uint8_t *boot_id; /* 16 bytes */
	int64_t kernel_usec;    /* on the clock of the kernel's log */
};

/*
 * Returns the VM that the process belonged to, or NULL if it was not noted. The note must have the
 * same boot, pid and comm; its process must have started before the death and must not have been
 * found missing before it.
 */
const struct vm_identity *notes_find(const struct notes *notes, const struct notes_death *death);

/*
 * Notes the processes of running VMs, and that others have gone. VMs are found by their cgroups;
 * one that is already noted costs a stat(2). `vms` (may be NULL) are VMs that the caller has
 * found in any way. Nothing is written if nothing has changed. If nothing, or not every VM, can be
 * noted, the reason is appended to *failure.
 */
void notes_take(const struct file_roots *roots, const struct vm_places *places, const struct running_vms *vms,
		struct text *failure);

/*
 * Notes in their saved form. notes_parse() modifies `saved`, and skips invalid rows, those of
 * another boot and those beyond NOTES_MAX. notes_print() leaves out, from the end, what does not
 * fit.
 */
void notes_parse(struct notes *notes, char *saved);
void notes_print(const struct notes *notes, struct text *text);

struct state;

/*
 * Internal to running/. notes_init() allocates room for notes of this boot; it returns 0, -ENOMEM,
 * or -ENOENT or the like if the boot id is unknown. notes_load() adds the notes from an open state;
 * it returns 0 or -ENOMEM.
 */
int notes_init(struct notes *ret, const struct file_roots *roots);
struct note *notes_add(struct notes *notes); /* adds an empty note; NULL if there are NOTES_MAX */
int notes_load(struct notes *notes, struct state *state);

#define NOTES_PROGRAM "check_oom_kills"
#define NOTES_NAME    "vms"

#endif
