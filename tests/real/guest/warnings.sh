# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=dash disable=SC2154
# The results of the checks while memory runs out, until the kernel kills, and while it only appears
# to run out.

DISK=/dev/nvme0n1

# The number of kills since boot. The kernel counts a kill before it logs it.
kills() {
	sed -n 's/^oom_kill //p' /proc/vmstat
}

logged_kills() {
	logged 'Killed process'
}

killed_pids() {
	dmesg | sed -n 's/.*Killed process \([0-9]*\) .*/\1/p'
}

# victim_after LINES: the pid in the Killed line after LINES others. A kill is counted before its
# line is in the log.
victim_after() {
	tries=0
	while [ "$(logged_kills)" -le "$1" ] && [ $tries -lt 100 ]; do
		usleep 50000
		tries=$((tries + 1))
	done
	killed_pids | sed -n "$(($1 + 1))p"
}

# keep_ranking NAME: saves the ranking if the kernel did not kill while it was made.
keep_ranking() {
	for part in stdout stderr status; do mv "$OUT/ranking.$part" "$OUT/$1.$part"; done
}

# with_kills KILLS COMMAND...: runs COMMAND, during which the kernel must kill KILLS times, and
# repeats it if it killed more often. That can happen: a process that found no memory just before
# the victim's was freed causes another kill.
with_kills() {
	wanted_kills=$1
	shift
	for attempt in 1 2 3; do
		residents
		start_window
		kills_before=$(kills)
		logged_before=$(logged_kills)
		"$@"
		[ "$(kills)" != $((kills_before + wanted_kills)) ] || break
		echo "attempt $attempt: $(($(kills) - kills_before)) kills, not $wanted_kills"
	done
}

# rank_until_kill NAME NTH: the last ranking before the NTH kill since with_kills. The premise is
# the killed pid.
rank_until_kill() {
	while keep ranking /plugins/check_vm_oom_score --all && [ "$(kills)" -lt $((kills_before + $2)) ]; do
		keep_ranking "$1"
	done
	premise "$1" "$(victim_after $((logged_before + $2 - 1)))"
	last_kill=$(uptime_cs)
}

# rank_hog NAME [OPTION...]: the VM grows until the kernel kills it, and is ranked meanwhile.
rank_hog() {
	ranked=$1
	shift
	hog_vm --rate=200 "$@" &
	hog_pid=$!
	rank_until_kill "$ranked" 1
	wait $hog_pid
}

# The page cache of the disk lives as long as the disk is open.
open_disk() {
	tries=0
	while [ ! -b $DISK ] && [ $tries -lt 100 ]; do
		usleep 50000
		tries=$((tries + 1))
	done
	exec 9<$DISK
}

meminfo_mib() {
	awk -v name="$1:" '$1 == name { print int($2 / 1024) }' /proc/meminfo
}

# remember_in NAME: gives the checks a new, empty state directory.
remember_in() {
	mkdir -p "/run/$1"
	export NAGIOS_PLUGIN_STATE_DIRECTORY="/run/$1"
}

# The host reads more files than fit in its RAM and runs the checks meanwhile. In cached_forecast
# only the forecast may alert.
cached() {
	remember_in cached
	open_disk
	for check in available forecast pressure; do : >"$OUT/cached_$check.runs"; done
	premise cached_before "$(meminfo_mib MemFree)"
	step=0
	while [ $step -lt 7 ]; do
		dd bs=1M count=40 <&9 >/dev/null 2>&1
		keep cached_available /plugins/check_mem_available -w 20%: -c 10%:
		keep cached_forecast /plugins/check_mem_available -v -w 0%: -c 0%: --forecast=20s
		keep cached_pressure /plugins/check_mem_pressure -w some-avg10=5 -c some-avg10=30
		for check in available forecast pressure; do
			cat "$OUT/cached_$check.status" >>"$OUT/cached_$check.runs"
		done
		step=$((step + 1))
		sleep 0.1
	done
	premise cached "$(meminfo_mib MemFree)"
	premise cached_in_cache "$(meminfo_mib Buffers)"
	exec 9<&-
	unset NAGIOS_PLUGIN_STATE_DIRECTORY
}

# A VM grows, and the checks run until the kernel kills: UPTIME in centiseconds, the available
# memory in kB, then the state of each check. A run during which the kernel killed does not count.
# Other processes read files meanwhile, as on any host: without active page cache a kernel without
# swap has nothing to reclaim, and kills before any process has to wait.
steady() {
	open_disk
	while :; do dd if=$DISK of=/dev/null bs=1M count=128; done 2>/dev/null &
	reader_pid=$!
	with_kills 1 warn_until_kill
	kill $reader_pid
	wait $reader_pid
	exec 9<&-
	unset NAGIOS_PLUGIN_STATE_DIRECTORY
	oom_kills steady
}

warn_until_kill() {
	rm -rf /run/steady
	remember_in steady
	while ! grep -q '^some avg10=0' /proc/pressure/memory; do usleep 100000; done
	scope
	{
		hog_vm --rate=14
		echo "$last_kill" >/run/steady.killed
	} &
	hog_pid=$!
	while :; do
		keep steady_forecast /plugins/check_mem_available -w 0%: -c 0%: --forecast=10s
		keep steady_available /plugins/check_mem_available -w 20%: -c 10%:
		keep steady_pressure /plugins/check_mem_pressure -w some-avg10=5 -c some-avg10=30
		keep ranking /plugins/check_vm_oom_score --all
		run="$(uptime_cs) $(awk '/^MemAvailable/ { print $2 }' /proc/meminfo)"
		[ "$(kills)" = "$kills_before" ] || break
		for check in steady_forecast steady_available steady_pressure; do
			run="$run $(cat "$OUT/$check.status")"
		done
		echo "$run"
		keep_ranking steady_ranked
		sleep 0.4
	done >"$OUT/steady.runs"
	wait $hog_pid
	last_kill=$(cat /run/steady.killed)
	premise steady "$last_kill"
	premise steady_ranked "$(victim_after "$logged_before")"
}

# Three kills: a VM that did not allocate, then the daemon that had allocated all memory, then a VM
# whose vCPU thread allocates while a larger VM is exempt.
exhausted() {
	with_kills 2 exhaust_twice
	with_kills 1 exhaust_beside_spared
}

exhaust_twice() {
	bystander 'machine.slice/machine-qemu\x2d4\x2dinstance\x2d0000002d.scope' 100 qemu-kvm
	mkdir -p "$CGROUP/system.slice/java.service"
	hog --rate=100 --cgroup="$CGROUP/system.slice/java.service" -- java &
	java_pid=$!
	rank_until_kill exhausted_1 1
	rank_until_kill exhausted_2 2
	wait $java_pid "$bystander_pid"
}

exhaust_beside_spared() {
	bystander 'machine.slice/machine-qemu\x2d4\x2dinstance\x2d0000002d.scope' 90 qemu-kvm --adj=-500
	scope
	rank_hog exhausted_3 --rate=60 --thread='CPU 0/KVM' --uid=64055
	kill -9 "$bystander_pid"
	wait "$bystander_pid"
}
