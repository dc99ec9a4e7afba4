#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Comparison with the plugins of monitoring-plugins: the same ranges give the same states, the same
# configuration files are read, and negate and urlize wrap these checks.

bats_require_minimum_version 1.5.0

ours=${BUILDDIR:-.}/tests/real/range_state
check=${BUILDDIR:-.}/plugins/check_oom_kills
recorded_kill=${SRCDIR:-.}/tests/data/kernels/6.1.0-50-cloud-amd64/a_global.kmsg

setup() {
	local directory
	for directory in /usr/lib/nagios/plugins /usr/lib64/nagios/plugins /usr/lib/monitoring-plugins \
		/usr/libexec/monitoring-plugins; do
		[ ! -x "$directory/negate" ] || peers=$directory
	done
	[ -n "${peers-}" ] || skip "monitoring-plugins is not installed"
	cd "$BATS_TEST_TMPDIR"
}

# need PLUGIN: skips without it, as some distributions package each plugin separately.
need() {
	[ -x "$peers/$1" ] || skip "$1 is not installed"
}

# state COMMAND...: prints the exit code of COMMAND.
state() {
	local code=0
	"$@" >output 2>&1 || code=$?
	echo $code
}

# peer_state COUNT ARGUMENT...: the state of check_cluster, which counts the services in a list that
# are not OK.
peer_state() {
	local count=$1 list=0
	shift
	for ((; count > 0; count--)); do
		list+=,1
	done
	state "$peers/check_cluster" --service --data="$list" "$@"
}

# agree ARGUMENT...: expects the same state from both for every value.
agree() {
	local value our_state peer_state
	for value in 0 1 4 5 6 10 11 20 21; do
		our_state=$(state "$ours" --value=$value "$@")
		peer_state=$(peer_state $value "$@")
		[ "$our_state" = "$peer_state" ] || {
			echo "$value with $*: ours $our_state, check_cluster's $peer_state"
			return 1
		}
	done
}

@test "one range gives the same state as in check_cluster" {
	need check_cluster
	local range
	for range in 0 5 10 5: 0: '~:5' 5:10 @5:10 @5 @5: 10:10 @10:10 '~:' '@~:' :5 : @0 -5:5 '~:-1' '@~:-1' -1: 5.5 \
		4.5:5.5 .5 5. +5; do
		agree -w "$range"
		agree -c "$range"
	done
}

@test "two ranges give the same state as in check_cluster" {
	need check_cluster
	agree -w 5 -c 10
	agree -w 5 -c 5
	agree -w 10 -c 5
	agree -w 5: -c 1:
	agree -w @1:5 -c @5:10
	agree -w '~:10' -c '~:20'
	agree --warning=0 --critical='@~:0'
}

@test "both reject a range that ends before it starts" {
	need check_cluster
	[ "$(peer_state 5 -w 10:5)" = 3 ]
	[ "$(state "$ours" --value=5 -w 10:5)" = 3 ]
}

@test "a range of processes gives the same state as in check_procs" {
	need check_procs
	local range pids=() states our_states name=oompeer$$
	cp "$(command -v sleep)" "$name"
	for _ in 1 2 3; do
		"./$name" 600 3>&- &
		pids+=($!)
		until [ "$(cat /proc/$!/comm)" = "$name" ]; do sleep 0.01; done
	done
	for range in 2 3 4: 3: @3 '~:2' 3:3 @3:3 1:2; do
		states+=" $range=$(state "$peers/check_procs" -C "$name" -w "$range")"
		our_states+=" $range=$(state "$ours" --value=3 -w "$range")"
	done
	kill "${pids[@]}"
	[ "$our_states" = "$states" ]
	[[ $states = *=0* && $states = *=1* ]]
}

# same_options EXPECTED VALUE ARGUMENT...: expects this state from both.
same_options() {
	local expected=$1 value=$2
	shift 2
	[ "$(peer_state "$value" "$@")" = "$expected" ]
	[ "$(state "$ours" --value="$value" "$@")" = "$expected" ]
}

@test "extra-opts: both read the same file alike" {
	need check_cluster
	cat >site.ini <<-'END'
		# a comment
		; another
		[ spaces ] ; behind the name
		  warning =  @0:5  
		[both]
		warning=5
		[elsewhere]
		warning=0
		= broken, but elsewhere
		[both]
		critical = 10
		[last]
		warning=3
		warning=8
	END
	printf '[dos]\r\nwarning=5\r\n' >dos.ini
	same_options 1 5 --extra-opts=spaces@site.ini
	same_options 0 6 --extra-opts=spaces@site.ini
	same_options 1 6 --extra-opts=both@site.ini
	same_options 2 11 --extra-opts=both@site.ini
	same_options 0 6 --extra-opts both@site.ini -w 8
	same_options 0 6 -w 8 --extra-opts both@site.ini
	same_options 0 7 --extra-opts=last@site.ini
	same_options 1 9 --extra-opts=last@site.ini
	same_options 2 11 --extra-opts=both@site.ini --extra-opts=last@site.ini
	same_options 1 6 --extra-opts=dos@dos.ini
	same_options 3 6 --extra-opts=nowhere@site.ini
	same_options 3 6 --extra-opts=both@nowhere.ini
}

@test "extra-opts: both read a file from standard input" {
	need check_cluster
	printf '[s]\nwarning=5\n' >s.ini
	[ "$(peer_state 6 --extra-opts=s@- <s.ini)" = 1 ]
	[ "$(state "$ours" --value=6 --extra-opts=s@- <s.ini)" = 1 ]
}

@test "extra-opts: both find the file by the same environment variables" {
	need check_cluster
	mkdir d1 d2
	printf '[s]\nwarning=5\n[check_cluster]\nwarning=0\n[range_state]\nwarning=0\n' >d1/nagios-plugins.ini
	printf '[s]\ncritical=5\n' >d2/plugins.ini
	export NAGIOS_CONFIG_PATH=:$PWD/d1:$PWD/d2
	same_options 0 6
	same_options 1 6 --extra-opts
	same_options 1 6 --extra-opts=s
	NAGIOS_CONFIG_PATH=$PWD/none:$PWD/d2:$PWD/d1
	same_options 2 6 --extra-opts=s

	# 2.3.3 aborts after it has read this file, so a missing section makes it print the path.
	export MP_CONFIG_FILE=$PWD/d1/nagios-plugins.ini
	run -3 "$peers/check_cluster" --extra-opts=nowhere
	[[ $output = *"'nowhere'"*"'$MP_CONFIG_FILE'"* ]]
	run -3 "$ours" --extra-opts=nowhere
	[[ $output = *"$MP_CONFIG_FILE: no section [nowhere]" ]]
}

@test "extra-opts: a program with file capabilities ignores the environment" {
	[ "$(id -u)" = 0 ] || skip "only root can give a file a capability"
	PATH=$PATH:/usr/sbin:/sbin
	command -v setcap setpriv >/dev/null || skip "setcap or setpriv is not installed"
	local directory
	directory=$(mktemp -d)
	chmod 0755 "$directory"
	cp "$ours" "$directory/range_state"
	printf '[s]\nwarning=5\n' >"$directory/plugins.ini"
	export NAGIOS_CONFIG_PATH=$directory
	local as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups "$directory/range_state" --value=6)

	local before after named
	before=$(state "${as_nobody[@]}" --extra-opts=s)
	setcap cap_syslog+ep "$directory/range_state" || {
		rm -r "$directory"
		skip "this filesystem keeps no capabilities"
	}
	after=$(state "${as_nobody[@]}" --extra-opts=s)
	named=$(state "${as_nobody[@]}" --extra-opts="s@$directory/plugins.ini")
	rm -r "$directory"
	[ "$before" = 1 ]
	[ "$after" = 3 ]
	grep -q '^RANGE WARNING' output
	[ "$named" = 1 ]
}

@test "negate changes the state and its name" {
	run -1 "$peers/negate" -s -o WARNING "$ours" --value=1 -w 5
	[ "${lines[0]}" = "RANGE WARNING - judged | value=1;5" ]
	run -0 "$peers/negate" -c OK "$ours" --value=6 -c 5
}

@test "urlize keeps the first line and its perfdata" {
	run -1 "$peers/urlize" http://localhost/ "$ours" --value=6 -w 5
	[[ ${lines[0]} = '<A href="http://localhost/">RANGE WARNING - judged'*'</A> |'*' value=6;5' ]]
}

@test "negate and urlize wrap check_oom_kills" {
	[ -x "$check" ] || skip "check_oom_kills is not built"
	run -2 "$check" --source="$recorded_kill" --since=all
	local summary=${lines[0]%% |*} perfdata=${lines[0]#*| }
	[[ $summary = "OOM_KILLS CRITICAL - "* && $perfdata = oom_kills=* ]]

	run -1 "$peers/negate" -s -c WARNING "$check" --source="$recorded_kill" --since=all
	[ "${lines[0]}" = "OOM_KILLS WARNING${summary#OOM_KILLS CRITICAL} | $perfdata" ]

	run -2 "$peers/urlize" http://localhost/ "$check" --source="$recorded_kill" --since=all
	[[ ${lines[0]} = "<A href=\"http://localhost/\">$summary"*"</A> |"*"$perfdata" ]]
}
