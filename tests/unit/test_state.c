/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Saving and loading, and which saved files are accepted. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "state/state.h"
#include "state_folder.h"

static char buffer[STATE_BYTES_MAX + 1];

static void missing_state_is_no_failure(void **data)
{
	struct state state;

	(void)data;
	assert_int_equal(state_open(&state, "check", "kills", 1), 0);
	assert_int_equal(state_load(&state, buffer, sizeof(buffer)), -ENOENT);
	state_close(&state);
	assert_int_equal(state.failure.error, 0);
}

static void reading_creates_nothing_and_does_not_wait(void **data)
{
	struct state state, other;

	(void)data;
	assert_int_equal(state_open_to_read(&state, "check", "kills", 1), -ENOENT);
	assert_int_equal(state_load(&state, buffer, sizeof(buffer)), -ENOENT);
	assert_true(state_save(&state, "kills 17\n", 9) < 0);
	state_close(&state);
	assert_int_equal(state.failure.error, 0);
	assert_string_equal(state.failure.remedy, "");
	assert_false(state_folder_has(""));

	state_folder_save("kills 17\n", 9);
	assert_int_equal(state_open(&other, "check", "kills", 1), 0);
	assert_int_equal(state_open_to_read(&state, "check", "kills", 1), 0);
	assert_int_equal(state_load(&state, buffer, sizeof(buffer)), 9);
	assert_true(state_save(&state, "kills 18\n", 9) < 0);
	state_close(&state);
	state_close(&other);
	assert_int_equal(state_folder_load(buffer, sizeof(buffer)), 9);
	assert_string_equal(buffer, "kills 17\n");
}

static void saved_data_is_loaded_by_the_next_run(void **data)
{
	static const struct {
		const char *saved;
		size_t length;
	} cases[] = {
		{ "", 0 },
		{ "kills 17\n", 9 },
		{ "\0\n\n\xff", 4 },
		{ "monitoring-plugins-oom 1 1 0 cbf29ce484222325\n", 46 },
	};

	(void)data;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		state_folder_save(cases[i].saved, cases[i].length);
		assert_int_equal(state_folder_load(buffer, sizeof(buffer)), cases[i].length);
		assert_memory_equal(buffer, cases[i].saved, cases[i].length + 1);
	}
}

static void size_of_saved_data_is_limited(void **data)
{
	char *large = malloc(STATE_BYTES_MAX + 1);
	struct state state;

	(void)data;
	assert_non_null(large);
	for (size_t i = 0; i <= STATE_BYTES_MAX; i++)
		large[i] = (char)(i % 251);
	assert_int_equal(state_open(&state, "check", "kills", 1), 0);
	assert_int_equal(state_load(&state, buffer, sizeof(buffer)), -ENOENT);
	assert_int_equal(state_save(&state, large, STATE_BYTES_MAX + 1), -EFBIG);
	assert_int_equal(state_save(&state, large, STATE_BYTES_MAX), 0);
	state_close(&state);
	assert_int_equal(state_folder_load(buffer, sizeof(buffer)), STATE_BYTES_MAX);
	assert_memory_equal(buffer, large, STATE_BYTES_MAX);
	free(large);
}

static void buffer_needs_one_byte_more_than_the_data(void **data)
{
	(void)data;
	state_folder_save("12345", 5);
	assert_int_equal(state_folder_load(buffer, 6), 5);
	assert_int_equal(state_folder_load(buffer, 5), -EBADMSG);
	assert_int_equal(state_folder_load(buffer, 1), -EBADMSG);
}

/* A file of a newer version is reported and left alone. */
static void assert_left_alone(const char *content, size_t length)
{
	struct state state;
	char left[512];

	state_folder_write("kills", content, length);
	assert_int_equal(state_open(&state, "check", "kills", 1), 0);
	assert_int_equal(state_load(&state, buffer, sizeof(buffer)), -EPROTO);
	assert_non_null(strstr(state.failure.reason, "written by a newer version"));
	assert_int_equal(strncmp(state.failure.remedy, "mv ", 3), 0);
	assert_int_equal(state_save(&state, "new", 3), -EPROTO);
	state_close(&state);
	assert_int_equal(state_folder_read("kills", left, sizeof(left)), length);
	assert_memory_equal(left, content, length);
}

/* A foreign or damaged file is reported, and the next save keeps it under another name. */
static void assert_rejected(const char *content, size_t length, const char *reason)
{
	struct state state;

	state_folder_write("kills", content, length);
	assert_int_equal(state_open(&state, "check", "kills", 1), 0);
	assert_int_equal(state_load(&state, buffer, sizeof(buffer)), -EBADMSG);
	if (!strstr(state.failure.reason, reason))
		fail_msg("%zu bytes: \"%s\" lacks \"%s\"", length, state.failure.reason, reason);
	assert_int_equal(state.failure.error, -EBADMSG);
	assert_int_equal(state_save(&state, "new", 3), 0);
	state_close(&state);
	assert_int_equal(state_folder_load(buffer, sizeof(buffer)), 3);
	assert_int_equal(state_folder_read("kills.damaged", buffer, sizeof(buffer)), length);
	assert_memory_equal(buffer, content, length);
}

static void file_cut_at_any_byte_is_rejected_and_reported(void **data)
{
	char whole[128];

	(void)data;
	state_folder_save("kills 17\nlast 4711\n", 19);
	size_t length = state_folder_read("kills", whole, sizeof(whole));
	for (size_t kept = 0; kept < length; kept++)
		assert_rejected(whole, kept, "; kept as kills.damaged");
	/* After a power cut, some file systems keep the length but not the data. */
	for (size_t kept = 46; kept < length; kept++) {
		char zeros[128] = { 0 };

		memcpy(zeros, whole, kept);
		assert_rejected(zeros, length, "; kept as kills.damaged");
	}
}

static void file_with_a_changed_bit_is_rejected(void **data)
{
	char whole[128];

	(void)data;
	state_folder_save("kills 17\n", 9);
	size_t length = state_folder_read("kills", whole, sizeof(whole));
	for (size_t bit = 0; bit < length * 8; bit++) {
		/* The two version numbers, and the blanks after them, which may become another digit: a
		 * larger number means a newer version. */
		if (bit / 8 >= 23 && bit / 8 <= 26)
			continue;
		whole[bit / 8] = (char)(whole[bit / 8] ^ (1 << bit % 8));
		assert_rejected(whole, length, "; kept as kills.damaged");
		whole[bit / 8] = (char)(whole[bit / 8] ^ (1 << bit % 8));
	}
}

static void foreign_content_is_rejected_and_reported(void **data)
{
	static const struct {
		const char *content, *reason;
	} cases[] = {
		{ "# NP State file\n1\n1\n1700000000\nx\n", "not written by this program" },
		{ "\n", "not written by this program" },
		{ "monitoring-plugins\n", "not written by this program" },
		{ "monitoring-plugins-oom 1 2 1 af63f54c86021708\nx", ": damaged; kept as" },
		{ "monitoring-plugins-oom 1 1 01 af63f54c86021707\nx", ": damaged; kept as" },
		{ "monitoring-plugins-oom 1 1 99999999999999999999 af63f54c86021707\nx",
		  ": damaged; kept as" },
	};

	(void)data;
	state_folder_save("old", 3);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_rejected(cases[i].content, strlen(cases[i].content), cases[i].reason);
}

static void file_of_a_newer_version_is_neither_loaded_nor_replaced(void **data)
{
	static const char *const contents[] = {
		"monitoring-plugins-oom 1 2 1 af63f54c86021707\nx",
		"monitoring-plugins-oom 2 1 1 af63f54c86021707\nx",
		"monitoring-plugins-oom 1 10 1 af63f54c86021707\nx",
	};

	(void)data;
	state_folder_save("kills 17\n", 9);
	for (size_t i = 0; i < ARRAY_SIZE(contents); i++)
		assert_left_alone(contents[i], strlen(contents[i]));
}

/* A file that does not fit cannot be checked; it is left alone if a newer version wrote it. */
static void larger_file_of_a_newer_version_is_left_alone(void **data)
{
	char large[300];

	(void)data;
	state_folder_save("kills 17\n", 9);
	memset(large, 'x', sizeof(large));
	memcpy(large, "monitoring-plugins-oom 1 2 1 af63f54c86021707\n", 46);
	state_folder_write("kills", large, sizeof(large));
	for (unsigned version = 1; version <= 2; version++) {
		struct state state;

		assert_int_equal(state_open(&state, "check", "kills", version), 0);
		assert_int_equal(state_load(&state, buffer, 200), version == 1 ? -EPROTO : -EBADMSG);
		state_close(&state);
	}
}

static void removed_file_is_recognised_as_lost(void **data)
{
	static const enum state_found expected[] = { STATE_NOTHING, STATE_NOTHING, STATE_LOST, STATE_LOST };
	struct state state;

	(void)data;
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		assert_int_equal(state_open(&state, "check", "kills", 1), 0);
		assert_int_equal(state_load(&state, buffer, sizeof(buffer)), -ENOENT);
		assert_int_equal(state.found, expected[i]);
		assert_int_equal(state.failure.error, 0);
		/* The first run saves nothing. */
		if (i > 0)
			assert_int_equal(state_save(&state, "kills 17\n", 9), 0);
		state_close(&state);
		if (i > 0)
			assert_int_equal(unlink(state_folder_path("kills")), 0);
		if (i == 2)
			assert_int_equal(unlink(state_folder_path("kills.lock")), 0);
	}
}

static void reading_recognises_a_lost_file(void **data)
{
	struct state state;

	(void)data;
	state_folder_save("kills 17\n", 9);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(unlink(state_folder_path(i == 0 ? "kills" : ".kills.saved")), 0);
		assert_int_equal(state_open_to_read(&state, "check", "kills", 1), 0);
		assert_int_equal(state_load(&state, buffer, sizeof(buffer)), -ENOENT);
		assert_int_equal(state.found, i == 0 ? STATE_LOST : STATE_NOTHING);
		assert_int_equal(state.failure.error, 0);
		state_close(&state);
	}
}

static void missing_mark_is_created_by_the_next_run(void **data)
{
	(void)data;
	state_folder_save("kills 17\n", 9);
	assert_int_equal(unlink(state_folder_path(".kills.saved")), 0);
	state_folder_save("kills 17\n", 9);
	assert_true(state_folder_has(".kills.saved"));
}

static void file_of_an_older_version_is_loaded_and_upgraded(void **data)
{
	struct state state;

	(void)data;
	for (unsigned version = 1; version <= 3; version++) {
		assert_int_equal(state_open(&state, "check", "kills", version), 0);
		if (version > 1) {
			assert_int_equal(state_load(&state, buffer, sizeof(buffer)), 9);
			assert_int_equal(state.loaded_version, version - 1);
		} else {
			assert_int_equal(state_load(&state, buffer, sizeof(buffer)), -ENOENT);
		}
		/* Equal data of another version is written again. */
		assert_int_equal(state_save(&state, "kills 17\n", 9), 0);
		state_close(&state);
	}
}

static void state_that_was_not_loaded_is_not_replaced(void **data)
{
	struct state state;

	(void)data;
	state_folder_save("old", 3);
	assert_int_equal(state_open(&state, "check", "kills", 1), 0);
	assert_int_equal(state_save(&state, "new", 3), -EBADF);
	state_close(&state);
	assert_int_equal(state_open(&state, "check", "kills", 1), 0);
	assert_int_equal(state_load(&state, buffer, sizeof(buffer)), 3);
	state_reject(&state, -ENOMEM);
	assert_int_equal(state_save(&state, "new", 3), -ENOMEM);
	state_close(&state);
	assert_int_equal(state_folder_load(buffer, sizeof(buffer)), 3);
	assert_string_equal(buffer, "old");
}

static void each_host_has_its_own_state_name(void **data)
{
	static const struct {
		struct file_roots roots;
		bool is_this_host;
	} cases[] = {
		{ { .rootfs = NULL }, true },
		{ { .rootfs = "" }, true },
		{ { .rootfs = "/" }, true },
		{ { .procfs = "/proc/", .sysfs = "//sys" }, true },
		{ { .rootfs = "/mnt/other" }, false },
		{ { .procfs = "/host/proc" }, false },
		{ { .sysfs = "/host/sys" }, false },
		{ { .rootfs = "//." }, true },
		{ { .rootfs = "/proc/1/root" }, false },
	};
	static const struct file_roots same[] = {
		{ .rootfs = "/mnt/other" },     { .rootfs = "/mnt//other/" },
		{ .rootfs = "/mnt/./other/." }, { .rootfs = "mnt/other" },
		{ .rootfs = "./mnt/other" },    { .rootfs = "/mnt/other", .procfs = "/mnt/other/proc" },
	};

	(void)data;
	assert_int_equal(chdir("/"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		TEXT_ON_STACK(name, STATE_NAME_MAX + 1);

		state_name(&name, "kills", &cases[i].roots);
		assert_int_equal(strcmp(name.data, "kills") == 0, cases[i].is_this_host);
	}
	for (size_t i = 1; i < ARRAY_SIZE(same); i++) {
		TEXT_ON_STACK(first, STATE_NAME_MAX + 1);
		TEXT_ON_STACK(name, STATE_NAME_MAX + 1);

		state_name(&first, "kills", &same[0]);
		state_name(&name, "kills", &same[i]);
		assert_string_equal(name.data, first.data);
	}
}

static void relative_root_depends_on_the_working_directory(void **data)
{
	static const struct file_roots roots = { .rootfs = "other" };
	TEXT_ON_STACK(here, STATE_NAME_MAX + 1);
	TEXT_ON_STACK(there, STATE_NAME_MAX + 1);

	(void)data;
	assert_int_equal(chdir("/"), 0);
	state_name(&here, "kills", &roots);
	assert_int_equal(chdir("/tmp"), 0);
	state_name(&there, "kills", &roots);
	assert_string_not_equal(here.data, there.data);
}

static void equal_data_is_not_written_again(void **data)
{
	struct state state;

	(void)data;
	state_folder_save("kills 17\n", 9);
	ino_t before = state_folder_status("kills").st_ino;

	assert_int_equal(state_open(&state, "check", "kills", 1), 0);
	assert_int_equal(state_load(&state, buffer, sizeof(buffer)), 9);
	assert_int_equal(state_save(&state, "kills 17\n", 9), 0);
	assert_int_equal(state_folder_status("kills").st_ino, before);
	assert_int_equal(state_save(&state, "kills 18\n", 9), 0);
	assert_int_not_equal(state_folder_status("kills").st_ino, before);
	/* The comparison is with the data saved last, not with the data loaded. */
	assert_int_equal(state_save(&state, "kills 17\n", 9), 0);
	state_close(&state);
	assert_int_equal(state_folder_load(buffer, sizeof(buffer)), 9);
	assert_string_equal(buffer, "kills 17\n");
}

static void leftovers_of_a_killed_run_are_removed(void **data)
{
	(void)data;
	state_folder_save("old", 3);
	state_folder_write("kills.new", "monitoring-pl", 13);
	state_folder_save("new", 3);
	assert_false(state_folder_has("kills.new"));
	assert_int_equal(state_folder_load(buffer, sizeof(buffer)), 3);
	assert_string_equal(buffer, "new");
}

static void state_is_readable_by_its_user_only(void **data)
{
	(void)data;
	state_folder_save("old", 3);
	assert_int_equal(state_folder_status("kills").st_mode & 07777, 0600);
	assert_int_equal(state_folder_status("kills.lock").st_mode & 07777, 0600);
	assert_int_equal(state_folder_status(".").st_mode & 07777, 0700);
	assert_int_equal(state_folder_status("..").st_mode & 07777, 0700);
}

static void names_that_leave_the_directory_are_refused(void **data)
{
	static char too_long[STATE_NAME_MAX + 2];
	static const char *const names[] = {
		"", ".", "..", "../kills", "/etc/passwd", "kills.lock", "kills.new", "a b", "a\n", too_long,
	};
	struct state state;

	(void)data;
	memset(too_long, 'a', sizeof(too_long) - 1);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(state_open(&state, "check", names[i], 1), -EINVAL);
		assert_int_equal(state_load(&state, buffer, sizeof(buffer)), -EINVAL);
		assert_int_equal(state_save(&state, "x", 1), -EINVAL);
		state_close(&state);
		assert_int_equal(state_open(&state, names[i], "kills", 1), -EINVAL);
		state_close(&state);
	}
}

static void programs_and_names_have_separate_states(void **data)
{
	static const char *const memories[][2] = { { "check", "kills" },
						   { "check", "pids" },
						   { "other", "kills" } };
	struct state state;

	(void)data;
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < ARRAY_SIZE(memories); i++) {
			char own = (char)('a' + i);

			assert_int_equal(state_open(&state, memories[i][0], memories[i][1], 1), 0);
			if (round == 0) {
				assert_int_equal(state_load(&state, buffer, sizeof(buffer)), -ENOENT);
				assert_int_equal(state_save(&state, &own, 1), 0);
			} else {
				assert_int_equal(state_load(&state, buffer, sizeof(buffer)), 1);
				assert_int_equal(buffer[0], own);
			}
			state_close(&state);
		}
	}
}

static void environment_sets_the_directory(void **data)
{
	static const struct {
		const char *mp, *nagios; /* relative to the test's folder; NULL: not set */
		const char *used;
	} cases[] = {
		{ NULL, "b", "b" },
		{ "a", "b", "a" },
		{ "a", NULL, "a" },
		{ "", "b", "b" },
	};
	struct state state;
	char path[512];

	(void)data;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		state_folder_variable("MP_STATE_PATH", cases[i].mp);
		state_folder_variable("NAGIOS_PLUGIN_STATE_DIRECTORY", cases[i].nagios);
		assert_int_equal(state_open(&state, "check", "kills", 1), 0);
		state_close(&state);
		snprintf(path, sizeof(path), "%s/%s/%ju/check/kills.lock", state_folder, cases[i].used,
			 (uintmax_t)geteuid());
		assert_int_equal(unlink(path), 0);
	}
}

static void relative_or_overlong_directory_is_refused(void **data)
{
	struct state state;
	char path[300];

	(void)data;
	assert_int_equal(setenv("NAGIOS_PLUGIN_STATE_DIRECTORY", "here", 1), 0);
	assert_int_equal(state_open(&state, "check", "kills", 1), -EINVAL);
	state_close(&state);
	memset(path, 'a', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(setenv("NAGIOS_PLUGIN_STATE_DIRECTORY", path, 1), 0);
	assert_int_equal(state_open(&state, "check", "kills", 1), -EINVAL);
	state_close(&state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, state_folder_make, state_folder_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(missing_state_is_no_failure),
		TEST(reading_creates_nothing_and_does_not_wait),
		TEST(saved_data_is_loaded_by_the_next_run),
		TEST(size_of_saved_data_is_limited),
		TEST(buffer_needs_one_byte_more_than_the_data),
		TEST(file_cut_at_any_byte_is_rejected_and_reported),
		TEST(file_with_a_changed_bit_is_rejected),
		TEST(foreign_content_is_rejected_and_reported),
		TEST(file_of_a_newer_version_is_neither_loaded_nor_replaced),
		TEST(larger_file_of_a_newer_version_is_left_alone),
		TEST(removed_file_is_recognised_as_lost),
		TEST(reading_recognises_a_lost_file),
		TEST(missing_mark_is_created_by_the_next_run),
		TEST(file_of_an_older_version_is_loaded_and_upgraded),
		TEST(state_that_was_not_loaded_is_not_replaced),
		TEST(each_host_has_its_own_state_name),
		TEST(relative_root_depends_on_the_working_directory),
		TEST(equal_data_is_not_written_again),
		TEST(leftovers_of_a_killed_run_are_removed),
		TEST(state_is_readable_by_its_user_only),
		TEST(names_that_leave_the_directory_are_refused),
		TEST(programs_and_names_have_separate_states),
		TEST(environment_sets_the_directory),
		TEST(relative_or_overlong_directory_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
