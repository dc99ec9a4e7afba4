/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_GATHER_SAVED_H
#define OOM_GATHER_SAVED_H
/*
 * What a check remembers of kills between runs: the kills of the highest worth with their VMs, up
 * to when kills were acknowledged, and the state of the kernel's counter.  Without a memory only
 * acknowledgements, and kills that the log has lost since, are missing.
 */
#include "base/text.h"
#include "gather/gather.h"

#define SAVED_VERSION              2
#define SAVED_KILLS_MAX            512 /* those of the highest worth are kept */
#define SAVED_MISSING_MAX          16
#define SAVED_ACKNOWLEDGEMENTS_MAX 16
#define SAVED_TEXT_MAX             262144 /* bytes, as saved */

/* Acknowledges kills up to this moment.  Remembered kills have a flag of their own. */
struct saved_acknowledgement {
	int64_t realtime_usec; /* two seconds before it was given, or KLOG_TIME_UNKNOWN after the clock
			        * was set back */
	uint8_t boot_id[16];
	int64_t monotonic_usec; /* kernel time of the newest kill of that boot then remembered */
	char by[64];
	char comment[256];
};

/* The counter rose between two runs, and no log has a line for it. */
struct saved_missing {
	int64_t realtime_usec; /* of the run that noticed it */
	uint64_t count;
	bool acknowledged;
};

/* A state file was found damaged or removed, and this has not been acknowledged. */
struct saved_loss {
	int64_t realtime_usec; /* when it was found; 0: nothing is lost */
	bool removed;
};

struct saved_kill {
	struct oom_kill kill;
	struct vm_identity vm;
	bool acknowledged, unconfirmed;
	bool named; /* `vm` includes the results of gather_name_vms() */
};

struct saved_kills {
	struct gather_account account;
	struct saved_acknowledgement acknowledgements[SAVED_ACKNOWLEDGEMENTS_MAX]; /* oldest first */
	size_t acknowledgement_count;
	struct saved_loss loss;
	struct saved_missing missing[SAVED_MISSING_MAX]; /* oldest first */
	size_t missing_count;
	struct saved_kill *kills; /* highest worth first; at most SAVED_KILLS_MAX */
	size_t kill_count;
	struct gather_forgotten forgotten;
};

/* Parses saved text in place; unknown rows are skipped.  0 or -ENOMEM. */
int saved_parse(struct saved_kills *saved, char *content);

/* Prints the memory in the saved format.  Kills that do not fit are left out, those of the least
 * worth first, and this is recorded in the text. */
void saved_print(const struct saved_kills *saved, struct text *text);

/* Frees the kills and what they own.  Not needed by a check that exits anyway. */
void saved_destroy(struct saved_kills *saved);

/* Adds the remembered kills to those read, so that a kill stays known after the log has lost it.  A
 * kill whose time is unknown is added only if kills are held, because it would never leave a
 * window.  0 or -ENOMEM. */
int saved_add_kills(const struct saved_kills *saved, const struct gather_request *request,
		    struct oom_list *list);

/* The remembered form of the kill; NULL if it is new. */
const struct saved_kill *saved_find(const struct saved_kills *saved, const struct oom_kill *kill);

bool saved_is_acknowledged(const struct saved_kills *saved, const struct oom_kill *kill);

/* The oldest acknowledgement that covers the kill.  NULL if none does, or if it was given within
 * two seconds of the kill and somebody else gave a later one. */
const struct saved_acknowledgement *saved_acknowledgement_of(const struct saved_kills *saved,
							     const struct oom_kill *kill);

/* Handles a wall clock that was set back: an acknowledgement dated in the future then holds only
 * for kills remembered as acknowledged and by the kernel's clock.  Future times of kills,
 * unrecorded ones included, are set to now, because they would alarm until then. */
void saved_clock_is(struct saved_kills *saved, int64_t now_usec);

/* The number of unacknowledged unrecorded kills noticed since `since_usec` (KLOG_TIME_UNKNOWN:
 * all). */
uint64_t saved_missing_since(const struct saved_kills *saved, int64_t since_usec);

/* Stores the results of this run.  Of the kills, those of the highest worth are kept
 * (gather/select.h); the others are recorded as forgotten.  0 or -ENOMEM. */
int saved_update(struct saved_kills *saved, const struct gather_request *request,
		 const struct gather_result *result);

/* Stores the VMs of the kills that saved_update() has kept, after gather_name_vms(). */
void saved_name_vms(struct saved_kills *saved, const struct gather_result *result);

/* Acknowledges everything that saved_update() has stored, what this boot's log had lost before,
 * and a damaged or removed state.  Kills that were acknowledged before keep their acknowledgement.
 * Beyond SAVED_ACKNOWLEDGEMENTS_MAX the oldest two are merged; a name or comment in which they
 * differ is dropped. */
void saved_acknowledge(struct saved_kills *saved, const struct gather_request *request, const char *by,
		       const char *comment);

#endif
