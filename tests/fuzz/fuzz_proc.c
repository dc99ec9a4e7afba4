/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libFuzzer target: the readers of /proc, /sys and the cgroup tree. The first byte selects a
 * file of a small host with one VM, the rest is its content. Every reader is called; the numbers
 * must be consistent, and the error messages must fit. */
#include "base/array.h"
#include "fuzz/check.h"
#include "host/arcstats.h"
#include "host/available.h"
#include "host/cgroup.h"
#include "host/hugepages.h"
#include "host/hugetlb.h"
#include "host/kernel_memory.h"
#include "host/ksm.h"
#include "host/meminfo.h"
#include "host/pressure.h"
#include "host/slabinfo.h"
#include "host/swaps.h"
#include "running/running_vms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SCOPE   "/sys/fs/cgroup/machine.slice/machine-qemu\\x2d1\\x2dvm.scope"
#define POOL    "/sys/kernel/mm/hugepages/hugepages-2048kB"
#define MEMINFO "MemTotal: 100 kB\nMemFree: 50 kB\nMemAvailable: 60 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n"
#define NODE_MEM                                                                                             \
	"Node 0 MemTotal: 100 kB\nNode 0 MemFree: 50 kB\nNode 0 Active(file): 1 kB\nNode 0 Inactive(file): " \
	"1 kB\n"

static const struct {
	const char *path, *content; /* unless the input replaces it */
} files[] = {
	{ "/proc/meminfo", MEMINFO },
	{ "/proc/zoneinfo",
	  "Node 0, zone Normal\n  pages free 5\n        min 1\n        low 2\n        high 3\n"
	  "        managed 25\n        protection: (0, 0)\n" },
	{ "/proc/swaps", "Filename Type Size Used Priority\n/dev/zram0 partition 100 50 5\n" },
	{ "/proc/pressure/memory", "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
				   "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n" },
	{ "/proc/spl/kstat/zfs/arcstats", "6 1 0x01 1 1 1 1\nname type data\nsize 4 10\nc_min 4 1\n" },
	{ "/proc/mounts", "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n" },
	{ "/proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n" },
	{ "/proc/1/comm", "systemd\n" },
	{ "/proc/1/status",
	  "Name:\tsystemd\nPid:\t1\nPPid:\t0\nUid:\t0\t0\t0\t0\nVmRSS:\t10 kB\nThreads:\t1\n" },
	{ "/proc/7/comm", "qemu-kvm\n" },
	{ "/proc/7/cmdline", "qemu-kvm" },
	{ "/proc/7/cgroup", "0::/machine.slice/machine-qemu\\x2d1\\x2dvm.scope\n" },
	{ "/proc/7/status",
	  "Name:\tqemu-kvm\nPid:\t7\nPPid:\t1\nUid:\t9\t9\t9\t9\nVmRSS:\t10 kB\nThreads:\t1\n" },
	{ "/proc/7/stat", "7 (qemu-kvm) S 1 7 7 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 55 0 0\n" },
	{ "/proc/7/oom_score", "700\n" },
	{ "/proc/7/oom_score_adj", "0\n" },
	{ "/proc/vmstat", "nr_zspages 0\nnr_memmap_pages 0\n" },
	{ "/proc/slabinfo", "slabinfo - version: 2.1\n# name <active_objs>\nkmalloc-4k 1 1 4096 8 8 : "
			    "tunables 0 0 0 : slabdata 1 1 0\n" },
	{ "/proc/spl/kstat/zfs/abdstats",
	  "6 1 0x01 1 1 1 1\nname type data\nscatter_data_size 4 10\nscatter_chunk_waste 4 1\n" },
	{ SCOPE "/cgroup.procs", "7\n" },
	{ SCOPE "/memory.current", "4096\n" },
	{ SCOPE "/memory.max", "max\n" },
	{ SCOPE "/memory.high", "max\n" },
	{ SCOPE "/memory.stat", "anon 4096\nfile 0\n" },
	{ SCOPE "/memory.events", "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\n" },
	{ SCOPE "/memory.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n" },
	{ SCOPE "/hugetlb.64KB.current", "0\n" },
	{ POOL "/nr_hugepages", "5\n" },
	{ POOL "/free_hugepages", "4\n" },
	{ POOL "/resv_hugepages", "1\n" },
	{ "/sys/devices/system/node/online", "0\n" },
	{ "/sys/devices/system/node/node0/meminfo", NODE_MEM },
	{ "/sys/devices/system/node/has_cpu", "0\n" },
	{ "/sys/block/zram0/mm_stat", "4096 1024 8192 0 8192 0 0 0 0\n" },
	{ "/sys/kernel/mm/ksm/pages_sharing", "1\n" },
};

static struct file_roots roots;
static char root[64];

static void path_of(char *path, size_t size, const char *below)
{
	snprintf(path, size, "%s%s", root, below);
}

static void put(size_t file, const void *content, size_t size)
{
	char path[256];

	path_of(path, sizeof(path), files[file].path);
	fuzz_write(path, content, size);
}

static void make_parents(const char *file)
{
	char path[256];

	path_of(path, sizeof(path), file);
	for (char *slash = path + strlen(root); (slash = strchr(slash + 1, '/')) != NULL; *slash = '/') {
		*slash = '\0';
		mkdir(path, 0700);
	}
}

static void make_host(void)
{
	snprintf(root, sizeof(root), "%s", fuzz_folder());
	roots = (struct file_roots){ .rootfs = root };
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		make_parents(files[i].path);
		put(i, files[i].content, strlen(files[i].content));
	}
}

static void read_memory(struct text *error)
{
	static struct host_node_available nodes[HOST_NODES_MAX];
	static const struct host_available_rules rules;
	struct host_meminfo meminfo;
	struct host_available available;
	struct host_arcstats arcstats;
	struct host_swaps swaps;
	struct host_ksm ksm;
	struct host_hugepools pools;
	size_t count;

	if (host_meminfo_read(&meminfo, &roots, error) == 0 &&
	    host_available_read(&available, &meminfo, &rules, &roots, error) == 0)
		fuzz_require(available.available_kb <= available.total_kb, "more available than there is");
	if (host_available_read_nodes(nodes, &count, &rules, &roots, error) == 0)
		fuzz_require(count <= HOST_NODES_MAX, "more nodes than there can be");
	host_arcstats_read(&arcstats, &roots, error);
	host_swaps_read(&swaps, &roots, error);
	host_ksm_read(&ksm, &roots, error);
	for (int node = -1; node < 1; node++) {
		if (host_hugepools_read(&pools, &roots, node, error) == 0)
			fuzz_require(host_hugepools_usable_kb(&pools, 0) <=
					     host_hugepools_total_kb(&pools, 0),
				     "more huge pages are free than there are");
	}
}

static void read_kernel_memory(struct text *error)
{
	struct host_kernel_memory saved;
	struct host_slab_caches caches;

	if (host_kernel_memory_read(&saved, &roots, error) == 0)
		fuzz_require(saved.unaccounted_kb <= saved.total_kb &&
				     saved.part_count <= HOST_KERNEL_PARTS_MAX,
			     "more memory is unaccounted than there is");
	if (host_slabinfo_read(&caches, &roots, error) == 0)
		for (size_t i = 1; i < caches.count; i++)
			fuzz_require(caches.largest[i - 1].bytes >= caches.largest[i].bytes,
				     "slab caches are not sorted");
}

static void read_cgroup(const struct host_cgroups *cgroups, const char *path, struct text *error)
{
	struct host_cgroup_memory saved;
	struct host_cgroup_stat stat;
	struct host_pressure pressure;
	struct host_hugetlb hugetlb;
	uint64_t number;

	host_cgroup_memory(&saved, cgroups, path, error);
	host_cgroup_stat(&stat, cgroups, path, error);
	if (host_hugetlb_find(&hugetlb, cgroups, &roots, error) == 0)
		host_hugetlb_used(&number, &hugetlb, path, error);
	host_cgroup_oom_kills(&number, cgroups, path, error);
	host_pressure_read_cgroup(&pressure, cgroups, path, error);
}

static void read_machines(struct text *error)
{
	struct host_processes processes;
	struct host_pressure pressure;
	struct host_cgroups cgroups;
	struct running_vms machines;
	struct running_vm_limit limit;
	int r = host_cgroups_find(&cgroups, &roots, error);

	host_pressure_read(&pressure, &roots, error);
	if (r == 0)
		read_cgroup(&cgroups, "/machine.slice/machine-qemu\\x2d1\\x2dvm.scope", error);
	if (host_processes_open(&processes, &roots, error) < 0)
		return;
	for (int scan = 0; scan < 2; scan++) {
		const struct running_vms_options wish = { .scan = scan };

		if (running_vms_read(&machines, &processes, r == 0 ? &cgroups : NULL, &wish, error) < 0)
			continue;
		for (size_t i = 0; r == 0 && i < machines.count; i++)
			running_vms_limit(&limit, &machines.list[i], &cgroups);
		running_vms_free(&machines);
	}
	host_processes_close(&processes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TEXT_ON_STACK(error, 512);

	if (size == 0)
		return 0;
	if (!root[0])
		make_host();
	const size_t file = data[0] % ARRAY_SIZE(files);

	put(file, data + 1, size - 1);
	read_memory(&error);
	read_kernel_memory(&error);
	read_machines(&error);
	put(file, files[file].content, strlen(files[file].content));
	fuzz_require(error.length < error.size, "an error beyond its buffer");
	return 0;
}
