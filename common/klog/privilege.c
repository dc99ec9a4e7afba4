/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/privilege.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

_Static_assert(CAP_DAC_OVERRIDE < 32 && CAP_DAC_READ_SEARCH < 32, "kept capabilities are in the first word");

/* By hand: libcap would be one more library at start-up for two calls.  The
 * ambient set follows, it never holds what the permitted set does not. */
void klog_drop_privileges(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { 0 };
	unsigned kept = 0;

	if (geteuid() == 0)
		kept = 1U << CAP_DAC_OVERRIDE | 1U << CAP_DAC_READ_SEARCH;
	if (syscall(SYS_capget, &header, sets) < 0)
		return;
	sets[0] = (struct __user_cap_data_struct){
		.effective = sets[0].effective & kept,
		.permitted = sets[0].permitted & kept,
	};
	sets[1] = (struct __user_cap_data_struct){ 0 };
	/* Giving up is always allowed. */
	(void)!syscall(SYS_capset, &header, sets);
}
