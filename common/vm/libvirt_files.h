/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_LIBVIRT_FILES_H
#define OOM_VM_LIBVIRT_FILES_H
/*
 * Inside this room only: which of the domains that libvirt's files know a VM
 * is, and what they say of it.
 *
 *   /run/libvirt/qemu/NAME.xml .pid  while it runs
 *   /etc/libvirt/qemu/NAME.xml       of one that is defined, for root to read
 *   /var/log/libvirt/qemu/NAME.log   of all that ever ran
 */
#include "base/file.h"
#include "vm/complete.h"
#include "vm/identity.h"

/*
 * Completes a VM of libvirt whose name, shortened or not, is known.  `death` is
 * NULL for one that lives.
 *
 * Files tell of now, and the name of a dead domain can be given to another one.  So a
 * definition counts if it is older than the kill, or has the UUID that is known
 * otherwise: by whoever noted the VM while it lived, or by the command line of the
 * start that its log has before the kill.  What does not count is not mixed in, and
 * vm->doubt says so.
 *
 * Of several domains whose names are shortened to the same the one with the strongest
 * proof counts (its id, its end in the log, a definition from before the kill); where
 * that does not tell, the name stays as it is and name_is_ambiguous is set.
 */
void vm_libvirt_complete(struct vm_identity *vm, const struct vm_death *death,
			 const struct file_roots *roots);

/* Names one whose pid is all that is known, if libvirt has not cleared away its
 * pid file yet.  A file written after the kill is another process's. */
void vm_libvirt_name_by_pid(struct vm_identity *vm, const struct vm_death *death,
			    const struct file_roots *roots);

#endif
