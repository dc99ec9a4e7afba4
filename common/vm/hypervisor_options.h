/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_HYPERVISOR_OPTIONS_H
#define OOM_VM_HYPERVISOR_OPTIONS_H
/* Internal to vm/: the options of hypervisors. */
#include <stdbool.h>
#include <stddef.h>

#include "vm/command_line.h"

/* Iterates over the arguments of a command line. */
struct hypervisor_options {
	const char *at, *end;
};

/* The next argument, terminated; NULL at the end, and for an argument that was cut off. */
const char *hypervisor_options_next(struct hypervisor_options *options);

/* For vm_stack_row.read_options. */
void hypervisor_options_qemu(struct vm_command_line *ret, struct hypervisor_options options);

/*
 * Options in the style of clap, which hypervisors in Rust use: "--memory size=4G" or
 * "--memory=size=4G".
 */
struct hypervisor_option {
	const char *name; /* with its dashes */
	void (*read)(struct vm_command_line *line, const char *value);
	bool several; /* several values may follow it */
};

/* Calls `read` for each of the known options that is among the arguments. */
void hypervisor_options_read(struct vm_command_line *ret, struct hypervisor_options options,
			     const struct hypervisor_option *known, size_t count);

/*
 * For hypervisor_option.read. Memory is "4G" or "size=4G,hotplug_size=8G,hugepages=on", in the given
 * unit without a suffix; several sizes are added up (--memory-zone adds to --memory, whose size is
 * then 0). Firecracker gets its size from a file or through its API, and so does cloud-hypervisor if
 * it is started with only an API socket. The socket's file name without its suffix is the nearest
 * thing to a name that cloud-hypervisor has: /run/vms/web.sock.
 */
void hypervisor_options_memory_bytes(struct vm_command_line *line, const char *value);
void hypervisor_options_memory_mib(struct vm_command_line *line, const char *value);
void hypervisor_options_id(struct vm_command_line *line, const char *value);
void hypervisor_options_name(struct vm_command_line *line, const char *value);
void hypervisor_options_socket(struct vm_command_line *line, const char *value);

#endif
