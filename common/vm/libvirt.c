/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/libvirt.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "vm/machine_name.h"

/*
 * Keeps the machine name that a truncated name was read from, to compare domains with it. A machine
 * name has at most 64 characters (HOST_NAME_MAX).
 */
static void keep_machine(struct vm_identity *ret, struct span machine)
{
	if (ret->name_is_truncated && machine.length < sizeof(ret->machine))
		span_copy(machine, ret->machine, sizeof(ret->machine));
}

/* Removes the prefix "<driver>-". */
static bool strip_driver(struct span *machine, const char *driver)
{
	struct span rest = *machine;

	if (!span_strip_prefix(&rest, driver) || !span_strip_prefix(&rest, "-"))
		return false;
	*machine = rest;
	return true;
}

/*
 * Reads "<id>-<name>", or "<id>" if libvirt kept no character of the name (one without ASCII
 * letters and digits). Its ids are ints and start at 1.
 */
static bool read_id_and_name(struct vm_identity *ret, struct span machine)
{
	size_t digits = span_count_digits(machine);
	struct span id = { .text = machine.text, .length = digits };
	struct span name = { .text = machine.text + digits, .length = machine.length - digits };

	if (digits == 0 || digits > 10 || machine.text[0] == '0')
		return false;
	if (name.length > 0 && !span_strip_prefix(&name, "-"))
		return false;
	span_copy(id, ret->id, sizeof(ret->id));
	span_copy(name, ret->name, sizeof(ret->name));
	ret->name_is_truncated = true;
	return true;
}

/* Reads "<skipped>-<id>-<name>", where the skipped part may contain dashes too. */
static bool read_after_first_id(struct vm_identity *ret, struct span machine)
{
	for (size_t i = 1; i < machine.length; i++) {
		struct span rest = { .text = machine.text + i + 1, .length = machine.length - i - 1 };

		if (machine.text[i] == '-' && read_id_and_name(ret, rest))
			return true;
	}
	return false;
}

/* Reads "embed-<8 hex digits>-<id>-<name>" of the embedded driver (6.1). */
static bool read_embedded(struct vm_identity *ret, struct span machine)
{
	if (!span_strip_prefix(&machine, "embed-") || machine.length < 9 || machine.text[8] != '-')
		return false;
	for (size_t i = 0; i < 8; i++)
		if (!isxdigit((unsigned char)machine.text[i]))
			return false;
	machine.text += 9;
	machine.length -= 9;
	return read_id_and_name(ret, machine);
}

/*
 * Reads what follows "<driver>-": <id>-<name>; embed-…; in a user's session <user>-<id>-<name>;
 * before 1.3.x the name alone. Sessions are only below user.slice. Elsewhere web-1-prod is the
 * whole name of an old VM.
 */
static void read_machine(struct vm_identity *ret, struct span machine, bool session)
{
	if (read_id_and_name(ret, machine) || read_embedded(ret, machine) ||
	    (session && read_after_first_id(ret, machine)))
		return;
	ret->name_is_truncated = !span_copy(machine, ret->name, sizeof(ret->name));
}

/* Reads "<user>-<driver>-<id>-<name>", the form of older versions in a session. */
static bool read_older_session(struct vm_identity *ret, struct span machine, const char *driver)
{
	TEXT_ON_STACK(infix, 16);

	text_printf(&infix, "-%s-", driver);
	const char *found = span_find(machine, infix.data);
	if (!found || found == machine.text)
		return false;
	size_t skipped = (size_t)(found - machine.text) + infix.length;
	return read_id_and_name(
		ret, (struct span){ .text = machine.text + skipped, .length = machine.length - skipped });
}

static int hex_digit(char digit)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = digit ? strchr(digits, tolower((unsigned char)digit)) : NULL;

	return found ? (int)(found - digits) : -1;
}

/*
 * Decodes systemd's \xHH escapes once; anything else is copied. A bare '-' stands for '/' in a
 * unit's name, but it is copied too: no machine name contains '/', so the '-' comes from a log in
 * which the escape was already decoded.
 */
static void unescape_unit(struct text *text, struct span span)
{
	for (size_t i = 0; i < span.length; i++) {
		const char *at = span.text + i;
		bool escape = span.length - i >= 4 && at[0] == '\\' && at[1] == 'x';
		int high = escape ? hex_digit(at[2]) : -1;
		int low = escape ? hex_digit(at[3]) : -1;
		char byte = at[0];

		if (high >= 0 && low >= 0 && (high | low) != 0) {
			byte = (char)(high * 16 + low);
			i += 3;
		}
		text_append_bytes(text, &byte, 1);
	}
}

bool vm_libvirt_machine(struct vm_identity *ret, struct span machine, bool session)
{
	for (size_t i = 0; i < ARRAY_SIZE(vm_machine_name_drivers); i++) {
		struct span rest = machine;

		if (strip_driver(&rest, vm_machine_name_drivers[i]))
			read_machine(ret, rest, session);
		else if (!read_older_session(ret, rest, vm_machine_name_drivers[i]))
			continue;
		keep_machine(ret, machine);
		return true;
	}
	return false;
}

/*
 * /machine.slice/machine-qemu\x2d3\x2dvm1.scope, or in a slice below. Other units are not VMs:
 * machine-qemu\x2dprod.slice is the partition /machine/qemu-prod. Without ".scope" the path was
 * truncated: the cgroup is a VM's, but its name is incomplete and is not used.
 */
static bool read_scope(struct vm_identity *ret, const struct vm_place *place)
{
	TEXT_ON_STACK(machine, 512); /* larger than the name in struct vm_identity */
	struct span component = place->component;

	if (!span_strip_prefix(&component, "machine-"))
		return false;
	const bool is_whole = span_strip_suffix(&component, ".scope");
	if (!is_whole && (span_ends_with(component, ".slice") || span_ends_with(component, ".service")))
		return false;
	unescape_unit(&machine, component);
	if (!vm_libvirt_machine(ret, (struct span){ machine.data, machine.length }, place->session))
		return false;
	if (!is_whole)
		*ret = (struct vm_identity){ 0 };
	return true;
}

/*
 * /machine/qemu-3-vm1.libvirt-qemu if systemd is not used; before 1.3.x /machine/vm1.libvirt-qemu.
 * virCgroupPartitionEscape() puts a '_' before a name that cgroupfs would take for one of its own
 * files, and before a name that begins with '_'.
 */
static bool read_partition(struct vm_identity *ret, const struct vm_place *place)
{
	for (size_t i = 0; i < ARRAY_SIZE(vm_machine_name_drivers); i++) {
		TEXT_ON_STACK(suffix, 24);
		struct span name = place->component;

		text_printf(&suffix, ".libvirt-%s", vm_machine_name_drivers[i]);
		if (!span_strip_suffix(&name, suffix.data))
			continue;
		span_strip_prefix(&name, "_");
		struct span machine = name;
		if (!strip_driver(&machine, vm_machine_name_drivers[i]) ||
		    (!read_id_and_name(ret, machine) && !read_embedded(ret, machine)))
			ret->name_is_truncated = !span_copy(name, ret->name, sizeof(ret->name));
		keep_machine(ret, name);
		return true;
	}
	return false;
}

bool vm_libvirt_cgroup(struct vm_identity *ret, const struct vm_place *place)
{
	return read_scope(ret, place) || read_partition(ret, place);
}

bool vm_libvirt_old_cgroup(struct vm_identity *ret, const struct vm_place *place)
{
	if (!span_is_cut(place->component))
		ret->name_is_truncated = !span_copy(place->component, ret->name, sizeof(ret->name));
	return true;
}
