/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_DOMAIN_H
#define OOM_VM_DOMAIN_H
/*
 * Inside this room only: a libvirt domain's XML, as it lies in
 * /etc/libvirt/qemu (<domain>) and, while it runs, in /run/libvirt/qemu
 * (<domstatus>), with what nova and oVirt note in its metadata.
 */
#include <stddef.h>

#include "vm/identity.h"

/* A domain with a thousand disks has half of it.  Deeper than this is none. */
#define VM_DOMAIN_SIZE_MAX  (1024 * 1024)
#define VM_DOMAIN_DEPTH_MAX 64

struct vm_domain {
	struct vm_identity vm; /* name, id, uuid, display_name, project, project_id, user,
	                        * flavor, manager; the rest is zero */
	char title[256];
	char pid[16]; /* of a running one, in decimal; "" unknown */
};

/*
 * Reads one file, as a domain's definition or a running one's status.  0;
 * -EBADMSG for what is not well-formed, has a document type, or is no domain;
 * -EFBIG, -E2BIG (too deep), -ENOENT or -ELIBACC without libexpat, -ENOTSUP in a build
 * without it, or the open's or read's errno.
 */
int vm_domain_read(struct vm_domain *ret, const char *path);

#endif
