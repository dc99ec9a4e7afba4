/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/library.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

int library_open(void **ret_handle, const char *soname, const struct library_symbol *symbols, size_t count,
		 void *functions)
{
	/* A name without '/' is looked up in the system's directories only when
	 * the program has file capabilities: ld.so then ignores LD_LIBRARY_PATH.
	 * Lazy binding: libsystemd has some hundred functions, we use a dozen. */
	void *handle = dlopen(soname, RTLD_LAZY | RTLD_LOCAL);

	if (!handle)
		return -ELIBACC;
	for (size_t i = 0; i < count; i++) {
		void *symbol = dlsym(handle, symbols[i].name);

		if (!symbol) {
			dlclose(handle);
			return -ENOSYS;
		}
		/* ISO C converts no object pointer to a function pointer, POSIX
		 * promises that they look the same. */
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
