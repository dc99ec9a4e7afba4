/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/cgroup.h"

#include <string.h>

#include "vm/libvirt.h"
#include "vm/span.h"
#include "vm/uuid.h"

/*
 * Takes a parent or prefix off the path, a path in which '*' matches any part of one name; *ret_last
 * is the last name. Returns VM_CGROUP_VM if all of it was there, VM_CGROUP_ABOVE if the path ended
 * before.
 */
static enum vm_cgroup_kind take_parent(const char *parent, const char **path, struct cursor *ret_last)
{
	struct cursor wanted, component;

	while (span_next_component(&parent, &wanted)) {
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
	struct cursor component;
	const char *rest = path;

	while (span_next_component(&rest, &component) && cursor_equals(&component, ".."))
		path = rest;
	return path;
}

/* Slices with systemd, "prod.partition" without. */
static bool is_partition(struct cursor component)
{
	return cursor_ends(&component, ".slice") || cursor_ends(&component, ".partition");
}

static enum vm_cgroup_kind look_by(const struct vm_cgroup_rule *rule, enum vm_stack stack,
				   struct vm_identity *ret, struct vm_place place, const char *path)
{
	enum vm_cgroup_kind kind = take_parent(rule->parent, &path, &place.parent);

	if (kind != VM_CGROUP_VM)
		return kind;
	while (span_next_component(&path, &place.component)) {
		if (rule->partitioned && is_partition(place.component))
			continue;
		if (!rule->identify(ret, &place))
			return VM_CGROUP_OTHER;
		ret->stack = stack;
		return VM_CGROUP_VM;
	}
	return VM_CGROUP_ABOVE;
}

/* Looks below a root, the host's or a prefix. */
static enum vm_cgroup_kind look_below(struct vm_identity *ret, const struct vm_place *place, const char *path)
{
	enum vm_cgroup_kind kind = VM_CGROUP_OTHER;

	for (enum vm_stack stack = VM_STACK_NONE; stack < VM_STACK_COUNT; stack++) {
		const struct vm_cgroup_rule *rule = vm_stacks[stack].cgroups;

		for (; rule->parent && kind != VM_CGROUP_VM; rule++) {
			enum vm_cgroup_kind here = look_by(rule, stack, ret, *place, path);

			if (here != VM_CGROUP_OTHER)
				kind = here;
		}
	}
	return kind;
}

/* A VM directly below a prefix is in the partition that <resource><partition> names. */
static enum vm_cgroup_kind look_at_prefix(struct vm_identity *ret, struct vm_place place, const char *prefix,
					  const char *path)
{
	static const struct vm_cgroup_rule here = { "", vm_libvirt_cgroup, true };
	enum vm_cgroup_kind kind = take_parent(prefix, &path, &place.parent);

	if (kind != VM_CGROUP_VM)
		return kind;
	kind = look_by(&here, VM_STACK_LIBVIRT, ret, place, path);
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
static bool is_pod(struct vm_identity *ret, struct cursor component)
{
	char uid[POD_UID_LENGTH];

	cursor_take_end(&component, ".slice");
	if (cursor_left(&component) < POD_UID_LENGTH + 3)
		return false;
	const char *from = component.end - POD_UID_LENGTH;
	for (size_t i = 0; i < POD_UID_LENGTH; i++)
		uid[i] = from[i] == '_' ? '-' : from[i];
	return memcmp(from - 3, "pod", 3) == 0 && vm_uuid_read(ret->id, uid, POD_UID_LENGTH);
}

/* Whether the path begins with this parent; the rest is then at *path. */
static bool is_below(const char *parent, const char **path)
{
	struct cursor last;

	return take_parent(parent, path, &last) == VM_CGROUP_VM;
}

/* A guaranteed pod is directly below the root, any other below its QoS class. */
static bool find_pod(struct vm_identity *ret, const char *path)
{
	struct cursor component;

	for (unsigned depth = 0; depth < 2 && span_next_component(&path, &component); depth++)
		if (is_pod(ret, component))
			return true;
	return false;
}

/*
 * The kubelet's root is /kubepods, or kubepods.slice with systemd. --cgroup-root puts it below
 * another cgroup: kind uses /kubelet.slice/kubelet-kubepods.slice.
 */
static bool find_pod_below(struct vm_identity *ret, const char *path)
{
	static const char *const roots[] = {
		"/kubepods",
		"/kubepods.slice",
		"/kubelet/kubepods",
		"/*.slice/*-kubepods.slice",
	};

	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		const char *rest = path;

		if (is_below(roots[i], &rest) && find_pod(ret, rest))
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

		if (is_below(places->prefixes[i], &rest) && find_pod_below(ret, rest))
			return true;
	}
	return false;
}

static bool is_below_any(const char *const *parents, size_t count, const char *path)
{
	for (size_t i = 0; i < count; i++) {
		const char *rest = path;

		if (is_below(parents[i], &rest))
			return true;
	}
	return false;
}

bool vm_cgroup_is_libvirts(const struct vm_places *places, const char *path)
{
	static const char *const services[] = {
		"/system.slice/libvirtd.service",
		"/system.slice/libvirt-bin.service", /* Ubuntu until 16.10 */
		"/system.slice/virtqemud.service",
	};

	path = skip_ascent(path);
	return path[strspn(path, "/")] == '\0' || is_below_any(services, ARRAY_SIZE(services), path) ||
	       (places && is_below_any(places->prefixes, places->count, path));
}
