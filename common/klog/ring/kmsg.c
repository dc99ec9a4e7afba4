/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "base/clock.h"

/* /dev/kmsg in Documentation/admin-guide/devices.txt */
#define KMSG_MAJOR 1
#define KMSG_MINOR 11

/* SYSLOG_ACTION_SIZE_BUFFER of include/linux/syslog.h, which is not exported to userspace. */
#define ACTION_SIZE_BUFFER 10

/* Maximum number of successive reads whose record was overwritten (EPIPE): the ring buffer is
 * written so fast that nothing can be read from it. Or whose record does not fit the buffer
 * (EINVAL), which is twice as large as any kernel's records. */
#define SKIPPED_MAX 1000

/* A record takes at least 16 bytes of the ring buffer: the header of struct printk_log before 5.10,
 * and since then there is one descriptor for every 32 bytes. If the size of the buffer is unknown,
 * 16 MiB are assumed; no larger ring buffer is known. */
#define BYTES_PER_RECORD_MIN 16
#define RING_RECORDS_MAX     (1 << 20)

struct kmsg_source {
	struct klog_source base;
	int fd;
	uint64_t ring_records; /* a ring buffer of this size cannot hold more */
	int64_t opened_usec;   /* realtime */
	struct klog_boot boot;
	char record[KLOG_RECORD_MAX]; /* as read */
	char text[KLOG_RECORD_MAX];   /* unescaped */
};

/*
 * Reads one record, which is what one read(2) returns. Returns its length, 0 at the end of the ring
 * buffer, or a negative errno. After -EPIPE and -EINVAL a record was skipped, and the next read
 * continues after it.
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

/* The length of the text itself. It is followed by " KEY=value" lines about devices; newlines
 * within it are escaped. */
static size_t text_length(const char *text, size_t length)
{
	const char *newline = memchr(text, '\n', length);

	return newline ? (size_t)(newline - text) : length;
}

/*
 * Records a record's place in the ring buffer. A gap after another record is a loss, whether
 * read(2) reported it as EPIPE (overwritten while reading), as EINVAL, or not at all (the text was
 * reused). What was overwritten before the first record is not a gap; it means that this boot's log
 * is not complete.
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

/*
 * Whether a record is certainly newer than the start of the reading, so that a process that writes
 * as fast as this one reads cannot keep it reading forever. The sequence number decides, because
 * there were at most ring_records records after the first one that was read; and the time must
 * agree. The time is inexact (see boot.c), so the sequence number alone decides after
 * RING_RECORDS_MAX records.
 */
static bool is_beyond_start(const struct kmsg_source *kmsg, const struct klog_record *record,
			    uint64_t first_sequence)
{
	const uint64_t read = record->sequence > first_sequence ? record->sequence - first_sequence : 0;

	return read >= RING_RECORDS_MAX ||
	       (read >= kmsg->ring_records && record->realtime_usec > kmsg->opened_usec);
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
	uint64_t expected = 0, first_sequence = 0;
	unsigned skipped = 0;
	bool first = true;

	for (;;) {
		struct klog_record record;
		ssize_t length = read_record(kmsg);
		int header, r;

		if (length == 0) {
			summary->lost_records += skipped; /* no record follows that shows the gap */
			return 0;
		}
		if ((length == -EPIPE || length == -EINVAL) && ++skipped <= SKIPPED_MAX)
			continue;
		if (length < 0)
			return read_failed(kmsg, length, failure);
		skipped = 0;
		header = klog_kmsg_parse_header(kmsg->record, (size_t)length, &record);
		if (header < 0)
			return klog_fail(failure, -EBADMSG, NULL, "%s: record without valid header",
					 source->name);

		record.realtime_usec = kmsg->boot.realtime_usec + record.monotonic_usec;
		if (first)
			first_sequence = record.sequence;
		count_record(&record, first, &expected, summary);
		first = false;
		if (is_beyond_start(kmsg, &record, first_sequence))
			return 0;
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

static uint64_t ring_records(void)
{
	const int size = klogctl(ACTION_SIZE_BUFFER, NULL, 0);

	return size < 0 ? RING_RECORDS_MAX : (uint64_t)size / BYTES_PER_RECORD_MIN;
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
	kmsg->ring_records = ring_records();
	klog_boot_read(&kmsg->boot, roots);
	kmsg->opened_usec = clock_usec(CLOCK_REALTIME);
	*ret = &kmsg->base;
	return 0;
}

/* The first line of a sysctl, or "" if it cannot be read. */
static const char *read_sysctl(const struct file_roots *roots, const char *name, char *buffer, size_t size)
{
	char path[PATH_MAX];

	if (file_procfs_path(roots, name, path, sizeof(path)) < 0 || file_read(path, buffer, size) < 0)
		return "";
	buffer[strcspn(buffer, "\n")] = '\0';
	return buffer;
}

/* Explains which kernel setting denied access (devkmsg_open(), check_syslog_permissions()). */
static int open_denied(const char *path, int error, const struct file_roots *roots,
		       struct klog_failure *failure)
{
	char program[PATH_MAX], devkmsg[32], restricted[32];

	klog_fail(failure, error, NULL, "%s: %s", path, strerror(-error));
	if (strcmp(read_sysctl(roots, "/sys/kernel/printk_devkmsg", devkmsg, sizeof(devkmsg)), "off") == 0) {
		klog_fail_because(failure, " (printk.devkmsg=off: disabled for all users)");
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
			 error == -ENOENT
				 ? "pass the host's /dev/kmsg into the container, or use --source=journal"
				 : NULL,
			 "%s: %s", path, strerror(-error));
}

static bool is_kmsg(const struct stat *status)
{
	return S_ISCHR(status->st_mode) && status->st_rdev == makedev(KMSG_MAJOR, KMSG_MINOR);
}

bool klog_kmsg_is_device(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && is_kmsg(&status);
}

/* Some containers link /dev/kmsg to a console or to /dev/null, which can be opened but never
 * returns a record. */
int klog_kmsg_open_device(const char *path)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0 || !is_kmsg(&status)) {
		close(fd);
		return -ENODEV;
	}
	return fd;
}

int klog_kmsg_open(struct klog_source **ret, const struct file_roots *roots, struct klog_failure *failure)
{
	char path[PATH_MAX];
	int r = file_path(roots, "/dev/kmsg", path, sizeof(path));
	int fd;

	if (r < 0)
		return klog_fail(failure, r, NULL, "/dev/kmsg: %s", strerror(-r));
	fd = klog_kmsg_open_device(path);
	if (fd == -ENODEV)
		return klog_fail(failure, fd,
				 "pass the host's /dev/kmsg into the container, or use --source=journal",
				 "%s: not the kernel log device", path);
	if (fd < 0)
		return open_failed(path, fd, roots, failure);
	return klog_kmsg_open_fd(ret, fd, roots, failure);
}
