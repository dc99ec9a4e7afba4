/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGINS_VM_OOM_WORDS_H
#define OOM_PLUGINS_VM_OOM_WORDS_H
/* The text of check_vm_oom_score for ranked processes.  Foreign names are made printable.  Nothing
 * here ends a line. */
#include <stdbool.h>

#include "base/file.h"
#include "base/text.h"
#include "vm_ranking.h"

/* "instance-0000002a"; for a process that is not a VM, "java[427]". */
void vm_oom_say_name(struct text *text, const struct ranked *ranked);

/*
 * For the first line: "next victim among VMs would be instance-0000002a (38.0 % of RAM and swap,
 * web-01, project acme); 14 VMs".  `all`: other processes are ranked too.  If `roots` is not NULL,
 * the victim's names are read from its manager's files, which may block (libvirt's directories on a
 * disk that hangs).
 */
void vm_oom_say_order(struct text *text, const struct ranking *ranking, bool all,
		      const struct vm_places *places, const struct file_roots *roots);

/* Everything known, for a line of the long output. */
void vm_oom_say_ranked(struct text *text, const struct ranking *ranking, const struct ranked *ranked);

#endif
