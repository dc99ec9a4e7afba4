#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# A real Icinga 2, master and agent, runs the built checks with the shipped contrib/icinga2, on the
# recorded kill of a VM.

# shellcheck disable=SC2154 # set by common.bash
load monitoring/common
load ../cli/checks

setup_file() {
	export SKIP_REASON
	SKIP_REASON=$(missing icinga2 curl jq)
	[ -z "$SKIP_REASON" ] || return 0
	make_private_dir
	export MASTER_PORT AGENT_PORT API_PASSWORD MASTER_PID AGENT_PID
	MASTER_PORT=$(free_port)
	AGENT_PORT=$(free_port)
	API_PASSWORD=$(tr -dc a-z0-9 </dev/urandom | head -c 24)
	# In the background, because behind || a failed command would not end configure().
	configure >"$private/setup.log" 2>&1 3>&- &
	wait $! || {
		cat "$private"/{setup.log,validation.*} >&2
		return 1
	}
	(exec_icinga agent daemon -c "$private/agent/etc/icinga2.conf") >"$private/agent.log" 2>&1 3>&- &
	AGENT_PID=$!
	# The master retries the connection only after ten seconds.
	wait_until is_listening "$AGENT_PORT"
	(exec_icinga master daemon -c "$private/master/etc/icinga2.conf") >"$private/master.log" 2>&1 3>&- &
	MASTER_PID=$!
	wait_until api objects/hosts/hv1
	wait_until agent_is_connected
	local service
	for service in hv2!oom-kills guest!bad-perfdata \
		hv{1,3}!{oom-kills,mem-available,mem-kernel,mem-pressure,vm-oom-score,vm-overcommit}; do
		check_now "$service"
	done
}

teardown_file() {
	stop_daemon "${MASTER_PID:-}"
	stop_daemon "${AGENT_PID:-}"
	remove_private_dir
}

setup() {
	[ -z "$SKIP_REASON" ] || skip "$SKIP_REASON"
}

# exec_icinga NODE ARGUMENT...: replaces the shell by an icinga2 that only uses the node's
# directory.
exec_icinga() {
	local dir=$private/$1
	shift
	exec_as_daemon icinga2 "$@" -D "ConfigDir=$dir/etc" -D "ZonesDir=$dir/etc/zones.d" \
		-D "DataDir=$dir/data" -D "CacheDir=$dir/cache" -D "LogDir=$dir/log" -D "SpoolDir=$dir/spool" \
		-D "InitRunDir=$dir/run" -D "PidPath=$dir/run/pid"
}

icinga() {
	(exec_icinga "$@")
}

# Icinga 2 from 2.16 on warns if API users may filter without a permission. Earlier versions do not
# know the setting.
filter_setting() {
	local name=enforce_filter_expression_permission
	printf 'object ApiListener "api" { %s = true }\n' $name >"$private/probe.conf"
	icinga master daemon -C -c "$private/probe.conf" 2>&1 | grep -q "Attribute '$name' does not exist" ||
		echo "$name = true"
}

# Creates master and agent, with certificates of a private authority.
configure() {
	local node etc dir certs
	for node in master agent; do
		for dir in etc/zones.d/master data/certs data/ca cache log/{compat,crash} spool/{perfdata,tmp} \
			run/cmd data/api/{log,zones,zones-stage,packages,repository,requests}; do
			mkdir -p "$private/$node/$dir"
		done
		cp -r "$private/plugins" "$private/$node/"
		etc=$private/$node/etc
		cp "$source_dir"/contrib/icinga2/*-command.conf "$etc/"
		fill_in $node icinga2-nodes.conf.in >"$etc/nodes.conf"
	done
	fill_in agent icinga2-agent.conf.in >"$private/agent/etc/icinga2.conf"
	fill_in master icinga2-master.conf.in >"$private/master/etc/icinga2.conf"
	cp "$source_dir/contrib/icinga2/oom-services.conf" "$private/master/etc/zones.d/master/"
	cat >"$private/page" <<-'END'
		#!/bin/sh
		# A pager shows the first line.
		echo "$OOM_STATE $OOM_OUTPUT" | head -n 1 >>"${0%/*}/paged"
	END
	chmod 0755 "$private/page"
	chown -R "$daemon_user" "$private"
	sed -i "s/@filter_setting@/$(filter_setting)/" "$private"/{master,agent}/etc/icinga2.conf

	icinga master pki new-ca
	for node in master agent; do
		certs=$private/$node/data/certs
		icinga $node pki new-cert --cn $node --key "$certs/$node.key" --csr "$certs/$node.csr"
		icinga master pki sign-csr --csr "$certs/$node.csr" --cert "$certs/$node.crt"
		cp "$private/master/data/ca/ca.crt" "$certs/"
		icinga $node daemon -C -c "$private/$node/etc/icinga2.conf" >"$private/validation.$node" ||
			return
	done
}

fill_in() {
	sed "s|@private@|$private|g; s|@node@|$1|g; s|@password@|$API_PASSWORD|
		s|@master_port@|$MASTER_PORT|; s|@agent_port@|$AGENT_PORT|" "$BATS_TEST_DIRNAME/monitoring/$2"
}

# api PATH [JSON]: sends a request to the REST API, which has one of these certificates.
api() {
	curl --silent --show-error --fail --insecure --max-time 10 --user "test:$API_PASSWORD" \
		--header 'Accept: application/json' ${2:+--request POST --data "$2"} \
		"https://127.0.0.1:$MASTER_PORT/v1/$1"
}

# service NAME JQ-EXPRESSION: the result of jq on the service's attributes.
service() {
	api "objects/services/$1" | jq --raw-output ".results[0].attrs | $2"
}

agent_is_connected() {
	[ "$(api objects/endpoints/agent | jq '.results[0].attrs.connected')" = true ]
}

has_result() {
	[ "$(service "$1" '.last_check_result != null')" = true ]
}

check_now() {
	api actions/reschedule-check '{ "type": "Service", "service": "'"$1"'", "force": true }' >/dev/null
	wait_until has_result "$1"
}

@test "the shipped configuration is valid and raises no warning" {
	local node
	for node in master agent; do
		run cat "$private/validation.$node"
		[[ $output == *"Finished validating the configuration file(s)."* ]]
		[[ $output != *warning/* ]]
		[[ $output != *critical/* ]]
	done
}

@test "a kill of a VM makes the service hard CRITICAL at once, with the VM's name" {
	[ "$(service hv1!oom-kills .state)" = 2 ]
	[ "$(service hv1!oom-kills .state_type)" = 1 ]
	run service hv1!oom-kills .last_check_result.output
	[[ ${lines[0]} == "OOM_KILLS CRITICAL - VM instance-0000002a killed"* ]]
}

@test "only hypervisors get the services, and they get all of them" {
	run api 'objects/services?filter=service.name!=%22bad-perfdata%22'
	[ "$(jq --raw-output '.results[].name' <<<"$output" | sort)" = \
		"$(printf '%s\n' hv{1,2,3}!{oom-kills,mem-available,mem-kernel,mem-pressure,vm-oom-score,vm-overcommit} | sort)" ]
}

# shipped_services: name, check, state and the beginning of the first line.
shipped_services() {
	cat <<-END
		oom-kills|check_oom_kills|2|OOM_KILLS CRITICAL - VM instance-0000002a killed
		mem-available|check_mem_available|2|MEM_AVAILABLE CRITICAL - 8.6 MiB (4.3 %) available of 199 MiB
		mem-kernel|check_mem_kernel|0|MEM_KERNEL OK - unreclaimable slab 7.3 MiB (3.7 % of RAM)
		mem-pressure|check_mem_pressure|1|MEM_PRESSURE WARNING - full-avg60 is 7.31 % (limit 5)
		vm-oom-score|check_vm_oom_score|0|VM_OOM_SCORE OK - next victim among VMs would be instance-0000002a (32.5 %
		vm-overcommit|check_vm_overcommit|2|VM_OVERCOMMIT CRITICAL - 2 VMs configured with 8.3 GiB of 199 MiB
	END
}

@test "each check has the expected output, and runs on the agent if the host has one" {
	local host node service check state words
	while read -r host node; do
		while IFS='|' read -r service check state words; do
			run service "$host!$service" .last_check_result.output
			echo "$host $service: $output"
			[[ ${lines[0]} == "$words"* ]]
			[ "$(service "$host!$service" .last_check_result.state)" = "$state" ]
			[ "$(service "$host!$service" .last_check_result.check_source)" = $node ]
			[ "$(service "$host!$service" '.last_check_result.command[0]')" = "$private/$node/plugins/$check" ]
		done < <(shipped_services)
	done <<-END
		hv1 master
		hv3 agent
	END
}

# metrics_meant COMMAND...: a line for each metric that COMMAND prints, in the form in which Icinga
# should store it: with full names of units, and without limits that are ranges.
metrics_meant() {
	local label value warn crit min max first_line
	first_line=$("$@" | head -n 1)
	# Icinga does not know U, and leaves such a metric out.
	tr ' ' '\n' <<<"${first_line##*| }" | grep -v '=U;' | while IFS='=;' read -r label value warn crit min max; do
		[[ $warn != *:* ]] || warn=
		[[ $crit != *:* ]] || crit=
		value=${value/%\%/ percent}
		value=${value/%B/ bytes}
		echo "$label ${value/%c/} warn=${warn:-null} crit=${crit:-null} min=${min:-null} max=${max:-null}"
	done
}

# metrics_stored SERVICE: the metrics of a service of hv1, as Icinga passes them to its writers.
metrics_stored() {
	api console/execute-script '{ "command":
		"get_service(\"hv1\", \"'"$1"'\").last_check_result.performance_data.filter(p => !match(\"*=U;*\", p)).map(p => parse_performance_data(p))" }' |
		jq --raw-output '.results[0].result[] | "\(.label) \(.value) \(.unit)" as $value |
			"\($value | sub(" +$"; "")) warn=\(.warn) crit=\(.crit) min=\(.min) max=\(.max)"'
}

@test "Icinga parses every metric of every check correctly" {
	local service options
	while IFS='|' read -r service options; do
		echo "$service"
		# shellcheck disable=SC2086 # several words
		diff <(metrics_stored $service) <(metrics_meant "$private/plugins/check_"$options)
	done <<-END
		oom-kills|oom_kills --source=$private/kill.kmsg --since=all
		mem-available|mem_available --rootfs=$private/tree
		mem-kernel|mem_kernel --rootfs=$private/tree
		mem-pressure|mem_pressure --rootfs=$private/two-node
		vm-oom-score|vm_oom_score --rootfs=$private/tree
		vm-overcommit|vm_overcommit --reserved=0 --rootfs=$private/tree
	END
	[[ $(metrics_stored oom-kills) == "oom_kills 1 warn=0 crit=null min=0 max=null"$'\n'"oom_vm_kills 1 warn=null crit=0 min=0 max=null"$'\n'* ]]
	[[ $(metrics_stored mem-available) == "mem_available 9064448 bytes warn=null crit=null min=0 max=209051648"$'\n'* ]]
}

@test "Icinga rejects no metric except U" {
	complaint="Ignoring invalid perfdata for checkable"
	wait_until grep -q "$complaint 'guest!bad-perfdata'" "$private/master.log"
	# U is the guidelines' value for an unknown metric. The kernel's counter is not compared with text
	# files.
	run bash -c 'grep "$1" "$2" | grep -v "oom_unrecorded_kills=U;"' - "$complaint 'hv" "$private/master.log"
	[ "$status" -eq 1 ]
}

@test "a notification has the VM's name in its first line" {
	wait_until test -s "$private/paged"
	run cat "$private/paged"
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == "CRITICAL OOM_KILLS CRITICAL - VM instance-0000002a killed"* ]]
}

@test "every argument reaches the check unchanged and without a shell" {
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

@test "each CheckCommand has every option of its check" {
	local name
	options() {
		grep -o -- '--[a-z-]*' | sort -u | grep -vx -e --help -e --version -e --acknowledge \
			-e --user -e --by -e --comment
	}
	# One line for each: NAME --OPTION
	commands=$(awk '/^object CheckCommand/ { name = $3; gsub(/"/, "", name) }
		/^\t\t"--[a-z-]*" = \{/ { gsub(/"/, "", $1); print name, $1 }' \
		"$source_dir"/contrib/icinga2/*-command.conf)
	for name in "${checks[@]#check_}"; do
		echo "$name"
		run "$private/plugins/check_$name" --help
		diff <(sed -n "s/^$name //p" <<<"$commands" | sort) \
			<(grep '^ ' <<<"$output" | grep -o '^ *\(-., \)\?--[a-z-]*' | options)
	done
}
