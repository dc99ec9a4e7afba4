#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# contrib/anonymise: a log without its names is read as before.
bats_require_minimum_version 1.5.0

setup() {
  here=${SRCDIR:-$BATS_TEST_DIRNAME/../..}
  anonymise=$here/contrib/anonymise
  report=${BUILDDIR:-$here/build}/plugins/oom_report
  # shellcheck source=tests/cli/envelopes.bash
  source "$here/tests/cli/envelopes.bash"
  export TZ=UTC NAGIOS_PLUGIN_STATE_DIRECTORY=/proc/none
  root=$BATS_TEST_TMPDIR/root
  mkdir -p "$root/proc/sys/kernel"
  echo reader >"$root/proc/sys/kernel/hostname"
  before=$BATS_TEST_TMPDIR/before after=$BATS_TEST_TMPDIR/after
}

# kills FILE: what oom_report makes of it, with only the shape of each name: letters as "a" and
# "A", digits as "0".
kills() {
  "$report" --format=json --since=all --until=2030-01-01 --rootfs="$root" --source="$1" 2>/dev/null |
    jq 'def shape: if . then gsub("[a-z]"; "a") | gsub("[A-Z]"; "A") | gsub("[0-9]"; "0") else . end;
      .kills[] |= (.comm |= shape | .cgroup |= shape | .limit_cgroup |= shape | .host |= shape
        | (if .invoker then .invoker.comm |= shape else . end)
        | (if .vm then .vm.name |= shape else . end))
      | .assumed_host |= shape | del(.unread_at)'
}

line_lengths() {
  LC_ALL=C awk '{ print length($0) }' "$1"
}

# same_but_for_names NAME...: the log before and after, which has none of these names.
same_but_for_names() {
  local status=0
  touch -r "$before" "$after"
  diff <(kills "$before") <(kills "$after") || return
  diff <(line_lengths "$before") <(line_lengths "$after") || return
  # A short name may be a part of a stand-in; a word of its own it is not.
  printf '%s\n' "$@" >"$BATS_TEST_TMPDIR/names"
  grep -awFf "$BATS_TEST_TMPDIR/names" "$after" || status=$?
  [ "$status" = 1 ]
}

@test "recorded reports are read as before, but for the names" {
  local log
  for log in "$here"/tests/data/kernels/6.1.0-50-cloud-amd64/{a_global,b2_parent_limit,c_memcg_group,d_thread_slash,l_longpath,z_realqemu}.kmsg \
    "$here"/tests/data/kmsg/6.1-hostile-bytes.kmsg "$here"/tests/data/cases/{csv-export,earlyoom-size,journal-verbose,oom-group-headline,shipper-vector-journald,systemd-names-the-scope,talos-dmesg-node,two-records-one-line-012}.log; do
    echo "$log"
    cp -p "$log" "$before"
    "$anonymise" <"$before" >"$after"
    [ "$(wc -c <"$after")" = "$(wc -c <"$before")" ]
    same_but_for_names instance 0000002a 000000a1 nova-compute ovs-vswitchd sshd worker server hv1 n1 192.0.2.11
  done
}

@test "names are found in every form that a program or a person writes" {
  local form
  # shellcheck disable=SC2028 # the escapes are the scope's
  local scope='/machine.slice/machine-qemu\x2d7\x2dinstance\x2d000000a1.scope'
  local sizes='total-vm:9437184kB, anon-rss:8388608kB, file-rss:12288kB, shmem-rss:4kB, UID:107 pgtables:17408kB oom_score_adj:0'
  local history="4 collector invoked oom-killer: gfp_mask=0x140dca(GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO), order=0, oom_score_adj=0
6 oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=emulator,mems_allowed=0,global_oom,task_memcg=$scope,task=qemu-kvm,pid=41207,uid=107
3 Out of memory: Killed process 41207 (qemu-kvm) $sizes"

  while read -r form _; do
    # NULs between the letters.
    [ "$form" != utf16 ] || continue
    render "$before" "$form" 1772600767250000 $'\n' "$history"
    "$anonymise" "$before" >"$after"
    same_but_for_names instance 000000a1 collector hv1 192.0.2.21 || {
      echo "$form"
      return 1
    }
    grep -q 41207 "$after"
  done < <(printf '%s\n' "${written[@]}" "${pasted[@]}" | sort -u -k 1,1)
}

# given: a log of a host, with names of all kinds.
given() {
  cat >"$before" <<'END'
Mar  4 05:06:01 hv7.cloud.acme.example sshd[812]: Accepted publickey for alice from 10.1.2.30 port 22 ssh2
Mar  4 05:06:02 hv7 systemd-logind[511]: New session 5 of user alice.
Mar  4 05:06:03 hv7 kernel: [90000.000000] br0: received packet on eth0 (addr:52:54:00:ab:cd:ef, vlan:0) from fe80::5054:ff:feab:cdef
Mar  4 05:06:04 hv7 kernel: [90001.000000] nginx invoked oom-killer: gfp_mask=0x140dca(GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO), order=0, oom_score_adj=0
Mar  4 05:06:04 hv7 kernel: [90001.000010] CPU: 1 PID: 377 Comm: nginx Not tainted 6.1.0-50-cloud-amd64 #1  Debian 6.1.176-1
Mar  4 05:06:04 hv7 kernel: [90001.000020] [    344]   107   344   591291  2097152 17825792        0             0 qemu-system-x86
Mar  4 05:06:04 hv7 kernel: [90001.000030] [    377]    33   377    51291     1447    28672        0             0 nginx
Mar  4 05:06:04 hv7 kernel: [90001.000040] oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/machine.slice/machine-qemu\x2d7\x2dacme\x2ddb\x2d01.scope/libvirt/emulator,task=qemu-system-x86,pid=344,uid=107
Mar  4 05:06:04 hv7 kernel: [90001.000050] Out of memory: Killed process 344 (qemu-system-x86) total-vm:9437184kB, anon-rss:8388608kB, file-rss:12288kB, shmem-rss:4kB, UID:107 pgtables:17408kB oom_score_adj:0
Mar  4 05:06:05 hv7 libvirtd[99]: domain acme-db-01 6f1c2d3e-1111-2222-3333-444455556666 of alice@acme.example: shut off
END
}

@test "host, VM, process and user names, UUIDs and addresses are gone, what it is about stays" {
  given
  "$anonymise" "$before" >"$after"
  cat "$after"
  same_but_for_names hv7 acme db alice nginx sshd 10.1.2.30 52:54:00:ab:cd:ef fe80::5054:ff:feab:cdef \
    6f1c2d3e-1111-2222-3333-444455556666 6f1c2d3e 1111
  [ "$("$report" --format=json --since=all --rootfs="$root" --source="$after" | jq -r '.kills[].vm.stack')" = libvirt ]
  grep -q 'Killed process 344 (qemu-system-x86) total-vm:9437184kB' "$after"
  grep -qE '^Mar  4 05:06:05 [a-z]{2}7?[0-9]? libvirtd\[99\]: domain [a-z]{4}-[a-z]{2}-01 [0-9a-f]{8}-[0-9]{4}-' "$after"
}

@test "a word has one stand-in in a run, another in the next, and words that begin alike stay so" {
  given
  "$anonymise" "$before" >"$after"
  [ "$(awk '{ print $4 }' "$after" | cut -d. -f1 | sort -u | wc -l)" = 1 ]
  scope=$(grep -oE 'qemu.x2d7.x2d[a-z]+.x2d[a-z]+.x2d01' "$after" | sed 's/qemu.x2d7.x2d//; s/.x2d/-/g')
  grep -q "domain $scope " "$after"
  grep -qE "of [a-z]+@${scope%%-*}[.]" "$after"
  run ! diff -q "$after" <("$anonymise" "$before")
  printf '%s\n' 'Killed process 7 (tracker) total-vm:1kB' 'Killed process 8 (tracked) total-vm:1kB' 'Killed process 9 (tra' >"$before"
  "$anonymise" "$before" >"$after"
  [ "$(sed -n 's/.*(\(...\).*/\1/p' "$after" | sort -u | wc -l)" = 1 ]
  [ "$(sed -n 's/.*(//p' "$after" | sort -u | wc -l)" = 3 ]
}

@test "-w replaces further words, of several files and of standard input" {
  echo 'app: the key of Zanzibar-9 is lost' >"$before"
  run -0 "$anonymise" -w Zanzibar-9 -w lost "$before" "$before"
  [[ ${lines[0]} =~ ^app:\ the\ key\ of\ [A-Z][a-z]{7}-9\ is\ [a-z]{4}$ && $output != *[Zz]anzibar* && $output != *lost* ]]
  [ "${lines[0]}" = "${lines[1]}" ]
  run -0 "$anonymise" -w Zanzibar <"$before"
  [[ $output != *Zanzibar* && $output == *lost ]]
}

@test "line ends stay as they are, and nothing becomes nothing" {
  printf 'Killed process 7 (abc) total-vm:1kB\r\n\nKilled process 8 (abc) total-vm:1kB' >"$before"
  "$anonymise" "$before" >"$after"
  [ "$(tr -d a-z <"$after" | od -c)" = "$(tr -d a-z <"$before" | od -c)" ]
  [ "$("$anonymise" </dev/null | wc -c)" = 0 ]
}

@test "what cannot be read and wrong options are refused" {
  run -2 "$anonymise" "$BATS_TEST_TMPDIR/none"
  [ "$output" = "anonymise: cannot read $BATS_TEST_TMPDIR/none" ]
  run -2 "$anonymise" "$BATS_TEST_TMPDIR"
  run -2 "$anonymise" -x
  [[ $output == *'Usage: anonymise'* ]]
  run -0 "$anonymise" -h
  [[ ${lines[0]} == 'Usage: anonymise'* ]]
}
