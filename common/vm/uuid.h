/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_UUID_H
#define OOM_VM_UUID_H
/* Internal to vm/. */
#include <stdbool.h>
#include <stddef.h>

/*
 * Converts 32 hexadecimal digits, with all four dashes or without any, to 8-4-4-4-12 in lower case.
 * Returns false for anything else and leaves ret unchanged.
 */
bool vm_uuid_read(char ret[37], const char *text, size_t length);

#endif
