#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# check_mem_kernel on recorded and generated hosts: first line, perfdata, exit code.
bats_require_minimum_version 1.5.0

load ../preload

setup() {
  build=$(cd "${BUILDDIR:-$BATS_TEST_DIRNAME/../../build}" && pwd)
  trees=$(cd "${SRCDIR:-$BATS_TEST_DIRNAME/../..}/tests/data/trees" && pwd)
  check=$build/plugins/check_mem_kernel
  root=$BATS_TEST_TMPDIR/host
  export NAGIOS_PLUGIN_STATE_DIRECTORY=$BATS_TEST_TMPDIR/state TZ=UTC
  mkdir -p "$NAGIOS_PLUGIN_STATE_DIRECTORY"
  host
}

# host [NAME KB]...: a host of 64 GiB with 1,000,000 kB free; each NAME of /proc/meminfo is replaced
# or added.
host() {
  local -A kb=([MemTotal]=67108864 [MemFree]=1000000 [Active]=40000000 [Inactive]=20000000
    [Unevictable]=100000 [KReclaimable]=1200000 [Slab]=2000000 [SReclaimable]=1000000
    [SUnreclaim]=1000000 [KernelStack]=40000 [PageTables]=300000 [SecPageTables]=100000
    [Committed_AS]=9000000 [VmallocUsed]=400000 [Percpu]=200000 [Hugetlb]=2097152
    # What every kernel has besides, and none of the accounts counts.
    [Buffers]=1 [Cached]=1 ['Active(file)']=1 ['Inactive(file)']=1 [SwapTotal]=0 [AnonPages]=1)
  local name
  while [ $# -gt 0 ]; do
    kb[$1]=$2
    shift 2
  done
  mkdir -p "$root/proc/sys/kernel/random"
  echo 00000000-0000-4000-8000-000000000001 >"$root/proc/sys/kernel/random/boot_id"
  for name in "${!kb[@]}"; do
    printf '%s: %s kB\n' "$name" "${kb[$name]}"
  done >"$root/proc/meminfo"
  printf 'nr_zspages 25000\nnr_memmap_pages 2500\nnr_isolated_anon 25\n' >"$root/proc/vmstat"
}

# look RC LINE [OPTION...]: expects this first line, without perfdata.
look() {
  local rc=$1 line=$2
  shift 2
  run -"$rc" "$check" --rootfs="$root" "$@"
  # shellcheck disable=SC2053 # a pattern
  [[ ${lines[0]%% | *} == $line ]] || {
    printf 'expected: %s\nsaid:     %s\n' "$line" "$output"
    return 1
  }
}

@test "real kernels account for nearly all of their memory" {
  run -0 "$check" --rootfs="$trees/6.1-guest-calm"
  [ "$output" = 'MEM_KERNEL OK - unreclaimable slab 7.0 MiB (3.5 % of RAM); unaccounted 1.9 MiB (1.0 % of RAM) | mem_kernel_slab=7290880B;1073741824;2147483648;0;209051648 mem_kernel_unaccounted=2043904B;1073741824;2147483648;0;209051648' ]
  run -0 "$check" --rootfs="$trees/6.1-guest-starved"
  [ "${output%% | *}" = 'MEM_KERNEL OK - unreclaimable slab 7.3 MiB (3.7 % of RAM); unaccounted 1.6 MiB (0.8 % of RAM)' ]
}

@test "this machine's kernel accounts for nearly all of its memory" {
  run "$check"
  echo "$output"
  [ "$status" -le 1 ]
  bytes=$(sed -n 's/.*mem_kernel_unaccounted=\([0-9]*\)B.*/\1/p' <<<"$output")
  [ $((bytes / 1024 * 100 / $(awk '/^MemTotal/ { print $2 }' /proc/meminfo))) -lt 10 ]
}

# 67,108,864 less 1,000,000 free, 60,100,100 LRU, 1,000,000 + 1,000,000 + 200,000 slab and other
# reclaimable, 300,000 + 100,000 page tables, 400,000 vmalloc (including stacks), 200,000 per-CPU,
# 2,097,152 huge pages, 100,000 zspages, 10,000 memory map: 601,612 kB.
@test "each counter is subtracted from the RAM once" {
  look 0 'MEM_KERNEL OK - unreclaimable slab 977 MiB (1.5 % of RAM); unaccounted 588 MiB (0.9 % of RAM)' -v
  [[ $output == *'mem_kernel_unaccounted=616050688B'* ]]
  [ "${lines[1]}" = 'RAM 64.0 GiB: free 977 MiB, processes and page cache 57.3 GiB, huge pages 2.0 GiB, unreclaimable slab 977 MiB, reclaimable slab 977 MiB, other reclaimable memory 195 MiB, page tables 293 MiB, KVM'"'"'s and IOMMU page tables 97.7 MiB, vmalloc 391 MiB, per-CPU 195 MiB, compressed swap 97.7 MiB, memory map 9.8 MiB, unaccounted 588 MiB' ]
  # Before 5.3 VmallocUsed is 0, and the stacks are counted separately.
  host VmallocUsed 0
  look 0 'MEM_KERNEL OK - unreclaimable slab 977 MiB (1.5 % of RAM); unaccounted 939 MiB (1.4 % of RAM)'
  # Before 6.15 zswap's pools are in no page counter.
  host Zswap 500000
  look 0 'MEM_KERNEL OK - unreclaimable slab 977 MiB (1.5 % of RAM); unaccounted 197 MiB (0.3 % of RAM)'
  host GPUActive 400000 GPUReclaim 100000 Balloon 204800
  look 0 'MEM_KERNEL OK - unreclaimable slab 977 MiB (1.5 % of RAM); unaccounted 99.2 MiB (0.2 % of RAM)' -v
  [[ $output == *'this host is a guest whose balloon holds 200 MiB;'* ]]
  # The counters exceed the RAM, as they are read one after the other.
  host Active 45000000
  look 0 'MEM_KERNEL OK - unreclaimable slab 977 MiB (1.5 % of RAM); unaccounted 0 B (0.0 % of RAM)'
}

@test "memory that ZFS takes from the page allocator is accounted for" {
  mkdir -p "$root/proc/spl/kstat/zfs"
  printf '9 1 0x01 1 272 1 1\nname type data\nc_min 4 1\nsize 4 409600000\n' >"$root/proc/spl/kstat/zfs/arcstats"
  look 0 'MEM_KERNEL OK - unreclaimable slab 977 MiB (1.5 % of RAM); unaccounted 197 MiB (0.3 % of RAM)'
  printf '9 1 0x01 1 272 1 1\nname type data\nscatter_data_size 4 204800000\nscatter_chunk_waste 4 102400\n' \
    >"$root/proc/spl/kstat/zfs/abdstats"
  look 0 'MEM_KERNEL OK - unreclaimable slab 977 MiB (1.5 % of RAM); unaccounted 392 MiB (0.6 % of RAM)'
}

@test "the defaults are WARNING above 10 % and 1 GiB, CRITICAL above 20 % and 2 GiB" {
  host SUnreclaim 7000000 Active 34000000
  look 1 'MEM_KERNEL WARNING - unreclaimable slab 6.7 GiB (10.4 % of RAM), above 10 % and 1 GiB; unaccounted 588 MiB (0.9 % of RAM)'
  host SUnreclaim 15000000 Active 26000000
  look 2 'MEM_KERNEL CRITICAL - unreclaimable slab 14.3 GiB (22.4 % of RAM), above 20 % and 2 GiB; unaccounted 588 MiB (0.9 % of RAM)'
  host Active 32000000
  look 1 'MEM_KERNEL WARNING - unaccounted 8.2 GiB (12.8 % of RAM), above 10 % and 1 GiB; unreclaimable slab 977 MiB (1.5 % of RAM)'
  [[ $output == *'mem_kernel_slab=1024000000B;6871947673;13743895347;0;68719476736 mem_kernel_unaccounted=8808050688B;6871947673;13743895347;0;68719476736'* ]]
  # Both exceed their limits: both are reported.
  host SUnreclaim 7500000 Active 26000000
  look 1 'MEM_KERNEL WARNING - unreclaimable slab 7.2 GiB (11.2 % of RAM), above 10 % and 1 GiB; unaccounted 7.7 GiB (12.1 % of RAM), above 10 % and 1 GiB'
}

@test "a limit for one metric replaces only the default of that metric" {
  host SUnreclaim 7000000 Active 34000000
  look 0 'MEM_KERNEL OK - unreclaimable slab 6.7 GiB (10.4 % of RAM); unaccounted 588 MiB (0.9 % of RAM)' -w slab=100%
  look 2 'MEM_KERNEL CRITICAL - unreclaimable slab 6.7 GiB (10.4 % of RAM), above 6 GiB; unaccounted 588 MiB (0.9 % of RAM)' -w slab=100% -c slab=6GiB
  host Active 32000000
  look 1 'MEM_KERNEL WARNING - unaccounted 8.2 GiB (12.8 % of RAM), above 10 % and 1 GiB; unreclaimable slab 977 MiB (1.5 % of RAM)' -w slab=100%
  for wrong in slab=10 10% slab 'cache=10%' slab=; do
    run -3 "$check" --rootfs="$root" -w "$wrong"
    [[ $output == 'MEM_KERNEL UNKNOWN - --warning: '* ]]
  done
}

slabinfo() {
  printf 'slabinfo - version: 2.1\n# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>\n'
  printf '%-17s %s %s %s 8 8 : tunables 0 0 0 : slabdata %s %s 0\n' dentry 1 1 192 900000 900000 \
    kmalloc-4k 1 1 4096 200000 200000 'a|b' 1 1 64 100 100 empty 0 0 8 0 0
} >"$root/proc/slabinfo"

@test "the largest unreclaimable cache is named" {
  host SUnreclaim 7000000 Active 34000000
  slabinfo
  mkdir -p "$root/sys/kernel/slab/dentry" "$root/sys/kernel/slab/kmalloc-4k"
  echo 1 >"$root/sys/kernel/slab/dentry/reclaim_account"
  echo 0 >"$root/sys/kernel/slab/kmalloc-4k/reclaim_account"
  look 1 'MEM_KERNEL WARNING - unreclaimable slab 6.7 GiB (10.4 % of RAM), above 10 % and 1 GiB; unaccounted 588 MiB (0.9 % of RAM); largest cache kmalloc-4k 6.1 GiB'
  [[ $output == *$'\nunreclaimable slab caches: kmalloc-4k 6.1 GiB, a\\x7cb 3.1 MiB' ]]
  # No cache is named while slab is within its limits.
  host
  look 0 'MEM_KERNEL OK - unreclaimable slab 977 MiB (1.5 % of RAM); unaccounted 588 MiB (0.9 % of RAM)'
  [ "${#lines[@]}" = 1 ]
  # A garbled slabinfo names no cache.
  echo garbage >"$root/proc/slabinfo"
  look 0 'MEM_KERNEL OK - unreclaimable slab 977 MiB (1.5 % of RAM); unaccounted 588 MiB (0.9 % of RAM)' -v
  [[ $output == *"the largest slab caches: $root/proc/slabinfo: not version 2 of slabinfo"* ]]
}

# at MINUTE RC LINE [OPTION...]: a run in this minute of the boot.
at() {
  local minute=$1 check
  check=$(preloadable "$build/plugins/check_mem_kernel")
  shift
  FAULTS_CLOCK="1772600767000000 $((minute * 60000000))" LD_PRELOAD=$build/tests/faults/shim.so look "$@" --over=1h
}

calm='unreclaimable slab 977 MiB (1.5 % of RAM); unaccounted 588 MiB (0.9 % of RAM)'

@test "growth is known once the samples cover --over, and a decrease is reported as 0" {
  local minute watched
  while read -r minute watched; do
    at "$minute" 0 "MEM_KERNEL OK - $calm; growth is not known yet: watched for $watched"
    [[ $output == *'mem_kernel_slab_growth=U;;;0;68719476736 mem_kernel_unaccounted_growth=U;;;0;68719476736' ]]
  done <<<$'10 0 s\n15 5 min\n40 30 min'
  at 70 0 "MEM_KERNEL OK - $calm"
  [[ $output == *'mem_kernel_slab_growth=0B;;;0;68719476736 mem_kernel_unaccounted_growth=0B;;;0;68719476736' ]]
  host SUnreclaim 500000
  at 71 0 'MEM_KERNEL OK - unreclaimable slab 488 MiB (0.7 % of RAM); unaccounted 1.1 GiB (1.6 % of RAM)'
  [[ $output == *'mem_kernel_slab_growth=0B;;;0;68719476736 mem_kernel_unaccounted_growth=0B;;;0;68719476736' ]]
}

@test "growth over an hour is a WARNING, a short peak is not" {
  local minute
  for minute in 1 7 13 19 25 31 37 43 49 55; do
    at $minute 0 "MEM_KERNEL OK - $calm*"
  done
  host SUnreclaim 3000000 Active 38000000
  for minute in 61 64; do
    at $minute 0 'MEM_KERNEL OK - unreclaimable slab 2.9 GiB (4.5 % of RAM); unaccounted 588 MiB (0.9 % of RAM)' -w slab-growth=1GiB
  done
  at 66 1 'MEM_KERNEL WARNING - unreclaimable slab grew by 1.9 GiB (3.0 % of RAM) in 60 min, above 1 GiB; unreclaimable slab 2.9 GiB (4.5 % of RAM); unaccounted 588 MiB (0.9 % of RAM)' -w slab-growth=1GiB
  [[ $output == *'mem_kernel_slab_growth=2048000000B;1073741824;;0;68719476736 mem_kernel_unaccounted_growth=0B;;;0;68719476736'* ]]
  # The samples of another boot do not count.
  echo 00000000-0000-4000-8000-000000000002 >"$root/proc/sys/kernel/random/boot_id"
  at 67 0 'MEM_KERNEL OK - unreclaimable slab 2.9 GiB (4.5 % of RAM); unaccounted 588 MiB (0.9 % of RAM); growth is not known yet: watched for 0 s' -w slab-growth=1GiB
}

@test "the state stays below 8 KiB with a run every minute" {
  local minute
  for ((minute = 1; minute < 150; minute++)); do
    at $minute 0 'MEM_KERNEL OK - *'
  done
  [ "$(cat "$NAGIOS_PLUGIN_STATE_DIRECTORY"/*/check_mem_kernel/kernel-3600s* | wc -c)" -lt 8192 ]
}

@test "unreadable samples are UNKNOWN if growth has a limit, and do not suppress an alert" {
  local file
  at 1 0 'MEM_KERNEL OK - *'
  file=$(find "$NAGIOS_PLUGIN_STATE_DIRECTORY" -name 'kernel-3600s*' -type f ! -name '*.lock')
  rm "$file"
  mkdir "$file"
  run -3 "$check" --rootfs="$root" -w slab-growth=1GiB
  [[ $output == 'MEM_KERNEL UNKNOWN - unreclaimable slab 977 MiB (1.5 % of RAM); unaccounted 588 MiB (0.9 % of RAM); growth is not known: '* ]]
  run -0 "$check" --rootfs="$root" --over=1h
  host SUnreclaim 7000000 Active 34000000
  run -1 "$check" --rootfs="$root" -w slab-growth=1GiB
  [[ $output == 'MEM_KERNEL WARNING - unreclaimable slab 6.7 GiB'* ]]
}

@test "an unreadable file is UNKNOWN, with U for every metric" {
  rm "$root/proc/vmstat"
  look 3 "MEM_KERNEL UNKNOWN - cannot determine kernel memory: $root/proc/vmstat: No such file or directory"
  [ "${output#* | }" = 'mem_kernel_slab=U mem_kernel_unaccounted=U' ]
  run -3 "$check" --rootfs="$root" -w slab-growth=1GiB
  [ "${output#* | }" = 'mem_kernel_slab=U mem_kernel_unaccounted=U mem_kernel_slab_growth=U mem_kernel_unaccounted_growth=U' ]
  host
  local text
  for text in '' 'MemTotal: 5 kB' $'MemTotal: x kB\n' $'MemTotal: 5 kB\n' $'MemTotal: 99999999999999999999 kB\n'; do
    printf %s "$text" >"$root/proc/meminfo"
    run -3 "$check" --rootfs="$root"
    [[ $output == "MEM_KERNEL UNKNOWN - cannot determine kernel memory: $root/proc/meminfo: "* ]]
  done
  host MemTotal 0
  look 3 'MEM_KERNEL UNKNOWN - cannot determine kernel memory: MemTotal is 0'
}

@test "a kernel without a line that all kernels have is UNKNOWN, not unaccounted memory" {
  local name
  for name in Active Inactive SUnreclaim; do
    host
    sed -i "/^$name:/d" "$root/proc/meminfo"
    look 3 'MEM_KERNEL UNKNOWN - cannot determine kernel memory: /meminfo: Active, Inactive or SUnreclaim is missing'
  done
}
