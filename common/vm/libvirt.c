/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/libvirt.h"

#include <ctype.h>
#include <string.h>

#include "base/array.h"
#include "base/cursor.h"
#include "base/number.h"
#include "base/text.h"
#include "vm/machine_name.h"
#include "vm/span.h"

/*
 * Keeps the machine name that a truncated name was read from, to compare domains with it. A machine
 * name has at most 64 characters (HOST_NAME_MAX).
 */
static void keep_machine(struct vm_identity *ret, struct cursor machine)
{
	if (ret->name_is_truncated && cursor_left(&machine) < sizeof(ret->machine))
		cursor_copy(&machine, ret->machine, sizeof(ret->machine));
}

/* Removes the prefix "<driver>-". */
static bool strip_driver(struct cursor *machine, const char *driver)
{
	struct cursor rest = *machine;

	if (!cursor_take(&rest, driver) || !cursor_take(&rest, "-"))
		return false;
	*machine = rest;
	return true;
}

/*
 * Reads "<id>-<name>", or "<id>" if libvirt kept no character of the name (one without ASCII
 * letters and digits). Its ids are ints and start at 1.
 */
static bool read_id_and_name(struct vm_identity *ret, struct cursor machine)
{
	size_t digits = cursor_digits(&machine);
	struct cursor id = { machine.at, machine.at + digits };
	struct cursor name = { machine.at + digits, machine.end };

	if (digits == 0 || digits > 10 || machine.at[0] == '0')
		return false;
	if (name.at < name.end && !cursor_take(&name, "-"))
		return false;
	cursor_copy(&id, ret->id, sizeof(ret->id));
	cursor_copy(&name, ret->name, sizeof(ret->name));
	ret->name_is_truncated = true;
	return true;
}

/* Reads "<skipped>-<id>-<name>", where the skipped part may contain dashes too. */
static bool read_after_first_id(struct vm_identity *ret, struct cursor machine)
{
	for (size_t i = 1; i < cursor_left(&machine); i++) {
		struct cursor rest = { machine.at + i + 1, machine.end };

		if (machine.at[i] == '-' && read_id_and_name(ret, rest))
			return true;
	}
	return false;
}

/* Reads "embed-<8 hex digits>-<id>-<name>" of the embedded driver (6.1). */
static bool read_embedded(struct vm_identity *ret, struct cursor machine)
{
	if (!cursor_take(&machine, "embed-") || cursor_left(&machine) < 9 || machine.at[8] != '-')
		return false;
	for (size_t i = 0; i < 8; i++)
		if (!isxdigit((unsigned char)machine.at[i]))
			return false;
	machine.at += 9;
	return read_id_and_name(ret, machine);
}

/*
 * Reads what follows "<driver>-": <id>-<name>; embed-…; in a user's session <user>-<id>-<name>;
 * before 1.3.x the name alone. Sessions are only below user.slice. Elsewhere web-1-prod is the
 * whole name of an old VM.
 */
static void read_machine(struct vm_identity *ret, struct cursor machine, bool session)
{
	if (read_id_and_name(ret, machine) || read_embedded(ret, machine) ||
	    (session && read_after_first_id(ret, machine)))
		return;
	ret->name_is_truncated = !cursor_copy(&machine, ret->name, sizeof(ret->name));
}

/* Reads "<user>-<driver>-<id>-<name>", the form of older versions in a session. */
static bool read_older_session(struct vm_identity *ret, struct cursor machine, const char *driver)
{
	TEXT_ON_STACK(infix, 16);

	text_printf(&infix, "-%s-", driver);
	const char *found = cursor_find(&machine, infix.data);
	if (!found || found == machine.at)
		return false;
	size_t skipped = (size_t)(found - machine.at) + infix.length;
	return read_id_and_name(ret, (struct cursor){ machine.at + skipped, machine.end });
}

/*
 * Decodes systemd's \xHH escapes once; anything else is copied. A bare '-' stands for '/' in a
 * unit's name, but it is copied too: no machine name contains '/', so the '-' comes from a log in
 * which the escape was already decoded.
 */
static void unescape_unit(struct text *text, struct cursor span)
{
	for (size_t i = 0; i < cursor_left(&span); i++) {
		const char *at = span.at + i;
		uint64_t escaped;
		char byte = at[0];

		if (cursor_left(&span) - i >= 4 && at[0] == '\\' && at[1] == 'x' &&
		    number_parse_hex(at + 2, 2, &escaped) == 2 && escaped != 0) {
			byte = (char)escaped;
			i += 3;
		}
		text_append_bytes(text, &byte, 1);
	}
}

bool vm_libvirt_machine(struct vm_identity *ret, struct cursor machine, bool session)
{
	for (size_t i = 0; i < ARRAY_SIZE(vm_machine_name_drivers); i++) {
		struct cursor rest = machine;

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
	struct cursor component = place->component;

	if (!cursor_take(&component, "machine-"))
		return false;
	const bool is_whole = cursor_take_end(&component, ".scope");
	if (!is_whole && (cursor_ends(&component, ".slice") || cursor_ends(&component, ".service")))
		return false;
	unescape_unit(&machine, component);
	if (!vm_libvirt_machine(ret, cursor_of(machine.data), place->session))
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
		struct cursor name = place->component;

		text_printf(&suffix, ".libvirt-%s", vm_machine_name_drivers[i]);
		if (!cursor_take_end(&name, suffix.data))
			continue;
		cursor_take(&name, "_");
		struct cursor machine = name;
		if (!strip_driver(&machine, vm_machine_name_drivers[i]) ||
		    (!read_id_and_name(ret, machine) && !read_embedded(ret, machine)))
			ret->name_is_truncated = !cursor_copy(&name, ret->name, sizeof(ret->name));
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
		ret->name_is_truncated = !cursor_copy(&place->component, ret->name, sizeof(ret->name));
	return true;
}
