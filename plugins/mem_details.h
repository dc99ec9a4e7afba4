/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGINS_MEM_DETAILS_H
#define OOM_PLUGINS_MEM_DETAILS_H
/* The long output of check_mem_available: who holds the memory. */
#include "base/file.h"
#include "holders/holders.h"
#include "host/meminfo.h"
#include "plugin/plugin.h"
#include "vm/places.h"

/*
 * Adds a line for each kind of holder, and the largest VM to the first line if
 * the state is not OK.  What cannot be read is said or left out, and what takes
 * too long is cut: the answer is settled already, and settled anew with each
 * part that is added.
 */
void mem_details_add(struct plugin *plugin, const struct host_meminfo *meminfo, enum holders_order order,
		     const struct vm_places *places, const struct file_roots *roots);

#endif
