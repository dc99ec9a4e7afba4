/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/cgroup.h"

#include <ctype.h>
#include <string.h>

#include "vm/libvirt.h"
#include "vm/span.h"

/* /qemu.slice/101.scope; containers are in /lxc/101. */
static bool proxmox_scope(struct vm_identity *ret, const struct vm_place *place)
{
	const char *rest = place->rest;
	struct span scope;

	if (!span_equals(place->component, "qemu.slice") || !span_next_component(&rest, &scope))
		return false;
	span_strip_suffix(&scope, ".scope");
	if (scope.length == 0 || scope.length > 10 || span_count_digits(scope) != scope.length)
		return false;
	return span_copy(scope, ret->id, sizeof(ret->id));
}

static bool is_unit(struct span component)
{
	return span_ends_with(component, ".slice") || span_ends_with(component, ".scope") ||
	       span_ends_with(component, ".service");
}

/*
 * /firecracker-v1.7.0-x86_64/<id>: the jailer names the cgroup after the binary,
 * whose name has to contain "firecracker"; an id is of letters, digits and
 * dashes.
 */
static bool firecracker_jail(struct vm_identity *ret, const struct vm_place *place)
{
	const char *rest = place->rest;
	struct span id;

	if (!span_find(place->component, "firecracker") || is_unit(place->component) ||
	    !span_next_component(&rest, &id))
		return false;
	if (id.length >= sizeof(ret->id))
		return false;
	for (size_t i = 0; i < id.length; i++)
		if (!isalnum((unsigned char)id.text[i]) && id.text[i] != '-')
			return false;
	return span_copy(id, ret->id, sizeof(ret->id));
}

static const struct layout {
	bool (*identify)(struct vm_identity *ret, const struct vm_place *place);
	enum vm_stack stack;
} layouts[] = {
	{ vm_libvirt_scope, VM_STACK_LIBVIRT },     { vm_libvirt_partition, VM_STACK_LIBVIRT },
	{ vm_libvirt_legacy, VM_STACK_LIBVIRT },    { proxmox_scope, VM_STACK_PROXMOX },
	{ firecracker_jail, VM_STACK_FIRECRACKER },
};

bool vm_cgroup_identify(struct vm_identity *ret, const char *path)
{
	struct vm_place place = { .session = strncmp(path, "/user.slice/", 12) == 0 };

	while (span_next_component(&path, &place.component)) {
		place.rest = path;
		for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
			if (layouts[i].identify(ret, &place)) {
				ret->stack = layouts[i].stack;
				return true;
			}
		}
	}
	return false;
}

#define POD_UID_LENGTH 36

/* 8-4-4-4-12 hex digits; a slice's name has '_' for '-', which nests slices. */
static bool read_pod_uid(struct vm_identity *ret, struct span uid)
{
	char text[POD_UID_LENGTH];

	if (uid.length != POD_UID_LENGTH)
		return false;
	for (size_t i = 0; i < POD_UID_LENGTH; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		text[i] = uid.text[i];
		if (dash && text[i] == '_')
			text[i] = '-';
		if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
			return false;
	}
	return span_copy((struct span){ text, sizeof(text) }, ret->id, sizeof(ret->id));
}

/*
 * systemd driver: kubepods-burstable-pod<uid>.slice; cgroupfs driver: pod<uid>.
 * The UID is the last thing in the name either way.
 */
static bool is_pod(struct vm_identity *ret, struct span component)
{
	struct span uid = component;

	span_strip_suffix(&uid, ".slice");
	if (uid.length < POD_UID_LENGTH + 3)
		return false;
	uid.text += uid.length - POD_UID_LENGTH;
	uid.length = POD_UID_LENGTH;
	return memcmp(uid.text - 3, "pod", 3) == 0 && read_pod_uid(ret, uid);
}

bool vm_cgroup_pod(struct vm_identity *ret, const char *path)
{
	struct span component;

	/* /kubepods/…/pod<uid>/kata_<sandbox>, /kata_overhead/<sandbox> */
	if (strstr(path, "/kata_"))
		return false;
	while (span_next_component(&path, &component))
		if (is_pod(ret, component))
			return true;
	return false;
}
