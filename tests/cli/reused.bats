#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# A name that was given to another VM after the kill. The killed VM must not get the other's name,
# UUID or owner.
bats_require_minimum_version 1.5.0

bob=00000000-0000-4000-8000-000000000033
ann=00000000-0000-4000-8000-000000000021

setup() {
  plugins=${BUILDDIR:-build}/plugins
  grep -q '^#define HAVE_EXPAT 1' "${BUILDDIR:-build}/config.h" || skip 'built without expat'
  export TZ=UTC NAGIOS_PLUGIN_STATE_DIRECTORY=$BATS_TEST_TMPDIR/state
  unset MP_STATE_PATH
  root=$BATS_TEST_TMPDIR/root log=$BATS_TEST_TMPDIR/kern.log
  mkdir -p "$root/etc/libvirt/qemu" "$root/var/log/libvirt/qemu" "$root/etc/pve/qemu-server"
  killed_sec=$(date -d '-10 min' +%s)
}

# at SECONDS [FORMAT]: a time relative to the kill.
at() {
  date -u -d "@$((killed_sec + $1))" "${2:-+%Y-%m-%d %H:%M:%S}"
}

# killed CGROUP COMM
killed() {
  local prefix
  prefix="$(at 0 +%Y-%m-%dT%H:%M:%S).123456+00:00 hv1 kernel:"
  printf '%s\n' \
    "$prefix oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=emulator,mems_allowed=0,oom_memcg=$1,task_memcg=$1,task=$2,pid=30392,uid=0" \
    "$prefix Memory cgroup out of memory: Killed process 30392 ($2) total-vm:1403600kB, anon-rss:47600kB, file-rss:18428kB, shmem-rss:0kB, UID:0 pgtables:208kB oom_score_adj:0" >"$log"
}

# defined SECONDS NAME UUID USER: a domain definition changed at this time, relative to the kill.
defined() {
  local file=$root/etc/libvirt/qemu/$2.xml
  cat >"$file" <<-END
	<domain><name>$2</name><uuid>$3</uuid>
	<metadata><nova:instance xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.1"><nova:name>shop of $4</nova:name>
	<nova:owner><nova:user uuid="1">$4</nova:user><nova:project uuid="2">$4-project</nova:project></nova:owner>
	</nova:instance></metadata></domain>
	END
  touch -d "@$((killed_sec + $1))" "$file"
}

# started SECONDS NAME ID UUID, ended SECONDS NAME: entries in the domain's log.
started() {
  cat >>"$root/var/log/libvirt/qemu/$2.log" <<-END
	$(at "$1").123+0000: starting up libvirt version: 9.0.0, package: 9.0.0-4, qemu version: 7.2.22, kernel: 6.1.0, hostname: hv1
	/usr/bin/qemu-system-x86_64 \\
	-name guest=$2,debug-threads=on \\
	-object '{"qom-type":"secret","id":"masterKey0","format":"raw","file":"/var/lib/libvirt/qemu/domain-$3-${2:0:20}/master-key.aes"}' \\
	-uuid $4 \\
	-msg timestamp=on
	END
}

ended() {
  echo "$(at "$1").500+0000: shutting down, reason=${3:-crashed}" >>"$root/var/log/libvirt/qemu/$2.log"
}

# shows VM: expects that both programs show this before the process.
shows() {
  local program
  for program in check_oom_kills oom_report; do
    run "$plugins/$program" --source="$log" --since=1h --rootfs="$root" --procfs=/proc/nowhere -v
    [[ ${lines[1]} == "$(at 0) +00:00 $1, qemu-system-x86[30392], "* ]] || {
      printf '%s\nexpected: %s\nsaid:     %s\n' "$program" "$1" "${lines[1]}"
      return 1
    }
    rm -rf "$NAGIOS_PLUGIN_STATE_DIRECTORY"
  done
}

@test "a domain defined after the kill does not name the killed one" {
  killed /machine/qemu-8-myvm.libvirt-qemu qemu-system-x86
  ended 0 'my vm'
  shows 'VM my vm'
  defined 300 my_vm $bob bob
  shows 'VM my vm'
  started 300 my_vm 9 $bob
  shows 'VM my vm'
}

@test "without another source the name stays as truncated in the cgroup" {
  killed /machine/qemu-8-myvm.libvirt-qemu qemu-system-x86
  defined 300 my_vm $bob bob
  shows 'VM myvm, its definition is newer than the kill and was ignored'
}

@test "a reused name does not give the killed VM the new UUID and owner" {
  killed /machine/qemu-1-re-used.libvirt-qemu qemu-system-x86
  ended 0 re-used
  defined 300 re-used $bob bob
  shows 'VM re-used, its definition is newer than the kill and was ignored'
  rm "$root/var/log/libvirt/qemu/re-used.log"
  started -3600 re-used 1 $ann
  ended 0 re-used
  shows "VM re-used, uuid $ann, name reused since"
  started 300 re-used 2 $bob
  shows "VM re-used, uuid $ann, name reused since"
}

@test "a definition edited after the kill is the VM's if the UUID in its log is the same" {
  killed /machine/qemu-1-web.libvirt-qemu qemu-system-x86
  started -3600 web 1 $ann
  ended 0 web
  defined 300 web $ann ann
  shows "VM web (shop of ann, project ann-project), uuid $ann, user ann"
  # libvirt did not log the end, and the VM is running again.
  rm "$root/var/log/libvirt/qemu/web.log"
  started -3600 web 1 $ann
  started 300 web 2 $ann
  shows "VM web (shop of ann, project ann-project), uuid $ann, user ann"
}

@test "a definition older than the kill is the VM's" {
  killed /machine/qemu-1-web.libvirt-qemu qemu-system-x86
  defined -3600 web $ann ann
  shows "VM web (shop of ann, project ann-project), uuid $ann, user ann"
}

@test "of two matching definitions the one older than the kill is used" {
  killed /machine/qemu-8-myvm.libvirt-qemu qemu-system-x86
  defined -3600 'my vm' $ann ann
  defined 300 my_vm $bob bob
  shows "VM my vm (shop of ann, project ann-project), uuid $ann, user ann"
}

@test "the saved details of a kill are not mixed with a new definition" {
  killed /machine/qemu-1-re-used.libvirt-qemu qemu-system-x86
  defined -3600 re-used $ann ann
  run "$plugins/check_oom_kills" --source="$log" --since=1h --rootfs="$root" --procfs=/proc/nowhere -v
  [[ ${lines[1]} == *" VM re-used (shop of ann, project ann-project), uuid $ann, user ann, "* ]]
  defined 300 re-used $bob bob
  run "$plugins/check_oom_kills" --source="$log" --since=1h --rootfs="$root" --procfs=/proc/nowhere -v
  [[ ${lines[1]} == *" VM re-used (shop of ann, project ann-project), uuid $ann, name reused since, "* ]]
  [[ $output != *bob* && $output != *$bob* ]]
}

@test "a Proxmox VMID given to another VM does not give the killed one its name" {
  killed /qemu.slice/101.scope qemu-system-x86
  printf 'name: bobs\nmeta: creation-qemu=8.1.5,ctime=%s\nsmbios1: uuid=%s\n' $((killed_sec + 300)) $bob \
    >"$root/etc/pve/qemu-server/101.conf"
  shows 'VM 101 (proxmox), name reused since'
  printf 'name: anns\nmeta: creation-qemu=8.1.5,ctime=%s\nsmbios1: uuid=%s\n' $((killed_sec - 300)) $ann \
    >"$root/etc/pve/qemu-server/101.conf"
  shows "VM 101 (anns, proxmox), uuid $ann"
  sed -i /^meta/d "$root/etc/pve/qemu-server/101.conf"
  shows 'VM 101 (proxmox), its definition is newer than the kill and was ignored'
  touch -d "@$((killed_sec - 60))" "$root/etc/pve/qemu-server/101.conf"
  shows "VM 101 (anns, proxmox), uuid $ann"
}
