#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# check_vm_oom_score on generated and recorded hosts. $host has 1,000,000 kB, so that 10,000 kB are
# one percent.
bats_require_minimum_version 1.5.0

load vm_host

setup() {
  build=$(cd "${BUILDDIR:-$BATS_TEST_DIRNAME/../../build}" && pwd)
  trees=$(cd "${SRCDIR:-$BATS_TEST_DIRNAME/../..}/tests/data/trees" && pwd)
  check=$build/plugins/check_vm_oom_score
  [ -x "$check" ]
}

@test "the largest VM is the next victim, and all VMs are ranked" {
  make_host 800000 200000
  put_vm 31 instance-0000002a 300000 0
  put_vm 32 instance-00000031 380000 0
  swapped_kb=50000 put_vm 33 web_01 300000 0
  says 0 'VM_OOM_SCORE OK - next victim among VMs would be instance-00000031 (38.0 % of RAM and swap); 3 VMs'
  perfdata 'vm_oom_share=38%;90;95;0;100 vm_oom_limit_share=0%;98;;0;100 vms=3;;;0 vms_unkillable=0;;;0 vms_adj_out_of_bounds=0;;;0'
  [ "${lines[1]}" = '1. VM instance-00000031: 38.0 % of RAM and swap, adj 0, oom_score 920 (381 thousandths with adj), RSS 371 MiB, swap 0 B; cgroup holds 371 MiB; pid 32' ]
  [[ ${lines[2]} == '2. VM web_01: 35.0 % of RAM and swap, adj 0, oom_score 900 '*', RSS 293 MiB, swap 48.8 MiB; '* ]]
  [[ ${lines[3]} == '3. VM instance-0000002a: 30.0 % '* ]]
}

@test "VMs with the same oom_score are ranked by their memory" {
  make_host 1000000000 0
  put_vm 31 small 100000100 0
  put_vm 32 large 100000900 0
  put_vm 33 smaller 100000000 0
  [ "$(sort -u "$host"/proc/3?/oom_score | wc -l)" = 1 ]
  says 0 'VM_OOM_SCORE OK - next victim among VMs would be large (10.0 % of RAM and swap); 3 VMs'
  [[ ${lines[2]} == '2. VM small:'* && ${lines[3]} == '3. VM smaller:'* ]]
}

@test "oom_score_adj affects the rank but not the share" {
  make_host 1000000 0
  put_vm 31 large 500000 -300
  put_vm 32 preferred 50000 400
  says 0 'VM_OOM_SCORE OK - next victim among VMs would be preferred (5.0 % of RAM and swap, adj 400); 2 VMs'
}

@test "huge pages are shown, but the OOM killer does not count them" {
  make_host 1000000 0
  huge_kb=800000 put_vm 31 huge 20000 0
  put_vm 32 plain 100000 0
  says 0 'VM_OOM_SCORE OK - next victim among VMs would be plain (10.0 % of RAM and swap); 2 VMs'
  [[ ${lines[2]} == *'plus 781 MiB in huge pages, which the OOM killer does not count'* ]]
}

@test "a VM that cannot be killed is not the next victim" {
  make_host 1000000 0
  put_vm 31 exempt 500000 -1000
  says 1 'VM_OOM_SCORE WARNING - exempt has oom_score_adj -1000 (limit -999:999); no VM can be killed; 1 VM'
  put_vm 32 mortal 100000 0
  says 1 'VM_OOM_SCORE WARNING - exempt has oom_score_adj -1000 (limit -999:999); next victim among VMs would be mortal (10.0 % of RAM and swap); 2 VMs'
  perfdata 'vm_oom_share=50%;90;95;0;100 vm_oom_limit_share=0%;98;;0;100 vms=2;;;0 vms_unkillable=1;;;0 vms_adj_out_of_bounds=1;;;0'
  [[ ${lines[2]} == '2. VM exempt: 50.0 % of RAM and swap, adj -1000, oom_score 0 (cannot be killed),'* ]]
  says 0 'VM_OOM_SCORE OK - next victim among VMs would be mortal (10.0 % of RAM and swap); 2 VMs' --adj=-1000:0
}

@test "the formula of oom_score is detected from the values" {
  make_host 1000000 0
  put_vm 31 new 250000 0
  says 0 'VM_OOM_SCORE OK - next victim among VMs would be new (25.0 % of RAM and swap); 1 VM'
  [[ ${lines[1]} == *'oom_score 833 (250 thousandths with adj)'* ]]
  formula=plain put_vm 31 new 250000 0
  says 0 'VM_OOM_SCORE OK - next victim among VMs would be new (25.0 % of RAM and swap); 1 VM'
  [[ ${lines[1]} == *'oom_score 250 (250 thousandths with adj)'* ]]
}

@test "--warning and --critical limit the share of a VM" {
  make_host 1000000 0
  put_vm 31 a 910000 0
  says 1 'VM_OOM_SCORE WARNING - a holds 91.0 % of RAM and swap, above 90 %; next victim among VMs would be a (91.0 % of RAM and swap); 1 VM'
  while read -r rc options; do
    run -"$rc" "$check" --rootfs="$host" $options
  done <<'END'
0 -w 92 -c 95
1 -w 80 -c 91
2 -w 80 -c 90%
1 -w @90:92 -c 95
0 -w ~:95 -c ~:99
END
}

@test "a share with a unit of bytes is rejected" {
  for option in --warning=4GiB --limit-critical=90s; do
    run "$check" "$option"
    echo "$output"
    [ "$status" = 3 ]
    [ "$output" = "VM_OOM_SCORE UNKNOWN - ${option%=*}: expected a percentage (see --help)" ]
  done
  run "$check" --adj=5%
  [ "$output" = 'VM_OOM_SCORE UNKNOWN - --adj: expected a number without a unit (see --help)' ]
}

@test "the limits on a VM's cgroup exclude page cache" {
  make_host 1000000000 0
  put_vm 31 web 900000 0
  put_cgroup "${scope}31\x2dweb.scope" 31 $((1000000 * 1024)) $((1000000 * 1024))
  says 1 'VM_OOM_SCORE WARNING - web holds 100.0 % of its cgroup'"'"'s limit of 977 MiB, above 98 %; next victim among VMs would be web (0.1 % of RAM and swap); 1 VM'
  perfdata 'vm_oom_share=0.09%;90;95;0;100 vm_oom_limit_share=100%;98;;0;100 vms=1;;;0 vms_unkillable=0;;;0 vms_adj_out_of_bounds=0;;;0'
  run -2 "$check" --rootfs="$host" --limit-critical=99
  printf 'active_file 102400000\ninactive_file 102400000\n' >"$host/sys/fs/cgroup${scope}31\x2dweb.scope/memory.stat"
  says 0 'VM_OOM_SCORE OK - next victim among VMs would be web (0.1 % of RAM and swap); 1 VM'
  [[ ${lines[1]} == *'; cgroup holds 781 MiB of at most 977 MiB; pid 31' ]]
  run -1 "$check" --rootfs="$host" --limit-warning=75
}

@test "kills in a VM's cgroup are listed" {
  make_host 1000000 0
  put_vm 31 web 100000 0
  sed -i 's/oom_kill 0/oom_kill 2/' "$host/sys/fs/cgroup${scope}31\x2dweb.scope/memory.events"
  says 0 'VM_OOM_SCORE OK - next victim among VMs would be web (10.0 % of RAM and swap); 1 VM'
  [[ ${lines[1]} == *', 2 killed in it; '* ]]
}

@test "--protect alerts if a matching process would be killed before a VM" {
  make_host 1000000 0
  put_vm 31 large 500000 0
  put_vm 32 small 20000 0
  put 40 libvirtd /system.slice/libvirtd.service 60000 0
  put 41 nova-compute /system.slice/nova-compute.service 90000 -500
  put 42 sshd /system.slice/ssh.service 700000 -1000
  put 43 java /system.slice/java.service 600000 0
  says 0 'VM_OOM_SCORE OK - next victim among VMs would be large (50.0 % of RAM and swap); 2 VMs'
  says 0 'VM_OOM_SCORE OK - next victim among VMs would be large (50.0 % of RAM and swap); 2 VMs' --protect='^(nova-compute|sshd)$'
  says 1 'VM_OOM_SCORE WARNING - libvirtd[40] would be killed before VM small; next victim among VMs would be large (50.0 % of RAM and swap); 2 VMs' --protect=^libvirtd$ --protect=sshd
  [[ ${lines[0]} == *' protected_before_vm=1;;;0' ]]
}

@test "--all ranks every process, and the next victim may not be a VM" {
  make_host 1000000 0
  put_vm 31 web 500000 0
  put 43 'ja|va' /system.slice/java.service 600000 0
  put 2 kthreadd / 0 0
  sed -i '/^Vm/d' "$host/proc/2/status"
  says 0 'VM_OOM_SCORE OK - next victim would be ja\x7cva[43] (60.0 % of RAM and swap), not a VM; first VM web (50.0 % of RAM and swap); 1 VM' --all
  [ "${#lines[@]}" = 3 ]
}

@test "on a recorded guest the next victim is the process with the largest score" {
  host=$trees/6.1-guest-starved
  says 0 'VM_OOM_SCORE OK - next victim would be java[427] (36.5 % of RAM and swap), not a VM; first VM instance-0000002a (32.5 % of RAM and swap); 2 VMs' --all
  says 0 'VM_OOM_SCORE OK - next victim among VMs would be instance-0000002a (32.5 % of RAM and swap); 2 VMs'
  grep -F '1. VM instance-0000002a: 32.5 % of RAM and swap, adj 0, oom_score 882 (324 thousandths with adj), RSS 64.6 MiB' <<<"$output"
}

@test "a host without VMs is OK, a host with hidden processes is UNKNOWN" {
  make_host 1000000 0
  says 0 'VM_OOM_SCORE OK - no VMs'
  rm -r "$host/proc/1"
  run -3 "$check" --rootfs="$host"
  [[ ${lines[0]} == 'VM_OOM_SCORE UNKNOWN - cannot determine the order of victims: /proc is mounted with hidepid, which hides '*'hidepid=0'* ]]
  make_host 1000000 0
  rm "$host/proc/meminfo"
  run -3 "$check" --rootfs="$host"
}

@test "a VM whose cgroup cannot be read is UNKNOWN" {
  make_host $((64 * 1024 * 1024)) 0
  put_vm 31 web 40000000 0 -m 65536
  put_vm 32 db 1000000 0 -m 1024
  procs="$host/sys/fs/cgroup${scope}31\\x2dweb.scope/cgroup.procs"
  rm "$procs"
  mkdir "$procs"
  for check in check_vm_oom_score check_vm_overcommit; do
    run -3 "$build/plugins/$check" --rootfs="$host"
    [[ ${lines[0]} == *" UNKNOWN - cannot determine "*'x2dweb.scope/cgroup.procs: Is a directory'* ]]
  done
}

@test "cgroups that are nested too deeply to be searched are UNKNOWN" {
  make_host 1000000 0
  local place=/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q
  put 31 qemu-kvm $place/vm.scope 500000 0 qemu-kvm -name web
  put_cgroup $place/vm.scope 31 512000000 600000000
  says 3 "VM_OOM_SCORE UNKNOWN - cannot determine the order of victims: $host/sys/fs/cgroup${place%/q}: cgroups are nested too deeply" --vm-cgroup=$place
  # The cgroups are not searched where no VM can be.
  put 31 qemu-kvm /vm.scope 500000 0 qemu-kvm -name web
  says 0 'VM_OOM_SCORE OK - next victim among VMs would be web (50.0 % of RAM and swap); 1 VM'
}

@test "a VM whose command line or cgroup cannot be read is UNKNOWN" {
  make_host $((64 * 1024 * 1024)) 0
  put_vm 31 web 1000000 0 -m 65536
  for file in cmdline cgroup; do
    mv "$host/proc/31/$file" "$host/kept"
    mkdir "$host/proc/31/$file"
    for check in check_vm_oom_score check_vm_overcommit; do
      run -3 "$build/plugins/$check" --rootfs="$host"
      [[ ${lines[0]} == *" UNKNOWN - cannot determine "*'/proc/31: Is a directory'* ]]
    done
    rmdir "$host/proc/31/$file"
    mv "$host/kept" "$host/proc/31/$file"
  done
}

@test "a process that exits while it is read is not an error" {
  make_host 1000000 0
  put_vm 31 web 500000 0
  put_vm 32 gone 600000 0
  for file in comm status oom_score_adj; do
    rm "$host/proc/32/$file"
    says 0 'VM_OOM_SCORE OK - next victim among VMs would be web (50.0 % of RAM and swap); 1 VM'
    says 0 'VM_OOM_SCORE OK - next victim would be web (50.0 % of RAM and swap); 1 VM' --all
    put_vm 32 gone 600000 0
  done
  # The process was ranked and exited before its line was written.
  rm "$host/proc/32/oom_score"
  says 0 'VM_OOM_SCORE OK - next victim among VMs would be gone (60.0 % of RAM and swap); 2 VMs'
  [[ ${lines[1]} == '1. VM gone: 60.0 % of RAM and swap, adj 0, RSS '* ]]
}

@test "oom_score is printed for every listed VM" {
  make_host 1000000 0
  for pid in {31..37}; do
    put_vm $pid vm$pid $((pid * 10000)) 0
  done
  for options in '' -v; do
    # shellcheck disable=SC2086 # none or one
    run -0 "$check" --rootfs="$host" $options
    [ "$(grep -c 'thousandths with adj' <<<"$output")" = $((${#lines[@]} - 1)) ]
  done
  [ "${#lines[@]}" = 8 ]
}

@test "VMs of plain QEMU and Proxmox are found, also outside of VM cgroups with --scan" {
  make_host 1000000 0
  put 50 qemu-system-x86 /user.slice/user-1000.slice/session-2.scope 200000 0 qemu-system-x86_64 -m 1G
  says 0 'VM_OOM_SCORE OK - next victim among VMs would be qemu-system-x86[50] (20.0 % of RAM and swap); 1 VM'
  put 51 kvm /qemu.slice/101.scope 300000 0 /usr/bin/kvm -id 101 -name web,debug-threads=on
  put_cgroup /qemu.slice/101.scope 51 100 max
  says 0 'VM_OOM_SCORE OK - next victim among VMs would be 101 (web) (30.0 % of RAM and swap); 1 VM'
  says 0 'VM_OOM_SCORE OK - next victim among VMs would be 101 (web) (30.0 % of RAM and swap); 2 VMs' --scan
}

@test "VMs and their limits are found on cgroup v1" {
  make_host 1000000 0
  rm "$host/sys/fs/cgroup/cgroup.controllers"
  put 31 qemu-kvm / 100000 0 qemu-kvm -name db01
  directory=$host/sys/fs/cgroup/memory/machine/db01.libvirt-qemu
  mkdir -p "$directory"
  echo 0 >"$host/sys/fs/cgroup/memory/memory.usage_in_bytes"
  echo '4:memory:/machine/db01.libvirt-qemu' >"$host/proc/31/cgroup"
  echo 31 >"$directory/cgroup.procs"
  echo 99000000 >"$directory/memory.usage_in_bytes"
  echo 100000000 >"$directory/memory.limit_in_bytes"
  printf 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n' >"$directory/memory.oom_control"
  says 1 'VM_OOM_SCORE WARNING - db01 holds 99.0 % of its cgroup'"'"'s limit of 95.4 MiB, above 98 %; next victim among VMs would be db01 (10.0 % of RAM and swap); 1 VM'
}

@test "-v lists every VM, one per line" {
  make_host 100000000 0
  for i in $(seq 100 149); do put_vm "$i" "vm$i" 1000 0; done
  run -0 "$check" --rootfs="$host"
  [ "${#lines[@]}" = 6 ]
  run -0 "$check" --rootfs="$host" -v
  [ "${#lines[@]}" = 51 ]
  [[ ${lines[0]} == *'; 50 VMs | '* ]]
}
