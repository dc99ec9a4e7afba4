/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGINS_MEM_DETAILS_H
#define OOM_PLUGINS_MEM_DETAILS_H
/* The long output of check_mem_available: which VMs and processes hold the memory. */
#include "base/file.h"
#include "consumers/consumers.h"
#include "host/meminfo.h"
#include "plugin/plugin.h"
#include "vm/places.h"

/*
 * Adds a line for each kind of consumer and, if the state is not OK, the largest VM to the first
 * line.  Unreadable parts are reported or left out, and slow ones are cut short.  The answer must
 * be settled; it is settled again after each part.
 */
void mem_details_add(struct plugin *plugin, const struct host_meminfo *meminfo, enum consumers_order order,
		     const struct vm_places *places, const struct file_roots *roots);

#endif
