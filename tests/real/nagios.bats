#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# A real Nagios 4 with the shipped contrib/nagios/oom.cfg.

# shellcheck disable=SC2154 # what common.bash sets
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

# stored FIELD: of the local service, as Nagios stored it.
stored() {
	sed -n '/^servicestatus {/,/}/p' "$private/status.dat" |
		awk -v RS='}' '/service_description=local\n/' | sed -n "s/^\t$1=//p"
}

is_checked() {
	[ "$(stored has_been_checked)" = 1 ]
}

@test "Nagios finds no error and no warning in the shipped objects" {
	run nagios -v "$private/nagios.cfg"
	[ "$status" -eq 0 ]
	echo "$output"
	[[ $output == *"Total Warnings: 0"* ]]
	[[ $output == *"Total Errors:   0"* ]]
}

@test "Nagios stores state, text and perfdata apart" {
	(exec_as_daemon nagios4 "$private/nagios.cfg") >"$private/daemon.log" 2>&1 3>&- &
	nagios_pid=$!
	wait_until is_checked
	[ "$(stored current_state)" = 2 ]
	[[ $(stored plugin_output) == "OOM_KILLS CRITICAL - VM instance-0000002a killed"* ]]
	[[ $(stored performance_data) == "oom_kills=1;0;;0 oom_vm_kills=1;;0;0 "* ]]
	[[ $(stored performance_data) != *instance* ]]
	[[ $(stored long_plugin_output) == *"instance-0000002a"* ]]
}
