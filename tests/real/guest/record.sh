# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=dash disable=SC2153
# How tests/data/trees/*-guest-* were recorded; the tests do not run it:
#     run-guest KERNEL INITRAMFS OUTDIR record

# record_file NAME FILE: copies FILE.
record_file() {
	mkdir -p "$OUT/$1${2%/*}"
	cat "$2" >"$OUT/$1$2"
}

# record_tree NAME: the current /proc and /sys, as far as the checks read them; of the kernel
# threads only the first.
record_tree() {
	for file in /proc/meminfo /proc/vmstat /proc/zoneinfo /proc/swaps /proc/stat /proc/uptime /proc/mounts \
		/proc/pressure/memory /proc/sys/vm/overcommit_* /proc/sys/vm/min_free_kbytes \
		/proc/sys/kernel/random/boot_id \
		/sys/devices/system/node/online /sys/devices/system/node/node[0-9]*/meminfo \
		/sys/kernel/mm/hugepages/*/*_hugepages \
		/sys/devices/system/node/node[0-9]*/hugepages/*/*_hugepages \
		/sys/kernel/mm/ksm/run /sys/kernel/mm/ksm/pages_shar* \
		"$CGROUP/cgroup.controllers" "$CGROUP"/*.slice/*/cgroup.procs; do
		record_file "$1" "$file"
	done
	for cgroup in "$CGROUP"/*.slice "$CGROUP"/*.slice/*/; do
		for file in current max high events stat pressure swap.current swap.max; do
			record_file "$1" "${cgroup%/}/memory.$file"
		done
	done
	for process in /proc/[0-9]*; do
		[ -s "$process/exe" ] || [ "$process" = /proc/2 ] || continue
		for file in cmdline comm cgroup oom_score oom_score_adj stat statm status; do
			record_file "$1" "$process/$file"
		done
	done
}

record() {
	bystander system.slice/nova-compute.service 8 nova-compute
	scope
	hog_vm --mib=64 --ready=/run/vm &
	other_scope="$MACHINES/machine-qemu\\x2d2\\x2dinstance\\x2d0000002b.scope"
	mkdir "$other_scope"
	hog --cgroup="$other_scope" --mib=16 --ready=/run/other_vm -- qemu-kvm \
		-name guest=instance-0000002b,debug-threads=on -uuid 6f1c2d3e-0000-4000-8000-00000000002b -m 64 &
	while [ ! -e /run/vm ] || [ ! -e /run/other_vm ]; do usleep 10000; done
	release=$(uname -r | cut -d . -f 1,2)
	record_tree "$release-guest-calm"
	available_mib=$(awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo)
	bystander system.slice/java.service $((available_mib - 8)) java
	record_tree "$release-guest-starved"
}
