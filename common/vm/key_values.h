/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_KEY_VALUES_H
#define OOM_VM_KEY_VALUES_H
/*
 * Inside this room only: the value of a hypervisor's option taken apart into
 * keys and values.  Two grammars yield the same pairs:
 *
 *     memory-backend-ram,id=pc.ram,size=64M        a comma in a value is doubled
 *     {"qom-type":"memory-backend-ram","id":"pc.ram","size":67108864}
 *
 * libvirt writes the second for -object from 6.0 on and for -device from 8.1 on.
 * It is one flat object of strings, numbers and booleans, so this reads it with
 * a page of code; a JSON library would be loaded by every run of the check.
 * Nested values are skipped, and what is not JSON ends the list.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct key_values {
	const char *rest;
	const char *implied_key; /* of a first value without "key=" */
	bool json;
	bool first;
};

struct key_value {
	char key[48];    /* what does not fit is cut: no key that is looked for is so long */
	char value[256]; /* unescaped; a nested JSON value is "" */
};

void key_values_init(struct key_values *list, const char *text, const char *implied_key);

/* The next pair; false at the end, and where the text is not of its grammar. */
bool key_values_next(struct key_values *list, struct key_value *ret);

/* on, yes, true and y are what QEMU takes for true (qapi_bool_parse()). */
bool key_values_is_true(const char *value);

/*
 * A size as QEMU reads it (qemu_strtosz()): digits, a fraction, and B, K, M, G, T,
 * P or E of either case, or a whole number in hexadecimal; `unit_bytes` is what a
 * bare number counts.  False for anything else, and for more than an exbibyte.
 */
bool key_values_size(const char *value, uint64_t unit_bytes, uint64_t *ret_bytes);

#endif
