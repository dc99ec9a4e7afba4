#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Lines that are not kills and must not change one: lines that new kernels have added to reports,
# and lines that resemble a kill.

bats_require_minimum_version 1.5.0

setup() {
  report=${BUILDDIR:-build}/plugins/oom_report
  check=${BUILDDIR:-build}/plugins/check_oom_kills
  export TZ=UTC NAGIOS_PLUGIN_STATE_DIRECTORY=/proc/none
  root=$BATS_TEST_TMPDIR/root
  mkdir -p "$root/proc/sys/kernel"
  echo reader >"$root/proc/sys/kernel/hostname"
  log=$BATS_TEST_TMPDIR/kern.log
  sizes='total-vm:9437184kB, anon-rss:8388608kB, file-rss:0kB, shmem-rss:0kB, UID:107 pgtables:1kB oom_score_adj:0'
  # shellcheck disable=SC2028
  summary='oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=emulator,mems_allowed=0,global_oom,task_memcg=/machine.slice/machine-qemu\x2d7\x2dvm1.scope,task=qemu-kvm,pid=42,uid=107'
}

# kernel makes each line of standard input a kernel line; said TAG makes it a line of a program.
kernel() { sed 's/^/2026-03-04T05:06:07.250000+00:00 hv1 kernel: /'; }
said() { sed "s/^/2026-03-04T05:06:07.250000+00:00 hv1 $1: /"; }

# is KILLS: expects pid, VM, constraint and free memory of each kill, and a complete result.
is() {
  run --separate-stderr "$report" --format=json --since=all --rootfs="$root" --source="$log"
  [ "$(jq -c '[.complete, .unread_lines, .kills[] | if type == "object" then [.pid, .vm.name, .constraint, .host_free_kb] else . end]' <<<"$output")" = "[true,0${1:+,$1}]" ]
}

# Output of show_mem() in 7.x, with memory allocation profiling.
new_lines() {
  cat <<'END'
Memory cgroup min protection 1048576kB -- low protection 2097152kB
Mem-Info:
active_anon:3 inactive_anon:1973061 isolated_anon:0
 active_file:12 inactive_file:5 isolated_file:0
 mapped:1 shmem:3 pagetables:17408
 free:15360 free_pcp:0 free_cma:0
 Balloon:0 gpu_active:0 gpu_reclaim:0 zspages:7
Node 0 active_anon:12kB inactive_anon:7892244kB pagetables:69632kB all_unreclaimable? yes Balloon:2048kB gpu_active:512kB gpu_reclaim:0kB
Node 0 Normal free:61440kB boost:0kB min:45056kB low:56320kB high:67584kB reserved_highatomic:0KB free_highatomic:0KB active_anon:12kB inactive_anon:7892244kB present:8388608kB managed:8192000kB mlocked:0kB zspages:28kB bounce:0kB free_pcp:0kB local_pcp:0kB free_cma:0kB
2097152 pages RAM
Memory allocations (profiling is currently turned on):
    7.52 GiB  1971200 mm/memory.c:1190 func:folio_prealloc
     128 MiB    32768 mm/slub.c:2327 func:alloc_slab_page
    64.0 MiB      512 mm/oom_kill.c:990 func:oom_kill_process
END
}

@test "new lines within a report keep the victim and its details" {
  {
    echo 'CPU 0/KVM invoked oom-killer: gfp_mask=0x140dca(GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO), order=0, oom_score_adj=0'
    new_lines
    echo "$summary"
    echo "Out of memory: Killed process 42 (qemu-kvm) $sizes"
  } | kernel >"$log"
  is '[42,"vm1","none",61440]'
  run -2 "$check" --since=all --rootfs="$root" --source="$log"
  [[ ${lines[0]} == 'OOM_KILLS CRITICAL - VM vm1 killed by the OOM killer on host hv1 on 2026-03-04 05:06:07 +00:00: '*' | oom_kills=1;0;;0 oom_vm_kills=1;;0;0 oom_host_kills=1;;;0 oom_memcg_kills=0;;;0 '* ]]
  # They are also logged after the kill, if it frees nothing, and before the next report.
  new_lines | kernel >>"$log"
  is '[42,"vm1","none",61440]'
}

@test "new lines without a report are not a kill, and are understood" {
  new_lines | kernel >"$log"
  is ''
  run -0 "$check" --since=all --rootfs="$root" --source="$log"
}

@test "other kernel messages about memory are not kills" {
  {
    echo 'qemu-kvm: page allocation failure: order:4, mode:0x40cc0(GFP_KERNEL|__GFP_COMP), nodemask=(null),cpuset=emulator,mems_allowed=0'
    echo 'warn_alloc: 3 callbacks suppressed'
    echo 'SLUB: Unable to allocate memory on node -1, gfp=0x820(GFP_ATOMIC)'
    echo 'process 43 (java) is using more memory than usual'
    echo 'oom_reaper: unable to reap pid:42 (qemu-kvm)'
    echo 'Tasks state (memory values in pages):'
    echo '[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name'
    echo '[     42]   107    42  2359296  2097152 17825792        0             0 qemu-kvm'
    echo 'traps: qemu-kvm[42] general protection fault ip:0 sp:0 error:0'
    echo 'audit: type=1701 audit(1772600767.250:7): comm="qemu-kvm" reason="memory violation" sig=9'
  } | kernel >"$log"
  is ''
}

@test "a victim that is already exiting is not a kill" {
  {
    echo 'java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0'
    echo 'oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a.slice,task_memcg=/a.slice,task=java,pid=43,uid=0'
    echo 'Memory cgroup out of memory: OOM victim 43 (java) is already exiting. Skip killing the task'
  } | kernel >"$log"
  run "$report" --format=json --since=all --rootfs="$root" --source="$log"
  [[ $output == *'"kills": []'* ]]
}

@test "a kill that the reaper and programs repeat is counted once" {
  {
    echo "$summary"
    echo "Out of memory: Killed process 42 (qemu-kvm) $sizes"
    echo 'oom_reaper: reaped process 42 (qemu-kvm), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB'
  } | kernel >"$log"
  echo "Out of memory: Killed process 42 (qemu-kvm) $sizes" | said 'monitor[9]' >>"$log"
  echo '{"type":"oom","message":"Out of memory: Killed process 43 (java)"}' | said 'dockerd[8]' >>"$log"
  is '[42,"vm1","none",null]'
}

@test "kill messages of programs are not kernel records" {
  {
    echo "Out of memory: Killed process 42 (qemu-kvm) $sizes" | said 'myapp[7]'
    echo 'Memory cgroup out of memory: Killed process 44 (sh)' | said 'sudo'
    echo 'time="2026-03-04T05:06:07Z" level=info msg="TaskOOM event &TaskOOM{ContainerID:0123,}"' | said 'containerd[5]'
    echo 'oom-kill:constraint=CONSTRAINT_NONE,task=x,pid=7,uid=0' | said 'kubelet[6]'
    echo 'java.lang.OutOfMemoryError: Java heap space' | said 'tomcat[4]'
    echo 'usb 1-1: new device' | kernel
  } >"$log"
  is ''
  run -0 "$check" --since=all --rootfs="$root" --source="$log"
}
