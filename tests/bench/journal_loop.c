/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The floor for a journal: every entry of the kernel in the last day, by sd-journal. */
#include <stdio.h>
#include <string.h>
#include <systemd/sd-journal.h>
#include <time.h>

int main(int argc, char **argv)
{
	sd_journal *journal;
	unsigned kills = 0;

	if (argc < 2 || sd_journal_open_directory(&journal, argv[1], 0) < 0)
		return 1;
	sd_journal_add_match(journal, "_TRANSPORT=kernel", 0);
	sd_journal_seek_realtime_usec(journal, ((unsigned long long)time(NULL) - 86400) * 1000000);
	while (sd_journal_next(journal) > 0) {
		const void *data;
		size_t length;

		if (sd_journal_get_data(journal, "MESSAGE", &data, &length) >= 0 &&
		    memmem(data, length, "Killed process", 14))
			kills++;
	}
	printf("%u\n", kills);
	sd_journal_close(journal);
	return 0;
}
