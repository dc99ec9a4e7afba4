#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# A real Nagios 4 with the shipped contrib/nagios/oom.cfg.

# shellcheck disable=SC2154 # set by common.bash
load monitoring/common

setup_file() {
	export SKIP_REASON
	SKIP_REASON=$(missing nagios4)
	[ -z "$SKIP_REASON" ] || return 0
	make_private_dir
	mkdir "$private"/{objects,rw,tmp,results,archives}
	cp "$source_dir/contrib/nagios/oom.cfg" "$BATS_TEST_DIRNAME/monitoring/nagios-objects.cfg" \
		"$private/objects/"
	sed "s|@private@|$private|g" "$BATS_TEST_DIRNAME/monitoring/nagios.cfg.in" >"$private/nagios.cfg"
	cat >"$private/resource.cfg" <<-END
		\$USER1\$=$private/plugins
		\$USER2\$=$private
	END
	chown -R "$daemon_user" "$private"
}

teardown_file() {
	remove_private_dir
}

setup() {
	[ -z "$SKIP_REASON" ] || skip "$SKIP_REASON"
}

teardown() {
	stop_daemon "${nagios_pid:-}"
}

nagios() {
	(exec_as_daemon nagios4 "$@")
}

# stored CHECK FIELD: a field of the check's local service, as Nagios stored it.
stored() {
	sed -n '/^servicestatus {/,/}/p' "$private/status.dat" |
		awk -v RS='}' "/service_description=local $1\n/" | sed -n "s/^\t$2=//p"
}

are_checked() {
	[ "$(awk '/service_description=local/ { counts = 1 } /}/ { counts = 0 }
		counts && /has_been_checked=1/' "$private/status.dat" | wc -l)" = 6 ]
}

@test "Nagios finds no error and no warning in the shipped objects" {
	run nagios -v "$private/nagios.cfg"
	[ "$status" -eq 0 ]
	echo "$output"
	[[ $output == *"Total Warnings: 0"* ]]
	[[ $output == *"Total Errors:   0"* ]]
}

@test "every NRPE command that a service uses is in the shipped contrib/nrpe/oom.cfg" {
	local asked
	asked=$(sed -n 's/^ *check_command *check_nrpe_oom!//p' "$source_dir/contrib/nagios/oom.cfg" | sort)
	[ "$(wc -l <<<"$asked")" = 6 ]
	[ -z "$(comm -23 <(echo "$asked") \
		<(sed -n 's/^command\[\(.*\)\]=.*/\1/p' "$source_dir/contrib/nrpe/oom.cfg.in" | sort))" ]
}

@test "Nagios passes the arguments and stores state, text and perfdata of each check" {
	local check state words metrics count=0
	(exec_as_daemon nagios4 "$private/nagios.cfg") >"$private/daemon.log" 2>&1 3>&- &
	nagios_pid=$!
	wait_until are_checked
	while IFS='|' read -r check state words metrics; do
		echo "$check: $(stored "$check" plugin_output) | $(stored "$check" performance_data)"
		[ "$(stored "$check" current_state)" = "$state" ]
		[[ $(stored "$check" plugin_output) == "$words"* ]]
		[[ $(stored "$check" performance_data) == *"$metrics"* ]]
		[[ $(stored "$check" performance_data) != *instance* ]]
		count=$((count + 1))
	done <<-'END'
		check_oom_kills|2|OOM_KILLS CRITICAL - VM instance-0000002a killed|oom_kills=1;0;;0 oom_vm_kills=1;;0;0
		check_mem_available|1|MEM_AVAILABLE WARNING - 8.6 MiB (4.3 %) available of 199 MiB|mem_available=9064448B;16777216:;2090516:;0;209051648
		check_mem_kernel|1|MEM_KERNEL WARNING - unreclaimable slab 7.3 MiB (3.7 % of RAM), above 5 MiB|mem_kernel_slab=7659520B;5242880;2147483648;0;209051648
		check_mem_pressure|2|MEM_PRESSURE CRITICAL - full-avg60 is 7.31 % (limit 7)|mem_pressure_full_avg60=7.31%;5;7;0;100
		check_vm_oom_score|1|VM_OOM_SCORE WARNING - instance-0000002a holds 32.5 % of RAM and swap|protected_before_vm=0;
		check_vm_overcommit|1|VM_OVERCOMMIT WARNING - 2 VMs configured with 8.3 GiB of 199 MiB|vm_overcommit_ratio=42.856852;0.5;50;0
	END
	[ "$count" = 6 ]
	[[ $(stored check_oom_kills long_plugin_output) == *"instance-0000002a"* ]]
}
