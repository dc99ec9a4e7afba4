# SPDX-License-Identifier: GPL-3.0-or-later
# Helpers for the tests with a real Icinga 2, NRPE and Nagios.
# shellcheck shell=bash

source_dir=${SRCDIR:-.}
build_dir=${BUILDDIR:-.}
daemon_user=nagios

# One kill of the VM instance-0000002a on a host out of memory, as a real kernel logged it.
recorded_kill=$source_dir/tests/data/kernels/6.1.0-50-cloud-amd64/a_global.kmsg

# missing PROGRAM...: prints on one line why a daemon cannot be tested here, or nothing.
missing() {
	local program reasons=()
	id "$daemon_user" >/dev/null 2>&1 || reasons+=("there is no user $daemon_user")
	[ "$(id -u)" = 0 ] || [ "$(id -un)" = "$daemon_user" ] || reasons+=("only root can become $daemon_user")
	for program; do
		PATH=$PATH:/usr/sbin:/sbin command -v "$program" >/dev/null ||
			reasons+=("$program is not installed")
	done
	(IFS=, && echo "${reasons[*]}")
}

# Makes the daemon's private directory with the checks, the recorded kill and two recorded hosts, as
# the daemon may lack permission to read the build tree.
make_private_dir() {
	PATH=$PATH:/usr/sbin:/sbin
	private=$(mktemp -d)
	chmod 0755 "$private"
	mkdir "$private/plugins"
	find "$build_dir/plugins" -maxdepth 1 -name 'check_*' -type f -perm -u+x ! -name '*.o' \
		-exec cp '{}' "$private/plugins/" ';'
	cp -r "$source_dir/tests/data/trees/6.1-guest-starved" "$private/tree"
	cp -r "$source_dir/tests/data/trees/two-node-512g" "$private/two-node"
	cp "$recorded_kill" "$private/kill.kmsg"
	chown -R "$daemon_user" "$private"
	export PATH private
}

# Replaces the shell by a process of the daemon's user. Call it in a subshell, so that $! is the
# daemon itself.
exec_as_daemon() {
	if [ "$(id -un)" = "$daemon_user" ]; then
		exec "$@"
	fi
	exec setpriv --reuid="$daemon_user" --regid="$daemon_user" --init-groups "$@"
}

is_listening() {
	(exec 9<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Prints an unused port of the loopback interface, outside of the range that the kernel gives to
# clients.
free_port() {
	local port
	for _ in {1..100}; do
		port=$((15000 + RANDOM % 16000))
		if ! is_listening $port; then
			echo "$port"
			return
		fi
	done
	echo "no free port" >&2
	return 1
}

# Waits until a command succeeds, for at most half a minute.
wait_until() {
	for _ in {1..300}; do
		if "$@" >/dev/null 2>&1; then
			return 0
		fi
		sleep 0.1
	done
	echo "waited in vain for: $*" >&2
	return 1
}

has_ended() {
	! kill -0 "$1" 2>/dev/null
}

# Ends a daemon by its pid, with SIGKILL if necessary.
stop_daemon() {
	[ -n "${1:-}" ] || return 0
	kill "$1" 2>/dev/null || return 0
	wait_until has_ended "$1" || kill -KILL "$1" 2>/dev/null || true
}

remove_private_dir() {
	[ -z "${private:-}" ] || rm -rf "$private"
}
