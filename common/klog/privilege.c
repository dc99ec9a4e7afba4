/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/privilege.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "klog/source.h"

/* Bits in the first word of a set. */
#define READS_FILES  (1U << CAP_DAC_OVERRIDE | 1U << CAP_DAC_READ_SEARCH)
#define CHANGES_USER (1U << CAP_SETUID | 1U << CAP_SETGID)
_Static_assert(CAP_SYSLOG >= 32, "CAP_SYSLOG is in the second word");

/* Uses the system call: libcap would be one more library to load for two calls. */
static int get_capabilities(struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3])
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };

	return (int)syscall(SYS_capget, &header, sets);
}

/* The kernel reduces the ambient set as well: it never contains what the permitted set lacks. */
static void drop_all_but(unsigned kept)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (geteuid() != 0)
		kept = 0;
	if (get_capabilities(sets) < 0)
		return;
	sets[0] = (struct __user_cap_data_struct){
		.effective = sets[0].effective & kept,
		.permitted = sets[0].permitted & kept,
	};
	sets[1] = (struct __user_cap_data_struct){ 0 };
	/* Dropping capabilities is always allowed. */
	(void)!syscall(SYS_capset, &header, sets);
}

void klog_drop_privileges(void)
{
	drop_all_but(READS_FILES);
}

static bool may_read_the_ring(void)
{
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { 0 };

	return get_capabilities(sets) == 0 && (sets[1].effective & CAP_TO_MASK(CAP_SYSLOG)) != 0;
}

struct klog_held klog_hold(struct klog_needs needs)
{
	struct klog_held held = { .kmsg_fd = -1 };

	if (may_read_the_ring()) {
		held.kmsg_fd = klog_kmsg_open_device("/dev/kmsg");
		if (held.kmsg_fd < 0 || needs.syslog)
			(void)!klog_syslog_read_all(&held.syslog_text, &held.syslog_length);
	}
	drop_all_but(needs.change_user ? READS_FILES | CHANGES_USER : READS_FILES);
	return held;
}

void klog_held_release(struct klog_held *held)
{
	if (held->kmsg_fd >= 0)
		close(held->kmsg_fd);
	free(held->syslog_text);
	*held = (struct klog_held){ .kmsg_fd = -1 };
}

static bool is_the_ring(const struct file_roots *roots)
{
	char path[PATH_MAX];

	if (!roots->rootfs || !roots->rootfs[0])
		return true;
	return file_path(roots, "/dev/kmsg", path, sizeof(path)) == 0 && klog_kmsg_is_device(path);
}

int klog_open_held(struct klog_source **ret, struct klog_held *held, enum klog_kind kind,
		   const struct file_roots *roots, struct klog_failure *failure)
{
	if (kind == KLOG_KMSG && held->kmsg_fd >= 0 && is_the_ring(roots)) {
		const int fd = held->kmsg_fd;

		held->kmsg_fd = -1;
		return klog_kmsg_open_fd(ret, fd, roots, failure);
	}
	if (kind == KLOG_SYSLOG && held->syslog_text) {
		char *text = held->syslog_text;

		held->syslog_text = NULL;
		return klog_syslog_open_text(ret, text, held->syslog_length, roots, failure);
	}
	return klog_open(ret, kind, NULL, roots, failure);
}
