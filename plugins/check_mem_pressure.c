/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_mem_pressure: how much of the time is work stalled for lack of memory, on the host or in
 * one cgroup?
 */
#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "host/cgroup.h"
#include "host/pressure.h"
#include "plugin/options.h"
#include "plugin/plugin.h"
#include "vm/identity.h"

static const struct metric {
	const char *name;  /* for -w and -c */
	const char *label; /* in perfdata */
	bool full;
	enum host_pressure_window window;
} metrics[] = {
	{ "some-avg10", "mem_pressure_some_avg10", false, HOST_AVG10 },
	{ "some-avg60", "mem_pressure_some_avg60", false, HOST_AVG60 },
	{ "some-avg300", "mem_pressure_some_avg300", false, HOST_AVG300 },
	{ "full-avg10", "mem_pressure_full_avg10", true, HOST_AVG10 },
	{ "full-avg60", "mem_pressure_full_avg60", true, HOST_AVG60 },
	{ "full-avg300", "mem_pressure_full_avg300", true, HOST_AVG300 },
};

#define METRICS     ARRAY_SIZE(metrics)
#define FULL_AVG60  4
#define METRIC_HELP "some-avg10, some-avg60, some-avg300, full-avg10, full-avg60, full-avg300"

struct limits {
	bool given; /* set by the user; replaces the default */
	struct plugin_range ranges[METRICS];
};

/* The words of --no-psi. */
enum no_psi { NO_PSI_OK, NO_PSI_WARNING, NO_PSI_UNKNOWN };
static const enum plugin_state no_psi_states[] = { PLUGIN_OK, PLUGIN_WARNING, PLUGIN_UNKNOWN };

struct config {
	struct limits warning, critical;
	const char *cgroup; /* NULL: the host */
	enum no_psi no_psi;
};

static int option_limit(const char *value, void *target, struct text *error)
{
	struct limits *limits = target;
	struct plugin_range range;
	const char *limit;
	const int metric = plugin_option_metric(value, "RANGE", METRIC_HELP, &limit, error);
	const int r = metric < 0 ? metric : plugin_option_percent_range(limit, &range, error);

	if (r < 0)
		return r;
	if (!limits->given)
		*limits = (struct limits){ .given = true };
	limits->ranges[metric] = range;
	return 0;
}

#define TARGET(member) offsetof(struct config, member)

static const struct plugin_option options[] = {
	{ 'w', "warning", "METRIC=RANGE",
	  "WARNING if this share of time, in %, is outside RANGE; repeatable. METRIC is one of " METRIC_HELP
	  " (default: full-avg60=5)",
	  option_limit, TARGET(warning) },
	{ 'c', "critical", "METRIC=RANGE", "the same for CRITICAL (default: full-avg60=20)", option_limit,
	  TARGET(critical) },
	{ 0, "cgroup", "PATH",
	  "check this cgroup (v2) and those below it instead of the host: /machine.slice, or with "
	  "/sys/fs/cgroup in front",
	  plugin_option_string, TARGET(cgroup) },
	{ 0, "no-psi", "ok|warning|unknown",
	  "state if the kernel does not measure pressure (default: unknown)", NULL, TARGET(no_psi) },
};

static const struct plugin_usage usage = {
	.summary = "Checks how much of the time work is stalled on memory (PSI).",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.examples = "check_mem_pressure\n"
		    "    WARNING if all work was stalled for 5 % of the last minute\n"
		    "check_mem_pressure -w some-avg60=20 -w full-avg300=2 -c full-avg10=40\n"
		    "    WARNING if either of two shares is exceeded\n"
		    "check_mem_pressure --cgroup=/machine.slice\n"
		    "    all VMs of libvirt together\n",
	.notes = "Reads /proc/pressure/memory, or memory.pressure of a cgroup. Needs no\n"
		 "privilege, but a kernel from 4.20 on with PSI (psi=1 if it is off by default).\n",
};

static double share_of(const struct host_pressure *pressure, size_t metric)
{
	const struct host_stall *stall = metrics[metric].full ? &pressure->full : &pressure->some;

	return stall->avg_percent[metrics[metric].window];
}

static int gather(const struct config *config, const struct file_roots *roots, struct host_pressure *ret,
		  struct text *error)
{
	struct host_cgroups cgroups;

	if (!config->cgroup)
		return host_pressure_read(ret, roots, error);
	int r = host_cgroups_find(&cgroups, roots, error);
	/* Without a cgroup hierarchy there is no such cgroup.  -EBADR: this does not mean that PSI
	 * is off. */
	return r < 0 ? -EBADR : host_pressure_read_cgroup(ret, &cgroups, config->cgroup, error);
}

static _Noreturn void say_unread(struct plugin *plugin, const struct config *config, int r,
				 const struct text *error)
{
	if (!host_pressure_is_off(r))
		plugin_unknown(plugin, "cannot read the pressure: %s", error->data);
	plugin->state = no_psi_states[config->no_psi];
	text_printf(&plugin->summary, "memory pressure is not measured: %s. ", error->data);
	text_append(&plugin->summary, config->cgroup
					      ? "Boot with psi=1, and write 1 to the cgroup's "
						"cgroup.pressure where it is 0"
					      : "Boot with psi=1 (a kernel from 4.20 on, built with PSI)");
	plugin_exit(plugin);
}

static enum plugin_state judge_metric(const struct config *config, const struct host_pressure *pressure,
				      size_t metric)
{
	return plugin_range_judge(&config->warning.ranges[metric], &config->critical.ranges[metric],
				  share_of(pressure, metric));
}

/* The path below the cgroup root.  The user may have given it with /sys/fs/cgroup in front, also of
 * a mounted host. */
static const char *below_root(const char *cgroup)
{
	static const char root[] = "/fs/cgroup", unified[] = "/unified/";
	const char *found = strstr(cgroup, root);

	if (found && found[strlen(root)] == '/')
		cgroup = found + strlen(root);
	return strncmp(cgroup, unified, strlen(unified)) == 0 ? cgroup + strlen(unified) - 1 : cgroup;
}

static void say_where(struct text *text, const char *cgroup)
{
	struct vm_identity vm;

	if (!cgroup)
		return;
	text_append(text, "in ");
	if (vm_identify(&vm, NULL, below_root(cgroup), NULL) && vm.role == VM_ROLE_HYPERVISOR &&
	    vm_name_is_whole(&vm)) {
		text_append(text, "VM ");
		text_append_name(text, vm.name);
	} else {
		text_append_name(text, cgroup);
	}
	text_append(text, ": ");
}

/* Appends the shares that cause `state`. */
static void say_violated(struct text *text, const struct config *config, const struct host_pressure *pressure,
			 enum plugin_state state)
{
	const struct limits *limits = state == PLUGIN_CRITICAL ? &config->critical : &config->warning;
	const char *separator = "";

	for (size_t i = 0; i < METRICS; i++) {
		if (judge_metric(config, pressure, i) != state)
			continue;
		text_printf(text, "%s%s is %.2f %% (limit ", separator, metrics[i].name,
			    share_of(pressure, i));
		plugin_range_append(text, &limits->ranges[i]);
		text_append(text, ")");
		separator = ", ";
	}
}

static enum plugin_state judge(const struct config *config, const struct host_pressure *pressure)
{
	enum plugin_state state = PLUGIN_OK;

	for (size_t i = 0; i < METRICS; i++)
		state = plugin_state_worst(state, judge_metric(config, pressure, i));
	return state;
}

static void add_perfdata(struct plugin *plugin, const struct config *config,
			 const struct host_pressure *pressure)
{
	const double zero = 0, hundred = 100;

	for (size_t i = 0; i < METRICS; i++)
		plugin_perfdata(plugin, metrics[i].label, share_of(pressure, i), "%",
				&config->warning.ranges[i], &config->critical.ranges[i], &zero, &hundred);
	/* The unit of a counter is "c", so its label names the real unit. */
	plugin_perfdata_amount(plugin, "mem_pressure_some_total_usec", (double)pressure->some.total_usec,
			       "c");
	plugin_perfdata_amount(plugin, "mem_pressure_full_total_usec", (double)pressure->full.total_usec,
			       "c");
}

static void say(struct plugin *plugin, const struct config *config, const struct host_pressure *pressure)
{
	struct text *text = &plugin->summary;

	plugin->state = judge(config, pressure);
	say_where(text, config->cgroup);
	if (plugin->state != PLUGIN_OK) {
		say_violated(text, config, pressure, plugin->state);
		text_append(text, "; ");
	}
	text_printf(text, "some %.2f %%, full %.2f %% of the last 60 s stalled for memory",
		    pressure->some.avg_percent[HOST_AVG60], pressure->full.avg_percent[HOST_AVG60]);
	add_perfdata(plugin, config, pressure);
}

int main(int argc, char **argv)
{
	static struct plugin plugin;
	static struct config config = {
		.warning.ranges[FULL_AVG60] = { .set = true, .end = 5, .dimension = NUMBER_PERCENT },
		.critical.ranges[FULL_AVG60] = { .set = true, .end = 20, .dimension = NUMBER_PERCENT },
		.no_psi = NO_PSI_UNKNOWN,
	};
	struct file_roots roots = { 0 };
	struct host_pressure pressure;
	TEXT_ON_STACK(error, 512);

	plugin_init(&plugin, "check_mem_pressure", "MEM_PRESSURE");
	plugin_options(&plugin, &usage, &roots, &config, argc, argv);

	plugin_set_labels(&plugin, "mem_pressure_some_avg10 mem_pressure_some_avg60 mem_pressure_some_avg300 "
				   "mem_pressure_full_avg10 mem_pressure_full_avg60 mem_pressure_full_avg300 "
				   "mem_pressure_some_total_usec mem_pressure_full_total_usec");
	plugin_progress(&plugin, "reading the memory pressure");
	int r = gather(&config, &roots, &pressure, &error);
	if (r < 0)
		say_unread(&plugin, &config, r, &error);
	say(&plugin, &config, &pressure);
	plugin_exit(&plugin);
}
