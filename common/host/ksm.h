/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_HOST_KSM_H
#define OOM_HOST_KSM_H
/* Kernel samepage merging (Documentation/admin-guide/mm/ksm.rst). */
#include <stdint.h>

#include "base/file.h"
#include "base/text.h"
#include "host/value.h"

struct host_ksm {
	uint64_t shared_kb; /* memory used by the merged pages */
	uint64_t saved_kb;  /* additional memory that they would use if all sharers wrote to them */
};

/* 0; -ENOENT for a kernel without KSM; another negative errno. */
int host_ksm_read(struct host_ksm *ret, const struct file_roots *roots, struct text *error);

#endif
