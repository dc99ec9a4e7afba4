/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "state/owner.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "state/inside.h"

int state_owner_find(struct state_owner *ret, const char *user, struct text *error)
{
	/* cppcheck-suppress getpwnamCalled ; there are no threads */
	const struct passwd *entry = geteuid() == 0 ? getpwnam(user) : NULL;

	if (geteuid() != 0) {
		text_append(error, "only root can work on another user's state");
		return -EPERM;
	}
	if (!entry) {
		text_append(error, "no such user: ");
		text_append_name(error, user);
		return -ENOENT;
	}
	*ret = (struct state_owner){ .is_another = true, .uid = entry->pw_uid, .gid = entry->pw_gid };
	/* With that user as the real one, the effective user can be switched back and forth even
	 * after the capabilities have been dropped. */
	if (initgroups(user, ret->gid) < 0 || setresgid(ret->gid, 0, 0) < 0 ||
	    setresuid(ret->uid, 0, 0) < 0) {
		const int r = -errno;

		text_append(error, "cannot become user ");
		text_append_name(error, user);
		text_printf(error, ": %s", strerror(-r));
		return r;
	}
	return 0;
}

int state_owner_become(const struct state_owner *owner, struct state *state)
{
	if (!owner->is_another || (setegid(owner->gid) == 0 && seteuid(owner->uid) == 0))
		return 0;
	const int r = -errno;

	state_owner_leave(owner);
	return state_fail(state, r, "cannot become user %ju: %s", (uintmax_t)owner->uid, strerror(-r));
}

void state_owner_leave(const struct state_owner *owner)
{
	/* The user first: only root may change the group. */
	if (owner->is_another && seteuid(0) == 0)
		(void)!setegid(0);
}
