# SPDX-License-Identifier: GPL-3.0-or-later
# A separate libvirt daemon, with a domain that starts in a second. In its own mount namespace the
# daemon has private directories in place of the system's, so that the host's libvirt is not
# touched.
# shellcheck shell=bash disable=SC2154 # set by the files that load this

load monitoring/common

domain_name=instance-0000002a
domain_uuid=6f1c2d3e-0000-4000-8000-00000000002a

# The directories of libvirt, which are made private.
libvirt_directories=(/etc/libvirt /run/libvirt /var/lib/libvirt /var/log/libvirt /var/cache/libvirt)

# libvirt_missing: prints on one line why libvirt cannot be tested here, or nothing.
libvirt_missing() {
	local program reasons=()
	PATH=$PATH:/usr/sbin:/sbin
	for program in libvirtd virsh qemu-system-x86_64 unshare nsenter setpriv; do
		command -v "$program" >/dev/null || reasons+=("$program is not installed")
	done
	if [ "$(id -u)" != 0 ]; then
		reasons+=("only root can start libvirtd")
	elif ! unshare --mount true 2>/dev/null; then
		reasons+=("no mount namespaces here")
	fi
	memory_limit_file self >/dev/null || reasons+=("no memory cgroups here")
	(IFS=, && echo "${reasons[*]}")
}

# memory_limit_file PID: the file with the memory limit of the process's cgroup.
memory_limit_file() {
	local path root
	path=$(sed -n 's/^[0-9]*:\([^:]*,\)*memory\(,[^:]*\)*:\(.*\)/\3/p' "/proc/$1/cgroup")
	if [ -n "$path" ]; then
		root=$(awk '$3 == "cgroup" && $4 ~ /(^|,)memory(,|$)/ { print $2; exit }' /proc/mounts)
		echo "$root$path/memory.limit_in_bytes"
		return
	fi
	path=$(sed -n 's/^0:://p' "/proc/$1/cgroup")
	root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	# The emulator's cgroup is threaded: the limit is in a parent.
	while [ -n "$path" ] && [ "$path" != / ] && [ ! -e "$root$path/memory.max" ]; do
		path=${path%/*}
	done
	[ -n "$root" ] && grep -qw memory "$root/cgroup.controllers" && echo "$root$path/memory.max"
}

# in_libvirt COMMAND...: runs COMMAND with the daemon's directories, below its root. A mount
# namespace alone would lead out of a chroot.
in_libvirt() {
	nsenter --mount --root --target "$libvirtd_pid" -- "$@"
}

virsh_here() {
	in_libvirt virsh -q -c qemu:///system "$@"
}

# add_account FILE LINE: adds a user or group that the daemon requires.
add_account() {
	grep -q "^${2%%:*}:" "$1" || echo "$2" >>"$1"
}

# Starts the daemon; sets $libvirt_home and $libvirtd_pid.
start_libvirtd() {
	local directory
	PATH=$PATH:/usr/sbin:/sbin
	libvirt_home=$(mktemp -d)
	chmod 0755 "$libvirt_home"
	for directory in "${libvirt_directories[@]}"; do
		mkdir -p "$libvirt_home$directory"
		if [ ! -d "$directory" ]; then
			mkdir -p "$directory"
			echo "$directory" >>"$libvirt_home/made"
		fi
	done
	# Without virtlogd. The emulator runs as root, as libvirt-qemu cannot access the private home.
	cat >"$libvirt_home/etc/libvirt/qemu.conf" <<-END
		stdio_handler = "file"
		user = "root"
		group = "root"
	END
	cp /etc/passwd /etc/group "$libvirt_home/etc/"
	add_account "$libvirt_home/etc/group" kvm:x:64054:
	add_account "$libvirt_home/etc/group" libvirt-qemu:x:64055:
	add_account "$libvirt_home/etc/passwd" libvirt-qemu:x:64055:64054::/:/usr/sbin/nologin
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare --mount --propagation private sh -c '
		home=$1
		shift
		for place in /etc/passwd /etc/group "$@"; do
			mount --bind "$home$place" "$place" || exit 1
		done
		exec libvirtd --pid-file "$home/libvirtd.pid"' sh "$libvirt_home" "${libvirt_directories[@]}" \
		>"$libvirt_home/libvirtd.log" 2>&1 3>&- &
	libvirtd_pid=$!
	export libvirt_home libvirtd_pid
	if ! wait_until virsh_here version; then
		cat "$libvirt_home/libvirtd.log"
		return 1
	fi
}

# A domain as nova defines it: 64 MiB, no disk, emulated.
define_domain() {
	cat >"$libvirt_home/domain.xml" <<-END
		<domain type='qemu'>
		  <name>$domain_name</name>
		  <uuid>$domain_uuid</uuid>
		  <metadata>
		    <nova:instance xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.1">
		      <nova:package version="27.1.0"/>
		      <nova:name>web-01</nova:name>
		      <nova:flavor name="m1.small"><nova:memory>64</nova:memory></nova:flavor>
		      <nova:owner>
		        <nova:user uuid="d0d9f3a1b2c34e5f8a7b6c5d4e3f2a1b">alice</nova:user>
		        <nova:project uuid="0a1b2c3d4e5f60718293a4b5c6d7e8f9">acme</nova:project>
		      </nova:owner>
		    </nova:instance>
		  </metadata>
		  <memory unit='MiB'>64</memory>
		  <vcpu>1</vcpu>
		  <os><type arch='x86_64' machine='pc'>hvm</type></os>
		  <devices><emulator>$(command -v qemu-system-x86_64)</emulator></devices>
		</domain>
	END
	in_libvirt virsh -q -c qemu:///system define "$libvirt_home/domain.xml"
}

# Starts the domain; sets $domain_pid.
start_domain() {
	virsh_here start "$domain_name"
	domain_pid=$(in_libvirt cat "/run/libvirt/qemu/$domain_name.pid")
	export domain_pid
}

domain_has_ended() {
	[ "$(virsh_here domstate "$domain_name")" = 'shut off' ]
}

# Makes the kernel kill the domain, in the memory cgroup that libvirt made for it and nowhere else:
# QEMU allocates four times its limit.
oom_kill_domain() {
	local limit
	limit=$(memory_limit_file "$domain_pid")
	[[ $limit == */*qemu*"${domain_name#*-}"* ]] || {
		echo "no memory cgroup of the domain's own: $limit"
		return 1
	}
	echo 64M >"$limit"
	# The reply is lost, as QEMU is killed.
	virsh_here qemu-monitor-command "$domain_name" --hmp \
		'object_add memory-backend-ram,id=hog,size=256M,prealloc=on' 2>/dev/null || true
	wait_until domain_has_ended
}

stop_libvirtd() {
	local directory
	[ -n "${libvirtd_pid:-}" ] || return 0
	virsh_here destroy "$domain_name" >/dev/null 2>&1 || true
	stop_daemon "$libvirtd_pid"
	if [ -e "$libvirt_home/made" ]; then
		while read -r directory; do
			rmdir "$directory" 2>/dev/null || true
		done <"$libvirt_home/made"
	fi
	rm -rf "$libvirt_home"
}
