/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/libvirt_files.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/cursor.h"
#include "base/file.h"
#include "base/number.h"
#include "base/text.h"
#include "vm/domain.h"
#include "vm/libvirt_log.h"
#include "vm/machine_name.h"

/* Domains whose names are shortened to the same name. If there are more, only the id or the UUID
 * of one decides. */
#define CANDIDATES_MAX 32

/*
 * Evidence that a candidate is the domain that died, strongest first; the sums are compared. A
 * definition that is newer than the kill is no evidence, because the name may have been given to
 * another domain since.
 */
enum proof {
	PROOF_ID = 8,      /* its status, or the log of its last start, has the id of the VM that died; or
	                    * its files have the known UUID */
	PROOF_END = 4,     /* its log has an end at that time */
	PROOF_DEFINED = 2, /* it is defined, and was before the kill */
	PROOF_RAN = 1,     /* according to its log it was running */
};

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
	const struct vm_death *death; /* NULL for a running VM */
	const struct file_roots *roots;
	const char *driver;
	char candidates[CANDIDATES_MAX][sizeof(((struct vm_identity *)NULL)->name)];
	size_t count;
	bool is_cut; /* there are more */
};

/* Path of ROOT/etc/libvirt/qemu or the like, or of a domain's file in it. False if too long. */
static bool make_path(const struct search *search, enum place place, const char *domain, const char *suffix,
		      char path[PATH_MAX])
{
	TEXT_ON_STACK(name, 512);

	text_printf(&name, "%s/%s", places[place].directory, search->driver);
	if (domain)
		text_printf(&name, "/%s%s", domain, suffix);
	return !name.truncated && file_path(search->roots, name.data, path, PATH_MAX) == 0;
}

static void add_candidate(struct search *search, struct cursor name)
{
	char candidate[sizeof(search->candidates[0])];

	if (!cursor_copy(&name, candidate, sizeof(candidate)))
		return;
	for (size_t i = 0; i < search->count; i++)
		if (strcmp(search->candidates[i], candidate) == 0)
			return;
	if (search->count == CANDIDATES_MAX) {
		search->is_cut = true;
		return;
	}
	memcpy(search->candidates[search->count++], candidate, sizeof(candidate));
}

static void scan(struct search *search, enum place place, match_fn match)
{
	char path[PATH_MAX];
	DIR *directory = make_path(search, place, NULL, NULL, path) ? opendir(path) : NULL;
	const struct dirent *entry;

	while (directory && (entry = readdir(directory)) != NULL) {
		struct cursor name = cursor_of(entry->d_name);
		char domain[sizeof(entry->d_name)];

		if (cursor_take_end(&name, places[place].suffix) &&
		    cursor_copy(&name, domain, sizeof(domain)) && match(search->vm, domain))
			add_candidate(search, name);
	}
	if (directory)
		closedir(directory);
}

/* Logs outlive their domains. For a running VM they are searched only if no other file matches. */
static void find_candidates(struct search *search)
{
	const struct {
		enum place from, to;
		match_fn match;
	} ways[] = {
		{ LIVE, search->death ? LOG : DEFINED, vm_machine_name_matches },
		{ LOG, LOG, vm_machine_name_matches },
		{ LIVE, DEFINED, vm_machine_name_resembles },
	};

	if (!search->vm->name_is_truncated) {
		add_candidate(search, cursor_of(search->vm->name));
		return;
	}
	for (size_t i = 0; search->count == 0 && i < ARRAY_SIZE(ways); i++) {
		for (enum place place = ways[i].from; place <= ways[i].to; place++)
			scan(search, place, ways[i].match);
	}
}

/* A domain's file is named after it. A file that contains another name is not used. */
static bool read_domain(const struct search *search, enum place place, const char *name,
			struct vm_domain *ret)
{
	char path[PATH_MAX];

	return make_path(search, place, name, places[place].suffix, path) && vm_domain_read(ret, path) == 0 &&
	       strcmp(ret->vm.name, name) == 0;
}

/* Evidence about one candidate at the time of death. For a running VM only `proofs` is set. */
struct evidence {
	unsigned proofs; /* of enum proof */
	bool was_defined;
	bool is_defined; /* or running, now */
	struct vm_libvirt_log log;
};

/*
 * Whether the definition is older than the death. libvirt writes a new file on each change. Both
 * times are truncated to seconds, and the same second counts as older. An mtime that was set back
 * (a backup, rsync -a) shows in a newer ctime, but so does a mere change of the owner. In that case
 * the definition is rejected only if its whole log is later than the death.
 */
static bool was_defined(const struct search *search, const char *name, const struct vm_libvirt_log *log)
{
	const int64_t death_sec = search->death->realtime_usec / 1000000;
	char path[PATH_MAX];
	struct stat status;

	return make_path(search, DEFINED, name, places[DEFINED].suffix, path) && stat(path, &status) == 0 &&
	       status.st_mtim.tv_sec <= death_sec && (status.st_ctim.tv_sec <= death_sec || !log->is_later);
}

static bool is_there(const struct search *search, enum place place, const char *name)
{
	char path[PATH_MAX];

	return make_path(search, place, name, places[place].suffix, path) && access(path, F_OK) == 0;
}

/* Whether this is the status of the process that died, which libvirt has not removed. */
static bool is_the_dead(const struct search *search, const struct vm_domain *domain)
{
	char pid[sizeof(domain->pid)];

	snprintf(pid, sizeof(pid), "%lld", (long long)search->death->pid);
	return (!search->vm->id[0] || strcmp(domain->vm.id, search->vm->id) == 0) &&
	       (search->vm->role == VM_ROLE_HELPER ? search->vm->id[0] != '\0'
						   : strcmp(domain->pid, pid) == 0);
}

static bool status_has_id(const struct search *search, const char *name)
{
	struct vm_domain domain;

	if (!read_domain(search, LIVE, name, &domain))
		return false;
	if (search->death)
		return is_the_dead(search, &domain);
	return search->vm->id[0] && strcmp(domain.vm.id, search->vm->id) == 0;
}

/* Whether one of the candidate's files has the UUID that is already known. */
static bool has_known_uuid(const struct search *search, const char *name)
{
	for (enum place place = LIVE; search->vm->uuid[0] && place <= DEFINED; place++) {
		struct vm_domain domain;

		if (read_domain(search, place, name, &domain) &&
		    strcmp(domain.vm.uuid, search->vm->uuid) == 0)
			return true;
	}
	return false;
}

/* virtlogd rotates to NAME.log.0, logrotate to NAME.log.1. */
static void read_log(const struct search *search, const char *name, size_t max, struct vm_libvirt_log *ret)
{
	static const char *const suffixes[] = { ".log", ".log.0", ".log.1" };
	char path[PATH_MAX];

	*ret = (struct vm_libvirt_log){ .ran = false };
	for (size_t i = 0; i < ARRAY_SIZE(suffixes) && !ret->ran && !ret->reason[0]; i++) {
		struct vm_libvirt_log log;

		if (make_path(search, LOG, name, suffixes[i], path) &&
		    vm_libvirt_log_read(&log, path, search->death->realtime_usec, max) == 0)
			*ret = log;
	}
}

/* An id other than that of the VM that died belongs to another run of the domain. */
static bool log_contradicts(const struct search *search, const struct vm_libvirt_log *log)
{
	return search->vm->id[0] && log->id[0] && strcmp(search->vm->id, log->id) != 0;
}

static void weigh_log(const struct search *search, const char *name, size_t max, struct evidence *ret)
{
	read_log(search, name, max, &ret->log);
	ret->proofs &= PROOF_DEFINED;
	if (log_contradicts(search, &ret->log))
		ret->log = (struct vm_libvirt_log){ .ran = false };
	if (ret->log.reason[0])
		ret->proofs |= PROOF_END;
	if (ret->log.ran)
		ret->proofs |= PROOF_RAN;
	if (ret->log.id[0] && search->vm->id[0])
		ret->proofs |= PROOF_ID;
}

static struct evidence weigh(const struct search *search, const char *name)
{
	struct evidence evidence = { .proofs = 0 };

	if (search->death) {
		weigh_log(search, name, VM_LIBVIRT_LOG_TAIL, &evidence);
		evidence.is_defined = is_there(search, LIVE, name) || is_there(search, DEFINED, name);
		evidence.was_defined = was_defined(search, name, &evidence.log);
		if (evidence.was_defined)
			evidence.proofs |= PROOF_DEFINED;
		/* The start may be far from the end of the log. */
		if (!evidence.was_defined && !evidence.log.uuid[0])
			weigh_log(search, name, VM_LIBVIRT_LOG_MAX, &evidence);
	}
	if (status_has_id(search, name) || has_known_uuid(search, name))
		evidence.proofs |= PROOF_ID;
	return evidence;
}

/* The only candidate, or the one with the strongest evidence; NULL on a tie. */
static const char *choose(const struct search *search, struct evidence *ret)
{
	const char *chosen = NULL;
	bool tie = false;

	for (size_t i = 0; i < search->count; i++) {
		const struct evidence evidence = weigh(search, search->candidates[i]);

		tie = chosen && (tie ? evidence.proofs <= ret->proofs : evidence.proofs == ret->proofs);
		if (chosen && evidence.proofs <= ret->proofs)
			continue;
		chosen = search->candidates[i];
		*ret = evidence;
	}
	if (search->is_cut && chosen && (ret->proofs & PROOF_ID) == 0)
		return NULL;
	return tie ? NULL : chosen;
}

#define FIELD(name)                                                                                  \
	{                                                                                            \
		offsetof(struct vm_identity, name), sizeof(((const struct vm_identity *)NULL)->name) \
	}

/* Copies the fields that are not known yet. */
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

/*
 * A note assigns a pid to a VM until a check finds that the process has gone. If no check ran for a
 * long time, the pid may belong to another VM by now. A domain whose log ends long before the kill
 * is not the one that died.
 */
static bool is_stale_note(const struct vm_identity *vm, const struct evidence *evidence)
{
	return (vm->origins & VM_ORIGIN_MEMORY) && !(vm->origins & VM_ORIGIN_CGROUP) && evidence->log.was_off;
}

static void forget(struct vm_identity *vm)
{
	const struct vm_identity nameless = {
		.stack = VM_STACK_QEMU,
		.role = vm->role,
		.origins = VM_ORIGIN_COMM,
	};

	*vm = nameless;
}

/* Whether a domain's file describes the VM that is known so far. */
enum agreement { AGREES, CONTRADICTS, UNPROVEN };

static enum agreement compare(const struct search *search, enum place place, const struct vm_domain *domain,
			      const struct evidence *evidence)
{
	const char *uuid = search->vm->uuid[0] ? search->vm->uuid : evidence->log.uuid;

	if (uuid[0] && domain->vm.uuid[0])
		return strcmp(uuid, domain->vm.uuid) == 0 ? AGREES : CONTRADICTS;
	if (!search->death || (place == DEFINED ? evidence->was_defined : is_the_dead(search, domain)))
		return AGREES;
	return UNPROVEN;
}

/*
 * Adds the contents of one of the domain's files if it agrees with what is known. Returns whether
 * it does. If the file cannot be read, *ret_found is false and the result is UNPROVEN.
 */
static enum agreement take_file(struct search *search, enum place place, const char *name,
				const struct evidence *evidence, bool *ret_found)
{
	struct vm_identity *vm = search->vm;
	struct vm_domain domain;

	*ret_found = read_domain(search, place, name, &domain);
	if (!*ret_found)
		return UNPROVEN;
	const enum agreement agreement = compare(search, place, &domain, evidence);
	if (agreement == AGREES) {
		fill(vm, &domain.vm);
		if (!search->death && place == LIVE && !vm->id[0])
			memcpy(vm->id, domain.vm.id, sizeof(vm->id));
		vm->origins |= places[place].origin;
	}
	return agreement;
}

static void take_log(struct vm_identity *vm, const struct evidence *evidence)
{
	const struct vm_libvirt_log *log = &evidence->log;

	if (vm->uuid[0] && log->uuid[0] && strcmp(vm->uuid, log->uuid) != 0) {
		vm->doubt = VM_DOUBT_REUSED;
	} else if (log->uuid[0] && (evidence->proofs & (PROOF_ID | PROOF_END))) {
		memcpy(vm->uuid, log->uuid, sizeof(vm->uuid));
		vm->origins |= VM_ORIGIN_LIBVIRT_LOG;
	}
	/* A helper (swtpm) can die without its VM: the reason in the log is the VM's. */
	if (vm->role == VM_ROLE_HYPERVISOR && log->reason[0]) {
		memcpy(vm->libvirt_reason, log->reason, sizeof(vm->libvirt_reason));
		vm->origins |= VM_ORIGIN_LIBVIRT_LOG;
	}
}

/*
 * What is known from the log of the VM's last start or from a note takes precedence over the files,
 * which describe the present. The UUID decides whether they describe the same domain.
 */
static void take_domain(struct search *search, const char *name, const struct evidence *evidence)
{
	struct vm_identity *vm = search->vm;

	take_log(vm, evidence);
	for (size_t i = 0; i < 2; i++) {
		/* The definition first: it may be older than the status of a VM started again. */
		const enum place place = i == 0 ? DEFINED : LIVE;
		bool found;
		const enum agreement agreement = take_file(search, place, name, evidence, &found);

		if (found && agreement == CONTRADICTS)
			vm->doubt = VM_DOUBT_REUSED;
		else if (found && agreement == UNPROVEN && vm->doubt == VM_DOUBT_NONE)
			vm->doubt = VM_DOUBT_NEWER;
	}
}

static bool is_file_name(const char *name)
{
	return name[0] && !strchr(name, '/');
}

/*
 * Whether the VM has this domain's name. If only files of the present match, it may be another
 * domain's, and the shortened name is kept.
 */
static bool is_named(const struct search *search, const struct evidence *evidence)
{
	return !search->death || !search->vm->name_is_truncated || evidence->proofs != 0;
}

void vm_libvirt_complete(struct vm_identity *vm, const struct vm_death *death, const struct file_roots *roots)
{
	const char *driver = vm_machine_name_driver(vm);
	struct search search = { .vm = vm, .death = death, .roots = roots };
	struct evidence evidence;

	/* Session domains are not listed in the system-wide directories. */
	if (!driver && vm->machine[0])
		return;
	search.driver = driver ? driver : "qemu";
	find_candidates(&search);
	if (search.count == 0)
		return;
	const char *name = choose(&search, &evidence);
	vm->name_is_ambiguous = !name;
	if (!name || !is_file_name(name))
		return;
	if (death && is_stale_note(vm, &evidence)) {
		forget(vm);
		return;
	}
	if (!is_named(&search, &evidence)) {
		if (evidence.is_defined)
			vm->doubt = vm->uuid[0] ? VM_DOUBT_REUSED : VM_DOUBT_NEWER;
		return;
	}
	take_domain(&search, name, &evidence);
	if (vm->name_is_truncated && (evidence.proofs & (PROOF_END | PROOF_RAN)) && !evidence.was_defined)
		vm->origins |= VM_ORIGIN_LIBVIRT_LOG;
	text_copy(vm->name, sizeof(vm->name), name);
	vm->name_is_truncated = false;
}

/* NAME.pid contains only the pid. It is written once, at the start, unlike NAME.xml. */
static bool is_pid_file_of(const char *path, const struct vm_death *death)
{
	struct stat status;
	AUTO_CLOSE int fd = file_open_regular(path, &status);
	char content[32];
	uint64_t pid;

	/* Both times are truncated to seconds, and the same second counts as older. */
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
		struct cursor name = cursor_of(entry->d_name);

		if (!cursor_take_end(&name, ".pid") || !make_path(&search, LIVE, entry->d_name, "", path) ||
		    !is_pid_file_of(path, death))
			continue;
		vm->stack = VM_STACK_LIBVIRT;
		vm->name_is_truncated = !cursor_copy(&name, vm->name, sizeof(vm->name));
		vm->origins |= VM_ORIGIN_LIBVIRT_LIVE;
	}
	if (directory)
		closedir(directory);
}
