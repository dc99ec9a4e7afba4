/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/source.h"

#include "base/boot_id.h"
#include "base/clock.h"

/*
 * What the kernel's local_clock(), which stamps its records, reads now: it
 * cannot be asked, but two clocks are near it.  CLOCK_MONOTONIC starts level
 * with it (since 4.19) and is then slewed by NTP: 10 ppm are 26 s a month.
 * CLOCK_MONOTONIC_RAW runs at its pace but starts at 0 where timekeeping does,
 * some tenths of a second later.  So the first while they are near each other,
 * the second once they have drifted apart.
 *
 * Inexact remains: those tenths; the counter's own error over a record's age;
 * suspend, in which both clocks stand still while on some machines
 * local_clock() does not (systemd#33293).  A record from before a suspend comes
 * out late by its length; the journal has dated it when it was written.
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
