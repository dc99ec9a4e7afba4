/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/cgroup.h"

#include <ctype.h>
#include <string.h>

#include "vm/libvirt.h"
#include "vm/span.h"
#include "vm/uuid.h"

/* The longest list has four names and the NULL. */
#define PARENTS_MAX 5

/* Names of cgroups from the root on; '*' matches any part of a name, NULL ends the list. */
struct parents {
	const char *names[PARENTS_MAX];
};

/*
 * Takes the parents off the path; *ret_last is the last of them. Returns VM_CGROUP_VM if all of
 * them were there, VM_CGROUP_ABOVE if the path ended before.
 */
static enum vm_cgroup_kind take_parents(const char *const *names, const char **path, struct span *ret_last)
{
	struct span component;

	for (; *names; names++) {
		if (!span_next_component(path, &component))
			return VM_CGROUP_ABOVE;
		if (!span_matches(component, *names))
			return VM_CGROUP_OTHER;
		*ret_last = component;
	}
	return VM_CGROUP_VM;
}

/* The same for a prefix as in vm/places.h. */
static enum vm_cgroup_kind take_prefix(const char *prefix, const char **path, struct span *ret_last)
{
	struct span wanted, component;

	while (span_next_component(&prefix, &wanted)) {
		if (!span_next_component(path, &component))
			return VM_CGROUP_ABOVE;
		if (!span_matches_span(component, wanted))
			return VM_CGROUP_OTHER;
		*ret_last = component;
	}
	return VM_CGROUP_VM;
}

/*
 * A path outside our cgroup namespace begins with "/..", once for each level up to the root
 * (cgroup_namespaces(7)).
 */
static const char *skip_ascent(const char *path)
{
	struct span component;
	const char *rest = path;

	while (span_next_component(&rest, &component) && span_equals(component, ".."))
		path = rest;
	return path;
}

static bool is_unit(struct span component)
{
	return span_ends_with(component, ".slice") || span_ends_with(component, ".scope") ||
	       span_ends_with(component, ".service");
}

/*
 * /qemu.slice/101.scope; containers are in /lxc/101. Without ".scope" the path was truncated, and
 * the number may be incomplete.
 */
static bool proxmox_scope(struct vm_identity *ret, const struct vm_place *place)
{
	struct span scope = place->component;

	if (!span_strip_suffix(&scope, ".scope"))
		return span_count_digits(scope) > 0 && !is_unit(scope);
	if (scope.length == 0 || scope.length > 10 || span_count_digits(scope) != scope.length)
		return false;
	return span_copy(scope, ret->id, sizeof(ret->id));
}

/*
 * /firecracker-v1.7.0-x86_64/<id>. The jailer names the cgroup after the binary, whose name must
 * contain "firecracker". An id consists of letters, digits and dashes.
 */
static bool firecracker_jail(struct vm_identity *ret, const struct vm_place *place)
{
	const struct span id = place->component;

	if (is_unit(place->parent) || id.length >= sizeof(ret->id))
		return false;
	if (span_is_cut(id))
		return true;
	for (size_t i = 0; i < id.length; i++)
		if (!isalnum((unsigned char)id.text[i]) && id.text[i] != '-')
			return false;
	return span_copy(id, ret->id, sizeof(ret->id));
}

static bool libvirt_machine(struct vm_identity *ret, const struct vm_place *place)
{
	return vm_libvirt_scope(ret, place) || vm_libvirt_partition(ret, place);
}

/*
 * Where a VM's cgroup is. There may be any number of partitions between libvirt's root and the VM:
 * slices with systemd, "prod.partition" without. libvirt before 1.0.5 put VMs below its own cgroup,
 * and even earlier into /libvirt.
 */
static const struct layout {
	struct parents parents;
	bool partitioned;
	bool (*identify)(struct vm_identity *ret, const struct vm_place *place);
	enum vm_stack stack;
} layouts[] = {
	{ { { "machine.slice" } }, true, libvirt_machine, VM_STACK_LIBVIRT },
	{ { { "machine-*.slice" } }, true, libvirt_machine, VM_STACK_LIBVIRT },
	{ { { "machine" } }, true, libvirt_machine, VM_STACK_LIBVIRT },
	{ { { "libvirt", "qemu" } }, false, vm_libvirt_legacy, VM_STACK_LIBVIRT },
	{ { { "system", "libvirtd.service", "libvirt", "qemu" } },
	  false,
	  vm_libvirt_legacy,
	  VM_STACK_LIBVIRT },
	{ { { "system.slice", "libvirtd.service", "libvirt", "qemu" } },
	  false,
	  vm_libvirt_legacy,
	  VM_STACK_LIBVIRT },
	{ { { "qemu.slice" } }, false, proxmox_scope, VM_STACK_PROXMOX },
	{ { { "*firecracker*" } }, false, firecracker_jail, VM_STACK_FIRECRACKER },
};

/* Directly below a prefix, which is then the partition that <resource><partition> names. */
static const struct layout at_prefix = { { { NULL } }, true, libvirt_machine, VM_STACK_LIBVIRT };

static bool is_partition(struct span component)
{
	return span_ends_with(component, ".slice") || span_ends_with(component, ".partition");
}

static enum vm_cgroup_kind look_by(const struct layout *layout, struct vm_identity *ret,
				   struct vm_place place, const char *path)
{
	enum vm_cgroup_kind kind = take_parents(layout->parents.names, &path, &place.parent);

	if (kind != VM_CGROUP_VM)
		return kind;
	while (span_next_component(&path, &place.component)) {
		if (layout->partitioned && is_partition(place.component))
			continue;
		if (!layout->identify(ret, &place))
			return VM_CGROUP_OTHER;
		ret->stack = layout->stack;
		return VM_CGROUP_VM;
	}
	return VM_CGROUP_ABOVE;
}

/* Looks below a root, the host's or a prefix. */
static enum vm_cgroup_kind look_below(struct vm_identity *ret, const struct vm_place *place, const char *path)
{
	enum vm_cgroup_kind kind = VM_CGROUP_OTHER;

	for (size_t i = 0; i < ARRAY_SIZE(layouts) && kind != VM_CGROUP_VM; i++) {
		enum vm_cgroup_kind here = look_by(&layouts[i], ret, *place, path);

		if (here != VM_CGROUP_OTHER)
			kind = here;
	}
	return kind;
}

static enum vm_cgroup_kind look_at_prefix(struct vm_identity *ret, struct vm_place place, const char *prefix,
					  const char *path)
{
	enum vm_cgroup_kind kind = take_prefix(prefix, &path, &place.parent);

	if (kind != VM_CGROUP_VM)
		return kind;
	kind = look_by(&at_prefix, ret, place, path);
	if (kind == VM_CGROUP_VM)
		return kind;
	const enum vm_cgroup_kind below = look_below(ret, &place, path);
	return below != VM_CGROUP_OTHER ? below : kind;
}

enum vm_cgroup_kind vm_cgroup_look(struct vm_identity *ret, const struct vm_places *places, const char *path)
{
	path = skip_ascent(path);
	const struct vm_place place = { .session = strncmp(path, "/user.slice/", 12) == 0 };
	enum vm_cgroup_kind kind = look_below(ret, &place, path);

	for (size_t i = 0; places && i < places->count && kind != VM_CGROUP_VM; i++) {
		enum vm_cgroup_kind here = look_at_prefix(ret, place, places->prefixes[i], path);

		if (here != VM_CGROUP_OTHER)
			kind = here;
	}
	return kind;
}

#define POD_UID_LENGTH 36

/*
 * systemd driver: kubepods-burstable-pod<uid>.slice; cgroupfs driver: pod<uid>. In either case the
 * UID comes last. A slice's name has '_' instead of '-', because '-' nests slices.
 */
static bool is_pod(struct vm_identity *ret, struct span component)
{
	char uid[POD_UID_LENGTH];

	span_strip_suffix(&component, ".slice");
	if (component.length < POD_UID_LENGTH + 3)
		return false;
	const char *from = component.text + component.length - POD_UID_LENGTH;
	for (size_t i = 0; i < POD_UID_LENGTH; i++)
		uid[i] = from[i] == '_' ? '-' : from[i];
	return memcmp(from - 3, "pod", 3) == 0 && vm_uuid_read(ret->id, uid, POD_UID_LENGTH);
}

/*
 * The kubelet's root is /kubepods, or kubepods.slice with systemd. --cgroup-root puts it below
 * another cgroup: kind uses /kubelet.slice/kubelet-kubepods.slice.
 */
static const struct parents pod_roots[] = {
	{ { "kubepods" } },
	{ { "kubepods.slice" } },
	{ { "kubelet", "kubepods" } },
	{ { "*.slice", "*-kubepods.slice" } },
};

/* A guaranteed pod is directly below the root, any other below its QoS class. */
static bool find_pod(struct vm_identity *ret, const char *path)
{
	struct span component;

	for (unsigned depth = 0; depth < 2 && span_next_component(&path, &component); depth++)
		if (is_pod(ret, component))
			return true;
	return false;
}

static bool find_pod_below(struct vm_identity *ret, const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(pod_roots); i++) {
		const char *rest = path;
		struct span last;

		if (take_parents(pod_roots[i].names, &rest, &last) == VM_CGROUP_VM && find_pod(ret, rest))
			return true;
	}
	return false;
}

bool vm_cgroup_pod(struct vm_identity *ret, const struct vm_places *places, const char *path)
{
	/* Kata: /kubepods/…/pod<uid>/kata_<sandbox>, /kata_overhead/<sandbox> */
	if (strstr(path, "/kata_"))
		return false;
	path = skip_ascent(path);
	if (find_pod_below(ret, path))
		return true;
	for (size_t i = 0; places && i < places->count; i++) {
		const char *rest = path;
		struct span last;

		if (take_prefix(places->prefixes[i], &rest, &last) == VM_CGROUP_VM &&
		    find_pod_below(ret, rest))
			return true;
	}
	return false;
}

bool vm_cgroup_is_libvirts(const struct vm_places *places, const char *path)
{
	static const struct parents own[] = {
		{ { "system.slice", "libvirtd.service" } },
		{ { "system.slice", "libvirt-bin.service" } }, /* Ubuntu until 16.10 */
		{ { "system.slice", "virtqemud.service" } },
	};
	struct span last;

	path = skip_ascent(path);
	if (path[strspn(path, "/")] == '\0')
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		const char *rest = path;

		if (take_parents(own[i].names, &rest, &last) == VM_CGROUP_VM)
			return true;
	}
	for (size_t i = 0; places && i < places->count; i++) {
		const char *rest = path;

		if (take_prefix(places->prefixes[i], &rest, &last) == VM_CGROUP_VM)
			return true;
	}
	return false;
}
