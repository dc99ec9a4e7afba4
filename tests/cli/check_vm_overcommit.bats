#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# check_vm_overcommit on generated and recorded hosts.
bats_require_minimum_version 1.5.0

load vm_host

gib_kb=$((1024 * 1024))

setup() {
  build=$(cd "${BUILDDIR:-$BATS_TEST_DIRNAME/../../build}" && pwd)
  trees=$(cd "${SRCDIR:-$BATS_TEST_DIRNAME/../..}/tests/data/trees" && pwd)
  check=$build/plugins/check_vm_overcommit
  # Without overhead and reserve, for tests of the promised memory alone.
  bare=(--overhead=0 --reserved=0)
  [ -x "$check" ]
}

# put_pool PAGE_KB PAGES: a pool of huge pages, all free.
put_pool() {
  local directory=$host/sys/kernel/mm/hugepages/hugepages-$1kB
  mkdir -p "$directory"
  echo "$2" >"$directory/nr_hugepages"
  echo "$2" >"$directory/free_hugepages"
  echo 0 >"$directory/resv_hugepages"
  echo 0 >"$directory/surplus_hugepages"
}

@test "the promised memory is compared with the RAM" {
  make_host $((64 * gib_kb)) 0
  put_vm 31 web 1000000 0 -m 16384
  put_vm 32 db 1000000 0 -m size=16777216k,slots=4,maxmem=67108864k
  says 0 'VM_OVERCOMMIT OK - 2 VMs configured with 32.4 GiB of 63.5 GiB (ratio 0.51); if every guest touches all of it, 31.1 GiB are left'
  perfdata 'vm_overcommit_ratio=0.509843;1;1.5;0 vm_nova_ratio=0.503937;;;0 vm_promised=34359738368B;;;0;68182605824 vm_overhead=402653184B;;;0 vm_capacity=68182605824B;;;0 vm_short=0B;;;0 vm_untouched=32311738368B;;;0 vms=2;;;0'
  [ "${lines[1]}" = 'host: RAM 64.0 GiB, without reserved 512 MiB' ]
  [ "${lines[2]}" = 'guests: memory 32.0 GiB, overhead 384 MiB; never touched or ballooned away 30.1 GiB; with hotplug up to 80.0 GiB' ]
  [ "${lines[3]}" = 'nova: needs ram_allocation_ratio of at least 0.50, without overhead' ]
  [ "${lines[4]}" = 'VM web: 16.0 GiB, overhead 192 MiB; holds 977 MiB' ]
  [ "${lines[5]}" = 'VM db: 16.0 GiB, with hotplug up to 64.0 GiB, overhead 192 MiB; holds 977 MiB' ]
}

@test "the shortage if all guests use their memory is given in bytes" {
  make_host $((64 * gib_kb)) $((8 * gib_kb))
  for pid in 31 32 33 34 35; do put_vm "$pid" "vm$pid" 1000000 0 -m 16G; done
  says 1 'VM_OVERCOMMIT WARNING - 5 VMs configured with 80.9 GiB of 63.5 GiB (ratio 1.27, above 1); if every guest touches all of it, the host is short of 17.4 GiB'
  [[ ${lines[0]} == *' vm_short=18723373056B;;;0 '* ]]
  says 1 'VM_OVERCOMMIT WARNING - 5 VMs configured with 80.9 GiB of 71.5 GiB (ratio 1.13, above 1); if every guest touches all of it, the host is short of 9.4 GiB' --swap
  says 0 'VM_OVERCOMMIT OK - 5 VMs configured with 80.3 GiB of 71.0 GiB (ratio 1.13); if every guest touches all of it, the host is short of 9.3 GiB' --swap --reserved=1GiB --overhead=0 -w 1.2
  says 2 'VM_OVERCOMMIT CRITICAL - 5 VMs configured with 80.9 GiB of 44.0 GiB (ratio 1.84, above 1.5); if every guest touches all of it, the host is short of 36.9 GiB' --reserved=20GiB
}

@test "swap on zram does not add to the RAM" {
  make_host $((64 * gib_kb)) 0
  printf '/dev/zram0\tpartition\t8388608\t0\t100\n' >>"$host/proc/swaps"
  mkdir -p "$host/sys/block/zram0"
  echo '0 0 0 0 0 0 0 0 0' >"$host/sys/block/zram0/mm_stat"
  put_vm 31 web 1000000 0 -m 64G
  says 1 'VM_OVERCOMMIT WARNING - 1 VM configured with 64.2 GiB of 64.0 GiB (ratio 1.00, above 1); if every guest touches all of it, the host is short of 256 MiB' --swap "${bare[@]}"
}

@test "guests in huge pages are compared with their pool, not with the RAM" {
  make_host $((1024 * gib_kb)) 0
  put_pool $gib_kb 896
  huge_kb=$((512 * gib_kb)) put_vm 31 db 100 0 -m 512G -mem-path /dev/hugepages1G/libvirt/qemu/1-db
  put_vm 32 web 1000000 0 -m 16G
  says 0 'VM_OVERCOMMIT OK - 2 VMs configured with 16.1 GiB of 128 GiB (ratio 0.13); if every guest touches all of it, 112 GiB are left; in huge pages 512 GiB of 896 GiB' "${bare[@]}"
  [[ ${lines[0]} == *' vm_hugepages_promised=549755813888B;;;0;962072674304 '* ]]
  [ "${lines[1]}" = 'host: RAM 1.0 TiB, without huge pages 896 GiB, without reserved 0 B' ]
  grep -Fx 'VM db: 512 GiB, in huge pages 512 GiB, overhead 0 B; holds 512 GiB' <<<"$output"
  # The pool was reduced below what its guests hold.
  put_pool $gib_kb 400
  run -1 "$check" --rootfs="$host" "${bare[@]}"
  run -1 "$check" --rootfs="$host" "${bare[@]}" -w 2 -c 3
  run -2 "$check" --rootfs="$host" "${bare[@]}" -c 1.2
}

@test "a fully used pool is OK, and a host without a pool has no limits on one" {
  make_host $((1024 * gib_kb)) 0
  put_pool $gib_kb 896
  huge_kb=$((896 * gib_kb)) put_vm 31 db 100 0 -m 896G -mem-path /dev/hugepages1G/libvirt/qemu/1-db
  put_vm 32 web 1000000 0 -m 16G
  says 0 'VM_OVERCOMMIT OK - 2 VMs configured with 16.1 GiB of 128 GiB (ratio 0.13); if every guest touches all of it, 112 GiB are left; in huge pages 896 GiB of 896 GiB' "${bare[@]}" -w 0.8 -c 0.9
  make_host $((64 * gib_kb)) 0
  put_vm 32 web 1000000 0 -m 16G
  run -0 "$check" --rootfs="$host" "${bare[@]}" -w 0.1:0.8
  run -1 "$check" --rootfs="$host" "${bare[@]}" -w 0.5:0.8
}

@test "huge pages in use are detected whatever the path of the memory" {
  make_host $((1024 * gib_kb)) 0
  put_pool $gib_kb 896
  huge_kb=$((512 * gib_kb)) put_vm 31 db 100 0 -m 512G -object memory-backend-file,id=m,size=512G,mem-path=/mnt/pages1g -numa node,memdev=m
  says 0 'VM_OVERCOMMIT OK - 1 VM configured with 100 KiB of 128 GiB (ratio 0.00); if every guest touches all of it, 128 GiB are left; in huge pages 512 GiB of 896 GiB' "${bare[@]}"
}

@test "sums of very large sizes do not overflow" {
  make_host $((64 * gib_kb)) 0
  for pid in {31..46}; do put_vm "$pid" "vm$pid" 0 0 -m 1E; done
  says 2 'VM_OVERCOMMIT CRITICAL - 16 VMs configured with 16.1 PiB of 64.0 GiB (ratio 263168.00, above 1.5); if every guest touches all of it, the host is short of 16.1 PiB' "${bare[@]}"
}

@test "a path that merely contains the word huge is ordinary memory" {
  make_host $((64 * gib_kb)) 0
  put_vm 31 web 1000000 0 -m 16G -mem-path /srv/huge/web.ram
  says 0 'VM_OVERCOMMIT OK - 1 VM configured with 16.1 GiB of 64.0 GiB (ratio 0.25); if every guest touches all of it, 47.9 GiB are left' "${bare[@]}"
}

@test "a VM without a size on its command line counts by its cgroup's limit or its current use" {
  make_host $((64 * gib_kb)) 0
  put 50 firecracker /firecracker/fc-1 2097152 0 /firecracker --id fc-1
  put_cgroup /firecracker/fc-1 50 2147483648 4294967296
  says 0 'VM_OVERCOMMIT OK - 1 VM configured with 4.0 GiB of 63.5 GiB (ratio 0.06); if every guest touches all of it, 59.5 GiB are left'
  grep -Fx "VM fc-1: 4.0 GiB by its cgroup's limit, overhead 0 B; holds 2.0 GiB" <<<"$output"
  put_cgroup /firecracker/fc-1 50 2147483648 max
  says 0 'VM_OVERCOMMIT OK - 1 VM configured with 2.0 GiB of 63.5 GiB (ratio 0.03); if every guest touches all of it, 61.5 GiB are left; 1 VM counted by current use'
  grep -Fx 'VM fc-1: 2.0 GiB in use, configured size unknown, overhead 0 B; holds 2.0 GiB' <<<"$output"
}

@test "a cgroup's limit includes huge pages only if its accounting does" {
  make_host $((64 * gib_kb)) 0
  put_pool 524288 64
  huge_kb=$((4 * gib_kb)) put 50 firecracker /firecracker/fc-1 1048576 0 /firecracker --id fc-1
  put_cgroup /firecracker/fc-1 50 5368709120 8589934592
  local stat=$host/sys/fs/cgroup/firecracker/fc-1/memory.stat
  # limit PROMISED RATIO LEFT: expects these for the VM with a limit of 8 GiB.
  limit() {
    says 0 "VM_OVERCOMMIT OK - 1 VM configured with $1 of 32.0 GiB (ratio $2); if every guest touches all of it, $3 are left; in huge pages 4.0 GiB of 32.0 GiB" "${bare[@]}"
    [[ ${lines[0]} == *" vm_hugepages_promised=4294967296B;;;0;34359738368 "* ]]
  }
  limit '8.0 GiB' 0.25 '24.0 GiB'
  grep -Fx "VM fc-1: 12.0 GiB by its cgroup's limit, in huge pages 4.0 GiB, overhead 0 B; holds 5.0 GiB" <<<"$output"
  # Only the mount option is set: Linux 6.7 to 6.12.
  echo 'cgroup2 /sys/fs/cgroup cgroup2 rw,memory_hugetlb_accounting 0 0' >"$host/proc/mounts"
  limit '4.0 GiB' 0.12 '28.0 GiB'
  grep -Fx "VM fc-1: 8.0 GiB by its cgroup's limit, in huge pages 4.0 GiB, overhead 0 B; holds 5.0 GiB" <<<"$output"
  # The hugetlb line of the cgroup takes precedence: all pages, or none if they were allocated
  # before the option was set.
  printf 'active_file 0\ninactive_file 0\nhugetlb 4294967296\n' >"$stat"
  limit '4.0 GiB' 0.12 '28.0 GiB'
  sed -i 's/^hugetlb.*/hugetlb 0/' "$stat"
  limit '8.0 GiB' 0.25 '24.0 GiB'
  sed -i 's/^hugetlb.*/hugetlb 4294967296/' "$stat"
  rm "$host/proc/mounts"
  limit '4.0 GiB' 0.12 '28.0 GiB'
  # The limit was lowered below the current use.
  echo 4096 >"$host/sys/fs/cgroup/firecracker/fc-1/memory.max"
  limit '1.0 GiB' 0.03 '31.0 GiB'
}

@test "an unreadable mount table is UNKNOWN if the host has huge pages" {
  make_host $((64 * gib_kb)) 0
  put 50 firecracker /firecracker/fc-1 1048576 0 /firecracker --id fc-1
  put_cgroup /firecracker/fc-1 50 5368709120 8589934592
  mkdir "$host/proc/mounts"
  run -0 "$check" --rootfs="$host"
  put_pool 524288 64
  says 3 "VM_OVERCOMMIT UNKNOWN - cannot determine configured guest memory: $host/proc/mounts: Is a directory"
}

@test "a guest that holds more than its configured size counts by what it holds" {
  make_host $((64 * gib_kb)) 0
  put_vm 31 grown $((12 * gib_kb)) 0 -m 8G
  says 0 'VM_OVERCOMMIT OK - 1 VM configured with 12.0 GiB of 64.0 GiB (ratio 0.19); if every guest touches all of it, 52.0 GiB are left' "${bare[@]}"
}

@test "memory saved by KSM is listed and not subtracted" {
  local without
  make_host $((64 * gib_kb)) 0
  put_vm 31 web 1000000 0 -m 8G
  run -0 "$check" --rootfs="$host"
  without=${lines[0]}
  mkdir -p "$host/sys/kernel/mm/ksm"
  echo 1000 >"$host/sys/kernel/mm/ksm/pages_shared"
  echo 262144 >"$host/sys/kernel/mm/ksm/pages_sharing"
  run -0 "$check" --rootfs="$host"
  grep -Fx 'KSM saves 1.0 GiB, until guests write to the shared pages' <<<"$output"
  [[ ${lines[0]} == *' ksm_saved=1073741824B;;;0 '* ]]
  [ "${lines[0]/ ksm_saved=1073741824B;;;0/}" = "$without" ]
}

@test "a host without VMs is OK, with hidden processes or no memory left UNKNOWN" {
  make_host $((64 * gib_kb)) 0
  says 0 'VM_OVERCOMMIT OK - no VMs; the host has 63.5 GiB for guests'
  says 3 'VM_OVERCOMMIT UNKNOWN - no memory left for guests: huge pages and --reserved use all of the RAM' --reserved=64GiB
  rm -r "$host/proc/1"
  run -3 "$check" --rootfs="$host"
  [[ ${lines[0]} == 'VM_OVERCOMMIT UNKNOWN - cannot determine configured guest memory: /proc is mounted with hidepid, which hides '* ]]
}

@test "the command lines of a recorded guest are understood" {
  host=$trees/6.1-guest-starved
  says 2 'VM_OVERCOMMIT CRITICAL - 2 VMs configured with 8.3 GiB of 199 MiB (ratio 42.86, above 1.5); if every guest touches all of it, the host is short of 8.1 GiB' --reserved=0
}

@test "a ratio with a unit is rejected" {
  for option in --warning=150% --critical=4GiB; do
    run "$check" "$option"
    echo "$output"
    [ "$status" = 3 ]
    [ "$output" = "VM_OVERCOMMIT UNKNOWN - ${option%=*}: expected a number without a unit (see --help)" ]
  done
}

@test "a hostile name stays on one line" {
  make_host $((64 * gib_kb)) 0
  put_vm 31 web 1000000 0 -name $'guest=a|b\nOK' -m 1G
  run -0 "$check" --rootfs="$host"
  grep -Fx 'VM a\x7cb\x0aOK: 1.0 GiB, overhead 132 MiB; holds 977 MiB' <<<"$output"
}

@test "the CheckCommands of both VM checks have every option" {
  conf=${SRCDIR:-$BATS_TEST_DIRNAME/../..}/contrib/icinga2/vm-command.conf
  for name in vm_oom_score vm_overcommit; do
    run -3 "$build/plugins/check_$name" --help
    diff <(sed -n "/^object CheckCommand \"$name\"/,/^}/p" "$conf" | grep -o '^		"--[a-z-]*' | tr -d '\t"' | sort) \
      <(grep -oE '^ +(-[A-Za-z], )?--[a-z-]+' <<<"$output" | grep -oE -- '--[a-z-]+' |
        grep -vxe --help -e --version | sort -u)
  done
}
