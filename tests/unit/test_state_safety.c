/* SPDX-License-Identifier: GPL-3.0-or-later */
/* State under adverse conditions: other users, concurrent runs, a full disk. */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "state/state.h"
#include "state_folder.h"

#define NOBODY 65534

static char buffer[4096];

/* Injected faults: a step of saving that fails, or writes of one byte each. */
static struct {
	int writev, fsync_file, fsync_directory, renameat, flock; /* errno values */
	bool bytewise;
	const char *unlink_before_lock;
} faults;

static int fault(int error)
{
	errno = error;
	return error == 0 ? 0 : -1;
}

ssize_t __real_writev(int fd, const struct iovec *parts, int count);
ssize_t __wrap_writev(int fd, const struct iovec *parts, int count);
ssize_t __wrap_writev(int fd, const struct iovec *parts, int count)
{
	if (fault(faults.writev) < 0)
		return -1;
	if (!faults.bytewise)
		return __real_writev(fd, parts, count);
	while (parts->iov_len == 0)
		parts++;
	return write(fd, parts->iov_base, 1);
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
	struct stat status;

	assert_int_equal(fstat(fd, &status), 0);
	if (fault(S_ISDIR(status.st_mode) ? faults.fsync_directory : faults.fsync_file) < 0)
		return -1;
	return __real_fsync(fd);
}

int __real_renameat(int old_fd, const char *old, int new_fd, const char *new);
int __wrap_renameat(int old_fd, const char *old, int new_fd, const char *new);
int __wrap_renameat(int old_fd, const char *old, int new_fd, const char *new)
{
	return fault(faults.renameat) < 0 ? -1 : __real_renameat(old_fd, old, new_fd, new);
}

int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);
int __wrap_flock(int fd, int operation)
{
	if (faults.unlink_before_lock)
		assert_int_equal(unlink(state_folder_path(faults.unlink_before_lock)), 0);
	faults.unlink_before_lock = NULL;
	return fault(faults.flock) < 0 ? -1 : __real_flock(fd, operation);
}

static int setup(void **data)
{
	memset(&faults, 0, sizeof(faults));
	return state_folder_make(data);
}

/* Saves as a separate run; returns the result and stores the failure in *ret. */
static int save(const char *string, struct state_failure *ret)
{
	struct state state;

	state_open(&state, "check", "kills", 1);
	state_load(&state, buffer, sizeof(buffer));
	int r = state_save(&state, string, strlen(string));
	state_close(&state);
	*ret = state.failure;
	return r;
}

static void assert_loads(const char *string)
{
	assert_int_equal(state_folder_load(buffer, sizeof(buffer)), strlen(string));
	assert_string_equal(buffer, string);
}

static void assert_reason(const struct state_failure *failure, const char *reason)
{
	if (!strstr(failure->reason, reason))
		fail_msg("\"%s\" lacks \"%s\"", failure->reason, reason);
}

static void failed_save_keeps_the_old_state(void **data)
{
	static const struct {
		const char *step;
		int *error;
		int with;
	} cases[] = {
		{ "the disk is full", &faults.writev, ENOSPC },
		{ "the quota is exceeded", &faults.writev, EDQUOT },
		{ "the disk is full at fsync()", &faults.fsync_file, ENOSPC },
		{ "an I/O error at fsync()", &faults.fsync_file, EIO },
		{ "the rename fails", &faults.renameat, EROFS },
	};
	struct state_failure failure;

	(void)data;
	state_folder_save("old", 3);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		*cases[i].error = cases[i].with;
		assert_int_equal(save("new", &failure), -cases[i].with);
		*cases[i].error = 0;
		assert_reason(&failure, strerror(cases[i].with));
		assert_loads("old");
		assert_false(state_folder_has("kills.new"));
	}
	assert_int_equal(save("new", &failure), 0);
	assert_loads("new");
}

static void failed_directory_sync_is_reported(void **data)
{
	struct state_failure failure;

	(void)data;
	faults.fsync_directory = EIO;
	assert_int_equal(save("new", &failure), -EIO);
	/* Some file systems do not support it. */
	faults.fsync_directory = EINVAL;
	assert_int_equal(save("newer", &failure), 0);
	assert_loads("newer");
}

static void partial_writes_are_completed(void **data)
{
	struct state_failure failure;

	(void)data;
	faults.bytewise = true;
	assert_int_equal(save("kills 17\n", &failure), 0);
	assert_loads("kills 17\n");
}

/* Runs in a child, because the limit applies to the process and SIGXFSZ would end it. */
static void file_size_limit_does_not_kill_the_check(void **data)
{
	const struct rlimit limit = { 50, RLIM_INFINITY };
	struct state_failure failure;
	int status;

	(void)data;
	state_folder_save("old", 3);
	pid_t pid = fork();
	if (pid == 0) {
		signal(SIGXFSZ, SIG_DFL);
		int r = setrlimit(RLIMIT_FSIZE, &limit) < 0 ? -errno : save("longer than that", &failure);
		_exit(r == -EFBIG && save("new", &failure) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_loads("new");
}

static void write_file(const char *path, const char *content)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_true(fputs(content, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* The link's target is outside of the state directory; it must stay unchanged, or absent. */
static void links_to_files_are_not_followed(void **data)
{
	static const struct {
		const char *link;
		int opens, loads, saves;
	} cases[] = {
		{ "kills", 0, -ELOOP, -ELOOP },
		{ "kills.new", 0, 3, 0 },
		{ "kills.lock", -ELOOP, 3, -ELOOP },
	};
	char to[128], content[16];

	(void)data;
	snprintf(to, sizeof(to), "%s/elsewhere", state_folder);
	for (size_t i = 0; i < ARRAY_SIZE(cases) * 2; i++) {
		size_t at = i / 2;
		bool exists = i % 2;
		struct state state;

		state_folder_save("old", 3);
		if (exists)
			write_file(to, "precious");
		unlink(state_folder_path(cases[at].link));
		assert_int_equal(symlink(to, state_folder_path(cases[at].link)), 0);

		assert_int_equal(state_open(&state, "check", "kills", 1), cases[at].opens);
		assert_int_equal(state_load(&state, buffer, sizeof(buffer)), cases[at].loads);
		assert_int_equal(state_save(&state, "new", 3), cases[at].saves);
		state_close(&state);
		if (cases[at].opens < 0 || cases[at].loads < 0)
			assert_reason(&state.failure, "refusing to follow a symbolic link");

		if (exists) {
			FILE *file = fopen(to, "re");

			assert_non_null(file);
			assert_string_equal(fgets(content, sizeof(content), file), "precious");
			fclose(file);
			assert_int_equal(unlink(to), 0);
		}
		assert_int_equal(access(to, F_OK), -1);
		unlink(state_folder_path(cases[at].link));
	}
}

static void links_to_directories_are_not_followed(void **data)
{
	char program[128], user[128], to[128];
	const char *const links[] = { program, user };
	struct state state;

	(void)data;
	state_folder_save("old", 3);
	snprintf(user, sizeof(user), "%s/base/%ju", state_folder, (uintmax_t)geteuid());
	snprintf(program, sizeof(program), "%s/base/%ju/check", state_folder, (uintmax_t)geteuid());
	snprintf(to, sizeof(to), "%s/elsewhere", state_folder);
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		/* The state is valid, but the path to it contains a link. */
		assert_int_equal(rename(links[i], to), 0);
		assert_int_equal(symlink(to, links[i]), 0);
		assert_int_equal(state_open(&state, "check", "kills", 1), -ELOOP);
		assert_int_equal(state_load(&state, buffer, sizeof(buffer)), -ELOOP);
		assert_int_equal(state_save(&state, "new", 3), -ELOOP);
		state_close(&state);
		assert_reason(&state.failure, "refusing to follow a symbolic link");
		assert_int_equal(unlink(links[i]), 0);
		assert_int_equal(rename(to, links[i]), 0);
		assert_loads("old");
	}
}

static void link_at_the_base_directory_is_followed(void **data)
{
	char real[128], base[128];

	(void)data;
	snprintf(real, sizeof(real), "%s/real", state_folder);
	snprintf(base, sizeof(base), "%s/base", state_folder);
	assert_int_equal(mkdir(real, 0755), 0);
	assert_int_equal(symlink(real, base), 0);
	state_folder_save("old", 3);
	assert_loads("old");
}

static void assert_remedy(const struct state_failure *failure, const char *command)
{
	if (strncmp(failure->remedy, command, strlen(command)) != 0)
		fail_msg("\"%s\" is not \"%s ...\"", failure->remedy, command);
}

static void files_writable_by_others_are_rejected(void **data)
{
	static const struct {
		const char *file;
		mode_t mode;
		int opens, loads;
	} cases[] = {
		{ "kills", 0666, 0, -EPERM },
		{ "kills", 0644, 0, 3 },
		{ "kills", 0660, 0, -EPERM },
		{ "kills.lock", 0666, -EPERM, 3 },
		{ ".", 0777, -EPERM, -EPERM },
		{ ".", 01777, -EPERM, -EPERM },
		{ ".", 0755, 0, 3 },
		{ "..", 0777, -EPERM, -EPERM },
		{ "../..", 0777, -EPERM, -EPERM },
		{ "../..", 01777, 0, 3 }, /* like /tmp: others cannot remove our files */
		{ "../..", 0711, 0, 3 },
	};

	(void)data;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct state state;

		state_folder_save("old", 3);
		mode_t before = state_folder_status(cases[i].file).st_mode & 07777;
		assert_int_equal(chmod(state_folder_path(cases[i].file), cases[i].mode), 0);
		assert_int_equal(state_open(&state, "check", "kills", 1), cases[i].opens);
		assert_int_equal(state_load(&state, buffer, sizeof(buffer)), cases[i].loads);
		state_close(&state);
		if (cases[i].opens < 0 || cases[i].loads < 0)
			assert_reason(&state.failure,
				      cases[i].mode == 0660 ? "writable by its group" : "world-writable");
		if (cases[i].opens < 0 || cases[i].loads < 0)
			assert_remedy(&state.failure, "chmod ");
		assert_int_equal(chmod(state_folder_path(cases[i].file), before), 0);
	}
}

static void files_of_another_user_are_rejected(void **data)
{
	static const struct {
		const char *file;
		int opens, loads;
	} cases[] = {
		{ "kills", 0, -EPERM },   { "kills.lock", -EPERM, 3 }, { ".", -EPERM, -EPERM },
		{ "..", -EPERM, -EPERM }, { "../..", 0, 3 }, /* the administrator's responsibility */
	};

	(void)data;
	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct state state;

		state_folder_save("old", 3);
		assert_int_equal(chown(state_folder_path(cases[i].file), NOBODY, NOBODY), 0);
		assert_int_equal(state_open(&state, "check", "kills", 1), cases[i].opens);
		assert_int_equal(state_load(&state, buffer, sizeof(buffer)), cases[i].loads);
		state_close(&state);
		if (cases[i].opens < 0 || cases[i].loads < 0)
			assert_reason(&state.failure, "owned by another user");
		if (cases[i].opens < 0 || cases[i].loads < 0)
			assert_remedy(&state.failure, "chown ");
		assert_int_equal(chown(state_folder_path(cases[i].file), 0, 0), 0);
	}
}

static void special_files_are_rejected_without_blocking(void **data)
{
	static const struct {
		const char *file;
		mode_t type;
		int opens, loads, saves;
	} cases[] = {
		{ "kills", S_IFIFO, 0, -EPERM, -EPERM },
		{ "kills", S_IFDIR, 0, -EPERM, -EPERM },
		{ "kills.lock", S_IFIFO, -EPERM, 3, -EPERM },
		{ "kills.lock", S_IFDIR, -EISDIR, 3, -EISDIR },
		{ "kills.new", S_IFIFO, 0, 3, 0 },
		{ "kills.new", S_IFDIR, 0, 3, -EISDIR },
	};

	(void)data;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct state state;

		state_folder_save("old", 3);
		unlink(state_folder_path(cases[i].file));
		assert_int_equal(cases[i].type == S_IFIFO ? mkfifo(state_folder_path(cases[i].file), 0600)
							  : mkdir(state_folder_path(cases[i].file), 0700),
				 0);
		assert_int_equal(state_open(&state, "check", "kills", 1), cases[i].opens);
		assert_int_equal(state_load(&state, buffer, sizeof(buffer)), cases[i].loads);
		assert_int_equal(state_save(&state, "new", 3), cases[i].saves);
		state_close(&state);
		if (cases[i].opens < 0 || cases[i].loads < 0 || cases[i].saves < 0)
			assert_int_not_equal(state.failure.error, 0);
		remove(state_folder_path(cases[i].file));
	}
}

/* Root ignores directory permissions, so continue as another user. */
static void drop_root(void)
{
	if (geteuid() == 0)
		assert_int_equal(seteuid(NOBODY), 0);
}

static void regain_root(void)
{
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
}

static void uncreatable_directory_is_reported_with_a_remedy(void **data)
{
	static const struct {
		const char *below;
		mode_t mode; /* of the base; 0: it does not exist */
		int error;
		const char *reason;
	} cases[] = {
		{ "base", 0555, -EACCES, "does not exist and cannot be created: Permission denied" },
		{ "base", 0, -EACCES, "does not exist and cannot be created: Permission denied" },
		{ "no/base", 0, -ENOENT, "does not exist and cannot be created: No such file" },
	};

	(void)data;
	assert_int_equal(chmod(state_folder, 0555), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct state state;
		char base[128], remedy[256];

		snprintf(base, sizeof(base), "%s/%s", state_folder, cases[i].below);
		state_folder_variable("NAGIOS_PLUGIN_STATE_DIRECTORY", cases[i].below);
		if (cases[i].mode) {
			assert_int_equal(chmod(state_folder, 0755), 0);
			assert_int_equal(mkdir(base, cases[i].mode), 0);
			assert_int_equal(chmod(state_folder, 0555), 0);
		}
		drop_root();
		snprintf(remedy, sizeof(remedy), "install -d -o %ju -m 700 %s/%ju", (uintmax_t)geteuid(),
			 base, (uintmax_t)geteuid());
		assert_int_equal(state_open(&state, "check", "kills", 1), cases[i].error);
		assert_int_equal(state_load(&state, buffer, sizeof(buffer)), cases[i].error);
		assert_int_equal(state_save(&state, "new", 3), cases[i].error);
		state_close(&state);
		regain_root();
		assert_reason(&state.failure, cases[i].reason);
		assert_string_equal(state.failure.remedy, remedy);
		if (cases[i].mode) {
			assert_int_equal(chmod(state_folder, 0755), 0);
			assert_int_equal(rmdir(base), 0);
			assert_int_equal(chmod(state_folder, 0555), 0);
		}
	}
	assert_int_equal(chmod(state_folder, 0755), 0);
}

static void read_only_state_is_loaded_but_not_saved(void **data)
{
	struct state state;
	char base[128];

	(void)data;
	snprintf(base, sizeof(base), "%s/base", state_folder);
	assert_int_equal(mkdir(base, 0777), 0);
	assert_int_equal(chmod(base, 01777), 0);
	drop_root();
	state_folder_save("old", 3);
	assert_int_equal(unlink(state_folder_path("kills.lock")), 0);
	assert_int_equal(chmod(state_folder_path("."), 0500), 0);

	assert_int_equal(state_open(&state, "check", "kills", 1), -EACCES);
	assert_int_equal(state_load(&state, buffer, sizeof(buffer)), 3);
	assert_string_equal(buffer, "old");
	assert_int_equal(state_save(&state, "new", 3), -EACCES);
	state_close(&state);
	assert_reason(&state.failure, "kills.lock: Permission denied");
	assert_int_equal(chmod(state_folder_path("."), 0700), 0);
	regain_root();
}

static void state_without_lock_support_is_not_written(void **data)
{
	struct state_failure failure;

	(void)data;
	state_folder_save("old", 3);
	faults.flock = ENOLCK;
	assert_int_equal(save("new", &failure), -ENOLCK);
	assert_reason(&failure, "kills.lock: No locks available");
	assert_loads("old");
}

static void held_lock_prevents_saving_but_not_loading(void **data)
{
	struct state state;
	int ready[2], go[2], status;
	char byte;

	(void)data;
	state_folder_save("old", 3);
	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(go), 0);
	pid_t pid = fork();
	if (pid == 0) {
		close(go[1]);
		bool ok = state_open(&state, "check", "kills", 1) == 0 &&
			  state_load(&state, buffer, sizeof(buffer)) == 3 && write(ready[1], "r", 1) == 1 &&
			  read(go[0], &byte, 1) == 0 && state_save(&state, "child", 5) == 0;
		_exit(ok ? 0 : 1); /* exiting releases the lock as state_close() does */
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);

	assert_int_equal(state_open(&state, "check", "kills", 1), -EBUSY);
	assert_int_equal(state_load(&state, buffer, sizeof(buffer)), 3);
	assert_int_equal(state_save(&state, "parent", 6), -EBUSY);
	state_close(&state);
	assert_reason(&state.failure, "locked by another run");

	close(go[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_loads("child");
	for (int i = 0; i < 2; i++)
		close(ready[i]);
	close(go[0]);
}

static void removed_lock_file_is_locked_again(void **data)
{
	struct state state;

	(void)data;
	state_folder_save("old", 3);
	faults.unlink_before_lock = "kills.lock";
	assert_int_equal(state_open(&state, "check", "kills", 1), 0);
	int fd = open(state_folder_path("kills.lock"), O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), -1);
	assert_int_equal(errno, EWOULDBLOCK);
	close(fd);
	state_close(&state);
}

/* Adds one, `times` times; tries again if another run holds the lock. */
static int count(int times)
{
	while (times > 0) {
		struct state state;
		char number[24];

		state_open(&state, "check", "kills", 1);
		ssize_t length = state_load(&state, buffer, sizeof(buffer));
		snprintf(number, sizeof(number), "%d", (length > 0 ? atoi(buffer) : 0) + 1);
		int r = state_save(&state, number, strlen(number));
		state_close(&state);
		if (r < 0 && r != -EBUSY)
			return 1;
		times -= r == 0;
	}
	return 0;
}

static void concurrent_runs_lose_no_update(void **data)
{
	enum { RUNS = 2, TIMES = 100 };
	pid_t pids[RUNS];
	int status;

	(void)data;
	for (int i = 0; i < RUNS; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(count(TIMES));
		assert_true(pids[i] > 0);
	}
	for (int i = 0; i < RUNS; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	assert_loads("200");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, state_folder_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(failed_save_keeps_the_old_state),
		TEST(failed_directory_sync_is_reported),
		TEST(partial_writes_are_completed),
		TEST(file_size_limit_does_not_kill_the_check),
		TEST(links_to_files_are_not_followed),
		TEST(links_to_directories_are_not_followed),
		TEST(link_at_the_base_directory_is_followed),
		TEST(files_writable_by_others_are_rejected),
		TEST(files_of_another_user_are_rejected),
		TEST(special_files_are_rejected_without_blocking),
		TEST(uncreatable_directory_is_reported_with_a_remedy),
		TEST(read_only_state_is_loaded_but_not_saved),
		TEST(state_without_lock_support_is_not_written),
		TEST(held_lock_prevents_saving_but_not_loading),
		TEST(removed_lock_file_is_locked_again),
		TEST(concurrent_runs_lose_no_update),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
