/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_GATHER_MEMORY_H
#define OOM_GATHER_MEMORY_H
/*
 * What is remembered of kills between two runs of a check: the newest kills
 * with their VMs, up to when they were acknowledged, and how the kernel's
 * counter stood.  Without a memory everything but the acknowledgement and what
 * the log has lost since is the same.
 */
#include "base/text.h"
#include "gather/gather.h"

#define MEMORY_VERSION              2
#define MEMORY_KILLS_MAX            512 /* those of the highest worth are kept */
#define MEMORY_MISSING_MAX          16
#define MEMORY_ACKNOWLEDGEMENTS_MAX 16
#define MEMORY_TEXT_MAX             262144 /* bytes, as it is saved */

/* Kills up to this moment have been seen by somebody; those that are remembered say
 * it themselves. */
struct memory_acknowledgement {
	int64_t realtime_usec; /* a little before it was given */
	uint8_t boot_id[16];
	int64_t monotonic_usec; /* kernel time of the newest kill seen then */
	char by[64];
	char comment[256];
};

/* The counter rose between two runs, and no log told why. */
struct memory_missing {
	int64_t realtime_usec; /* of the run that noticed */
	uint64_t count;
	bool acknowledged;
};

/* A state was found damaged or removed, and nobody has acknowledged since. */
struct memory_loss {
	int64_t realtime_usec; /* when that was found; 0: nothing is lost */
	bool removed;
};

struct memory_kill {
	struct oom_kill kill;
	struct vm_identity vm;
	bool acknowledged, unconfirmed;
	bool named; /* `vm` has all that gather_name_vms() has found */
};

struct memory {
	struct gather_account account;
	struct memory_acknowledgement acknowledgements[MEMORY_ACKNOWLEDGEMENTS_MAX]; /* oldest first */
	size_t acknowledgement_count;
	struct memory_loss loss;
	struct memory_missing missing[MEMORY_MISSING_MAX]; /* oldest first */
	size_t missing_count;
	struct memory_kill *kills; /* those of the highest worth first; at most MEMORY_KILLS_MAX */
	size_t kill_count;
	struct gather_forgotten forgotten;
};

/* Takes what was saved apart, in place; rows that mean nothing are passed over.
 * 0 or -ENOMEM. */
int memory_parse(struct memory *memory, char *saved);

/* Writes it as it is saved.  Where not all kills fit, those of the least worth are left
 * out, and that is saved. */
void memory_print(const struct memory *memory, struct text *text);

/* Frees the kills and what they own.  A check that ends with its memory has no need of it. */
void memory_destroy(struct memory *memory);

/* Adds the remembered kills to what was read, so that the log may lose them; one
 * whose time is unknown only if kills are held, for it would never leave a window.
 * 0 or -ENOMEM. */
int memory_add_kills(const struct memory *memory, const struct gather_request *request,
		     struct oom_list *list);

/* The kill as it is remembered, NULL if it is new. */
const struct memory_kill *memory_find(const struct memory *memory, const struct oom_kill *kill);

bool memory_is_acknowledged(const struct memory *memory, const struct oom_kill *kill);

/* By whom: the oldest acknowledgement that covers the kill; NULL if none does, or if it
 * was given within two seconds of the kill and somebody else gave a later one. */
const struct memory_acknowledgement *memory_acknowledgement_of(const struct memory *memory,
							       const struct oom_kill *kill);

/* Says what time it is.  An acknowledgement that lies in the future was given before
 * the clock was set back: of what is killed until then it says nothing, so that from
 * now on it holds for the kills remembered as acknowledged, and by the kernel's clock.
 * And no kill, unrecorded ones included, lies in the future: it would alarm until then. */
void memory_clock_is(struct memory *memory, int64_t now_usec);

/* Unrecorded kills noticed since `since_usec` (KLOG_TIME_UNKNOWN: ever) and not
 * acknowledged. */
uint64_t memory_missing_since(const struct memory *memory, int64_t since_usec);

/* Takes over what this run has seen: of the kills those that are worth the most
 * (gather/select.h), the others are forgotten and that is noted.  0 or -ENOMEM. */
int memory_update(struct memory *memory, const struct gather_request *request,
		  const struct gather_result *result);

/* Takes over the VMs of the kills that memory_update() has kept, after gather_name_vms(). */
void memory_name_vms(struct memory *memory, const struct gather_result *result);

/* Acknowledges all that memory_update() has taken over, what this boot's log had lost
 * before, and a state that was damaged or removed.  Kills that were acknowledged before
 * keep who did it; of more than MEMORY_ACKNOWLEDGEMENTS_MAX the oldest two become one, without a name where
 * they differ. */
void memory_acknowledge(struct memory *memory, const struct gather_request *request, const char *by,
			const char *comment);

#endif
