#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# A real kernel repeatedly runs out of memory in a QEMU guest, in which the built checks run.
# guest/scenarios.sh creates the situations, this file has the expected results.
#
# GUEST_KERNELS: the kernels to test, instead of that of the configured Debian sources: vmlinuz
# files and names of suites, such as "trixie ./vmlinuz".

bats_require_minimum_version 1.5.0

guest_dir=$BATS_TEST_DIRNAME/guest
plugins=${BUILDDIR:-.}/plugins

# Prints why the guest cannot run here, or nothing.
missing() {
	local program
	[ "$(uname -m)" = x86_64 ] || echo "the guest runs x86-64 programs only"
	for program in qemu-system-x86_64 busybox cpio setcap cc jq; do
		PATH=$PATH:/usr/sbin:/sbin command -v "$program" >/dev/null || echo "$program is not installed"
	done
}

# kernel_file WANTED: the path of a kernel: WANTED if it is a file, otherwise the fetched kernel of
# that suite.
kernel_file() {
	case $1 in
	*/*) echo "$1" ;;
	*) "$guest_dir/fetch-kernel" "$1" ;;
	esac
}

setup_file() {
	export SKIP_REASON GUESTS=$BATS_FILE_TMPDIR/guests
	SKIP_REASON=$(missing | paste -s -d ,)
	[ -z "$SKIP_REASON" ] || return 0

	local wanted kernel initramfs=$BATS_FILE_TMPDIR/initramfs
	"$guest_dir/build-initramfs" "$initramfs" "$plugins/check_oom_kills" "$plugins/oom_report" \
		"$plugins/check_mem_available" "$plugins/check_mem_pressure" "$plugins/check_vm_oom_score"
	for wanted in ${GUEST_KERNELS:-configured}; do
		if ! kernel=$(kernel_file "$wanted" 2>"$BATS_FILE_TMPDIR/fetch.log"); then
			SKIP_REASON=$(tail -n 1 "$BATS_FILE_TMPDIR/fetch.log")
			return 0
		fi
		"$guest_dir/run-guest" "$kernel" "$initramfs" "$GUESTS/$(basename "$kernel")"
	done
}

setup() {
	[ -z "$SKIP_REASON" ] || skip "$SKIP_REASON"
}

# ---- assertions; each is about the run named $1 in every guest

fails() { # GUEST RUN WHAT
	printf '%s, %s: wanted %s; exit %s, said:\n' "$(basename "$1")" "$2" "$3" "$(cat "$1/$2.status")"
	head -n 40 "$1/$2.stdout" "$1/$2.stderr"
	return 1
}

# premise RUN OPERATOR NUMBER: expects that the situation under test has occurred.
premise() {
	local guest
	for guest in "$GUESTS"/*; do
		test "$(cat "$guest/$1.premise")" "$2" "$3" ||
			fails "$guest" "$1" "premise $2 $3, not $(cat "$guest/$1.premise")"
	done
}

exits() { # RUN STATUS
	local guest
	for guest in "$GUESTS"/*; do
		[ "$(cat "$guest/$1.status")" = "$2" ] || fails "$guest" "$1" "exit $2"
	done
}

first_line() { # RUN REGEX
	local guest
	for guest in "$GUESTS"/*; do
		head -n 1 "$guest/$1.stdout" | grep -qE -- "$2" || fails "$guest" "$1" "first line $2"
	done
}

details() { # RUN REGEX
	local guest
	for guest in "$GUESTS"/*; do
		tail -n +2 "$guest/$1.stdout" | grep -qE -- "$2" || fails "$guest" "$1" "details $2"
	done
}

counts() { # RUN LABEL=VALUE...
	local guest run=$1 metric
	shift
	for guest in "$GUESTS"/*; do
		for metric in "$@"; do
			head -n 1 "$guest/$run.stdout" | grep -qE "\|(.* )?$metric(;| |\$)" ||
				fails "$guest" "$run" "perfdata $metric"
		done
	done
}

says_in_json() { # RUN JQ-EXPRESSION: must be true; it may use $premise
	local guest premise
	for guest in "$GUESTS"/*; do
		premise=$(cat "$guest/$1.premise" 2>/dev/null || echo null)
		jq -e --argjson premise "$premise" "$2" "$guest/$1.stdout" >/dev/null || fails "$guest" "$1" "$2"
	done
}

# Names from outside must not end a line or start perfdata.
is_clean() { # RUN
	local guest
	for guest in "$GUESTS"/*; do
		[ "$(tr -cd '|' <"$guest/$1.stdout" | wc -c)" = 1 ] || fails "$guest" "$1" "one |"
		[ "$(LC_ALL=C tr -d '\n -~' <"$guest/$1.stdout" | wc -c)" = 0 ] ||
			fails "$guest" "$1" "printable text"
		[ ! -s "$guest/$1.stderr" ] || fails "$guest" "$1" "nothing on stderr"
	done
}

# The process that the kernel then killed must be first in the ranking.
victim_was_first() { # RUN
	local guest pid
	for guest in "$GUESTS"/*; do
		pid=$(cat "$guest/$1.premise")
		grep -qE "^1\. .*; pid $pid(, uuid |\$)" "$guest/$1.stdout" ||
			fails "$guest" "$1" "pid $pid first, which was killed"
	done
}

# All 16 new kills must be the VM's, although the kernel did not report each.
names_its_storm() { # RUN
	local guest
	premise "$1" -lt 16
	exits "$1" 2
	counts "$1" oom_kills=16 oom_unrecorded_kills=0
	first_line "$1" '^OOM_KILLS CRITICAL - VM instance-0000002a '
	for guest in "$GUESTS"/*; do
		[ "$(grep -v '(acknowledged' "$guest/$1.stdout" | grep -c ' VM instance-0000002a, ')" = 16 ] ||
			fails "$guest" "$1" "16 kills of instance-0000002a"
	done
}

always_ok() { # RUN TIMES
	local guest
	for guest in "$GUESTS"/*; do
		[ "$(sort "$guest/$1.runs" | uniq -c | tr -s ' ')" = " $2 0" ] ||
			fails "$guest" "$1" "exit 0 $2 times, not $(tr '\n' ' ' <"$guest/$1.runs")"
	done
}

# Without a forecast an OK would prove nothing.
knows_the_trend() { # RUN, with -v
	local guest
	for guest in "$GUESTS"/*; do
		! grep -q '^no forecast' "$guest/$1.stdout" || fails "$guest" "$1" "a forecast"
	done
}

# The check must be OK at first, then warn before the kill and not stop. How early it warns is only
# printed, as it depends on the machine.
warns_before_the_kill() { # RUN COLUMN WHAT
	local guest said
	for guest in "$GUESTS"/*; do
		said=$(awk -v column="$2" -v killed="$(cat "$guest/steady.premise")" '
			NR == 1 { silent = $column == 0; start = $1; had_kb = $2 }
			$column == 0 || $column > 2 { since = 0 }
			$column > 0 && !since { since = $1 }
			END {
				if (!silent || !since || since >= killed)
					exit 1
				printf "%.1f s before the kill, at %.1f MiB/s", (killed - since) / 100,
				       (had_kb - $2) / 1024 / (($1 - start) / 100)
			}' "$guest/steady.runs") || fails "$guest" "$1" "first silence, then a warning; runs:
$(cat "$guest/steady.runs")"
		echo "# $(basename "$guest"): $3 warned $said" >&3
	done
}

# ---- behaviours

@test "a freshly booted host without a kill is OK" {
	exits fresh 0
	first_line fresh '^OOM_KILLS OK - '
	counts fresh oom_kills=0 oom_vm_kills=0 oom_host_kills=0 oom_memcg_kills=0
}

@test "a freshly booted host is OK for available memory and pressure" {
	exits fresh_available 0
	first_line fresh_available '^MEM_AVAILABLE OK - '
	exits fresh_pressure 0
	first_line fresh_pressure '^MEM_PRESSURE OK - '
}

# The same VM on every kernel: before 6.7 its memory.current has no huge pages, from 6.7 on it has,
# and from 6.13 on memory.stat shows them.
@test "a VM's huge pages are listed separately, whatever memory.current includes" {
	local guest
	exits huge_pages_available 0
	details huge_pages_available '^VM instance-0000002a: 1\.[0-9] MiB, plus huge pages 24\.0 MiB$'
	first_line huge_pages_pools '^MEM_AVAILABLE OK - 8\.0 MiB \(25\.0 %\) available of 32\.0 MiB in huge pages \|'
	details huge_pages_score 'plus 24\.0 MiB in huge pages, which the OOM killer does not count; cgroup holds '
	for guest in "$GUESTS"/*; do
		case $(cat "$guest/huge_pages.premise") in
		0) [ "$(cat "$guest/huge_pages_account.premise")" -lt 4 ] ;;
		1) [ "$(cat "$guest/huge_pages_account.premise")" = 25 ] ;;
		2)
			[ "$(cat "$guest/huge_pages_account.premise")" = 25 ]
			grep -q '; cgroup holds 25\.[0-9] MiB (24\.0 MiB of which in huge pages) of at most 100 MiB;' "$guest/huge_pages_score.stdout"
			;;
		esac
	done
}

@test "kill records written by userspace are ignored" {
	premise forged -eq 9
	exits forged 0
	counts forged oom_kills=0
}

@test "a log that does not reach back to the boot is OK if the kernel counted no kill" {
	premise flooded -eq 0
	exits flooded 0
	first_line flooded '^OOM_KILLS OK - .*counter agrees'
}

@test "check_oom_kills returns OK on a host with hardly any memory left" {
	premise starved -lt 24
	exits starved 0
	counts starved oom_kills=0
}

@test "a host with hardly any memory left is CRITICAL, and the largest process is listed" {
	exits starved_available 2
	first_line starved_available '^MEM_AVAILABLE CRITICAL - (.|1.|2[0-3])(\.[0-9])? MiB '
	details starved_available '^process java\['
}

@test "a VM killed because the host is out of memory is CRITICAL and named" {
	exits global 2
	first_line global '^OOM_KILLS CRITICAL - VM instance-0000002a '
	counts global oom_kills=1 oom_vm_kills=1 oom_host_kills=1 oom_memcg_kills=0
}

@test "a VM killed at the limit of its cgroup is CRITICAL and counts as memcg" {
	exits memcg 2
	first_line memcg '^OOM_KILLS CRITICAL - VM instance-0000002a '
	counts memcg oom_kills=1 oom_vm_kills=1 oom_host_kills=0 oom_memcg_kills=1
}

@test "the limit of a parent cgroup is shown with its path" {
	exits parent_limit 2
	first_line parent_limit '^OOM_KILLS CRITICAL - VM instance-0000002a .* 48.0 MiB of /machine\.slice reached'
	counts parent_limit oom_vm_kills=1 oom_memcg_kills=1
}

@test "a kill of a process that is not a VM is a WARNING" {
	exits not_a_vm 1
	first_line not_a_vm '^OOM_KILLS WARNING - .*tar'
	counts not_a_vm oom_kills=1 oom_vm_kills=0 oom_memcg_kills=1
}

@test "memory.oom.group logs its first victim twice, which counts once" {
	exits oom_group 2
	first_line oom_group 'instance-0000002a'
	counts oom_group oom_kills=3 oom_vm_kills=1
}

@test "the invoking vCPU thread is distinguished from the victim" {
	exits thread_invoker 2
	details thread_invoker 'qemu-kvm\[[0-9]+\], .* invoked by CPU 0/KVM\['
	counts thread_invoker oom_kills=1 oom_vm_kills=1
}

@test "a VM whose main thread has exited is one kill" {
	exits leader_exited 2
	first_line leader_exited 'instance-0000002a'
	counts leader_exited oom_kills=1 oom_vm_kills=1
}

@test "a VM is named if the kernel splits its cgroup path over several records" {
	premise long_path -ge 1
	exits long_path 2
	first_line long_path 'instance-0000002a'
	counts long_path oom_kills=1 oom_vm_kills=1
}

@test "an out-of-memory event without a killable process is not a kill" {
	premise no_killable -ge 1
	exits no_killable 0
	counts no_killable oom_kills=0
}

@test "a kill by SysRq-f counts as a kill" {
	exits manual 2
	first_line manual 'instance-0000002a.*SysRq-f'
	counts manual oom_kills=1 oom_vm_kills=1
}

@test "a cpuset's node out of memory counts as host, and the cpuset is mentioned" {
	exits cpuset 2
	first_line cpuset 'instance-0000002a .*cpuset'
	counts cpuset oom_kills=1 oom_host_kills=1
}

@test "a memory policy's node out of memory counts as host, and the policy is mentioned" {
	exits mempolicy 2
	first_line mempolicy 'instance-0000002a .*memory policy'
	counts mempolicy oom_kills=1 oom_host_kills=1
}

@test "a throttled VM raises the pressure of its own cgroup only" {
	exits throttled 1
	first_line throttled '^MEM_PRESSURE WARNING - '
	exits throttled_elsewhere 0
}

@test "oom_report lists the same kills in JSON" {
	exits report 0
	says_in_json report '.source == "kmsg" and .unrecorded_kills == 0'
	says_in_json report '.kills | length == $premise'
	# The kernel may have killed more than the scenarios require, outside of cgroups.
	says_in_json report '[.kills[].constraint] | sort | group_by(.) | map({(.[0]): length}) | add |
		.none >= 3 and .cpuset >= 1 and .mempolicy >= 1 and .memcg == 9 and length == 4'
	says_in_json report '[.kills[] | select(.manual)] | length == 1'
	says_in_json report '[.kills[] | select(.vm.name == "instance-0000002a") | .vm.role] | sort | group_by(.) |
		.[0] == ["helper", "helper"] and (.[1] | length >= 11)'
	says_in_json report '.kills[] | select(.invoker.comm == "CPU 0/KVM" and .uid == 64055) |
		.comm == "qemu-kvm" and .constraint == "memcg" and .anon_rss_kb > 20000'
}

@test "hostile process names neither hide a kill nor break the output" {
	exits hostile 2
	counts hostile oom_kills=8 oom_vm_kills=8
	is_clean hostile
}

@test "with printk.devkmsg=off auto falls back to syslog(2)" {
	exits no_devkmsg 2
	first_line no_devkmsg 'instance-0000002a'
	details no_devkmsg '^source kmsg: not read: .*printk.devkmsg=off'
	details no_devkmsg '^source syslog: [0-9]+ records'
}

@test "with printk.devkmsg=off --source=kmsg is UNKNOWN and names the setting" {
	exits no_devkmsg_kmsg 3
	first_line no_devkmsg_kmsg '^OOM_KILLS UNKNOWN - .*/dev/kmsg: Operation not permitted.*devkmsg'
}

@test "dmesg_restrict makes an unprivileged check UNKNOWN, with the remedy" {
	exits unprivileged 3
	first_line unprivileged '^OOM_KILLS UNKNOWN - .*dmesg_restrict.*setcap cap_syslog'
}

@test "the remedy works: with cap_syslog the unprivileged check reads the log" {
	exits capability 2
	first_line capability 'instance-0000002a'
}

@test "reports interleaved with another CPU's records lose no kill" {
	exits torn 2
	counts torn oom_kills=6 oom_vm_kills=6
}

@test "kills whose reports were rate-limited are counted" {
	premise rate_limit -lt 16
	exits rate_limit 2
	first_line rate_limit '^OOM_KILLS CRITICAL - VM instance-0000002a .*and 15 more VM kills'
	counts rate_limit oom_kills=16 oom_vm_kills=16
}

@test "a VM in the notes is named although its report and scope are gone" {
	names_its_storm remembered
}

@test "a VM in the notes of check_vm_oom_score alone is named too" {
	names_its_storm noted
}

@test "an acknowledged kill does not alert, a new one does" {
	exits acknowledged 0
	first_line acknowledged '^OOM_KILLS OK - no further OOM kills in the last 24 h \([0-9]+ acknowledged'
	exits further 2
	counts further oom_kills=1
}

@test "a kill that a flooded log lost since the last run is unrecorded" {
	premise unrecorded -eq 0
	exits unrecorded 1
	first_line unrecorded '^OOM_KILLS WARNING - 1 kill counted by the kernel but missing from the log'
	counts unrecorded oom_unrecorded_kills=1
	exits unrecorded_again 1
	counts unrecorded_again oom_unrecorded_kills=1
}

@test "kills that the log lost before the first run are UNKNOWN" {
	premise overflow -eq 0
	exits overflow 3
	first_line overflow '^OOM_KILLS UNKNOWN - cannot see all OOM kills in the last 24 h: the log does not reach back'
}

@test "--acknowledge covers a gap of the log together with the kills" {
	exits overflow_remembered 3
	exits overflow_acknowledged 0
	first_line overflow_acknowledged '^OOM_KILLS OK - no further OOM kills .*; the gap before it has been acknowledged'
}

@test "a kill after the gap is CRITICAL, and the gap is still reported" {
	exits overflow_killed 2
	first_line overflow_killed '^OOM_KILLS CRITICAL - '
	counts overflow_killed oom_kills=1
	details overflow_killed 'the log does not reach back far enough; the log does not account for all [0-9]+ kills'
}

@test "a host that reads more files than fit in its RAM raises no alert" {
	premise cached_before -gt 100
	premise cached -lt 32
	premise cached_in_cache -gt 100
	always_ok cached_available 7
	always_ok cached_pressure 7
	always_ok cached_forecast 7
	knows_the_trend cached_forecast
}

@test "the forecast, the available memory and the pressure warn before a growing VM is killed" {
	exits steady 2
	first_line steady '^OOM_KILLS CRITICAL - VM instance-0000002a '
	counts steady oom_kills=1 oom_host_kills=1
	warns_before_the_kill steady_forecast 3 "--forecast=10s"
	warns_before_the_kill steady_available 4 "below 20 %"
	warns_before_the_kill steady_pressure 5 "some-avg10 above 5 %"
}

@test "the next victim is the process that the kernel kills out of memory" {
	local run
	for run in global cpuset mempolicy steady; do
		victim_was_first ${run}_ranked
		first_line ${run}_ranked 'next victim would be instance-0000002a \('
	done
	for run in 1 2 3; do
		victim_was_first exhausted_$run
	done
	first_line exhausted_1 'next victim would be instance-0000002d \('
	first_line exhausted_2 'next victim would be java\[.*\), not a VM; first VM instance-0000002b \('
	# A larger VM is not killed.
	first_line exhausted_3 'next victim would be instance-0000002a \(.*; 3 VMs \| vm_oom_share=4[0-9]\.'
}

@test "the next victim is the process that the kernel kills by SysRq-f" {
	local round
	for round in 1 2 3; do
		exits next_victim_$round 0
		victim_was_first next_victim_$round
	done
	first_line next_victim_1 'next victim would be instance-0000002b \(.*, adj 200\); 3 VMs'
	first_line next_victim_2 'next victim would be instance-0000002c \(.*\); 2 VMs'
	first_line next_victim_3 'next victim would be java\[.*\), not a VM; first VM instance-0000002b \(.*\); 1 VM'
}
