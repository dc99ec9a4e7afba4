/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_KEY_VALUES_H
#define OOM_VM_KEY_VALUES_H
/*
 * Internal to vm/: splits the value of a hypervisor's option into keys and values. Two grammars
 * yield the same pairs:
 *
 *     memory-backend-ram,id=pc.ram,size=64M        a comma in a value is doubled
 *     {"qom-type":"memory-backend-ram","id":"pc.ram","size":67108864}
 *
 * libvirt writes the second form for -object since 6.0 and for -device since 8.1. It is a flat
 * object of strings, numbers and booleans, so a page of code can read it; a JSON library would be
 * loaded by every run of the check. Nested values are skipped, and text that is not JSON ends the
 * list.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct key_values {
	const char *rest;
	const char *implied_key; /* key of a first value that has no "key=" */
	bool json;
	bool first;
};

struct key_value {
	char key[48];    /* cut if it does not fit: no key that is looked up is that long */
	char value[256]; /* unescaped; a nested JSON value is "" */
};

void key_values_init(struct key_values *list, const char *text, const char *implied_key);

/* Reads the next pair. Returns false at the end, and if the text does not match its grammar. */
bool key_values_next(struct key_values *list, struct key_value *ret);

/* Whether QEMU takes the value for true: on, yes, true or y (qapi_bool_parse()). */
bool key_values_is_true(const char *value);

/*
 * Parses a size as QEMU does (qemu_strtosz()): a decimal number, which may have a fraction, or a
 * whole number in hexadecimal, and optionally B, K, M, G, T, P or E in either case. `unit_bytes` is
 * the unit of a number without a suffix. Returns false for anything else, and for more than an
 * exbibyte.
 */
bool key_values_size(const char *value, uint64_t unit_bytes, uint64_t *ret_bytes);

#endif
