#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# check_mem_pressure on recorded hosts: first line, perfdata, exit code.
bats_require_minimum_version 1.5.0

setup() {
  build=$(cd "${BUILDDIR:-$BATS_TEST_DIRNAME/../../build}" && pwd)
  trees=$(cd "${SRCDIR:-$BATS_TEST_DIRNAME/../..}/tests/data/trees" && pwd)
  check=$build/plugins/check_mem_pressure
  scope='/machine.slice/machine-qemu\x2d1\x2dinstance\x2d0000002a.scope'
  [ -x "$check" ]
}

teardown() {
  # rmdir fails if a test has left a process there.
  if [ -n "${cgroup-}" ]; then
    rmdir "$cgroup/threaded" "$cgroup" || true
  fi
}

# host TREE RC LINE [OPTION...]: expects this first line, without perfdata, on a recorded host.
host() {
  local tree=$1 rc=$2 line=$3
  shift 3
  run -"$rc" "$check" --rootfs="$trees/$tree" "$@"
  [ "${output%% | *}" = "$line" ] || {
    printf 'of %s %s\nexpected: %s\nsaid:     %s\n' "$tree" "$*" "$line" "$output"
    return 1
  }
}

@test "a calm host is OK, with all averages and both counters in perfdata" {
  host laptop 0 'MEM_PRESSURE OK - some 0.12 %, full 0.05 % of the last 60 s stalled for memory'
  [ "${output#* | }" = 'mem_pressure_some_avg10=0.31%;;;0;100 mem_pressure_some_avg60=0.12%;;;0;100 mem_pressure_some_avg300=0.02%;;;0;100 mem_pressure_full_avg10=0.1%;;;0;100 mem_pressure_full_avg60=0.05%;5;20;0;100 mem_pressure_full_avg300=0%;;;0;100 mem_pressure_some_total_usec=1840211c;;;0 mem_pressure_full_total_usec=912044c;;;0' ]
}

@test "the defaults: WARNING above 5 %, CRITICAL above 20 % of full-avg60" {
  host two-node-512g 1 'MEM_PRESSURE WARNING - full-avg60 is 7.31 % (limit 5); some 8.31 %, full 7.31 % of the last 60 s stalled for memory'
  host zram 2 'MEM_PRESSURE CRITICAL - full-avg60 is 21.50 % (limit 20); some 25.00 %, full 21.50 % of the last 60 s stalled for memory'
  host two-node-512g 2 'MEM_PRESSURE CRITICAL - full-avg60 is 7.31 % (limit 7); some 8.31 %, full 7.31 % of the last 60 s stalled for memory' -c full-avg60=7
  host two-node-512g 0 'MEM_PRESSURE OK - some 8.31 %, full 7.31 % of the last 60 s stalled for memory' -w full-avg60=7.31
}

@test "each metric has its own range, and the worst state is reported" {
  host two-node-512g 0 'MEM_PRESSURE OK - some 8.31 %, full 7.31 % of the last 60 s stalled for memory' -w some-avg10=50
  host two-node-512g 1 'MEM_PRESSURE WARNING - some-avg10 is 12.40 % (limit 10), full-avg300 is 2.50 % (limit 2); some 8.31 %, full 7.31 % of the last 60 s stalled for memory' -w some-avg10=10% -w full-avg300=2 -w full-avg10=10
  host two-node-512g 2 'MEM_PRESSURE CRITICAL - some-avg60 is 8.31 % (limit 8); some 8.31 %, full 7.31 % of the last 60 s stalled for memory' -w some-avg10=10 -c some-avg60=8
  host laptop 1 'MEM_PRESSURE WARNING - some-avg300 is 0.02 % (limit @1); some 0.12 %, full 0.05 % of the last 60 s stalled for memory' -w some-avg300=@0:1
  [[ $output == *'mem_pressure_some_avg300=0.02%;@1;;0;100'* ]]
}

@test "--cgroup takes the path of a VM's cgroup, or its directory in /sys" {
  local said='MEM_PRESSURE CRITICAL - in VM instance-0000002a: full-avg60 is 34.20 % (limit 20); some 41.00 %, full 34.20 % of the last 60 s stalled for memory'
  host two-node-512g 2 "$said" --cgroup="$scope"
  host two-node-512g 2 "$said" --cgroup="${scope#/}"
  host two-node-512g 2 "$said" --cgroup="/sys/fs/cgroup$scope"
  host two-node-512g 2 "$said" --cgroup="$trees/two-node-512g/sys/fs/cgroup$scope"
}

@test "on a hybrid host the pressure is read from the unified hierarchy" {
  host hybrid 0 'MEM_PRESSURE OK - in /machine.slice: some 4.00 %, full 2.00 % of the last 60 s stalled for memory' --cgroup=/machine.slice
  host hybrid 0 'MEM_PRESSURE OK - in /sys/fs/cgroup/unified/machine.slice: some 4.00 %, full 2.00 % of the last 60 s stalled for memory' --cgroup=/sys/fs/cgroup/unified/machine.slice
}

@test "a kernel without PSI gets the state of --no-psi, by default UNKNOWN" {
  while read -r rc state option; do
    run -"$rc" "$check" --rootfs="$trees/el6-v1" $option
    [ "$output" = "MEM_PRESSURE $state - memory pressure is not measured: $trees/el6-v1/proc/pressure/memory: No such file or directory. Boot with psi=1 (a kernel from 4.20 on, built with PSI)" ]
  done <<'END'
3 UNKNOWN
3 UNKNOWN --no-psi=unknown
1 WARNING --no-psi=warning
0 OK --no-psi=ok
END
}

# A kernel that was built with PSI but does not run it has the files, and reading them fails with
# EOPNOTSUPP. So does reading cgroup.procs of a threaded cgroup.
@test "a kernel with PSI turned off gets the state of --no-psi" {
  local root=/sys/fs/cgroup
  [ -e $root/cgroup.controllers ] || root=/sys/fs/cgroup/unified
  [ -e $root/cgroup.controllers ] || skip 'no cgroup v2 mounted'
  mkdir "$root/oom-test-$$" 2>/dev/null || skip "cannot make a cgroup in $root"
  cgroup=$root/oom-test-$$
  mkdir "$cgroup/threaded"
  echo threaded >"$cgroup/threaded/cgroup.type"
  mkdir -p "$BATS_TEST_TMPDIR/proc/pressure"
  ln -s "$cgroup/threaded/cgroup.procs" "$BATS_TEST_TMPDIR/proc/pressure/memory"
  run -3 "$check" --rootfs="$BATS_TEST_TMPDIR"
  [ "$output" = "MEM_PRESSURE UNKNOWN - memory pressure is not measured: $BATS_TEST_TMPDIR/proc/pressure/memory: Operation not supported. Boot with psi=1 (a kernel from 4.20 on, built with PSI)" ]
  run -0 "$check" --rootfs="$BATS_TEST_TMPDIR" --no-psi=ok
}

@test "a missing cgroup is UNKNOWN, whatever --no-psi" {
  local unknown=' | mem_pressure_some_avg10=U mem_pressure_some_avg60=U mem_pressure_some_avg300=U mem_pressure_full_avg10=U mem_pressure_full_avg60=U mem_pressure_full_avg300=U mem_pressure_some_total_usec=U mem_pressure_full_total_usec=U'
  run -3 "$check" --rootfs="$trees/two-node-512g" --cgroup=/no.slice --no-psi=ok
  [ "$output" = "MEM_PRESSURE UNKNOWN - cannot read the pressure: $trees/two-node-512g/sys/fs/cgroup/no.slice: no such cgroup$unknown" ]
  run -3 "$check" --rootfs="$trees/el6-v1" --cgroup=/machine --no-psi=ok
  [ "$output" = 'MEM_PRESSURE UNKNOWN - cannot read the pressure: /machine: cgroup v1 has no PSI; boot with systemd.unified_cgroup_hierarchy=1'"$unknown" ]
  run -3 "$check" --rootfs="$trees/laptop/proc" --cgroup=/machine --no-psi=ok
  [ "$output" = 'MEM_PRESSURE UNKNOWN - cannot read the pressure: /sys/fs/cgroup: no cgroup v1 or v2 is mounted there'"$unknown" ]
  run -3 "$check" --rootfs="$trees/two-node-512g" --cgroup= --no-psi=ok
  [ "$output" = 'MEM_PRESSURE UNKNOWN - cannot read the pressure: cgroup: empty path'"$unknown" ]
  # The cgroup exists, but its own PSI is off (cgroup.pressure, 6.1).
  run -1 "$check" --rootfs="$trees/two-node-512g" --cgroup=/system.slice/libvirtd.service --no-psi=warning
  [[ $output == *"memory.pressure: No such file or directory. Boot with psi=1, and write 1 to the cgroup's cgroup.pressure where it is 0" ]]
}

@test "a garbled file is UNKNOWN and named, whatever --no-psi" {
  mkdir -p "$BATS_TEST_TMPDIR/proc/pressure"
  local file=$BATS_TEST_TMPDIR/proc/pressure/memory text
  while IFS= read -r text; do
    printf "$text" >"$file"
    run -3 "$check" --rootfs="$BATS_TEST_TMPDIR" --no-psi=ok
    [[ $output == "MEM_PRESSURE UNKNOWN - cannot read the pressure: $file: "* ]] || {
      printf '%s: %s\n' "$text" "$output"
      return 1
    }
  done <<'END'

garbage\n
some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n
some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0
some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=
some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=-1.00 avg300=0.00 total=0\n
some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=nan avg300=0.00 total=0\n
some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=99999999999.0 avg300=0.00 total=0\n
some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=99999999999999999999\n
END
}

@test "a meaningless option is rejected" {
  while IFS='|' read -r option words; do
    run -3 "$check" $option
    [[ $output == "MEM_PRESSURE UNKNOWN - $words"* ]] || {
      printf '%s: %s\n' "$option" "$output"
      return 1
    }
  done <<'END'
-w 5|--warning: must be METRIC=RANGE, METRIC one of some-avg10
-w full.avg60=5|--warning: must be METRIC=RANGE
-w full-avg6=5|--warning: must be METRIC=RANGE
-w full-avg600=5|--warning: must be METRIC=RANGE
-c full-avg60=|--critical: the range is empty
-c full-avg60=5s|--critical: expected a percentage
--no-psi=critical|--no-psi: must be ok, warning or unknown
END
}

@test "the stall time on this machine agrees with its kernel" {
  [ -r /proc/pressure/memory ] || skip 'no PSI here'
  run "$check"
  [[ $output =~ ^MEM_PRESSURE\ (OK|WARNING|CRITICAL)\ -\  ]]
  before=$(sed -n 's/^some .*total=//p' /proc/pressure/memory)
  run "$check"
  after=$(sed -n 's/^some .*total=//p' /proc/pressure/memory)
  total=$(sed -n 's/.*mem_pressure_some_total_usec=\([0-9]*\)c.*/\1/p' <<<"$output")
  ((before <= total && total <= after))
}
