/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/host.h"

#include <string.h>
#include <strings.h>

#include "base/array.h"

bool klog_host_is_address(const char *name)
{
	return strchr(name, ':') != NULL || name[strspn(name, "0123456789.")] == '\0';
}

/* "src@hv7/relay": with chain_hostnames(yes), syslog-ng puts its source before the name and each
 * relay after it. */
static const char *chained(const char *name, size_t *ret_length)
{
	const char *at = strchr(name, '@');

	if (at != NULL && at[1] != '\0')
		name = at + 1;
	*ret_length = strcspn(name, "/");
	return name;
}

bool klog_host_same(const char *a, const char *b)
{
	size_t a_length, b_length;

	a = chained(a, &a_length);
	b = chained(b, &b_length);
	if (a_length > b_length) {
		const char *other = a;
		size_t other_length = a_length;

		a = b;
		a_length = b_length;
		b = other;
		b_length = other_length;
	}
	return strncasecmp(a, b, a_length) == 0 &&
	       (a_length == b_length || (b[a_length] == '.' && !klog_host_is_address(b)));
}

bool klog_host_is_nameless(const char *name)
{
	static const char *const names[] = { "-", "localhost", "localhost4", "localhost6", "(none)" };
	static const char *const addresses[] = { "127.0.0.1", "127.0.1.1", "::1" };

	if (name == NULL || name[0] == '\0')
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (klog_host_same(name, names[i]))
			return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		if (strcmp(name, addresses[i]) == 0)
			return true;
	}
	return false;
}
