/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gather/describe.h"

#include <string.h>
#include <time.h>

#include "base/array.h"
#include "base/number.h"
#include "gather/saved.h"

/* A cgroup path may be 4 KiB long; its end is the most specific part. */
#define PATH_SHOWN_MAX 200

static void append_untrusted(struct text *text, const char *name)
{
	text_append_untrusted(text, name, strlen(name), TEXT_ASCII);
}

static void append_path(struct text *text, const char *path)
{
	size_t length = strlen(path);

	if (length > PATH_SHOWN_MAX) {
		text_append(text, "...");
		path += length - PATH_SHOWN_MAX;
	}
	append_untrusted(text, path);
}

static void append_kb(struct text *text, int64_t kb)
{
	uint64_t bytes;

	if (__builtin_mul_overflow((uint64_t)kb, 1024U, &bytes))
		bytes = UINT64_MAX;
	number_append_bytes(text, bytes);
}

/* "qemu-kvm[380]", "a process" */
static void append_process(struct text *text, const struct oom_kill *kill)
{
	if (kill->comm[0])
		append_untrusted(text, kill->comm);
	else
		text_append(text, "a process");
	if (kill->pid != OOM_UNKNOWN)
		text_printf(text, "[%lld]", (long long)kill->pid);
}

/* Names that users give VMs may have 255 characters.  This many bytes of each name are shown, and
 * fewer if the first line would otherwise lack room for what happened to the VM.  JSON has the
 * whole names. */
#define NAME_SHOWN_MAX 60
static const size_t headline_name_max[] = { NAME_SHOWN_MAX, 36 /* a UUID's */, 24 };

static void append_cut_name(struct text *text, const char *label, const char *value, size_t name_max,
			    bool is_cut)
{
	char buffer[NAME_SHOWN_MAX + 1];
	struct text shown;

	if (!value[0])
		return;
	text_init(&shown, buffer, name_max + 1);
	text_append_name(&shown, value);
	text_append(text, label);
	text_append(text, shown.data);
	if (shown.truncated || is_cut)
		text_append(text, "...");
}

static void append_name(struct text *text, const char *label, const char *value, size_t name_max)
{
	append_cut_name(text, label, value, name_max, false);
}

static void append_label(struct text *text, const char *label, const char *value)
{
	append_name(text, label, value, NAME_SHOWN_MAX);
}

/* " (web-01, project acme)": the names that users gave it. */
static void append_names(struct text *text, const struct vm_identity *vm, const char *stack, size_t name_max)
{
	TEXT_ON_STACK(names, 640);

	if (strcmp(vm->display_name, vm->name) != 0)
		append_name(&names, ", ", vm->display_name, name_max);
	append_name(&names, ", project ", vm->project, name_max);
	if (stack)
		text_printf(&names, ", %s", stack);
	if (names.length > 0)
		text_printf(text, " (%s)", names.data + strlen(", "));
}

/* Whether the VM has a usable name.  The ten bytes of a name in a comm may match several VMs. */
static bool has_name(const struct vm_identity *vm)
{
	return vm->name[0] && (vm->machine[0] || !vm_name_is_cut(vm));
}

static void append_machine(struct text *text, const struct gather_kill *kill, size_t name_max)
{
	const struct vm_identity *vm = &kill->vm;
	const bool pod = vm->stack == VM_STACK_KUBEVIRT;

	if (has_name(vm)) {
		append_cut_name(text, "VM ", vm->name, name_max, vm_name_is_cut(vm));
		append_names(text, vm, NULL, name_max);
	} else if (vm->id[0]) {
		text_append(text, pod ? "VM of pod " : "VM ");
		append_untrusted(text, vm->id);
		append_names(text, vm, vm_stack_name(vm->stack), name_max);
	} else {
		text_append(text, "an unnamed VM (");
		append_process(text, kill->kill);
		text_append(text, ")");
	}
}

static void append_victim(struct text *text, const struct gather_kill *kill, size_t name_max)
{
	switch (kill->vm.role) {
	case VM_ROLE_HYPERVISOR:
		append_machine(text, kill, name_max);
		break;
	case VM_ROLE_HELPER:
		append_process(text, kill->kill);
		text_append(text, " of ");
		append_machine(text, kill, name_max);
		break;
	case VM_ROLE_NONE:
	case VM_ROLE_COUNT:
		text_append(text, kill->kill->killer == OOM_KILLER_SYSTEMD_OOMD ? "cgroup " : "process ");
		append_process(text, kill->kill);
		break;
	}
}

void describe_victim(struct text *text, const struct gather_kill *kill)
{
	append_victim(text, kill, NAME_SHOWN_MAX);
}

void describe_time(struct text *text, int64_t realtime_usec)
{
	time_t seconds = (time_t)(realtime_usec / 1000000);
	struct tm tm;
	char date[32], zone[8];

	if (realtime_usec == KLOG_TIME_UNKNOWN || !localtime_r(&seconds, &tm) ||
	    strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", &tm) == 0 ||
	    strftime(zone, sizeof(zone), "%z", &tm) == 0) {
		text_append(text, "at an unknown time");
		return;
	}
	text_printf(text, "%s %.3s:%s", date, zone, zone + 3);
}

/* " at 21:36:05 +07:00" for today, " on 2026-11-22 21:36:05 +07:00" for other days. */
static void append_when(struct text *text, int64_t realtime_usec, int64_t now_usec)
{
	time_t then = (time_t)(realtime_usec / 1000000), now = (time_t)(now_usec / 1000000);
	struct tm tm_then, tm_now;
	char shown[32], zone[8];

	if (realtime_usec == KLOG_TIME_UNKNOWN || !localtime_r(&then, &tm_then) ||
	    !localtime_r(&now, &tm_now))
		return;
	bool today = tm_then.tm_yday == tm_now.tm_yday && tm_then.tm_year == tm_now.tm_year;
	if (strftime(shown, sizeof(shown), today ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &tm_then) > 0 &&
	    strftime(zone, sizeof(zone), "%z", &tm_then) > 0)
		text_printf(text, " %s %s %.3s:%s", today ? "at" : "on", shown, zone, zone + 3);
}

static int64_t resident_kb(const struct oom_kill *kill)
{
	int64_t sum_kb = 0;

	if (kill->anon_rss_kb == OOM_UNKNOWN)
		return kill->rss_kb;
	const int64_t parts_kb[] = { kill->anon_rss_kb, kill->file_rss_kb, kill->shmem_rss_kb };
	for (size_t i = 0; i < ARRAY_SIZE(parts_kb); i++) {
		if (parts_kb[i] != OOM_UNKNOWN && __builtin_add_overflow(sum_kb, parts_kb[i], &sum_kb))
			return OOM_UNKNOWN;
	}
	return sum_kb;
}

/* Which memory was exhausted. */
static void append_scope(struct text *text, const struct oom_kill *kill)
{
	if (kill->manual) {
		text_append(text, "triggered manually (SysRq-f)");
		return;
	}
	switch (kill->constraint) {
	case OOM_CONSTRAINT_NONE:
		text_append(text, "host out of memory");
		break;
	case OOM_CONSTRAINT_CPUSET:
		text_append(text, "NUMA nodes of its cpuset out of memory");
		break;
	case OOM_CONSTRAINT_MEMPOLICY:
		text_append(text, "NUMA nodes of its memory policy out of memory");
		break;
	case OOM_CONSTRAINT_MEMCG:
		text_append(text, "memory limit ");
		if (kill->limit_kb != OOM_UNKNOWN) {
			text_append(text, "of ");
			append_kb(text, kill->limit_kb);
			text_append(text, " ");
		}
		text_append(text, "of ");
		if (!kill->limit_cgroup || (kill->cgroup && strcmp(kill->limit_cgroup, kill->cgroup) == 0))
			text_append(text, "its cgroup");
		else
			append_path(text, kill->limit_cgroup);
		text_append(text, " reached");
		break;
	case OOM_CONSTRAINT_UNKNOWN:
	case OOM_CONSTRAINT_COUNT:
		text_append(text, "cause not logged");
		break;
	}
}

/* ", 61 MiB of 64 GiB free", or nothing */
static void append_host_free(struct text *text, const struct oom_kill *kill)
{
	if (kill->host_free_kb == OOM_UNKNOWN)
		return;
	text_append(text, ", ");
	append_kb(text, kill->host_free_kb);
	if (kill->host_total_kb != OOM_UNKNOWN) {
		text_append(text, " of ");
		append_kb(text, kill->host_total_kb);
	}
	text_append(text, " free");
}

/* Why the log has no Killed line for the kill. */
static void append_evidence(struct text *text, const struct oom_kill *kill)
{
	if (kill->inferred)
		text_append(text, ", inferred: no Killed line in the log");
	if (kill->remembered)
		text_append(text, ", remembered: no longer in the log");
}

static const char *killer_in_words(const struct oom_kill *kill)
{
	return kill->killer == OOM_KILLER_KERNEL ? "the OOM killer" : oom_killer_name(kill->killer);
}

static void append_headline(struct text *text, const struct gather_kill *kill, int64_t now_usec,
			    size_t name_max)
{
	int64_t size_kb = resident_kb(kill->kill);
	const char *separator = ": ";

	append_victim(text, kill, name_max);
	text_printf(text, " killed by %s", killer_in_words(kill->kill));
	append_name(text, " on host ", kill->kill->host, name_max);
	append_when(text, kill->kill->realtime_usec, now_usec);
	if (size_kb != OOM_UNKNOWN) {
		text_append(text, separator);
		append_kb(text, size_kb);
		text_append(text, " RSS");
		separator = ", ";
	}
	if (kill->kill->manual || kill->kill->constraint != OOM_CONSTRAINT_UNKNOWN) {
		text_append(text, separator);
		append_scope(text, kill->kill);
	}
	if (kill->kill->constraint == OOM_CONSTRAINT_NONE && !kill->kill->manual)
		append_host_free(text, kill->kill);
	append_evidence(text, kill->kill);
}

void describe_headline(struct text *text, const struct gather_kill *kill, int64_t now_usec)
{
	const struct text before = *text;

	for (size_t i = 0; i < ARRAY_SIZE(headline_name_max); i++) {
		*text = before;
		append_headline(text, kill, now_usec, headline_name_max[i]);
		if (!text->truncated)
			return;
	}
}

static void append_size(struct text *text, const struct oom_kill *kill)
{
	const struct {
		int64_t kb;
		const char *name;
	} parts[] = {
		{ kill->anon_rss_kb, "anon" },
		{ kill->shmem_rss_kb, "shmem" },
		{ kill->anon_rss_kb == OOM_UNKNOWN ? kill->rss_kb : OOM_UNKNOWN, "RSS" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (parts[i].kb == OOM_UNKNOWN || (i > 0 && parts[i].kb < 1024))
			continue;
		text_append(text, ", ");
		append_kb(text, parts[i].kb);
		text_printf(text, " %s", parts[i].name);
	}
}

static void append_invoker(struct text *text, const struct oom_kill *kill)
{
	if (!kill->has_invoker)
		return;
	text_append(text, ", invoked by ");
	append_untrusted(text, kill->invoker_comm);
	if (kill->invoker_pid != OOM_UNKNOWN)
		text_printf(text, "[%lld]", (long long)kill->invoker_pid);
	if (kill->has_order && !kill->manual)
		text_printf(text, ", order %d", kill->order);
}

static void append_identifiers(struct text *text, const struct vm_identity *vm)
{
	append_label(text, ", uuid ", vm->uuid);
	append_label(text, ", user ", vm->user);
	append_label(text, ", flavor ", vm->flavor);
	append_label(text, ", tags ", vm->tags);
	if (vm->doubt != VM_DOUBT_NONE)
		text_append(text, vm->doubt == VM_DOUBT_REUSED
					  ? ", name reused since"
					  : ", its definition is newer than the kill and was ignored");
	if (vm->name_is_ambiguous)
		text_append(text, ", truncated name matches several domains");
}

/* A recorded ring has only the time since its boot. */
static void append_kill_time(struct text *text, const struct oom_kill *kill)
{
	if (kill->realtime_usec == KLOG_TIME_UNKNOWN && kill->monotonic_usec != KLOG_TIME_UNKNOWN)
		text_printf(text, "%.6f s after boot ", (double)kill->monotonic_usec / 1e6);
	else if (kill->realtime_usec == KLOG_TIME_UNKNOWN)
		text_append(text, "time unknown, ");
	else {
		describe_time(text, kill->realtime_usec);
		text_append(text, " ");
	}
}

void describe_kill(struct text *text, const struct gather_kill *kill)
{
	const struct oom_kill *k = kill->kill;

	append_kill_time(text, k);
	describe_victim(text, kill);
	append_identifiers(text, &kill->vm);
	if (kill->vm.role == VM_ROLE_HYPERVISOR && (has_name(&kill->vm) || kill->vm.id[0])) {
		text_append(text, ", ");
		append_process(text, k);
	}
	append_name(text, ", on host ", k->host, NAME_SHOWN_MAX);
	append_size(text, k);
	text_append(text, ", ");
	append_scope(text, k);
	append_host_free(text, k);
	append_invoker(text, k);
	if (kill->vm.role == VM_ROLE_NONE && k->cgroup) {
		text_append(text, ", cgroup ");
		append_path(text, k->cgroup);
	}
	if (k->killer != OOM_KILLER_KERNEL)
		text_printf(text, ", by %s", killer_in_words(k));
	append_label(text, ", libvirt: ", kill->vm.libvirt_reason);
	append_evidence(text, k);
}

/* "(acknowledged by alice: ticket 4711)" */
static void append_acknowledgement(struct text *text, const struct saved_acknowledgement *given)
{
	text_append(text, " (acknowledged");
	if (given && given->by[0]) {
		text_append(text, " by ");
		text_append_name(text, given->by);
	}
	if (given && given->comment[0]) {
		text_append(text, ": ");
		text_append_name(text, given->comment);
	}
	text_append(text, ")");
}

void describe_standing(struct text *text, const struct gather_request *request,
		       const struct gather_kill *kill)
{
	if (kill->acknowledged)
		append_acknowledgement(text, saved_acknowledgement_of(request->saved, kill->kill));
	else if (kill->kill->dubious)
		text_append(text, " (unconfirmed: may be a user's text in another record)");
	else if (kill->unconfirmed)
		text_append(text, " (unconfirmed: kernel counter was 0 in that boot)");
}

void describe_origins(struct text *text, const struct vm_identity *vm)
{
	const char *separator = ", known from ";

	for (unsigned bit = 0; bit < VM_ORIGIN_COUNT; bit++) {
		if (!(vm->origins & 1U << bit))
			continue;
		text_printf(text, "%s%s", separator, vm_origin_name(1U << bit));
		separator = ", ";
	}
}
