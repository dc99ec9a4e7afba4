#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# A real Icinga 2 with the shipped contrib/icinga2 runs the built check on the
# recorded kill of a VM.

# shellcheck disable=SC2154 # what common.bash sets
load monitoring/common

setup_file() {
	export SKIP_REASON
	SKIP_REASON=$(missing icinga2 curl jq)
	[ -z "$SKIP_REASON" ] || return 0
	make_private_dir
	export API_PORT API_PASSWORD ICINGA_PID
	API_PORT=$(free_port)
	API_PASSWORD=$(tr -dc a-z0-9 </dev/urandom | head -c 24)
	configure_icinga >"$private/setup.log" 2>&1 || {
		cat "$private/setup.log" >&2
		return 1
	}
	(exec_as_daemon icinga2 daemon -c "$private/etc/icinga2.conf" "${icinga_dirs[@]}") \
		>"$private/daemon.log" 2>&1 3>&- &
	ICINGA_PID=$!
	wait_until api objects/hosts/hv1
	local service
	for service in hv1!oom-kills hv2!oom-kills guest!bad-perfdata; do
		check_now "$service"
	done
}

teardown_file() {
	stop_daemon "${ICINGA_PID:-}"
	remove_private_dir
}

setup() {
	[ -z "$SKIP_REASON" ] || skip "$SKIP_REASON"
}

# Makes a certificate authority, a certificate and a configuration that touch
# nothing outside of the private directory.
configure_icinga() {
	local dir certs=$private/data/certs name=localhost
	export icinga_dirs=(
		-D "ConfigDir=$private/etc" -D "DataDir=$private/data" -D "CacheDir=$private/cache"
		-D "LogDir=$private/log" -D "SpoolDir=$private/spool" -D "InitRunDir=$private/run"
		-D "PidPath=$private/run/icinga2.pid"
	)
	for dir in etc data/certs data/ca data/api/{log,zones,zones-stage,packages,repository,requests} \
		cache log/{compat,crash} spool/{perfdata,tmp} run/cmd; do
		mkdir -p "$private/$dir"
	done
	cp "$source_dir"/contrib/icinga2/oom-*.conf "$private/etc/"
	sed "s|@private@|$private|g; s|@port@|$API_PORT|; s|@password@|$API_PASSWORD|" \
		"$BATS_TEST_DIRNAME/monitoring/icinga2.conf.in" >"$private/etc/icinga2.conf"
	cat >"$private/page" <<-'END'
		#!/bin/sh
		# A pager shows the first line.
		echo "$OOM_STATE $OOM_OUTPUT" | head -n 1 >>"${0%/*}/paged"
	END
	chmod 0755 "$private/page"
	chown -R "$daemon_user" "$private"

	icinga pki new-ca
	icinga pki new-cert --cn $name --key "$certs/$name.key" --csr "$certs/$name.csr"
	icinga pki sign-csr --csr "$certs/$name.csr" --cert "$certs/$name.crt"
	cp "$private/data/ca/ca.crt" "$certs/"
	icinga daemon -C -c "$private/etc/icinga2.conf" >"$private/validation.log"
}

icinga() {
	(exec_as_daemon icinga2 "$@" "${icinga_dirs[@]}")
}

# api PATH [JSON]: asks the REST API, whose certificate is one of ours.
api() {
	curl --silent --show-error --fail --insecure --max-time 10 --user "test:$API_PASSWORD" \
		--header 'Accept: application/json' ${2:+--request POST --data "$2"} \
		"https://127.0.0.1:$API_PORT/v1/$1"
}

# service NAME JQ-EXPRESSION: of the service's attributes.
service() {
	api "objects/services/$1" | jq --raw-output ".results[0].attrs | $2"
}

has_result() {
	[ "$(service "$1" '.last_check_result != null')" = true ]
}

check_now() {
	api actions/reschedule-check '{ "type": "Service", "service": "'"$1"'", "force": true }' >/dev/null
	wait_until has_result "$1"
}

@test "the shipped configuration is valid and raises no warning" {
	run cat "$private/validation.log"
	[[ $output == *"Finished validating the configuration file(s)."* ]]
	[[ $output != *warning/* ]]
	[[ $output != *critical/* ]]
}

@test "a killed VM makes the service CRITICAL at once, named in its output" {
	[ "$(service hv1!oom-kills .state)" = 2 ]
	[ "$(service hv1!oom-kills .state_type)" = 1 ]
	run service hv1!oom-kills .last_check_result.output
	[[ ${lines[0]} == "OOM_KILLS CRITICAL - VM instance-0000002a killed"* ]]
}

@test "only hosts that are hypervisors get the service" {
	run api 'objects/services?filter=service.check_command==%22oom_kills%22'
	[ "$(jq --raw-output '[.results[].name] | sort | join(" ")' <<<"$output")" = "hv1!oom-kills hv2!oom-kills" ]
}

@test "Icinga parses every metric as the check meant it" {
	run api console/execute-script '{ "command":
		"get_service(\"hv1\", \"oom-kills\").last_check_result.performance_data.map(p => parse_performance_data(p))" }'
	run jq --raw-output '.results[0].result[] |
		"\(.label) \(.value) \(.unit) warn=\(.warn) crit=\(.crit) min=\(.min) max=\(.max)"' <<<"$output"
	[ "$output" = "$(cat <<-'END'
		oom_kills 1  warn=0 crit=null min=0 max=null
		oom_vm_kills 1  warn=null crit=0 min=0 max=null
		oom_host_kills 1  warn=null crit=null min=0 max=null
		oom_memcg_kills 0  warn=null crit=null min=0 max=null
		oom_lost_records 0  warn=null crit=null min=0 max=null
	END
	)" ]
}

@test "no metric is thrown away on the way to a graph" {
	complaint="Ignoring invalid perfdata for checkable"
	wait_until grep -q "$complaint 'guest!bad-perfdata'" "$private/daemon.log"
	run grep "$complaint 'hv" "$private/daemon.log"
	[ "$status" -eq 1 ]
}

@test "a page carries the VM's name in its first line" {
	wait_until test -s "$private/paged"
	run cat "$private/paged"
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == "CRITICAL OOM_KILLS CRITICAL - VM instance-0000002a killed"* ]]
}

@test "every argument reaches the check whole and without a shell" {
	run service hv2!oom-kills '.last_check_result.command[1:][]'
	[ "$output" = "$(cat <<-END
		--critical
		~:3
		--extra-opts=kvm@$private/oom.ini
		--ignore-cgroup
		^/kubepods
		--ignore-process
		^a b\$
		--ignore-process
		c;\$(id)|d
		--procfs
		/host/proc
		--rootfs
		/host
		--scope
		host
		--since
		all
		--source
		kmsg
		--source
		$private/kill.kmsg
		--sysfs
		/host/sys
		--timeout
		20
		--until
		2026-11-22
		--verbose
		--vm-critical
		5
		--vm-warning
		4
		--warning
		1:2
	END
	)" ]
}

@test "the CheckCommand knows every option of the check" {
	options() {
		grep -o -- '--[a-z-]*' | sort -u | grep -vx -e --help -e --version
	}
	known=$(grep -o '^		"--[a-z-]*" = {' "$source_dir/contrib/icinga2/oom-command.conf" | options)
	run "$private/plugins/check_oom_kills" --help
	[ "$known" = "$(grep '^ ' <<<"$output" | grep -o '^ *\(-., \)\?--[a-z-]*' | options)" ]
}
