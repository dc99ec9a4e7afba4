/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_HOST_H
#define OOM_KLOG_HOST_H
/* Host names as log daemons write them: "hv7", "hv7.example.net", an address. */
#include <stdbool.h>

/* Whether it is an IPv4 or IPv6 address rather than a name. */
bool klog_host_is_address(const char *name);

/* Whether two names denote the same host: case does not matter, and the domain may be missing.
 * Addresses must be equal. */
bool klog_host_same(const char *a, const char *b);

/* Whether the name is NULL or a placeholder, such as "localhost" or "-": names that a host has
 * before its own is set, or that daemons write if they know none. */
bool klog_host_is_nameless(const char *name);

#endif
