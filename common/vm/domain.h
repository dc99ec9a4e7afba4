/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_DOMAIN_H
#define OOM_VM_DOMAIN_H
/*
 * Internal to vm/: a libvirt domain's XML, from /etc/libvirt/qemu (<domain>) or, while the domain
 * runs, from /run/libvirt/qemu (<domstatus>), with the metadata that nova and oVirt add.
 */
#include <stddef.h>

#include "vm/identity.h"

/* A domain with a thousand disks takes half of this size. No domain is nested this deeply. */
#define VM_DOMAIN_SIZE_MAX  (1024 * 1024)
#define VM_DOMAIN_DEPTH_MAX 64

struct vm_domain {
	struct vm_identity vm; /* name, id, uuid, display_name, project, project_id, user, flavor, manager;
	                        * the others are zero */
	char title[256];
	char pid[16]; /* of a running domain, in decimal; "" if unknown */
};

/*
 * Reads one file, a domain's definition or a running domain's status. Returns 0; -EBADMSG if it is
 * not well-formed, has a document type declaration or is not a domain; -EFBIG; -E2BIG if it is
 * nested too deeply; -ENOMEM; -ENOENT, -ELIBACC or -ENOSYS without a usable libexpat; -ENOTSUP in a
 * build without it; or the negative errno of open or read. *ret is set only on success.
 */
int vm_domain_read(struct vm_domain *ret, const char *path);

#endif
