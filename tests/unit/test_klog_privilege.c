/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "base/file.h"
#include "klog/privilege.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DAC_OVERRIDE    (1ULL << 1)
#define DAC_READ_SEARCH (1ULL << 2)

/* Parses a capability set in /proc/self/status: "CapEff:\t000001fffeffffff". */
static unsigned long long capability_set(const char *name)
{
	char status[8192];
	const char *line;

	if (file_read("/proc/self/status", status, sizeof(status)) < 0)
		return ~0ULL;
	line = strstr(status, name);
	return line ? strtoull(line + strlen(name), NULL, 16) : ~0ULL;
}

/* Runs in a child because dropped privileges cannot be regained. */
static int drop_as(uid_t uid)
{
	const unsigned long long allowed = uid == 0 ? DAC_OVERRIDE | DAC_READ_SEARCH : 0;
	const unsigned long long kept = capability_set("CapEff:") & allowed;
	int status;
	pid_t child = fork();

	if (child == 0) {
		static const char *const sets[] = { "CapInh:", "CapPrm:", "CapEff:", "CapAmb:" };

		if (uid != 0 && seteuid(uid) < 0)
			_exit(99);
		klog_drop_privileges();
		for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
			if (capability_set(sets[i]) & ~allowed)
				_exit(1 + (int)i);
		_exit((capability_set("CapEff:") & allowed) == kept ? 0 : 98);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void only_file_access_of_root_survives_dropping_privileges(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		assert_int_equal(drop_as(geteuid()), 0);
		skip();
	}
	assert_int_equal(drop_as(0), 0);
	assert_int_equal(drop_as(65534), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_file_access_of_root_survives_dropping_privileges),
	};

	return cmocka_run_group_tests_name("klog_privilege", tests, NULL, NULL);
}
