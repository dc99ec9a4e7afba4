/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/library.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

#define LINKER_CACHE "/etc/ld.so.cache"
/* 60 KiB on a server, 300 KiB with a desktop. */
#define LINKER_CACHE_MAX (16 * 1024 * 1024)

/* Whether the path exists, or may exist: only ENOENT and ENOTDIR prove that it does not. stat(2)
 * needs no descriptor, so this works under EMFILE too. */
static bool may_exist(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

/* Whether one of the directories that ld.so searches may contain the library. */
static bool may_be_in_a_folder(const char *soname)
{
#ifdef __GLIBC__ /* RTLD_DI_SERINFO */
	void *self = dlopen(NULL, RTLD_LAZY);
	Dl_serinfo head;
	bool found = true;

	if (!self || dlinfo(self, RTLD_DI_SERINFOSIZE, &head) != 0)
		return true;
	AUTO_FREE Dl_serinfo *folders = malloc(head.dls_size);
	if (!folders)
		return true;
	*folders = head;
	if (dlinfo(self, RTLD_DI_SERINFOSIZE, folders) == 0 && dlinfo(self, RTLD_DI_SERINFO, folders) == 0) {
		found = false;
		for (unsigned i = 0; i < folders->dls_cnt && !found; i++) {
			char path[PATH_MAX];
			int length = snprintf(path, sizeof(path), "%s/%s", folders->dls_serpath[i].dls_name,
					      soname);

			found = length >= (int)sizeof(path) || may_exist(path);
		}
	}
	dlclose(self);
	return found;
#else
	(void)soname;
	return true;
#endif
}

/*
 * Whether ld.so's cache contains a path to the library that may exist. The cache stores its strings
 * one after another, each terminated by a NUL.
 */
static bool may_be_in_the_cache(const char *soname)
{
	AUTO_FREE char *cache = malloc(LINKER_CACHE_MAX);
	char wanted[NAME_MAX + 2];
	const char *at, *end;
	ssize_t length = cache ? file_read(LINKER_CACHE, cache, LINKER_CACHE_MAX) : -ENOMEM;

	if (length < 0)
		return length != -ENOENT;
	if (snprintf(wanted, sizeof(wanted), "/%s", soname) >= (int)sizeof(wanted))
		return true;
	end = cache + length;
	for (at = cache; (at = memmem(at, (size_t)(end - at), wanted, strlen(wanted) + 1)) != NULL; at++) {
		const char *path = at;

		while (path > cache && path[-1] != '\0')
			path--;
		if (may_exist(path))
			return true;
	}
	return false;
}

/*
 * dlopen(3) reports only a message, which names the last path it tried. To find out whether the
 * library is installed at all, look for it where ld.so does.
 */
static int load_failed(const char *soname, struct text *reason)
{
	const char *text = dlerror();
	TEXT_ON_STACK(said, 256); /* the next call to ld.so overwrites dlerror()'s buffer */

	text_append(&said, text ? text : soname);

	const bool may_be_there = may_be_in_a_folder(soname) || may_be_in_the_cache(soname);

	if (!may_be_there)
		text_printf(reason, "%s is not installed", soname);
	else
		text_append(reason, said.data);
	return may_be_there ? -ELIBACC : -ENOENT;
}

int library_open(void **ret_handle, const char *soname, const struct library_symbol *symbols, size_t count,
		 void *functions, struct text *reason)
{
	/* ld.so ignores LD_LIBRARY_PATH if the program has file capabilities: a name without '/' is
	 * then looked up in the system's directories only. RTLD_LAZY: libsystemd has some hundred
	 * functions, and a dozen are used. */
	void *handle = dlopen(soname, RTLD_LAZY | RTLD_LOCAL);

	if (!handle)
		return load_failed(soname, reason);
	for (size_t i = 0; i < count; i++) {
		void *symbol = dlsym(handle, symbols[i].name);

		if (!symbol && !symbols[i].is_optional) {
			text_printf(reason, "%s is too old: it has no %s", soname, symbols[i].name);
			dlclose(handle);
			return -ENOSYS;
		}
		/* ISO C does not allow an object pointer to be converted to a function pointer.
		 * POSIX guarantees the same representation, so the bytes are copied. */
		memcpy((char *)functions + symbols[i].offset, &symbol, sizeof(symbol));
	}
	*ret_handle = handle;
	return 0;
}

void library_close(void *handle)
{
	if (handle)
		dlclose(handle);
}
