/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_TESTS_HOST_TREE_H
#define OOM_TESTS_HOST_TREE_H
/* A simulated host: files below a temporary directory, which the readers open through --rootfs
 * as they would open a host's files from a container. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"

struct tree {
	char root[64];
	struct file_roots roots;
};

static void tree_make(struct tree *tree)
{
	strcpy(tree->root, "/tmp/host-tree-XXXXXX");
	assert_non_null(mkdtemp(tree->root));
	tree->roots = (struct file_roots){ .rootfs = tree->root };
}

static void tree_put_bytes(const struct tree *tree, const char *path, const char *content, size_t length)
{
	char full[512];

	snprintf(full, sizeof(full), "%s%s", tree->root, path);
	for (char *slash = strchr(full + strlen(tree->root) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(full, 0755);
		*slash = '/';
	}
	FILE *file = fopen(full, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(content, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

/* Writes a file such as "/proc/meminfo"; creates missing directories. */
static inline void tree_put(const struct tree *tree, const char *path, const char *content)
{
	tree_put_bytes(tree, path, content, strlen(content));
}

static int tree_remove_one(const char *path, const struct stat *status, int flag, struct FTW *ftw)
{
	(void)status;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void tree_remove(const struct tree *tree)
{
	assert_int_equal(nftw(tree->root, tree_remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

#endif
