#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The names of VMs in the checks' output and in JSON, on recorded hosts.

bats_require_minimum_version 1.5.0

setup() {
	plugins=${BUILDDIR:-build}/plugins
	trees=${SRCDIR:-$BATS_TEST_DIRNAME/../..}/tests/data/trees
	export TZ=UTC
}

needs_expat() {
	grep -q '^#define HAVE_EXPAT 1' "${BUILDDIR:-build}/config.h" || skip 'built without expat'
}

# older ROOT: makes the files below ROOT older than the kill.
older() {
	find "$1" -exec touch -d 2026-11-22T00:00:00Z {} +
}

# killed NAME CGROUP: a log with the kill of one VM.
killed() {
	local prefix="2026-11-23T00:08:43.396265+00:00 hv1 kernel:"
	log=$BATS_TEST_TMPDIR/kern.log
	cat >"$log" <<-END
		$prefix oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=ns,mems_allowed=0,global_oom,task_memcg=$2,task=$1,pid=32969,uid=0
		$prefix Out of memory: Killed process 32969 ($1) total-vm:17339840kB, anon-rss:15797740kB, file-rss:1536kB, shmem-rss:0kB, UID:0 pgtables:31152kB oom_score_adj:0
	END
}

@test "the first line has a nova instance's display name and project" {
	needs_expat
	run "$plugins/check_oom_kills" --rootfs="$trees/identity-libvirt" --since=all \
		--source="$trees/identity-libvirt/kern.log" -vv
	echo "$output"
	[ "$status" = 2 ]
	[[ ${lines[0]} == "OOM_KILLS CRITICAL - VM instance-0000002a (web-01, project acme) killed by the OOM killer"* ]]
	[[ ${lines[1]} == *" uuid 6f1c2d3e-0000-4000-8000-00000000002a, user alice, flavor m1.small, "* ]]
	[[ ${lines[1]} == *", libvirt: crashed, known from cgroup, libvirt-defined, libvirt-log" ]]
}

@test "the origin of a name is only shown with -vv" {
	run "$plugins/check_oom_kills" --rootfs="$trees/identity-libvirt" --since=all \
		--source="$trees/identity-libvirt/kern.log"
	[[ $output != *"known from"* ]]
}

@test "JSON has all details of a VM and their origins" {
	needs_expat
	command -v jq >/dev/null || skip 'jq is not installed'
	run "$plugins/oom_report" --rootfs="$trees/identity-libvirt" --since=all --format=json \
		--source="$trees/identity-libvirt/kern.log"
	[ "$status" = 0 ]
	[ "$(jq -c '.kills[0].vm | del(.stack, .role)' <<<"$output")" = "$(jq -c . <<-END
		{
		  "name": "instance-0000002a", "id": "1", "uuid": "6f1c2d3e-0000-4000-8000-00000000002a",
		  "display_name": "web-01", "project": "acme", "project_id": "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
		  "user": "alice", "flavor": "m1.small", "manager": "openstack", "tags": null,
		  "libvirt_reason": "crashed", "name_is_shortened": false, "name_is_ambiguous": false,
		  "origins": ["cgroup", "libvirt-defined", "libvirt-log"]
		}
	END
	)" ]
}

@test "a Proxmox VM is shown with number and name, and its helper as one" {
	killed kvm /qemu.slice/101.scope
	run "$plugins/check_oom_kills" --rootfs="$trees/identity-proxmox" --since=all --source="$log"
	[ "$status" = 2 ]
	[[ ${lines[0]} == "OOM_KILLS CRITICAL - VM 101 (web-01, proxmox) killed by the OOM killer"* ]]
	[[ ${lines[1]} == *", tags prod;web, "* ]]
	killed swtpm /qemu.slice/101.scope
	run "$plugins/check_oom_kills" --rootfs="$trees/identity-proxmox" --since=all --source="$log"
	[ "$status" = 1 ]
	[[ ${lines[0]} == "OOM_KILLS WARNING - swtpm[32969] of VM 101 (web-01, proxmox) killed by the OOM killer"* ]]
}

@test "a truncated name that matches two domains is reported as ambiguous" {
	root=$BATS_TEST_TMPDIR/root
	mkdir -p "$root/etc/libvirt/qemu"
	for name in web_1 'web 1'; do
		echo "<domain><name>$name</name></domain>" >"$root/etc/libvirt/qemu/$name.xml"
	done
	older "$root"
	killed qemu-kvm '/machine.slice/machine-qemu\x2d7\x2dweb1.scope'
	run "$plugins/oom_report" --rootfs="$root" --since=all --source="$log"
	[ "$status" = 0 ]
	[[ $output == *" VM web1, truncated name matches several domains, qemu-kvm[32969], "* ]]
}

@test "hostile names in a domain's XML break no line and add no perfdata" {
	needs_expat
	root=$BATS_TEST_TMPDIR/root
	mkdir -p "$root/etc/libvirt/qemu"
	cat >"$root/etc/libvirt/qemu/vm1.xml" <<-END
		<domain><name>vm1</name><title>x|oom_kills=0&#10;OOM_KILLS OK - fine &#x202e;</title></domain>
	END
	older "$root"
	killed qemu-kvm '/machine.slice/machine-qemu\x2d7\x2dvm1.scope'
	run "$plugins/check_oom_kills" --rootfs="$root" --since=all --source="$log"
	[ "$status" = 2 ]
	[ "$(tr -cd '|' <<<"$output" | wc -c)" = 1 ]
	[[ ${lines[0]} == 'OOM_KILLS CRITICAL - VM vm1 (x\x7coom_kills=0\x0aOOM_KILLS OK - fine \xe2\x80\xae) killed'* ]]
}

@test "names in any script are shown unchanged" {
	needs_expat
	root=$BATS_TEST_TMPDIR/root
	mkdir -p "$root/etc/libvirt/qemu"
	cat >"$root/etc/libvirt/qemu/vm1.xml" <<-END
		<domain xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.1"><name>vm1</name>
		<metadata><nova:instance><nova:name>größe-данные-数据库-🐄</nova:name>
		<nova:owner><nova:project>Ökonomie</nova:project></nova:owner></nova:instance></metadata></domain>
	END
	older "$root"
	killed qemu-kvm '/machine.slice/machine-qemu\x2d7\x2dvm1.scope'
	# NRPE starts checks in this locale.
	LC_ALL=C run "$plugins/check_oom_kills" --rootfs="$root" --since=all --source="$log"
	[[ ${lines[0]} == 'OOM_KILLS CRITICAL - VM vm1 (größe-данные-数据库-🐄, project Ökonomie) killed'* ]]
	[[ ${lines[1]} == *' VM vm1 (größe-данные-数据库-🐄, project Ökonomie)'* ]]
}

@test "long names are shortened so that the first line has the size and cause" {
	needs_expat
	root=$BATS_TEST_TMPDIR/root
	mkdir -p "$root/etc/libvirt/qemu"
	long=$(printf 'x%.0s' {1..240})
	cat >"$root/etc/libvirt/qemu/vm-$long.xml" <<-END
		<domain xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.1"><name>vm-$long</name>
		<metadata><nova:instance><nova:name>$long</nova:name>
		<nova:owner><nova:project>$long</nova:project></nova:owner></nova:instance></metadata></domain>
	END
	older "$root"
	cgroup=/machine/qemu-7-vm-${long:0:54}.libvirt-qemu
	killed qemu-kvm "$cgroup"
	# A kill at the cgroup's limit has the longest description.
	sed -i "s|CONSTRAINT_NONE|CONSTRAINT_MEMCG|; s|global_oom|oom_memcg=$cgroup|; s|Out of memory|Memory cgroup out of memory|
		1i $(sed -n 's/ oom-kill:.*//p' "$log") memory: usage 16777216kB, limit 16777216kB, failcnt 37" "$log"
	run "$plugins/check_oom_kills" --rootfs="$root" --since=all --source="$log"
	echo "$output"
	[[ ${lines[0]} == "OOM_KILLS CRITICAL - VM vm-xxx"*"x... (xxx"*"x..., project xxx"*"x...) killed by the OOM killer "*": 15.1 GiB RSS, memory limit of 16.0 GiB of its cgroup reached | "* ]]
	[[ ${#lines[0]} -lt 400 ]]
}

@test "records without a time are not matched with domains, as the log may be another host's" {
	recording=${SRCDIR:-$BATS_TEST_DIRNAME/../..}/tests/data/kernels/6.1.0-50-cloud-amd64/a_global.kmsg
	run "$plugins/check_oom_kills" --rootfs="$trees/identity-libvirt" --since=all --source="$recording"
	[[ ${lines[0]} == "OOM_KILLS CRITICAL - VM instance-0000002a killed"* ]]
}

@test "libexpat is loaded only after a VM was killed" {
	needs_expat
	command -v strace >/dev/null || skip 'strace is not installed'
	strace -o "$BATS_TEST_TMPDIR/trace" true 2>/dev/null || skip 'strace may not trace here'
	quiet=${SRCDIR:-$BATS_TEST_DIRNAME/../..}/tests/data/kernels/6.1.0-50-cloud-amd64/h_fake.kmsg
	run strace -f -o "$BATS_TEST_TMPDIR/quiet" "$plugins/check_oom_kills" \
		--rootfs="$trees/identity-libvirt" --since=all --source="$quiet"
	run ! grep -E 'libexpat|/etc/libvirt' "$BATS_TEST_TMPDIR/quiet"
	run strace -f -o "$BATS_TEST_TMPDIR/kill" "$plugins/check_oom_kills" \
		--rootfs="$trees/identity-libvirt" --since=all --source="$trees/identity-libvirt/kern.log"
	grep -q libexpat "$BATS_TEST_TMPDIR/kill"
}
