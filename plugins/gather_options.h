/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGINS_GATHER_OPTIONS_H
#define OOM_PLUGINS_GATHER_OPTIONS_H
/*
 * The option table rows for what is read, shared by all programs that gather kills.  `member` is a
 * struct gather_arguments in `config`.
 */
#include "gather/arguments.h"
#include "plugin/options.h"
#include "vm_options.h"

// clang-format off
#define GATHER_OPTIONS(config, member)                                                                     \
	{ 0, "source", "SOURCE",                                                                           \
	  "auto, kmsg, syslog, journal, journal:PATH or a log file; repeatable (default: auto)",           \
	  gather_argument_source, offsetof(config, member.sources) },                                      \
	{ 0, "since", "DURATION|TIME|all", "how far back kills count (default: 24h)",                      \
	  gather_argument_moment, offsetof(config, member.since) },                                        \
	{ 0, "until", "DURATION|TIME", "end of the window (default: now)",                                 \
	  gather_argument_moment, offsetof(config, member.until) },                                        \
	{ 0, "host", "NAME|any",                                                                           \
	  "host whose kills count in log files, by the name in the lines; with auto: another name of "     \
	  "this host (default: any for named files, else this host)",                                      \
	  gather_argument_host, offsetof(config, member.host) },                                           \
	VM_CGROUP_OPTION(offsetof(config, member.places))
// clang-format on

#endif
