/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_HYPERVISOR_OPTIONS_H
#define OOM_VM_HYPERVISOR_OPTIONS_H
/* Internal to vm/: the options of each hypervisor. */
#include "vm/command_line.h"

/* Iterates over the arguments of a command line. */
struct hypervisor_options {
	const char *at, *end;
};

/* The next argument, terminated; NULL at the end, and for an argument that was cut off. */
const char *hypervisor_options_next(struct hypervisor_options *options);

/* Each parses the arguments that follow the program's name. */
void hypervisor_options_qemu(struct vm_command_line *ret, struct hypervisor_options options);
void hypervisor_options_rust(struct vm_command_line *ret, struct hypervisor_options options);

#endif
