#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# check_mem_available on recorded hosts: command, first line, exit code.
bats_require_minimum_version 1.5.0
load said

setup() {
  build=$(cd "${BUILDDIR:-$BATS_TEST_DIRNAME/../../build}" && pwd)
  trees=$(cd "${SRCDIR:-$BATS_TEST_DIRNAME/../..}/tests/data/trees" && pwd)
  check=$build/plugins/check_mem_available
  [ -x "$check" ]
}

# host TREE RC LINE [OPTION...]: expects this first line, without perfdata, on a recorded host.
host() {
  local tree=$1 rc=$2 line=$3
  shift 3
  says_first "$rc" "$line" "$check" --rootfs="$trees/$tree" "$@"
}

# copy TREE: a copy in $copy that the test may change.
copy() {
  copy=$BATS_TEST_TMPDIR/tree
  rm -rf "$copy"
  cp -r "$trees/$1" "$copy"
  chmod -R u+w "$copy"
}

@test "80 % used of 512 GiB is OK for the host and CRITICAL for a full node" {
  host two-node-512g 0 'MEM_AVAILABLE OK - 102 GiB (20.3 %) available of 503 GiB'
  perfdata 'mem_available=109951162368B;8589934592:;4294967296:;0;540475916288 mem_available_percent=20.343397%;;;0;100'
  host two-node-512g 2 'MEM_AVAILABLE CRITICAL - 3.9 GiB (1.6 %) available of 252 GiB on node 1 (estimated), below 5 % and 4 GiB; largest VM instance-0000002a holds 150 GiB' --per-node
  perfdata 'mem_available=109951162368B;;;0;540475916288 mem_available_percent=20.343397%;;;0;100 mem_available_node0=107367968768B;8589934592:;4294967296:;0;270237958144 mem_available_node1=4192743424B;8589934592:;4294967296:;0;270237958144'
}

@test "the long output lists what holds the memory, one per line" {
  host two-node-512g 2 'MEM_AVAILABLE CRITICAL - 3.9 GiB (1.6 %) available of 252 GiB on node 1 (estimated), below 5 % and 4 GiB; largest VM instance-0000002a holds 150 GiB' --per-node
  [ "${lines[1]}" = '100 GiB (39.7 %) available of 252 GiB on node 0 (estimated)' ]
  [ "${lines[2]}" = '3.9 GiB (1.6 %) available of 252 GiB on node 1 (estimated)' ]
  [ "${lines[3]}" = 'RAM 503 GiB: free 91.0 GiB, anonymous 379 GiB, buffers 200 MiB, page cache 16.0 GiB, of which shared memory 1.0 GiB, slab 5.0 GiB, of which reclaimable 2.0 GiB, page tables 1.0 GiB, KVM'"'"'s page tables 256 MiB, kernel stacks 64.0 MiB, per-CPU 512 MiB, huge pages 0 B, hardware corrupted 4 KiB, committed 440 GiB' ]
  [ "${lines[4]}" = 'VM instance-0000002a: 150 GiB' ]
  [ "${lines[5]}" = 'VM web-01: 130 GiB' ]
  [ "${lines[6]}" = 'VM instance-00000031: 98.0 GiB, of which in swap 2.0 GiB' ]
  # The QEMU process of a VM that was listed by its cgroup is not listed again.
  [[ $output != *'qemu-kvm[3001]'* ]]
  grep -Fx 'process evil) \x7cx\x1b[31m[3051]: 5.0 GiB, of which in swap 1.0 GiB' <<<"$output"
}

@test "on a host that is OK only meminfo is read" {
  copy two-node-512g
  rm -r "$copy"/proc/[1-9]* "$copy/proc/zoneinfo" "$copy/sys"
  run -0 "$check" --rootfs="$copy"
  [ "${#lines[@]}" = 1 ]
}

@test "a pool of 896 GiB in huge pages does not count as used" {
  host hugepages-1t 0 'MEM_AVAILABLE OK - 64.0 GiB (57.5 %) available of 111 GiB'
  host hugepages-1t 0 'MEM_AVAILABLE OK - 112 GiB (11.1 %) available of 1007 GiB' --include-hugepages
  host hugepages-1t 0 'MEM_AVAILABLE OK - 31.4 GiB (56.3 %) available of 55.7 GiB on node 0 (estimated)' --per-node
}

@test "reserved huge pages are not available, and a node may have fewer than the host" {
  host hugepages-1t 0 'MEM_AVAILABLE OK - 48.0 GiB (5.4 %) available of 896 GiB in huge pages' --hugepages
  perfdata 'hugepages_available=51539607552B;;;0;962072674304 hugepages_available_percent=5.357143%;;;0;100'
  host hugepages-1t 0 'MEM_AVAILABLE OK - 48.0 GiB (5.4 %) available of 896 GiB in huge pages of 1.0 GiB' --hugepages=1GiB -w 16GiB:
  host hugepages-1t 2 'MEM_AVAILABLE CRITICAL - 4.0 GiB (0.9 %) available of 448 GiB in huge pages of 1.0 GiB on node 1, below 16 GiB; largest VM db holds 512 GiB in huge pages' --hugepages=1GiB --per-node -c 16GiB:
  perfdata 'hugepages_available=51539607552B;;;0;962072674304 hugepages_available_percent=5.357143%;;;0;100 hugepages_available_node0=51539607552B;;17179869184:;0;481036337152 hugepages_available_node1=4294967296B;;17179869184:;0;481036337152'
  grep -Fx 'VM db: 2.0 GiB, plus huge pages 512 GiB' <<<"$output"
  host hugepages-1t 3 'MEM_AVAILABLE UNKNOWN - cannot determine available memory: no huge pages of 2.0 MiB are configured, only of 1.0 GiB' --hugepages=2MiB -w 1GiB:
  host laptop 3 'MEM_AVAILABLE UNKNOWN - cannot determine available memory: no huge pages are configured' --hugepages
}

@test "with pools of two sizes the reserved pages of each are subtracted from that pool" {
  copy hugepages-1t
  local pool=$copy/sys/kernel/mm/hugepages/hugepages-2048kB
  local node=$copy/sys/devices/system/node/node1/hugepages/hugepages-2048kB
  for file in nr free resv; do echo 10240 >"$pool/${file}_hugepages"; done
  for file in nr free; do echo 10240 >"$node/${file}_hugepages"; done
  run -2 "$check" --rootfs="$copy" --hugepages --per-node -c 16GiB:
  [[ ${lines[0]} == 'MEM_AVAILABLE CRITICAL - 4.0 GiB (0.9 %) available of 468 GiB in huge pages on node 1, below 16 GiB; '* ]]
  # 31.4 GiB of ordinary memory and all 48 GiB of the host: reserved pages belong to no node.
  run -0 "$check" --rootfs="$copy" --include-hugepages --per-node -v
  [ "${lines[1]}" = '79.4 GiB (15.8 %) available of 504 GiB on node 0 (estimated)' ]
}

# The tree is hugepages-1t with the page sizes of an arm64 kernel (64 KiB pages), two VMs, and
# cgroup2 as systemd 259 mounts it: memory.current includes huge pages. db holds 512 GiB in pages of
# 16 GiB and 2 GiB of other memory, web 24 GiB in pages of 512 MiB and 60 GiB of other memory.
accounting=arm64-hugetlb-accounting
db='sys/fs/cgroup/machine.slice/machine-qemu\x2d3\x2ddb.scope'

@test "any size of huge pages is accepted" {
  host $accounting 0 'MEM_AVAILABLE OK - 134 GiB (19.9 %) available of 672 GiB in huge pages' --hugepages
  perfdata 'hugepages_available=143881404416B;;;0;721554505728 hugepages_available_percent=19.940476%;;;0;100'
  grep -Fx '128 GiB (20.0 %) available of 640 GiB in huge pages of 16.0 GiB' <<<"$output"
  grep -Fx '6.0 GiB (18.8 %) available of 32.0 GiB in huge pages of 512 MiB' <<<"$output"
  host $accounting 2 'MEM_AVAILABLE CRITICAL - 6.0 GiB (18.8 %) available of 32.0 GiB in huge pages of 512 MiB, below 8 GiB; largest VM db holds 512 GiB in huge pages' --hugepages=512MiB -c 8GiB:
  host $accounting 3 'MEM_AVAILABLE UNKNOWN - cannot determine available memory: no huge pages of 2.0 MiB are configured, only of 512 MiB, 16.0 GiB' --hugepages=2MiB -w 1GiB:
  copy $accounting
  local page_kb
  for page_kb in 64 1024 8192 32768; do # arm64, s390, perhaps riscv later, arm64
    mv "$copy"/sys/kernel/mm/hugepages/hugepages-524288kB "$copy/sys/kernel/mm/hugepages/hugepages-${page_kb}kB"
    run -0 "$check" --rootfs="$copy" --hugepages="${page_kb}KiB"
    [ "${lines[0]}" = "${lines[0]#*UNKNOWN}" ]
    mv "$copy/sys/kernel/mm/hugepages/hugepages-${page_kb}kB" "$copy"/sys/kernel/mm/hugepages/hugepages-524288kB
  done
}

# holds MEMORY HUGE LARGEST: expects these sizes for db; the host is the same in all cases below.
holds() {
  run -1 "$check" --rootfs="$copy"
  echo "$output"
  [ "${lines[0]%% |*}" = "MEM_AVAILABLE WARNING - 6.0 GiB (1.8 %) available of 335 GiB, below 10 % and 8 GiB; largest VM $3" ]
  perfdata 'mem_available=6442450944B;8589934592:;4294967296:;0;360094629888 mem_available_percent=1.789099%;;;0;100'
  grep -Fx "VM db: $1, plus huge pages $2" <<<"$output"
}

@test "huge pages in a VM's memory.current are listed separately and do not affect its rank" {
  copy $accounting
  holds '2.0 GiB' '512 GiB' 'web holds 60.0 GiB'
  # The hugetlb controller counts the same pages again.
  echo 549755813888 >"$copy/$db/hugetlb.16GB.current"
  echo 274877906944 >"$copy/$db/hugetlb.16GB.rsvd.current"
  holds '2.0 GiB' '512 GiB' 'web holds 60.0 GiB'
  # memory.current before systemd 259.
  rm "$copy/$db/hugetlb.16GB.rsvd.current" "$copy/proc/mounts"
  sed -i /hugetlb/d "$copy"/sys/fs/cgroup/machine.slice/*/memory.stat
  echo 2147483648 >"$copy/$db/memory.current"
  echo $((60 << 30)) >"$copy"/sys/fs/cgroup/machine.slice/*web.scope/memory.current
  holds '2.0 GiB' '512 GiB' 'web holds 60.0 GiB'
  # Without the controller too, as systemd and libvirt leave it.
  rm "$copy/$db/hugetlb.16GB.current"
  holds '2.0 GiB' '512 GiB' 'web holds 60.0 GiB'
}

@test "huge pages are counted by memory.stat of the cgroup, or else by the mount option" {
  # Linux 6.7 to 6.12: no line in memory.stat. The controller or the process gives the number.
  copy $accounting
  sed -i /hugetlb/d "$copy"/sys/fs/cgroup/machine.slice/*/memory.stat
  holds '2.0 GiB' '512 GiB' 'web holds 60.0 GiB'
  echo 549755813888 >"$copy/$db/hugetlb.16GB.current"
  sed -i '/^HugetlbPages/s/[0-9].*/0 kB/' "$copy/proc/3003/status"
  holds '2.0 GiB' '512 GiB' 'web holds 60.0 GiB'
  # A mount table without cgroup2, as in a container.
  copy $accounting
  sed -i /cgroup2/d "$copy/proc/mounts"
  holds '2.0 GiB' '512 GiB' 'web holds 60.0 GiB'
  # The option was set after the VM had allocated its huge pages: memory.current has none of them.
  copy $accounting
  sed -i 's/^hugetlb .*/hugetlb 0/' "$copy/$db/memory.stat"
  holds '514 GiB' '512 GiB' 'db holds 514 GiB'
}

@test "if a VM's huge pages cannot be read, that is reported and no VM is named as the largest" {
  copy $accounting
  echo much >"$copy/$db/hugetlb.16GB.current"
  run -1 "$check" --rootfs="$copy"
  [[ ${lines[0]} == 'MEM_AVAILABLE WARNING - 6.0 GiB (1.8 %) available of 335 GiB, below 10 % and 8 GiB | '* ]]
  [[ $output == *"VM memory is only partly counted: $copy/$db/hugetlb.16GB.current: "* ]]
  [[ $output == *$'\nVM db: '* ]]
}

@test "if the cgroups cannot be walked, each VM is listed once, by its process" {
  copy $accounting
  mkdir -p "$copy"/sys/fs/cgroup/a/b/c/d/e
  run -1 bash -c 'exec 3>&- 4>&-; ulimit -n 8; exec "$0" "$@"' "$check" --rootfs="$copy" --vm-cgroup=/a/b/c/d/e
  [[ ${lines[0]} == *'; largest VM web holds 60.0 GiB | '* ]]
  grep -Fx 'VM web[3004]: 60.0 GiB, plus huge pages 24.0 GiB' <<<"$output"
  [ "$(grep -c '^VM ' <<<"$output")" = 2 ]
  [[ $output == *"VMs were found only by their processes: $copy/sys/fs/cgroup/a/b/"*": Too many open files"* ]]
}

@test "a node without huge pages has not run out of them" {
  copy hugepages-1t
  for file in nr free; do echo 0 >"$copy/sys/devices/system/node/node1/hugepages/hugepages-1048576kB/${file}_hugepages"; done
  run -0 "$check" --rootfs="$copy" --hugepages=1GiB --per-node -w 16GiB:
  [[ ${lines[0]} == 'MEM_AVAILABLE OK - 48.0 GiB (10.7 %) available of 448 GiB in huge pages of 1.0 GiB on node 0 | '* ]]
  [[ ${lines[0]} != *node1* ]]
}

@test "the ZFS cache counts as used unless --zfs-arc=evictable" {
  host proxmox-zfs 1 'MEM_AVAILABLE WARNING - 6.0 GiB (4.8 %) available of 126 GiB, below 10 % and 8 GiB, swap 3.0 GiB of 8.0 GiB used; largest VM 102 holds 24.0 GiB'
  grep -Fx 'ZFS cache 61.5 GiB, reclaimable 57.5 GiB' <<<"$output"
  grep -Fx 'KSM saves 3.0 GiB, until guests write to the shared pages' <<<"$output"
  grep -Fx 'VM 101: 16.5 GiB, of which in swap 512 MiB' <<<"$output"
  host proxmox-zfs 0 'MEM_AVAILABLE OK - 63.5 GiB (50.5 %) available of 126 GiB, swap 3.0 GiB of 8.0 GiB used' --zfs-arc=evictable
  host proxmox-zfs 1 'MEM_AVAILABLE WARNING - 6.0 GiB (4.8 %) available of 126 GiB, below 10 % and 8 GiB, swap 3.0 GiB of 8.0 GiB used; largest VM 102 holds 24.0 GiB' --zfs-arc=evictable --zfs-arc=ignore
  host laptop 0 'MEM_AVAILABLE OK - 6.2 GiB (40.4 %) available of 15.5 GiB, swap 256 MiB of 8.0 GiB used' --zfs-arc=evictable
  run -3 "$check" --zfs-arc=evictable --per-node
  [[ ${lines[0]} == 'MEM_AVAILABLE UNKNOWN - --zfs-arc=evictable cannot be combined with --per-node'* ]]
}

@test "--reserved is subtracted from the available and the total memory" {
  host memoryless-node 0 'MEM_AVAILABLE OK - 40.0 GiB (63.7 %) available of 62.8 GiB'
  host memoryless-node 0 'MEM_AVAILABLE OK - 36.0 GiB (61.2 %) available of 58.8 GiB' --reserved=4GiB
  host memoryless-node 2 'MEM_AVAILABLE CRITICAL - 0 B (0.0 %) available of 12.8 GiB, below 5 % and 4 GiB' --reserved=50GiB
  host memoryless-node 3 'MEM_AVAILABLE UNKNOWN - no memory left to check' --reserved=70GiB
}

@test "a node without memory has not run out of it" {
  host memoryless-node 0 'MEM_AVAILABLE OK - 40.5 GiB (64.5 %) available of 62.8 GiB on node 1 (estimated)' --per-node
  perfdata 'mem_available=42949672960B;;;0;67423436800 mem_available_percent=63.7014%;;;0;100 mem_available_node1=43492507648B;6742343680:;3371171840:;0;67423436800'
}

# CXL memory, to which the kernel demotes cold pages, is full by design.
@test "a node without CPUs is listed, and judged only with --per-node=all" {
  copy two-node-512g
  local nodes=$copy/sys/devices/system/node
  sed 's/^Node 1/Node 2/' "$nodes/node1/meminfo" >"$BATS_TEST_TMPDIR/meminfo"
  mkdir "$nodes/node2"
  mv "$BATS_TEST_TMPDIR/meminfo" "$nodes/node2/meminfo"
  cp "$nodes/node0/meminfo" "$nodes/node1/meminfo"
  sed -i 's/^Node 0/Node 1/' "$nodes/node1/meminfo"
  sed -n '/^Node 1/,$p' "$copy/proc/zoneinfo" | sed 's/^Node 1/Node 2/' >"$BATS_TEST_TMPDIR/zones"
  cat "$BATS_TEST_TMPDIR/zones" >>"$copy/proc/zoneinfo"
  echo 0-1 >"$nodes/has_cpu"
  run -0 "$check" --rootfs="$copy" --per-node
  [[ ${lines[0]} == 'MEM_AVAILABLE OK - '*' on node '[01]' (estimated) | '* ]]
  [[ ${lines[0]} == *' mem_available_node2=4192743424B;;;0;270237958144' ]]
  [ "${lines[3]}" = '3.9 GiB (1.6 %) available of 252 GiB on node 2 (estimated), not checked: it has no CPU' ]
  run -2 "$check" --rootfs="$copy" --per-node=all
  [[ ${lines[0]} == *' on node 2 (estimated)'* ]]
  # An old kernel, or a /sys without has_cpu.
  rm "$nodes/has_cpu"
  run -2 "$check" --rootfs="$copy" --per-node
  echo 0,2-3 >"$nodes/has_cpu"
  run -2 "$check" --rootfs="$copy" --per-node
  run -3 "$check" --per-node=some
}

@test "swap on zram and swap on disk are reported separately" {
  host zram 0 'MEM_AVAILABLE OK - 1.1 GiB (15.0 %) available of 7.7 GiB, zram holds 3.0 GiB in 800 MiB'
  perfdata 'mem_available=1233117184B;821966438:;410983219:;0;8219664384 mem_available_percent=15.002038%;;;0;100 zram_used=3221225472B;;;0;4294963200 zram_memory=838860800B;;;0'
  host laptop 0 'MEM_AVAILABLE OK - 6.2 GiB (40.4 %) available of 15.5 GiB, swap 256 MiB of 8.0 GiB used'
  perfdata 'mem_available=6700244992B;1659055308:;829527654:;0;16590553088 mem_available_percent=40.385905%;;;0;100 swap_used=268435456B;;;0;8589930496'
}

@test "a zram device without statistics is reported, with an unknown size" {
  copy zram
  rm -r "$copy/sys/block"
  run -0 "$check" --rootfs="$copy"
  [[ ${lines[0]} == 'MEM_AVAILABLE OK - 1.1 GiB (15.0 %) available of 7.7 GiB, zram holds 3.0 GiB | '*' zram_used=3221225472B;;;0;4294963200 zram_memory=U;;;0' ]]
}

@test "contradictory options are rejected" {
  local option
  for option in --reserved=1GiB --include-hugepages --zfs-arc=evictable; do
    host hugepages-1t 3 'MEM_AVAILABLE UNKNOWN - --hugepages cannot be combined with --include-hugepages, --reserved or --zfs-arc=evictable' --hugepages $option
  done
  run -0 "$check" --rootfs="$trees/hugepages-1t" --hugepages --reserved=0 --zfs-arc=ignore
}

@test "without MemAvailable the value is estimated and marked as estimated" {
  host el6-v1 0 'MEM_AVAILABLE OK - 5.0 GiB (16.0 %) available of 31.3 GiB (estimated)' -v
  grep -Fx 'VM db01: 12.0 GiB' <<<"$output"
  grep -Fx 'VM web02: 8.0 GiB' <<<"$output"
  grep -Fx 'process java[2100]: 3.0 GiB' <<<"$output"
}

@test "VMs are found in the v1 hierarchy of a hybrid host" {
  host hybrid 1 'MEM_AVAILABLE WARNING - 3.2 GiB (5.1 %) available of 62.8 GiB, below 10 % and 8 GiB; largest VM mail holds 48.0 GiB'
}

@test "a VM outside of any VM cgroup is found by its process" {
  host zram 0 'MEM_AVAILABLE OK - 1.1 GiB (15.0 %) available of 7.7 GiB, zram holds 3.0 GiB in 800 MiB' -v
  grep -Fx 'VM qemu-system-x86[300]: 5.0 GiB, of which in swap 1.0 GiB' <<<"$output"
}

@test "recorded nodes: a starved guest is CRITICAL, a calm one OK" {
  host 6.1-guest-calm 0 'MEM_AVAILABLE OK - 27.9 MiB (26.2 %) available of 106 MiB on node 1 (estimated)' --per-node
  host 6.1-guest-starved 2 'MEM_AVAILABLE CRITICAL - 2.0 MiB (2.2 %) available of 92.9 MiB on node 0 (estimated), below 5 % and 4 GiB; largest VM instance-0000002a holds 64.1 MiB' --per-node
}

# 102 GiB or 20.3 % are available.
@test "ranges joined by a comma must both match, repeated options alert on either" {
  while read -r rc options; do
    run -"$rc" "$check" --rootfs="$trees/two-node-512g" $options
  done <<'END'
0 -w 10%: -c 5%:
1 -w 30%: -c 5%:
0 -w 30%:,64GiB: -c 5%:
1 -w 30%:,128GiB: -c 5%:
0 -w 10%:,128GiB: -c 5%:
1 -w 128GiB:,30%: -c 5%:
1 -w 10%: -w 128GiB: -c 5%:
1 -w 30%: -w 64GiB: -c 5%:
0 -w 10%: -w 64GiB: -c 5%:
1 -w 10%: -w 30%:,128GiB: -c 5%:
2 -w 30%: -c 1GiB: -c 25%:
1 -w @0:30% -c 5%:
0 -w @50%:100% -c 5%:
1 -w 10:20% -c 5%:
1 -w ~:64GB -c 5%:
0 -w ~:150GB -c 5%:
END
}

@test "perfdata has the limits in bytes if one range can express them" {
  while IFS='|' read -r options limits; do
    run "$check" --rootfs="$trees/two-node-512g" $options
    [[ ${lines[0]} == *" | mem_available=109951162368B;$limits;0;540475916288 "* ]] || {
      printf '%s: expected %s\n%s\n' "$options" "$limits" "${lines[0]}"
      return 1
    }
  done <<'END'
-w 10%: -c 5%:|54047591628:;27023795814:
-w 10%: -w 64GiB: -c 1%:,1GiB:|68719476736:;1073741824:
-w 10%:,64GiB: -c 4GiB:|54047591628:;4294967296:
-w 10GiB:600GiB -c @0:1GiB|10737418240:644245094400;@1073741824
-w 10:90% -c 1GiB:|54047591628:486428324659;1073741824:
-w ~:90% -c ~:95%,~:500GiB|~:486428324659;~:536870912000
-w 10%: -w ~:90% -c @5%|54047591628:486428324659;@27023795814
-w @5% -w 90%: -c 1GiB:|;1073741824:
END
}

@test "a meaningless limit is rejected" {
  while IFS='|' read -r option words; do
    run -3 "$check" $option
    [[ ${lines[0]} == "MEM_AVAILABLE UNKNOWN - "*"$words"* ]] || {
      printf '%s: %s\n' "$option" "$output"
      return 1
    }
  done <<'END'
-w 10:|--warning: a range needs % or a unit of size: 10%:,8GiB:
-w 10%:,20%:|--warning: two ranges of the same kind
-w 10%:,|--warning: the range is empty
-c 5m:|--critical: a range needs % or a unit of size
-c 5x:|--critical: 'x' is not a unit
-w 1%: -w 2%: -w 3%: -w 4%: -w 5%:|--warning: given more than 4 times
--zfs-arc=some|--zfs-arc: must be ignore or evictable
--reserved=lots|--reserved: 'lots' is not a size
--hugepages=big|--hugepages: 'big' is not a size
--hugepages=1|--hugepages: '1': a size needs a unit: 1MiB or 1KiB?
--hugepages=2048kB|--hugepages: expected a page size such as 2MiB or 1GiB
--reserved=4096|--reserved: '4096': a size needs a unit: 4096MiB or 4096KiB?
-w 10%|--warning: '10%' alerts above, not below; use 10%: for below or ~:10% for above
-c 5GiB|--critical: '5GiB' alerts above, not below; use 5GiB: for below or ~:5GiB for above
-c 5%:,4GiB|--critical: '4GiB' alerts above, not below; use 4GiB: for below
-w 10|--warning: '10' needs a unit: 10%: or 10GiB:?
--forecast=soon|--forecast: 'soon' is not a duration
END
}

# unknown FILE WORDS: the check is UNKNOWN and names the file and the reason.
unknown() {
  local file=$1 words=$2
  shift 2
  run -3 "$check" --rootfs="$copy" "$@"
  [ "${lines[0]}" = "MEM_AVAILABLE UNKNOWN - cannot determine available memory: $copy/$file: $words | mem_available=U mem_available_percent=U" ] || {
    printf 'expected: %s\nsaid: %s\n' "$file: $words" "${lines[0]}"
    return 1
  }
}

@test "a missing, empty, garbled or oversized file is UNKNOWN and named" {
  copy proxmox-zfs
  for file in proc/meminfo proc/swaps; do
    mv "$copy/$file" "$copy/kept"
    unknown $file 'No such file or directory' -w 1%: -c 1%:
    : >"$copy/$file"
    unknown $file 'empty file' -w 1%: -c 1%:
    head -c 1000000 /dev/zero >"$copy/$file"
    unknown $file 'File too large' -w 1%: -c 1%:
    mv "$copy/kept" "$copy/$file"
  done
  : >"$copy/proc/spl/kstat/zfs/arcstats"
  unknown proc/spl/kstat/zfs/arcstats 'empty file' --zfs-arc=evictable
  echo 'size 4 12' >"$copy/proc/spl/kstat/zfs/arcstats"
  unknown proc/spl/kstat/zfs/arcstats 'c_min is missing' --zfs-arc=evictable
  run -1 "$check" --rootfs="$copy"
}

@test "unreadable swap does not suppress an alert" {
  copy proxmox-zfs
  : >"$copy/proc/swaps"
  host_line='MEM_AVAILABLE CRITICAL - 6.0 GiB (4.8 %) available of 126 GiB, below 5 %; largest VM 102 holds 24.0 GiB'
  says_first 2 "$host_line" "$check" --rootfs="$copy" -c 5%:
  [[ ${lines[0]} == *' swap_used=U;;;0' ]]
  grep -F 'cannot read swap usage: ' <<<"$output"
}

@test "impossible numbers are rejected" {
  copy laptop
  while IFS='|' read -r edit words; do
    cp "$trees/laptop/proc/meminfo" "$copy/proc/meminfo"
    sed -i "$edit" "$copy/proc/meminfo"
    unknown proc/meminfo "$words"
  done <<'END'
s/^MemAvailable:.*/MemAvailable: 99999999999999999999 kB/|MemAvailable is too large
s/^MemAvailable:.*/MemAvailable: 18446744073709551615 kB/|MemAvailable is too large
s/^MemAvailable:.*/MemAvailable: -1 kB/|MemAvailable is not a number
s/^MemAvailable:.*/MemAvailable: plenty/|MemAvailable is not a number
s/^MemAvailable:.*/MemAvailable: 16201713 kB/|MemFree or MemAvailable exceeds MemTotal
s/^MemTotal:.*/MemTotal: 0 kB/|MemFree or MemAvailable exceeds MemTotal
s/^MemTotal:.*//|MemTotal is missing
s/^SReclaimable:.*//|SReclaimable is missing
s/^Committed_AS:.*//|Committed_AS is missing
s/^\(MemFree:.*\)/\1\nMemFree: x/|MemFree is not a number
END
}

@test "a truncated meminfo is never OK with wrong numbers" {
  copy hugepages-1t
  local size at whole=$copy/whole
  cp "$copy/proc/meminfo" "$whole"
  size=$(stat -c %s "$whole")
  after=$(grep -b -o 'VmallocTotal' "$whole" | cut -d: -f1)
  for ((at = 1; at < size; at += 13)); do
    head -c $at "$whole" >"$copy/proc/meminfo"
    run "$check" --rootfs="$copy"
    # From there on only the huge pages are missing, and these then count as used.
    [ "$status" = 3 ] || ((at >= after && status != 0)) ||
      [[ ${lines[0]} == *'57.5 %'* || ${lines[0]} == *'of 1007 GiB'* ]] || {
      echo "cut at $at: $output"
      return 1
    }
  done
}

@test "garbled nodes and zones are UNKNOWN and named" {
  copy two-node-512g
  echo garbage >"$copy/proc/zoneinfo"
  unknown proc/zoneinfo "truncated or in an unknown format" --per-node
  printf 'Node 0, zone Normal\n  low 12' >"$copy/proc/zoneinfo"
  unknown proc/zoneinfo "truncated or in an unknown format" --per-node
  printf 'Node 0, zone Normal\n  low 99999999999999999999\n' >"$copy/proc/zoneinfo"
  unknown proc/zoneinfo "truncated or in an unknown format" --per-node
  printf 'Node 4000000000, zone Normal\n  low 1\n' >"$copy/proc/zoneinfo"
  unknown proc/zoneinfo 'Numerical result out of range' --per-node
  cp "$trees/two-node-512g/proc/zoneinfo" "$copy/proc/zoneinfo"
  sed -i 's/^Node 1/Node 2/' "$copy/sys/devices/system/node/node1/meminfo"
  unknown sys/devices/system/node/node1/meminfo 'MemTotal is missing' --per-node
  rm "$copy/sys/devices/system/node/node1/meminfo"
  unknown sys/devices/system/node/node1/meminfo 'No such file or directory' --per-node
  rm -r "$copy/sys/devices/system/node"/node*
  unknown sys/devices/system/node 'no NUMA node found' --per-node
}

# history GIB...: one run each on a host with so much of its 62.8 GiB available. The timing is not
# critical: the result is the same from 50 ms to 2 s per run.
history() {
  local gib
  copy memoryless-node
  export NAGIOS_PLUGIN_STATE_DIRECTORY=$BATS_TEST_TMPDIR/state
  rm -rf "$NAGIOS_PLUGIN_STATE_DIRECTORY"
  mkdir "$NAGIOS_PLUGIN_STATE_DIRECTORY"
  for gib; do
    sed -i "s/^MemAvailable:.*/MemAvailable: $((gib * 1048576)) kB/" "$copy/proc/meminfo"
    run "$check" --rootfs="$copy" --forecast=4s -w 1GiB: -c 512MiB:
    sleep 0.1
  done
}

@test "a steady decline is forecast after five runs" {
  history 60 50 40 30
  [[ ${lines[0]} == 'MEM_AVAILABLE OK - 30.0 GiB (47.8 %) available of 62.8 GiB | '* ]]
  history 60 50 40 30 20
  [ "$status" = 1 ]
  [[ ${lines[0]} =~ ^'MEM_AVAILABLE WARNING - 20.0 GiB (31.9 %) available of 62.8 GiB, exhausted in about '[0-3]' s at '[0-9.]+' '[GT]'iB/min (limit 4 s) | mem_available='[0-9]+B ]]
}

@test "a single drop, growth, a pause or a sawtooth causes no forecast" {
  local values
  while read -r values; do
    history $values
    [ "$status" = 0 ] && [[ ${lines[0]} != *exhausted* ]] || {
      printf '%s: %s\n' "$values" "${lines[0]}"
      return 1
    }
  done <<'END'
60 60 60 2 2 2
60 60 60 60 2
2 10 20 30 40
60 40 20 10 5 20
60 50 40 30 20 10 10 10
20 10 5 20 10 5 20 10 5
END
}

# remembered BOOT-ID INTERVAL GIB...: a run on a host with saved runs before it, INTERVAL seconds
# apart.
remembered() {
  local boot_id=$1 interval=$2 uptime rows gib at
  shift 2
  uptime=$(sed 's/\..*//' /proc/uptime)
  ((uptime > interval * $#)) || skip "this machine is not up for $((interval * $#)) s"
  copy memoryless-node
  mkdir -p "$copy/proc/sys/kernel/random"
  echo 11111111-2222-3333-4444-555555555555 >"$copy/proc/sys/kernel/random/boot_id"
  export NAGIOS_PLUGIN_STATE_DIRECTORY=$BATS_TEST_TMPDIR/state
  rm -rf "$NAGIOS_PLUGIN_STATE_DIRECTORY"
  mkdir "$NAGIOS_PLUGIN_STATE_DIRECTORY"
  rows="boot ${boot_id//-/}"$'\n'
  at=$((uptime - interval * ($# - 1)))
  for gib; do
    # The last value is that of this run.
    ((at == uptime)) || rows+="s -1 ${at}000000 $((gib * 1048576))"$'\n'
    at=$((at + interval))
  done
  "$build/tests/state_tool" put "$rows" check_mem_available "$("$build/tests/state_tool" name host "$copy")" 2
  sed -i "s/^MemAvailable:.*/MemAvailable: $((gib * 1048576)) kB/" "$copy/proc/meminfo"
  run "$check" --rootfs="$copy" --forecast=45min -w 1GiB: -c 512MiB: -v
}

@test "a check that runs every five or ten minutes forecasts too" {
  local boot_id=11111111-2222-3333-4444-555555555555
  remembered $boot_id 300 60 50 40 30 20
  [ "$status" = 1 ]
  [[ ${lines[0]} == *', exhausted in about '*' at 2.0 GiB/min'* || ${lines[0]} == *' at 1.9 GiB/min'* ]]
  remembered $boot_id 600 60 55 50 40 30 20
  [ "$status" = 1 ]
  remembered $boot_id 300 60 60 60 60 60 60 20
  [ "$status" = 0 ]
}

@test "memory used up within six minutes is forecast after a quarter of an hour of calm" {
  local boot_id=11111111-2222-3333-4444-555555555555
  remembered $boot_id 60 60 60 60 60 60 60 60 60 60 60 60 60 60 50 40 30
  [ "$status" = 1 ]
  remembered $boot_id 60 60 60 60 60 60 60 60 60 60 60 60 60 60 60 50 30
  [ "$status" = 0 ]
}

@test "runs of another boot cause no forecast" {
  remembered 99999999-2222-3333-4444-555555555555 60 60 50 40 30 20
  [ "$status" = 0 ]
  [[ $output == *$'\nno forecast yet: not enough earlier runs'* ]]
}

@test "a node that is used up is forecast although the host has plenty" {
  local kb
  copy two-node-512g
  export NAGIOS_PLUGIN_STATE_DIRECTORY=$BATS_TEST_TMPDIR/state
  mkdir "$NAGIOS_PLUGIN_STATE_DIRECTORY"
  for kb in 60000000 48000000 36000000 24000000 12000000; do
    sed -i "s/^Node 1 MemFree: .*/Node 1 MemFree: $kb kB/" "$copy/sys/devices/system/node/node1/meminfo"
    run "$check" --rootfs="$copy" --per-node --forecast=4s -w 1GiB: -c 512MiB:
    sleep 0.1
  done
  echo "${lines[0]}"
  [ "$status" = 1 ]
  [[ ${lines[0]} == 'MEM_AVAILABLE WARNING - 12.3 GiB (4.9 %) available of 252 GiB on node 1 (estimated), exhausted in about '*'/min (limit 4 s); largest VM '* ]]
}

@test "a state that cannot be saved is reported, and the limits still apply" {
  history 60 60
  : >"$BATS_TEST_TMPDIR/file"
  NAGIOS_PLUGIN_STATE_DIRECTORY=$BATS_TEST_TMPDIR/file run -0 "$check" --rootfs="$copy" --forecast=4s
  [[ ${lines[0]} == 'MEM_AVAILABLE OK - 60.0 GiB (95.6 %) available of 62.8 GiB, no forecast: cannot save state | '* ]]
  [[ ${lines[1]} == "no forecast: $BATS_TEST_TMPDIR/file"*': '* ]]
  # A damaged state file is not used.
  find "$BATS_TEST_TMPDIR/state" -type f -name 'host-*' ! -name '*.*' -exec sh -c 'head -c 1000 /dev/urandom >"$1"' sh '{}' ';'
  run -0 "$check" --rootfs="$copy" --forecast=4s
  [[ ${lines[0]} == 'MEM_AVAILABLE OK - 60.0 GiB (95.6 %) available of 62.8 GiB, no forecast yet: the state was damaged: '"$BATS_TEST_TMPDIR"/state/*/check_mem_available/host-*' | '* ]]
}

@test "a removed history is reported once, on the first line" {
  history 60 60 60 60 60
  rm "$(find "$BATS_TEST_TMPDIR/state" -type f -name 'host*' ! -name '*.*')"
  run -0 "$check" --rootfs="$copy" --forecast=4s
  [[ ${lines[0]} == 'MEM_AVAILABLE OK - 60.0 GiB (95.6 %) available of 62.8 GiB, no forecast yet: the state was removed: '"$BATS_TEST_TMPDIR"/state/*/check_mem_available/host*' | mem_available='* ]]
  run -0 "$check" --rootfs="$copy" --forecast=4s
  [[ ${lines[0]} == 'MEM_AVAILABLE OK - 60.0 GiB (95.6 %) available of 62.8 GiB | '* ]]
  # Without --forecast it is not reported.
  rm "$(find "$BATS_TEST_TMPDIR/state" -type f -name 'host*' ! -name '*.*')"
  run -0 "$check" --rootfs="$copy"
  [[ $output != *'was removed'* ]]
}

@test "hidden processes are reported" {
  copy hybrid
  rm -r "$copy/proc/1"
  run -1 "$check" --rootfs="$copy"
  [[ $output == *"/proc is mounted with hidepid, which hides other users' processes"* ]]
}

@test "the estimate for this machine agrees with its MemAvailable" {
  run "$check"
  [[ ${lines[0]} =~ ^MEM_AVAILABLE\ (OK|WARNING|CRITICAL)\ -\ .*\ available\ of\  ]]
  [ -r /proc/zoneinfo ] || skip 'no /proc/zoneinfo'
  mkdir -p "$BATS_TEST_TMPDIR/proc"
  local kernel estimated _
  # Memory use changes between two reads.
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    cp /proc/zoneinfo "$BATS_TEST_TMPDIR/proc/zoneinfo"
    kernel=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo)
    grep -v MemAvailable /proc/meminfo >"$BATS_TEST_TMPDIR/proc/meminfo"
    run "$check" --procfs="$BATS_TEST_TMPDIR/proc" --include-hugepages
    [[ ${lines[0]} == *'(estimated)'* ]]
    estimated=$(sed -n 's/.* mem_available=\([0-9]*\)B.*/\1/p' <<<"${lines[0]}")
    estimated=$((estimated / 1024))
    if ((estimated > kernel - kernel / 50 && estimated < kernel + kernel / 50)); then
      return 0
    fi
  done
  echo "estimated $estimated kB, the kernel says $kernel kB"
  return 1
}

@test "a history that exists but cannot be read is UNKNOWN instead of OK, and is kept" {
  history 60 60
  file=$(find "$BATS_TEST_TMPDIR/state" -type f -name 'host*' ! -name '*.lock')
  cp -p "$file" "$BATS_TEST_TMPDIR/before"
  chmod 666 "$file"
  run -3 "$check" --rootfs="$copy" --forecast=4s
  [[ ${lines[0]} == 'MEM_AVAILABLE UNKNOWN - 60.0 GiB (95.6 %) available of 62.8 GiB, no forecast: '"$file: world-writable"* ]]
  cmp "$file" "$BATS_TEST_TMPDIR/before"
  # An alert by the limits remains.
  run -2 "$check" --rootfs="$copy" --forecast=4s -c 61GiB:
  chmod 600 "$file"
  # The boot cannot be identified.
  rm -f "$copy/proc/sys/kernel/random/boot_id"
  mkdir -p "$copy/proc/sys/kernel/random/boot_id"
  run -3 "$check" --rootfs="$copy" --forecast=4s
  [[ ${lines[0]} == *", no forecast: this boot's boot_id: Is a directory"* ]]
  cmp "$file" "$BATS_TEST_TMPDIR/before"
}
