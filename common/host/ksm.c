/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host/ksm.h"

#include <unistd.h>

#include "host/fields.h"

static int read_pages(const struct file_roots *roots, const char *name, uint64_t *ret_kb, struct text *error)
{
	const uint64_t page_kb = (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
	char path[HOST_PATH_MAX];
	uint64_t pages;
	int r = file_sysfs_path(roots, name, path, sizeof(path));

	if (r < 0)
		return host_complain(error, name, r, NULL);
	r = host_number_read(path, &pages, error);
	if (r == 0)
		*ret_kb = pages * page_kb;
	return r;
}

int host_ksm_read(struct host_ksm *ret, const struct file_roots *roots, struct text *error)
{
	struct host_ksm ksm;
	int r = read_pages(roots, "/kernel/mm/ksm/pages_shared", &ksm.shared_kb, error);

	if (r == 0)
		r = read_pages(roots, "/kernel/mm/ksm/pages_sharing", &ksm.saved_kb, error);
	if (r == 0)
		*ret = ksm;
	return r;
}
