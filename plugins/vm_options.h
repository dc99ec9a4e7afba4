/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_PLUGINS_VM_OPTIONS_H
#define OOM_PLUGINS_VM_OPTIONS_H
/* The option table row for a struct vm_places, shared by all programs that recognise VMs by their
 * cgroups. */
#include "vm/places.h"

// clang-format off
#define VM_CGROUP_OPTION(offset)                                                                           \
	{ 0, "vm-cgroup", "PATH",                                                                          \
	  "additional cgroup with VMs, besides /machine.slice, /machine, /qemu.slice and the like: a "     \
	  "custom libvirt partition, a container that runs libvirt; '*' matches any part of a name; "      \
	  "repeatable",                                                                                    \
	  vm_places_argument, offset }
// clang-format on

#endif
