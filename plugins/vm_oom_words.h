/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGINS_VM_OOM_WORDS_H
#define OOM_PLUGINS_VM_OOM_WORDS_H
/* check_vm_oom_score's words for who is ranked.  Foreign names in them are
 * printable; nothing here ends a line. */
#include <stdbool.h>

#include "base/file.h"
#include "base/text.h"
#include "vm_ranking.h"

/* "instance-0000002a", or of another process "java[427]". */
void vm_oom_say_name(struct text *text, const struct ranked *ranked);

/*
 * For the first line: "next victim among VMs would be instance-0000002a (38.0 %
 * of RAM and swap, web-01, project acme); 14 VMs".  `all`: other processes are
 * ranked too.  Asks the files of the victim's manager for its names, which may
 * take long (libvirt's folders on a disk that hangs); not where `roots` is NULL.
 */
void vm_oom_say_order(struct text *text, const struct ranking *ranking, bool all,
		      const struct vm_places *places, const struct file_roots *roots);

/* All that is known, for a line of the long output. */
void vm_oom_say_ranked(struct text *text, const struct ranking *ranking, const struct ranked *ranked);

#endif
