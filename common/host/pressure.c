/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host/pressure.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cursor.h"
#include "base/number.h"
#include "host/fields.h"

/* The kernel's running average may slightly exceed 100 %, but no pressure file has 1000 %. */
static bool take_percent(struct cursor *text, const char *name, double *ret)
{
	if (!cursor_take(text, name))
		return false;
	int taken = number_parse_decimal(text->at, cursor_left(text), ret);
	if (taken < 0 || *ret < 0 || *ret > 1000)
		return false;
	text->at += taken;
	return true;
}

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n" */
static bool take_stall(struct cursor *text, const char *kind, struct host_stall *ret)
{
	return cursor_take(text, kind) && take_percent(text, " avg10=", &ret->avg_percent[HOST_AVG10]) &&
	       take_percent(text, " avg60=", &ret->avg_percent[HOST_AVG60]) &&
	       take_percent(text, " avg300=", &ret->avg_percent[HOST_AVG300]) &&
	       cursor_take(text, " total=") && cursor_take_u64(text, UINT64_MAX, &ret->total_usec) &&
	       cursor_take(text, "\n");
}

static int read_file(struct host_pressure *ret, const char *path, struct text *error)
{
	char buffer[512];
	struct host_pressure pressure;
	ssize_t length = host_read(path, buffer, sizeof(buffer), error);

	if (length < 0)
		return (int)length;
	struct cursor text = { buffer, buffer + length };
	if (!take_stall(&text, "some", &pressure.some) || !take_stall(&text, "full", &pressure.full))
		return host_complain(error, path, -EBADMSG, "not in the format of a pressure file");
	*ret = pressure;
	return 0;
}

int host_pressure_read(struct host_pressure *ret, const struct file_roots *roots, struct text *error)
{
	char path[HOST_PATH_MAX];
	int r = file_procfs_path(roots, "/pressure/memory", path, sizeof(path));

	return r < 0 ? host_complain(error, "/pressure/memory", r, NULL) : read_file(ret, path, error);
}

/*
 * The part of a path that is below the hierarchy's root. The path may start with the mount point,
 * as the host or this process sees it.
 */
static const char *below_root(const struct host_cgroups *cgroups, const char *path)
{
	const char *const roots[] = { cgroups->unified, "/sys/fs/cgroup/unified", "/sys/fs/cgroup" };

	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		const size_t length = strlen(roots[i]);

		if (length > 0 && strncmp(path, roots[i], length) == 0 &&
		    (path[length] == '/' || path[length] == '\0'))
			return path + length;
	}
	return path;
}

int host_pressure_read_cgroup(struct host_pressure *ret, const struct host_cgroups *cgroups, const char *path,
			      struct text *error)
{
	char full[HOST_CGROUP_FILE_MAX];
	const char *below = below_root(cgroups, path);
	struct text joined;

	if (!cgroups->unified[0])
		return host_complain(error, path, -EBADR,
				     "cgroup v1 has no PSI; boot with systemd.unified_cgroup_hierarchy=1");
	/* An empty path would mean the root, and is probably a mistake in the configuration. */
	if (path[0] == '\0')
		return host_complain(error, "cgroup", -EINVAL, "empty path");
	text_init(&joined, full, sizeof(full));
	text_printf(&joined, "%s%s%s", cgroups->unified, below[0] == '/' ? "" : "/", below);
	if (joined.truncated)
		return host_complain(error, path, -ENAMETOOLONG, NULL);
	if (access(full, F_OK) < 0)
		return host_complain(error, full, -EBADR, "no such cgroup");
	text_append(&joined, "/memory.pressure");
	return joined.truncated ? host_complain(error, path, -ENAMETOOLONG, NULL)
				: read_file(ret, full, error);
}

bool host_pressure_is_off(int r)
{
	return r == -ENOENT || r == -EOPNOTSUPP;
}
