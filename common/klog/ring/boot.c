/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/source.h"

#include "base/boot_id.h"
#include "base/clock.h"

/*
 * Estimates the current value of the kernel's local_clock(), which stamps its records. It cannot be
 * read from userspace, but two clocks are close to it. CLOCK_MONOTONIC starts together with it
 * (since 4.19), but is slewed by NTP: 10 ppm are 26 s a month. CLOCK_MONOTONIC_RAW runs at the same
 * rate, but starts at 0 with timekeeping, some tenths of a second later. So use CLOCK_MONOTONIC as
 * long as the two are close to each other, and CLOCK_MONOTONIC_RAW once they have drifted apart.
 *
 * The remaining errors are those tenths of a second, the error of the counter itself over the age
 * of a record, and suspend, during which both clocks stop while on some machines local_clock() does
 * not (systemd#33293). The computed time of a record from before a suspend is too late by the
 * duration of the suspend. The journal is not affected, because it dates records when it writes
 * them.
 */
#define CLOCK_APART_USEC 2000000

static int64_t local_clock_usec(void)
{
	int64_t monotonic_usec = clock_usec(CLOCK_MONOTONIC);
	int64_t raw_usec = clock_usec(CLOCK_MONOTONIC_RAW);
	int64_t apart_usec = monotonic_usec - raw_usec;

	return apart_usec < -CLOCK_APART_USEC || apart_usec > CLOCK_APART_USEC ? raw_usec : monotonic_usec;
}

int64_t klog_boot_usec(int64_t now_usec)
{
	return now_usec - clock_usec(CLOCK_BOOTTIME);
}

void klog_boot_read(struct klog_boot *ret, const struct file_roots *roots)
{
	*ret = (struct klog_boot){ .realtime_usec = clock_usec(CLOCK_REALTIME) - local_clock_usec() };
	ret->has_id = boot_id_read(roots, ret->id) == 0;
}
