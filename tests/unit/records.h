/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_TESTS_RECORDS_H
#define OOM_TESTS_RECORDS_H
/* Keeps the records that a source yields, for tests to inspect. */
#include <stdlib.h>
#include <string.h>

#include "klog/klog.h"

#define RECORDS_MAX 256

struct records {
	size_t count;
	struct klog_record at[RECORDS_MAX]; /* text is a copy */
};

static inline int records_keep(const struct klog_record *record, void *data)
{
	struct records *records = data;
	struct klog_record *kept = &records->at[records->count++];
	char *text = malloc(record->text_length + 1);

	assert_non_null(text);
	assert_true(records->count <= RECORDS_MAX);
	memcpy(text, record->text, record->text_length + 1);
	*kept = *record;
	kept->text = text;
	return 0;
}

static inline void records_free(struct records *records)
{
	for (size_t i = 0; i < records->count; i++)
		free((void *)records->at[i].text);
	*records = (struct records){ 0 };
}

#endif
