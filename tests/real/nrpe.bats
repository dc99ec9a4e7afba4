#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# A real NRPE daemon with the shipped contrib/nrpe/oom.cfg, asked by check_nrpe.

# shellcheck disable=SC2154 # what common.bash sets
load monitoring/common

check_nrpe=/usr/lib/nagios/plugins/check_nrpe

setup_file() {
	export SKIP_REASON
	SKIP_REASON=$(missing nrpe "$check_nrpe")
	[ -z "$SKIP_REASON" ] || return 0
	make_private_dir
	export NRPE_PORT NRPE_PID
	NRPE_PORT=$(free_port)

	# As shipped but for the paths, which lead to the built check and make it
	# read the recorded kill.
	sed "s|@plugindir@/check_oom_kills|$private/plugins/check_oom_kills --source=$private/kill.kmsg --since=all|" \
		"$source_dir/contrib/nrpe/oom.cfg.in" >"$private/oom.cfg"
	# The shipped line with patterns once more, with one that matches the recorded kill.
	sed -n 's/\[.*\]/[no_machine_slice]/; s/kubepods/machine/p' "$private/oom.cfg" >"$private/patterns.cfg"
	sed -n 's/\[.*\]/[no_qemu]/; s/stress/qemu.*/p' "$private/oom.cfg" >>"$private/patterns.cfg"
	cat >"$private/nrpe.cfg" <<-END
		pid_file=$private/nrpe.pid
		server_address=127.0.0.1
		server_port=$NRPE_PORT
		allowed_hosts=127.0.0.1
		dont_blame_nrpe=0
		command_timeout=30
		include=$private/oom.cfg
		include=$private/patterns.cfg
		command[pattern]=/bin/echo '^(stress|memtest)\$\$' 'end'
	END
	(exec_as_daemon nrpe -c "$private/nrpe.cfg" -f) >"$private/log" 2>&1 3>&- &
	NRPE_PID=$!
	wait_until "$check_nrpe" -H 127.0.0.1 -p "$NRPE_PORT"
}

teardown_file() {
	stop_daemon "${NRPE_PID:-}"
	remove_private_dir
}

setup() {
	[ -z "$SKIP_REASON" ] || skip "$SKIP_REASON"
}

ask() {
	run "$check_nrpe" -H 127.0.0.1 -p "$NRPE_PORT" -t 30 -c "$1"
}

@test "check_nrpe passes on the state and the VM's name" {
	ask check_oom_kills
	[ "$status" -eq 2 ]
	[[ ${lines[0]} == "OOM_KILLS CRITICAL - VM instance-0000002a killed"* ]]
}

@test "check_nrpe passes on the same bytes that the check prints" {
	ask check_oom_kills
	over_nrpe=$output
	run "$private/plugins/check_oom_kills" --source="$private/kill.kmsg" --since=all
	[ "$over_nrpe" = "$output" ]
}

@test "the shipped options keep a VM that the host killed" {
	local command
	for command in check_oom_kills_host check_oom_kills_vms; do
		ask $command
		[ "$status" -eq 2 ]
		[[ ${lines[0]} == *"VM instance-0000002a killed"* ]]
	done
}

@test "a pattern in quotes reaches the check through NRPE's shell" {
	local command
	for command in no_machine_slice no_qemu; do
		ask $command
		[ "$status" -eq 0 ]
		[[ ${lines[0]} == "OOM_KILLS OK - no OOM kills that count"* ]]
	done
}

@test "a dollar sign written as the file says arrives as one" {
	ask pattern
	[ "$output" = '^(stress|memtest)$ end' ]
}
