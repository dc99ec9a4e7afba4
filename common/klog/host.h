/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_HOST_H
#define OOM_KLOG_HOST_H
/*
 * Names of hosts, as log daemons write them: "hv7", "hv7.example.net", an address.
 */
#include <stdbool.h>

/* Whether it is an IPv4 or IPv6 address rather than a name. */
bool klog_host_is_address(const char *name);

/* Whether two names are one host's: without regard to case, and with or without the
 * domain.  Addresses are compared as they are. */
bool klog_host_same(const char *a, const char *b);

/* What a host calls itself before it has a name, and what daemons write that know none;
 * NULL is such a name too. */
bool klog_host_is_nameless(const char *name);

#endif
