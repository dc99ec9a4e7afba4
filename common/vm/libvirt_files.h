/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_LIBVIRT_FILES_H
#define OOM_VM_LIBVIRT_FILES_H
/*
 * Internal to vm/: finds the domain of a VM in libvirt's files, and reads its data.
 *
 *   /run/libvirt/qemu/NAME.xml .pid  while it runs
 *   /etc/libvirt/qemu/NAME.xml       if it is defined; only root can read it
 *   /var/log/libvirt/qemu/NAME.log   for every domain that ever ran
 */
#include "base/file.h"
#include "vm/complete.h"
#include "vm/identity.h"

/*
 * Completes a libvirt VM whose name is known, possibly shortened. `death` is NULL for a running VM.
 *
 * The files describe the present, and a dead domain's name can be given to another domain. So a
 * definition is used only if it is older than the kill or has the UUID that is known from
 * elsewhere: from a note taken while the VM ran, or from the command line of the last start before
 * the kill in the domain's log. Otherwise nothing is taken from it, and vm->doubt is set.
 *
 * If the names of several domains are shortened to the same name, the one with the strongest
 * evidence is chosen (its id, its end in the log, a definition from before the kill). If that does
 * not decide, the name stays unchanged and name_is_ambiguous is set.
 */
void vm_libvirt_complete(struct vm_identity *vm, const struct vm_death *death,
			 const struct file_roots *roots);

/*
 * Names a VM of which only the pid is known, if libvirt has not removed its pid file yet. A file
 * written after the kill belongs to another process.
 */
void vm_libvirt_name_by_pid(struct vm_identity *vm, const struct vm_death *death,
			    const struct file_roots *roots);

#endif
