/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_MACHINES_NOTES_H
#define OOM_MACHINES_NOTES_H
/*
 * Notes which processes are VMs, and whose, while they live.  Of more than ten
 * kills in five seconds the kernel names no cgroup (its reports are rate-limited,
 * the Killed lines are not), and a scope is gone with its VM: then the pid is all
 * there is, and the note tells whose it was.
 *
 * Every check that looks at VMs takes notes and check_oom_kills reads them, in
 * one memory of the user's beside check_oom_kills' own.  One of the dead is kept
 * while there is room: who forgot it at once, as its cgroup has gone, would be
 * faster than the check that needs it.
 */
#include "base/file.h"
#include "base/text.h"
#include "machines/machines.h"
#include "vm/identity.h"

#define NOTES_VERSION  1
#define NOTES_MAX      512    /* processes; of the dead those that died last */
#define NOTES_TEXT_MAX 262144 /* bytes, as they are saved */

/* A VM's process, or a helper's. */
struct note {
	int64_t pid;
	uint64_t starttime_ticks; /* since boot, in sysconf(_SC_CLK_TCK) */
	uint64_t cgroup_inode;    /* of the VM's own cgroup; 0: it has none */
	int64_t gone_usec;        /* time since boot when it was first missed; 0: it lives */
	char comm[HOST_COMM_MAX];
	struct vm_identity vm;
};

struct notes {
	uint8_t boot_id[16];
	size_t count;
	struct note **list; /* of NOTES_MAX: the living, then the dead, who died last first */
	struct note *room;  /* for NOTES_MAX, filled from its begin on; not all are listed here */
	size_t room_used;
};

/* Reads what was noted in this boot.  0 or -ENOMEM; what cannot be read holds
 * nothing.  Free it in any case. */
int notes_read(struct notes *ret, const struct file_roots *roots);
void notes_free(struct notes *notes);

struct notes_death {
	int64_t pid;
	const char *comm;
	const uint8_t *boot_id; /* of 16 bytes */
	int64_t kernel_usec;    /* by the clock of the kernel's log */
};

/*
 * Whose process died there, NULL if nobody's that was noted: of the same boot,
 * pid and name, started before, and not known to be gone by then.
 */
const struct vm_identity *notes_find(const struct notes *notes, const struct notes_death *death);

/*
 * Notes who lives now, and that others are gone.  VMs are found by their cgroups,
 * one that is known already costs a stat(2); `machines` (NULL: none) are those
 * that the caller has found in whatever way.  Nothing is written while nothing
 * changes.  Why nothing, or not every VM, can be noted is appended to *failure.
 */
void notes_take(const struct file_roots *roots, const struct vm_places *places,
		const struct machines *machines, struct text *failure);

/* As they are saved.  notes_parse() takes it apart, in place: rows that mean
 * nothing and another boot's are passed over, as is what is more than NOTES_MAX.
 * notes_print() leaves out, from the end, what does not fit. */
void notes_parse(struct notes *notes, char *saved);
void notes_print(const struct notes *notes, struct text *text);

struct state;

/* Inside this room: room for notes of this boot; 0, -ENOMEM, or -ENOENT or such
 * where the boot is not known; and what a state that is open holds of them,
 * 0 or -ENOMEM. */
int notes_init(struct notes *ret, const struct file_roots *roots);
struct note *notes_add(struct notes *notes); /* one more, empty; NULL: there are NOTES_MAX */
int notes_load(struct notes *notes, struct state *state);

#define NOTES_PROGRAM "check_oom_kills"
#define NOTES_NAME    "vms"

#endif
