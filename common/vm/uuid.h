/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_UUID_H
#define OOM_VM_UUID_H
/* Inside this room only. */
#include <stdbool.h>
#include <stddef.h>

/* 32 hexadecimal digits, with the four dashes or without any, into 8-4-4-4-12
 * in lower case.  False: something else, *ret is as it was. */
bool vm_uuid_read(char ret[37], const char *text, size_t length);

#endif
