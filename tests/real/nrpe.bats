#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# A real NRPE daemon with the shipped contrib/nrpe/oom.cfg, queried by check_nrpe.

# shellcheck disable=SC2154 # set by common.bash
load monitoring/common

check_nrpe=/usr/lib/nagios/plugins/check_nrpe

setup_file() {
	export SKIP_REASON
	SKIP_REASON=$(missing nrpe "$check_nrpe")
	[ -z "$SKIP_REASON" ] || return 0
	make_private_dir
	export NRPE_PORT NRPE_PID
	NRPE_PORT=$(free_port)

	# The shipped file with other paths, so that the built checks read the recorded kill and hosts.
	sed "s|@plugindir@|$private/plugins|
		s|/check_oom_kills|& --source=$private/kill.kmsg --since=all|
		s|/check_mem_[ap].*|& --rootfs=$private/two-node|
		s|/check_mem_kernel.*|& --rootfs=$private/tree|
		s|/check_vm_oom_score.*|& --rootfs=$private/tree|
		s|/check_vm_overcommit.*|& --rootfs=$private/two-node|" \
		"$source_dir/contrib/nrpe/oom.cfg.in" >"$private/oom.cfg"
	# The shipped lines with patterns, changed so that they match the recorded kill.
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

@test "check_nrpe returns exactly the output of the check" {
	ask check_oom_kills
	over_nrpe=$output
	run "$private/plugins/check_oom_kills" --source="$private/kill.kmsg" --since=all
	[ "$over_nrpe" = "$output" ]
}

@test "each shipped command returns the state, text and metrics of its check" {
	local command state words metrics asked=()
	while IFS='|' read -r command state words metrics; do
		ask "$command"
		echo "$command: $status $output"
		[ "$status" -eq "$state" ]
		[[ ${lines[0]} == "$words"* ]]
		[[ ${lines[0]#* | } == *"$metrics"* ]]
		asked+=("$command")
	done <<-'END'
		check_oom_kills|2|OOM_KILLS CRITICAL - VM instance-0000002a killed|oom_kills=1;0;;0 oom_vm_kills=1;;0;0
		check_oom_kills_host|2|OOM_KILLS CRITICAL - VM instance-0000002a killed|oom_host_kills=1;;;0
		check_oom_kills_vms|2|OOM_KILLS CRITICAL - VM instance-0000002a killed|oom_vm_kills=1;;0;0
		check_vm_oom_score|0|VM_OOM_SCORE OK - next victim among VMs would be instance-0000002a (32.5 % of RAM and swap); 2 VMs|protected_before_vm=0;;;0
		check_vm_overcommit|0|VM_OVERCOMMIT OK - 3 VMs configured with 482 GiB of 499 GiB|vm_capacity=536180948992B;;;0
		check_mem_available|2|MEM_AVAILABLE CRITICAL - 3.9 GiB (1.6 %) available of 252 GiB on node 1|mem_available_node1=4192743424B;8589934592:;4294967296:;0;270237958144
		check_mem_pressure|1|MEM_PRESSURE WARNING - full-avg60 is 7.31 % (limit 5)|mem_pressure_full_avg60=7.31%;5;20;0;100
		check_mem_kernel|0|MEM_KERNEL OK - unreclaimable slab 7.3 MiB (3.7 % of RAM)|mem_kernel_slab=7659520B;1073741824;2147483648;0;209051648
	END
	[ "${asked[*]}" = "$(sed -n 's/^command\[\(.*\)\]=.*/\1/p' "$private/oom.cfg" | xargs)" ]
}

@test "a quoted pattern reaches the check through NRPE's shell" {
	local command
	for command in no_machine_slice no_qemu; do
		ask $command
		[ "$status" -eq 0 ]
		[[ ${lines[0]} == "OOM_KILLS OK - no OOM kills that count"* ]]
	done
}

@test "a dollar sign escaped as in the shipped file arrives as one" {
	ask pattern
	[ "$output" = '^(stress|memtest)$ end' ]
}
