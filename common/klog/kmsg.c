/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"

/* /dev/kmsg in Documentation/admin-guide/devices.txt */
#define KMSG_MAJOR 1
#define KMSG_MINOR 11

/* Records in a row that the buffer cannot hold: more is not a kernel's log. */
#define OVERSIZED_MAX 64

struct kmsg_source {
	struct klog_source base;
	int fd;
	struct klog_boot boot;
	char record[KLOG_RECORD_MAX]; /* as read */
	char text[KLOG_RECORD_MAX];   /* unescaped */
};

/*
 * One read(2) is one record.  Returns its length, 0 at the ring's end, or a
 * negative errno; -EPIPE and -EINVAL mean that a record was passed over and
 * that the next read goes on behind it.
 */
static ssize_t read_record(struct kmsg_source *kmsg)
{
	for (;;) {
		ssize_t got = read(kmsg->fd, kmsg->record, sizeof(kmsg->record));

		if (got > 0)
			return got;
		if (got == 0)
			return -EIO; /* the device has no end of file */
		if (errno == EAGAIN)
			return 0;
		if (errno != EINTR)
			return -errno;
	}
}

/* The text's end: " KEY=value" lines of devices follow it, and a newline
 * within it is escaped. */
static size_t text_length(const char *text, size_t length)
{
	const char *newline = memchr(text, '\n', length);

	return newline ? (size_t)(newline - text) : length;
}

/*
 * Takes note of a record's place in the ring.  A gap behind another record is
 * a loss, be it told by EPIPE (overwritten while we read), by EINVAL or by
 * nothing (records whose text the ring has reused).  What was overwritten
 * before the first one is no gap but a boot that is not whole.
 */
static void count_record(const struct klog_record *record, bool first, uint64_t *expected,
			 struct klog_summary *summary)
{
	if (first) {
		summary->oldest_usec = record->realtime_usec;
		summary->whole_boot = record->sequence == 0;
	} else if (record->sequence > *expected) {
		summary->lost_records += record->sequence - *expected;
	}
	*expected = record->sequence + 1;
}

static int read_failed(const struct kmsg_source *kmsg, ssize_t error, struct klog_failure *failure)
{
	return klog_fail(failure, (int)error, NULL, "%s: %s", kmsg->base.name, strerror((int)-error));
}

static int kmsg_read(struct klog_source *source, const struct klog_query *query, klog_record_fn record_fn,
		     void *data, struct klog_summary *summary, struct klog_failure *failure)
{
	struct kmsg_source *kmsg = (struct kmsg_source *)source;
	struct klog_window window = klog_query_window(query);
	uint64_t expected = 0;
	unsigned oversized = 0;
	bool first = true;

	for (;;) {
		struct klog_record record;
		ssize_t length = read_record(kmsg);
		int header, r;

		if (length == 0)
			return 0;
		if (length == -EPIPE)
			continue;
		if (length == -EINVAL && ++oversized <= OVERSIZED_MAX)
			continue;
		if (length < 0)
			return read_failed(kmsg, length, failure);
		oversized = 0;
		header = klog_kmsg_parse_header(kmsg->record, (size_t)length, &record);
		if (header < 0)
			return klog_fail(failure, -EBADMSG, NULL, "%s: record without header", source->name);

		record.realtime_usec = kmsg->boot.realtime_usec + record.monotonic_usec;
		count_record(&record, first, &expected, summary);
		first = false;
		if (record.realtime_usec < window.from_usec || record.realtime_usec > window.to_usec)
			continue;

		klog_kmsg_unescape(kmsg->record + header,
				   text_length(kmsg->record + header, (size_t)(length - header)), kmsg->text,
				   sizeof(kmsg->text), &record);
		record.proven = true;
		record.has_boot_id = kmsg->boot.has_id;
		memcpy(record.boot_id, kmsg->boot.id, sizeof(record.boot_id));
		summary->yielded_records++;
		r = record_fn(&record, data);
		if (r != 0)
			return r;
	}
}

static void kmsg_close(struct klog_source *source)
{
	struct kmsg_source *kmsg = (struct kmsg_source *)source;

	close(kmsg->fd);
	free(kmsg);
}

int klog_kmsg_open_fd(struct klog_source **ret, int fd, const struct file_roots *roots,
		      struct klog_failure *failure)
{
	struct kmsg_source *kmsg = malloc(sizeof(*kmsg));

	if (!kmsg) {
		close(fd);
		return klog_fail(failure, -ENOMEM, NULL, "kmsg: %s", strerror(ENOMEM));
	}
	kmsg->base = (struct klog_source){
		.kind = KLOG_KMSG, .name = "kmsg", .read = kmsg_read, .close = kmsg_close
	};
	kmsg->fd = fd;
	klog_boot_read(&kmsg->boot, roots);
	*ret = &kmsg->base;
	return 0;
}

/* The first line of a sysctl, "" where it cannot be read. */
static const char *read_sysctl(const struct file_roots *roots, const char *name, char *buffer, size_t size)
{
	char path[PATH_MAX];

	if (file_procfs_path(roots, name, path, sizeof(path)) < 0 || file_read(path, buffer, size) < 0)
		return "";
	buffer[strcspn(buffer, "\n")] = '\0';
	return buffer;
}

/* Which of the kernel's locks it was (devkmsg_open(), check_syslog_permissions()). */
static int open_denied(const char *path, int error, const struct file_roots *roots,
		       struct klog_failure *failure)
{
	char program[PATH_MAX], devkmsg[32], restricted[32];

	klog_fail(failure, error, NULL, "%s: %s", path, strerror(-error));
	if (strcmp(read_sysctl(roots, "/sys/kernel/printk_devkmsg", devkmsg, sizeof(devkmsg)), "off") == 0) {
		klog_fail_because(failure, " (printk.devkmsg=off: closed to everybody)");
		klog_fail_remedy(failure, "remove printk.devkmsg=off from the kernel's command line, "
					  "or use --source=syslog or --source=journal");
		return error;
	}
	if (strcmp(read_sysctl(roots, "/sys/kernel/dmesg_restrict", restricted, sizeof(restricted)), "1") ==
	    0)
		klog_fail_because(failure, " (kernel.dmesg_restrict=1)");
	klog_fail_remedy(failure,
			 "grant CAP_SYSLOG: setcap cap_syslog+ep %s, or add the user to "
			 "group systemd-journal for the journal",
			 klog_program_path(program, sizeof(program)));
	return error;
}

static int open_failed(const char *path, int error, const struct file_roots *roots,
		       struct klog_failure *failure)
{
	if (error == -EPERM || error == -EACCES)
		return open_denied(path, error, roots, failure);
	return klog_fail(failure, error,
			 error == -ENOENT ? "give the container the host's /dev/kmsg, or use --source=journal"
					  : NULL,
			 "%s: %s", path, strerror(-error));
}

/* Containers link /dev/kmsg to a console or to /dev/null: it opens, and says
 * nothing for ever. */
static bool is_kmsg(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) &&
	       status.st_rdev == makedev(KMSG_MAJOR, KMSG_MINOR);
}

int klog_kmsg_open(struct klog_source **ret, const struct file_roots *roots, struct klog_failure *failure)
{
	char path[PATH_MAX];
	int r = file_path(roots, "/dev/kmsg", path, sizeof(path));
	int fd;

	if (r < 0)
		return klog_fail(failure, r, NULL, "/dev/kmsg: %s", strerror(-r));
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return open_failed(path, -errno, roots, failure);
	if (!is_kmsg(fd)) {
		close(fd);
		return klog_fail(failure, -ENODEV,
				 "give the container the host's /dev/kmsg, or use --source=journal",
				 "%s: not the kernel's log device", path);
	}
	return klog_kmsg_open_fd(ret, fd, roots, failure);
}
