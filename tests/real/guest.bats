#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# A real kernel runs out of memory, again and again, in one QEMU guest; the
# built checks run in it.  guest/scenarios.sh makes things happen, this file
# says what the checks have to answer.
#
# GUEST_KERNELS: the kernels to run, instead of Debian's of the configured
# sources: vmlinuz files and names of suites, such as "trixie ./vmlinuz".

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

# kernel_file WANTED: a file as it is, a suite's name fetched.
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

# ---- assertions; each about the run called $1 in every guest

fails() { # GUEST RUN WHAT
	printf '%s, %s: wanted %s; exit %s, said:\n' "$(basename "$1")" "$2" "$3" "$(cat "$1/$2.status")"
	head -n 40 "$1/$2.stdout" "$1/$2.stderr"
	return 1
}

# premise RUN OPERATOR NUMBER: what the test is about has happened.
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

says_in_json() { # RUN JQ-EXPRESSION THAT-IS-TRUE, of $premise too
	local guest premise
	for guest in "$GUESTS"/*; do
		premise=$(cat "$guest/$1.premise" 2>/dev/null || echo null)
		jq -e --argjson premise "$premise" "$2" "$guest/$1.stdout" >/dev/null || fails "$guest" "$1" "$2"
	done
}

# Foreign names can neither end a line nor start perfdata.
is_clean() { # RUN
	local guest
	for guest in "$GUESTS"/*; do
		[ "$(tr -cd '|' <"$guest/$1.stdout" | wc -c)" = 1 ] || fails "$guest" "$1" "one |"
		[ "$(LC_ALL=C tr -d '\n -~' <"$guest/$1.stdout" | wc -c)" = 0 ] ||
			fails "$guest" "$1" "printable text"
		[ ! -s "$guest/$1.stderr" ] || fails "$guest" "$1" "nothing on stderr"
	done
}

# The process that the kernel then killed heads the ranking.
victim_was_first() { # RUN
	local guest pid
	for guest in "$GUESTS"/*; do
		pid=$(cat "$guest/$1.premise")
		grep -qE "^1\. .*; pid $pid(, uuid |\$)" "$guest/$1.stdout" ||
			fails "$guest" "$1" "pid $pid first, which was killed"
	done
}

# All 16 new kills are the VM's, though the kernel did not report on each.
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

# Else its silence would mean nothing.
knows_the_trend() { # RUN, with -v
	local guest
	for guest in "$GUESTS"/*; do
		! grep -q '^no forecast' "$guest/$1.stdout" || fails "$guest" "$1" "a forecast"
	done
}

# Silent at first, it warns in time and does not stop.  By how much is printed,
# not judged: it depends on the machine.
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

@test "a freshly booted host has memory, and no pressure" {
	exits fresh_available 0
	first_line fresh_available '^MEM_AVAILABLE OK - '
	exits fresh_pressure 0
	first_line fresh_pressure '^MEM_PRESSURE OK - '
}

# The same VM on every kernel: before 6.7 its account has no huge pages, from then on it has,
# and from 6.13 on it tells so.
@test "a VM's huge pages are told besides its memory, whatever its cgroup's account includes" {
	local guest
	exits huge_pages_available 0
	details huge_pages_available '^VM instance-0000002a: 1\.[0-9] MiB, besides in huge pages 24\.0 MiB$'
	first_line huge_pages_pools '^MEM_AVAILABLE OK - 8\.0 MiB \(25\.0 %\) available of 32\.0 MiB in huge pages \|'
	details huge_pages_score 'besides 24\.0 MiB in huge pages, which the OOM killer does not count; cgroup holds '
	for guest in "$GUESTS"/*; do
		case $(cat "$guest/huge_pages.premise") in
		0) [ "$(cat "$guest/huge_pages_account.premise")" -lt 4 ] ;;
		1) [ "$(cat "$guest/huge_pages_account.premise")" = 25 ] ;;
		2)
			[ "$(cat "$guest/huge_pages_account.premise")" = 25 ]
			grep -q '; cgroup holds 25\.[0-9] MiB (24\.0 MiB of it in huge pages) of at most 100 MiB;' "$guest/huge_pages_score.stdout"
			;;
		esac
	done
}

@test "kill records written by userspace are not believed" {
	premise forged -eq 9
	exits forged 0
	counts forged oom_kills=0
}

@test "a log that no longer reaches back to the boot is OK where the kernel counted no kill" {
	premise flooded -eq 0
	exits flooded 0
	first_line flooded '^OOM_KILLS OK - .*counter agrees'
}

@test "the check answers on a host that has next to nothing left, and survives" {
	premise starved -lt 24
	exits starved 0
	counts starved oom_kills=0
}

@test "a host that has next to nothing left has too little available, and the largest process is named" {
	exits starved_available 2
	first_line starved_available '^MEM_AVAILABLE CRITICAL - (.|1.|2[0-3])(\.[0-9])? MiB '
	details starved_available '^process java\['
}

@test "a VM killed by a host out of memory is CRITICAL and named" {
	exits global 2
	first_line global '^OOM_KILLS CRITICAL - VM instance-0000002a '
	counts global oom_kills=1 oom_vm_kills=1 oom_host_kills=1 oom_memcg_kills=0
}

@test "a VM killed at its own cgroup's limit is CRITICAL, and counted as memcg" {
	exits memcg 2
	first_line memcg '^OOM_KILLS CRITICAL - VM instance-0000002a '
	counts memcg oom_kills=1 oom_vm_kills=1 oom_host_kills=0 oom_memcg_kills=1
}

@test "a limit above the VM's cgroup is named" {
	exits parent_limit 2
	first_line parent_limit '^OOM_KILLS CRITICAL - VM instance-0000002a .* 48.0 MiB of /machine\.slice reached'
	counts parent_limit oom_vm_kills=1 oom_memcg_kills=1
}

@test "a killed process that is no VM is a WARNING" {
	exits not_a_vm 1
	first_line not_a_vm '^OOM_KILLS WARNING - .*tar'
	counts not_a_vm oom_kills=1 oom_vm_kills=0 oom_memcg_kills=1
}

@test "memory.oom.group logs its first victim twice: it died once" {
	exits oom_group 2
	first_line oom_group 'instance-0000002a'
	counts oom_group oom_kills=3 oom_vm_kills=1
}

@test "a vCPU thread that asked for the memory is told apart from the victim" {
	exits thread_invoker 2
	details thread_invoker 'qemu-kvm\[[0-9]+\], .* invoked by CPU 0/KVM\['
	counts thread_invoker oom_kills=1 oom_vm_kills=1
}

@test "a VM whose main thread has ended is one kill" {
	exits leader_exited 2
	first_line leader_exited 'instance-0000002a'
	counts leader_exited oom_kills=1 oom_vm_kills=1
}

@test "a cgroup path that the kernel splits over records keeps its VM" {
	premise long_path -ge 1
	exits long_path 2
	first_line long_path 'instance-0000002a'
	counts long_path oom_kills=1 oom_vm_kills=1
}

@test "an OOM that finds no one to kill is no kill" {
	premise no_killable -ge 1
	exits no_killable 0
	counts no_killable oom_kills=0
}

@test "a kill by sysrq f is a kill" {
	exits manual 2
	first_line manual 'instance-0000002a.*SysRq-f'
	counts manual oom_kills=1 oom_vm_kills=1
}

@test "a cpuset's node out of memory is the host's, and said" {
	exits cpuset 2
	first_line cpuset 'instance-0000002a .*cpuset'
	counts cpuset oom_kills=1 oom_host_kills=1
}

@test "a memory policy's node out of memory is the host's, and said" {
	exits mempolicy 2
	first_line mempolicy 'instance-0000002a .*memory policy'
	counts mempolicy oom_kills=1 oom_host_kills=1
}

@test "a VM that waits for memory is seen in its cgroup's pressure, and in no other" {
	exits throttled 1
	first_line throttled '^MEM_PRESSURE WARNING - '
	exits throttled_elsewhere 0
}

@test "the report lists the same kills in JSON" {
	exits report 0
	says_in_json report '.source == "kmsg" and .unrecorded_kills == 0'
	says_in_json report '.kills | length == $premise'
	# The kernel may have killed more than it had to, outside cgroups.
	says_in_json report '[.kills[].constraint] | sort | group_by(.) | map({(.[0]): length}) | add |
		.none >= 3 and .cpuset >= 1 and .mempolicy >= 1 and .memcg == 9 and length == 4'
	says_in_json report '[.kills[] | select(.manual)] | length == 1'
	says_in_json report '[.kills[] | select(.vm.name == "instance-0000002a") | .vm.role] | sort | group_by(.) |
		.[0] == ["helper", "helper"] and (.[1] | length >= 11)'
	says_in_json report '.kills[] | select(.invoker.comm == "CPU 0/KVM" and .uid == 64055) |
		.comm == "qemu-kvm" and .constraint == "memcg" and .anon_rss_kb > 20000'
}

@test "hostile process names neither hide a kill nor spoil the output" {
	exits hostile 2
	counts hostile oom_kills=8 oom_vm_kills=8
	is_clean hostile
}

@test "printk.devkmsg=off is answered by syslog(2)" {
	exits no_devkmsg 2
	first_line no_devkmsg 'instance-0000002a'
	details no_devkmsg '^source kmsg: not read: .*printk.devkmsg=off'
	details no_devkmsg '^source syslog: [0-9]+ records'
}

@test "printk.devkmsg=off is named where kmsg is all that was asked for" {
	exits no_devkmsg_kmsg 3
	first_line no_devkmsg_kmsg '^OOM_KILLS UNKNOWN - .*/dev/kmsg: Operation not permitted.*devkmsg'
}

@test "dmesg_restrict makes an unprivileged check UNKNOWN, with the remedy" {
	exits unprivileged 3
	first_line unprivileged '^OOM_KILLS UNKNOWN - .*dmesg_restrict.*setcap cap_syslog'
}

@test "the remedy is true: cap_syslog gives the unprivileged check its sight" {
	exits capability 2
	first_line capability 'instance-0000002a'
}

@test "reports torn by another CPU's records lose no kill" {
	exits torn 2
	counts torn oom_kills=6 oom_vm_kills=6
}

@test "kills beyond the kernel's rate limit of reports are counted" {
	premise rate_limit -lt 16
	exits rate_limit 2
	first_line rate_limit '^OOM_KILLS CRITICAL - VM instance-0000002a .*and 15 more VM kills'
	counts rate_limit oom_kills=16 oom_vm_kills=16
}

@test "a VM noted while it lived keeps its name when the kernel's report and the scope are gone" {
	names_its_storm remembered
}

@test "a VM that check_vm_oom_score alone noted keeps its name too" {
	names_its_storm noted
}

@test "an acknowledged kill is quiet, a further one is not" {
	exits acknowledged 0
	first_line acknowledged '^OOM_KILLS OK - no further OOM kills in the last 24 h \([0-9]+ acknowledged'
	exits further 2
	counts further oom_kills=1
}

@test "a kill that the flooded log has lost since the last run is unrecorded" {
	premise unrecorded -eq 0
	exits unrecorded 1
	first_line unrecorded '^OOM_KILLS WARNING - 1 kill counted by the kernel but missing from the log'
	counts unrecorded oom_unrecorded_kills=1
	exits unrecorded_again 1
	counts unrecorded_again oom_unrecorded_kills=1
}

@test "kills that the log has lost are not OK" {
	premise overflow -eq 0
	exits overflow 3
	first_line overflow '^OOM_KILLS UNKNOWN - cannot see all OOM kills in the last 24 h: the log does not reach back'
}

@test "a log's loss that somebody has seen is acknowledged with the kills" {
	exits overflow_remembered 3
	exits overflow_acknowledged 0
	first_line overflow_acknowledged '^OOM_KILLS OK - no further OOM kills .*; the gap before it has been acknowledged'
}

@test "a kill after the log's loss is CRITICAL, and the loss is still said" {
	exits overflow_killed 2
	first_line overflow_killed '^OOM_KILLS CRITICAL - '
	counts overflow_killed oom_kills=1
	details overflow_killed 'the log does not reach back far enough; the log does not account for all [0-9]+ kills'
}

@test "a host that reads more than its RAM holds raises nothing" {
	premise cached_before -gt 100
	premise cached -lt 32
	premise cached_in_cache -gt 100
	always_ok cached_available 7
	always_ok cached_pressure 7
	always_ok cached_forecast 7
	knows_the_trend cached_forecast
}

@test "a VM that grows is foretold, seen and felt before the kernel kills it" {
	exits steady 2
	first_line steady '^OOM_KILLS CRITICAL - VM instance-0000002a '
	counts steady oom_kills=1 oom_host_kills=1
	warns_before_the_kill steady_forecast 3 "--forecast=10s"
	warns_before_the_kill steady_available 4 "below 20 %"
	warns_before_the_kill steady_pressure 5 "some-avg10 above 5 %"
}

@test "the next victim is the process that the kernel kills when memory runs out" {
	local run
	for run in global cpuset mempolicy steady; do
		victim_was_first ${run}_ranked
		first_line ${run}_ranked 'next victim would be instance-0000002a \('
	done
	for run in 1 2 3; do
		victim_was_first exhausted_$run
	done
	first_line exhausted_1 'next victim would be instance-0000002d \('
	first_line exhausted_2 'next victim would be java\[.*\), no VM; first VM instance-0000002b \('
	# The larger one is spared.
	first_line exhausted_3 'next victim would be instance-0000002a \(.*; 3 VMs \| vm_oom_share=4[0-9]\.'
}

@test "the next victim is the process that the kernel kills by sysrq f" {
	local round
	for round in 1 2 3; do
		exits next_victim_$round 0
		victim_was_first next_victim_$round
	done
	first_line next_victim_1 'next victim would be instance-0000002b \(.*, adj 200\); 3 VMs'
	first_line next_victim_2 'next victim would be instance-0000002c \(.*\); 2 VMs'
	first_line next_victim_3 'next victim would be java\[.*\), no VM; first VM instance-0000002b \(.*\); 1 VM'
}
