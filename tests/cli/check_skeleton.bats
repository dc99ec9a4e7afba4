#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# check_skeleton on recorded and made hosts: command, first line, perfdata, exit code.
bats_require_minimum_version 1.5.0

setup() {
  here=${SRCDIR:-$BATS_TEST_DIRNAME/../..}
  # shellcheck source=tests/cli/said.bash
  source "$here/tests/cli/said.bash"
  check=$(cd "${BUILDDIR:-$here/build}" && pwd)/plugins/check_skeleton
  trees=$(cd "$here/tests/data/trees" && pwd)
  root=$BATS_TEST_TMPDIR/host
  mkdir -p "$root/proc"
}

# swaps TEXT: what the made host has in /proc/swaps, behind the heading.
swaps() {
  printf 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n%s' "$1" >"$root/proc/swaps"
}

@test "the share of all swap that is in use, with its limits in perfdata" {
  says_first 0 'SKELETON OK - 37.5 % of 8.0 GiB swap in use' "$check" --rootfs="$trees/proxmox-zfs"
  perfdata 'skeleton_used=37.500018%;50;80;0;100 skeleton_total=8589930496B;;;0'
  swaps $'/dev/sda2 partition 1048576 0 -2\n/swap\\040file file 3145728 1048576 -3\n'
  says_first 0 'SKELETON OK - 25.0 % of 4.0 GiB swap in use' "$check" --rootfs="$root"
  perfdata 'skeleton_used=25%;50;80;0;100 skeleton_total=4294967296B;;;0'
}

@test "the defaults: WARNING above 50 %, CRITICAL above 80 %" {
  says_first 1 'SKELETON WARNING - 75.0 % of 4.0 GiB swap in use, above 50 %' "$check" --rootfs="$trees/zram"
  swaps $'/dev/sda2 partition 1000000 800000 -2\n'
  says_first 1 'SKELETON WARNING - 80.0 % of 977 MiB swap in use, above 50 %' "$check" --rootfs="$root"
  swaps $'/dev/sda2 partition 1000000 801000 -2\n'
  says_first 2 'SKELETON CRITICAL - 80.1 % of 977 MiB swap in use, above 80 %' "$check" --rootfs="$root"
}

@test "limits that are given replace the defaults" {
  says_first 2 'SKELETON CRITICAL - 37.5 % of 8.0 GiB swap in use, above 30 %' \
    "$check" --rootfs="$trees/proxmox-zfs" -w 20% -c 30
  perfdata 'skeleton_used=37.500018%;20;30;0;100 skeleton_total=8589930496B;;;0'
  says_first 0 'SKELETON OK - 75.0 % of 4.0 GiB swap in use' "$check" --rootfs="$trees/zram" -w 90
}

@test "a host without swap is what --no-swap says" {
  while read -r rc state option; do
    # shellcheck disable=SC2086 # none is no word
    says_first "$rc" "SKELETON $state - no swap" "$check" --rootfs="$trees/6.1-guest-calm" $option
  done <<'END'
0 OK
0 OK --no-swap=ok
1 WARNING --no-swap=warning
2 CRITICAL --no-swap=critical
END
}

@test "a file that is missing, cannot be read or is cut short is UNKNOWN, whatever --no-swap says" {
  says_first 3 "SKELETON UNKNOWN - cannot read the swap: $root/proc/swaps: No such file or directory" \
    "$check" --rootfs="$root" --no-swap=ok
  perfdata 'skeleton_used=U skeleton_total=U'
  mkdir "$root/proc/swaps"
  says_first 3 "SKELETON UNKNOWN - cannot read the swap: $root/proc/swaps: Is a directory" "$check" --rootfs="$root"
  rmdir "$root/proc/swaps"
  for text in '/dev/sda2 partition 1000000 5' $'/dev/sda2 partition\n' $'/dev/sda2 partition 99999999999999999999 0 -2\n'; do
    swaps "$text"
    run -3 "$check" --rootfs="$root" --no-swap=ok
    [[ $output == 'SKELETON UNKNOWN - cannot read the swap: '*'/proc/swaps: '*' | skeleton_used=U skeleton_total=U' ]] || {
      printf '%s: %s\n' "$text" "$output"
      return 1
    }
  done
}

@test "an option that means nothing is refused" {
  while IFS='|' read -r option words; do
    run -3 "$check" "$option"
    [[ $output == "SKELETON UNKNOWN - $words"* ]] || {
      printf '%s: %s\n' "$option" "$output"
      return 1
    }
  done <<'END'
--warning=5s|--warning: expected a percentage
--critical=|--critical: the range is empty
--no-swap=unknown|--no-swap: must be ok, warning or critical
--swap=5|
END
}
