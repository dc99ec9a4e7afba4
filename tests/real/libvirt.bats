#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# A domain of a real libvirt with nova's metadata, running and killed.

# shellcheck disable=SC2154 # set by domain.bash
load libvirt/domain

setup_file() {
	export SKIP_REASON
	SKIP_REASON=$(libvirt_missing)
	[ -z "$SKIP_REASON" ] || return 0
	export oom_report=$BUILDDIR/plugins/oom_report check_oom_kills=$BUILDDIR/plugins/check_oom_kills
	oom_report=$(realpath "$oom_report") check_oom_kills=$(realpath "$check_oom_kills")
	start_libvirtd
	define_domain
	start_domain
}

teardown_file() {
	stop_libvirtd
}

setup() {
	[ -z "$SKIP_REASON" ] || skip "$SKIP_REASON"
}

# The kernel logs pids of the initial namespace (PROC_PID_INIT_INO, linux/proc_ns.h).
needs_the_hosts_pids() {
	[ "$(readlink /proc/self/ns/pid)" = 'pid:[4026531836]' ] ||
		skip 'in a pid namespace: the pids in the kernel log are not ours, and the checks of VMs are UNKNOWN'
}

needs_expat() {
	grep -q '^#define HAVE_EXPAT 1' "$BUILDDIR/config.h" || skip 'built without expat'
}

# The kernel log cannot be read in every container.
needs_kill() {
	[ -e "$libvirt_home/killed" ] || skip 'the domain was not killed'
	dd if=/dev/kmsg of=/dev/null bs=16384 count=1 status=none || skip '/dev/kmsg cannot be read'
}

@test "a running domain is ranked, and its promised memory is known" {
	needs_the_hosts_pids
	run in_libvirt "$(realpath "$BUILDDIR/plugins/check_vm_oom_score")" -v
	echo "$output"
	[ "$status" = 0 ]
	# QEMU's share of this machine is small. The score is the kernel's own.
	ranked=$(grep -E "^[0-9]+\. VM $domain_name: " <<<"$output")
	[[ $ranked == *" adj 0, oom_score $(cat "/proc/$domain_pid/oom_score") ("*"; pid $domain_pid, uuid $domain_uuid" ]]
	[[ $ranked == *'; cgroup holds '* ]]
	run in_libvirt "$(realpath "$BUILDDIR/plugins/check_vm_overcommit")" -v
	echo "$output"
	[ "$status" -le 2 ]
	# 128 MiB and 1/256 of 64 MiB.
	grep -E "^VM $domain_name: 64\.0 MiB, overhead 128 MiB; holds " <<<"$output"
}

@test "root sees the nova name of a running domain, other users its name and UUID" {
	needs_the_hosts_pids
	local score
	score=$BATS_TEST_TMPDIR/check_vm_oom_score
	chmod 0755 "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR"
	cp "$BUILDDIR/plugins/check_vm_oom_score" "$score"
	if id nobody >/dev/null 2>&1; then
		run in_libvirt setpriv --reuid=nobody --clear-groups "$score" -v
		echo "$output"
		[[ $output == *" $domain_name "* && $output == *"uuid $domain_uuid"* ]]
		[[ $output != *web-01* ]]
	fi
	needs_expat
	run in_libvirt "$score" -v
	echo "$output"
	[[ ${lines[0]} == *" $domain_name ("*", web-01, project acme)"* ]]
	[[ $output == *"uuid $domain_uuid"* ]]
}

@test "the kernel kills the domain in its own memory cgroup" {
	oom_kill_domain
	[[ $(virsh_here domstate --reason "$domain_name") == 'shut off (crashed)' ]]
	touch "$libvirt_home/killed"
}

@test "the killed domain has its nova name, project and UUID from the remaining XML" {
	needs_the_hosts_pids
	needs_kill
	needs_expat
	run in_libvirt "$check_oom_kills" --source=kmsg --since=1h -vv
	echo "$output"
	[ "$status" = 2 ]
	[[ ${lines[0]} == "OOM_KILLS CRITICAL - VM $domain_name (web-01, project acme) killed by the OOM killer at "* ]]
	[[ ${lines[1]} == *" VM $domain_name (web-01, project acme), uuid $domain_uuid, user alice, flavor m1.small, "* ]]
	[[ ${lines[1]} == *"[$domain_pid], "* ]]
}

@test "libvirt's log confirms the end of the domain" {
	needs_kill
	run in_libvirt "$check_oom_kills" --source=kmsg --since=1h -vv
	[[ ${lines[1]} == *", libvirt: crashed, known from cgroup, "*libvirt-log ]]
}

@test "an unprivileged user gets the name from the names of unreadable files" {
	needs_the_hosts_pids
	needs_kill
	id nobody >/dev/null 2>&1 || skip 'there is no user nobody'
	log=$BATS_TEST_TMPDIR/kern.log
	# The records that root reads from the ring buffer, in the form of a syslog file.
	dmesg --time-format=iso | sed -n 's/^\([^ ]*\) /\1 hv1 kernel: /; s/,\([0-9]*+\)/.\1/; /oom-kill:\|Killed process/p' |
		grep "pid=$domain_pid\|process $domain_pid " >"$log"
	chmod 0755 "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR"
	cp "$oom_report" "$BATS_TEST_TMPDIR/oom_report"
	run in_libvirt setpriv --reuid=nobody --clear-groups "$BATS_TEST_TMPDIR/oom_report" --source="$log" --since=1h
	echo "$output"
	[[ $output == *" VM $domain_name, qemu-system-x86[$domain_pid], "* ]]
	[[ $output != *web-01* ]]
}

@test "a restarted domain is not confused with the killed one" {
	needs_the_hosts_pids
	needs_kill
	dead_pid=$domain_pid
	start_domain
	run in_libvirt "$check_oom_kills" --source=kmsg --since=1h -vv
	[[ ${lines[1]} == *" VM $domain_name (web-01, project acme), "*"[$dead_pid], "*", libvirt: crashed, "* ]]
}
