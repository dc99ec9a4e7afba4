/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/libvirt_files.h"

#include <dirent.h>
#include <limits.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/number.h"
#include "base/text.h"
#include "vm/domain.h"
#include "vm/libvirt_log.h"
#include "vm/machine_name.h"
#include "vm/span.h"

/* More that are shortened to the same name do not make it less ambiguous. */
#define CANDIDATES_MAX 8

enum place { LIVE, DEFINED, LOG, PLACES };

static const struct {
	const char *directory;
	const char *suffix;
	enum vm_origin origin;
} places[PLACES] = {
	[LIVE] = { "/run/libvirt", ".xml", VM_ORIGIN_LIBVIRT_LIVE },
	[DEFINED] = { "/etc/libvirt", ".xml", VM_ORIGIN_LIBVIRT_DEFINED },
	[LOG] = { "/var/log/libvirt", ".log", VM_ORIGIN_LIBVIRT_LOG },
};

typedef bool (*match_fn)(const struct vm_identity *vm, const char *domain);

struct search {
	struct vm_identity *vm;
	const struct vm_death *death; /* NULL: it lives */
	const struct file_roots *roots;
	const char *driver;
	char candidates[CANDIDATES_MAX][sizeof(((struct vm_identity *)NULL)->name)];
	size_t count;
	unsigned named_by; /* origin, where it was not read from the domain itself */
};

/* ROOT/etc/libvirt/qemu, or the file of a domain in it.  False: no path. */
static bool make_path(const struct search *search, enum place place, const char *domain, const char *suffix,
		      char path[PATH_MAX])
{
	TEXT_ON_STACK(name, 512);

	text_printf(&name, "%s/%s", places[place].directory, search->driver);
	if (domain)
		text_printf(&name, "/%s%s", domain, suffix);
	return !name.truncated && file_path(search->roots, name.data, path, PATH_MAX) == 0;
}

static void add_candidate(struct search *search, struct span name)
{
	char candidate[sizeof(search->candidates[0])];

	if (search->count == CANDIDATES_MAX || !span_copy(name, candidate, sizeof(candidate)))
		return;
	for (size_t i = 0; i < search->count; i++)
		if (strcmp(search->candidates[i], candidate) == 0)
			return;
	memcpy(search->candidates[search->count++], candidate, sizeof(candidate));
}

static void scan(struct search *search, enum place place, match_fn match)
{
	char path[PATH_MAX];
	DIR *directory = make_path(search, place, NULL, NULL, path) ? opendir(path) : NULL;
	const struct dirent *entry;

	while (directory && (entry = readdir(directory)) != NULL) {
		struct span name = { entry->d_name, strlen(entry->d_name) };
		char domain[sizeof(entry->d_name)];

		if (span_strip_suffix(&name, places[place].suffix) &&
		    span_copy(name, domain, sizeof(domain)) && match(search->vm, domain))
			add_candidate(search, name);
	}
	if (directory)
		closedir(directory);
}

/* Logs outlive their domains, so they are asked where no domain is known. */
static void find_candidates(struct search *search)
{
	const struct {
		enum place from, to;
		match_fn match;
	} ways[] = {
		{ LIVE, DEFINED, vm_machine_name_matches },
		{ LOG, LOG, vm_machine_name_matches },
		{ LIVE, DEFINED, vm_machine_name_resembles },
	};

	if (!search->vm->name_is_lossy) {
		add_candidate(search, (struct span){ search->vm->name, strlen(search->vm->name) });
		return;
	}
	for (size_t i = 0; search->count == 0 && i < ARRAY_SIZE(ways); i++) {
		for (enum place place = ways[i].from; place <= ways[i].to; place++)
			scan(search, place, ways[i].match);
		if (search->count > 0 && ways[i].from == LOG)
			search->named_by = VM_ORIGIN_LIBVIRT_LOG;
	}
}

/* A domain's file is named after it: one that says another name is not its. */
static bool read_domain(const struct search *search, enum place place, const char *name,
			struct vm_domain *ret)
{
	char path[PATH_MAX];

	return make_path(search, place, name, places[place].suffix, path) && vm_domain_read(ret, path) == 0 &&
	       strcmp(ret->vm.name, name) == 0;
}

static bool read_reason(const struct search *search, const char *name, char *ret_reason, size_t size)
{
	char path[PATH_MAX];

	return search->death && make_path(search, LOG, name, places[LOG].suffix, path) &&
	       vm_libvirt_log_reason(path, search->death->realtime_usec, ret_reason, size) == 0;
}

static bool has_id(const struct search *search, const char *name)
{
	struct vm_domain domain;

	return search->vm->id[0] && read_domain(search, LIVE, name, &domain) &&
	       strcmp(domain.vm.id, search->vm->id) == 0;
}

static bool log_has_death(const struct search *search, const char *name)
{
	char reason[32];

	return read_reason(search, name, reason, sizeof(reason));
}

/* The only candidate, or the only one with a proof; NULL: not to be told. */
static const char *choose(const struct search *search)
{
	bool (*const proofs[])(const struct search *, const char *) = { has_id, log_has_death };

	if (search->count == 1)
		return search->candidates[0];
	for (size_t i = 0; i < ARRAY_SIZE(proofs); i++) {
		const char *chosen = NULL;
		size_t count = 0;

		for (size_t j = 0; j < search->count; j++) {
			if (!proofs[i](search, search->candidates[j]))
				continue;
			chosen = search->candidates[j];
			count++;
		}
		if (count == 1)
			return chosen;
	}
	return NULL;
}

#define FIELD(name)                                                                                  \
	{                                                                                            \
		offsetof(struct vm_identity, name), sizeof(((const struct vm_identity *)NULL)->name) \
	}

/* Adds what is not known yet. */
static void fill(struct vm_identity *vm, const struct vm_identity *from)
{
	static const struct {
		size_t offset, size;
	} fields[] = {
		FIELD(uuid), FIELD(display_name), FIELD(project), FIELD(project_id),
		FIELD(user), FIELD(flavor),       FIELD(manager),
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		char *to = (char *)vm + fields[i].offset;

		if (!to[0])
			memcpy(to, (const char *)from + fields[i].offset, fields[i].size);
	}
}

static void set_name(struct vm_identity *vm, const char *name)
{
	span_copy((struct span){ name, strlen(name) }, vm->name, sizeof(vm->name));
	vm->name_is_lossy = false;
}

static void take_domain(struct search *search, const char *name)
{
	struct vm_identity *vm = search->vm;

	for (enum place place = LIVE; place <= DEFINED; place++) {
		struct vm_domain domain;

		if (!read_domain(search, place, name, &domain))
			continue;
		fill(vm, &domain.vm);
		if (!search->death && place == LIVE && !vm->id[0])
			memcpy(vm->id, domain.vm.id, sizeof(vm->id));
		vm->origins |= places[place].origin;
	}
	/* swtpm's end is not that of its VM. */
	if (vm->role == VM_ROLE_MACHINE &&
	    read_reason(search, name, vm->libvirt_reason, sizeof(vm->libvirt_reason)))
		vm->origins |= VM_ORIGIN_LIBVIRT_LOG;
}

static bool is_file_name(const char *name)
{
	return name[0] && !strchr(name, '/');
}

void vm_libvirt_complete(struct vm_identity *vm, const struct vm_death *death, const struct file_roots *roots)
{
	const char *driver = vm_machine_name_driver(vm);
	struct search search = { .vm = vm, .death = death, .roots = roots };

	/* A user's session is no business of the system's files. */
	if (!driver && vm->machine[0])
		return;
	search.driver = driver ? driver : "qemu";
	find_candidates(&search);
	if (search.count == 0)
		return;
	const char *name = choose(&search);
	vm->name_is_ambiguous = !name;
	if (!name || !is_file_name(name))
		return;
	take_domain(&search, name);
	set_name(vm, name);
	vm->origins |= search.named_by;
}

/* NAME.pid holds the pid alone.  It is written at the start and not again,
 * unlike NAME.xml. */
static bool is_pid_file_of(const char *path, const struct vm_death *death)
{
	struct stat status;
	AUTO_CLOSE int fd = file_open_regular(path, &status);
	char content[32];
	uint64_t pid;

	/* mtime's seconds are rounded down: a later second is later. */
	if (fd < 0 || status.st_mtim.tv_sec > death->realtime_usec / 1000000)
		return false;
	ssize_t length = pread(fd, content, sizeof(content), 0);
	return length > 0 && number_parse_u64(content, (size_t)length, &pid) > 0 &&
	       pid == (uint64_t)death->pid;
}

void vm_libvirt_name_by_pid(struct vm_identity *vm, const struct vm_death *death,
			    const struct file_roots *roots)
{
	const struct search search = { .vm = vm, .roots = roots, .driver = "qemu" };
	char path[PATH_MAX];
	DIR *directory = make_path(&search, LIVE, NULL, NULL, path) ? opendir(path) : NULL;
	const struct dirent *entry;

	while (directory && death->pid > 0 && (entry = readdir(directory)) != NULL) {
		struct span name = { entry->d_name, strlen(entry->d_name) };

		if (!span_strip_suffix(&name, ".pid") || !make_path(&search, LIVE, entry->d_name, "", path) ||
		    !is_pid_file_of(path, death))
			continue;
		vm->stack = VM_STACK_LIBVIRT;
		vm->name_is_lossy = !span_copy(name, vm->name, sizeof(vm->name));
		vm->origins |= VM_ORIGIN_LIBVIRT_LIVE;
	}
	if (directory)
		closedir(directory);
}
