#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# First lines of check_vm_oom_score and check_vm_overcommit on recorded hosts, for each stack and
# each layout of cgroups.
bats_require_minimum_version 1.5.0
load said

setup() {
  build=$(cd "${BUILDDIR:-$BATS_TEST_DIRNAME/../../build}" && pwd)
  trees=$(cd "${SRCDIR:-$BATS_TEST_DIRNAME/../..}/tests/data/trees" && pwd)
  [ -x "$build/plugins/check_vm_oom_score" ]
}

# table CHECK OPTION...: rows of "TREE RC LINE" on standard input.
table() {
  local check=$1 tree rc line
  shift
  while read -r tree rc line; do
    says_first "$rc" "$line" "$build/plugins/$check" --rootfs="$trees/$tree" "$@"
    [ "$(grep -o '|' <<<"$output" | wc -l)" = 1 ]
  done
}

@test "finds the next victim among VMs of nova, Proxmox, libvirt on v1 and hybrid, and plain QEMU" {
  table check_vm_oom_score <<'END'
two-node-512g 0 VM_OOM_SCORE OK - next victim among VMs would be instance-0000002a (29.9 % of RAM and swap); 3 VMs
hugepages-1t 0 VM_OOM_SCORE OK - next victim among VMs would be db (0.2 % of RAM and swap); 1 VM
proxmox-zfs 0 VM_OOM_SCORE OK - next victim among VMs would be 102 (mail) (18.0 % of RAM and swap); 2 VMs
hybrid 0 VM_OOM_SCORE OK - next victim among VMs would be mail (76.6 % of RAM and swap); 1 VM
el6-v1 0 VM_OOM_SCORE OK - next victim among VMs would be db01 (38.4 % of RAM and swap); 2 VMs
zram 0 VM_OOM_SCORE OK - next victim among VMs would be qemu-system-x86[300] (43.0 % of RAM and swap); 1 VM
laptop 0 VM_OOM_SCORE OK - no VMs
memoryless-node 0 VM_OOM_SCORE OK - no VMs
END
}

@test "with --all the next victim may not be a VM" {
  table check_vm_oom_score --all <<'END'
laptop 0 VM_OOM_SCORE OK - no VMs; next victim would be firefox[4120] (7.4 % of RAM and swap), not a VM
el6-v1 0 VM_OOM_SCORE OK - next victim would be db01 (38.4 % of RAM and swap); 2 VMs
6.1-guest-starved 0 VM_OOM_SCORE OK - next victim would be java[427] (36.5 % of RAM and swap), not a VM; first VM instance-0000002a (32.5 % of RAM and swap); 2 VMs
END
}

@test "oom_score is shown with the formula of its kernel" {
  run -0 "$build/plugins/check_vm_oom_score" --rootfs="$trees/two-node-512g"
  [[ ${lines[1]} == '1. VM instance-0000002a: 29.9 % of RAM and swap, adj 0, oom_score 865 (298 thousandths with adj), RSS 150 GiB, '* ]]
  run -0 "$build/plugins/check_vm_oom_score" --rootfs="$trees/el6-v1"
  [[ ${lines[1]} == '1. VM db01: 38.4 % of RAM and swap, adj 0, oom_score 383 (383 thousandths with adj), RSS 12.0 GiB, '* ]]
  run -0 "$build/plugins/check_vm_oom_score" --rootfs="$trees/hugepages-1t"
  [[ ${lines[1]} == *', plus 512 GiB in huge pages, which the OOM killer does not count; '* ]]
}

# cgroup2 as systemd 259 mounts it, where the cgroup's memory.current includes huge pages, as in
# check_mem_available.bats.
@test "huge pages that count against a VM's limit are shown as a part of its cgroup's memory" {
  says_first 1 'VM_OOM_SCORE WARNING - db holds 98.8 % of its cgroup'"'"'s limit of 520 GiB, above 98 %; next victim among VMs would be web (6.0 % of RAM and swap); 2 VMs' "$build/plugins/check_vm_oom_score" --rootfs="$trees/arm64-hugetlb-accounting"
  [[ ${lines[0]} == *' | vm_oom_share=5.956525%;90;95;0;100 vm_oom_limit_share=98.845966%;98;;0;100 vms=2;;;0 '* ]]
  [[ ${lines[1]} == '1. VM web: '*', RSS 60.0 GiB, swap 0 B, plus 24.0 GiB in huge pages, which the OOM killer does not count; cgroup holds 84.0 GiB (24.0 GiB of which in huge pages); '* ]]
  [[ ${lines[2]} == '2. VM db: '*', RSS 2.0 GiB, swap 0 B, plus 512 GiB in huge pages, which the OOM killer does not count; cgroup holds 514 GiB (512 GiB of which in huge pages) of at most 520 GiB; '* ]]
}

# 160 + 128 + 192 GiB in nova's JSON; 24 GiB, and 1 GiB with 46 devices of 512 MiB; 512 GiB in huge
# pages on two nodes; -m in MiB; -m 6G.
@test "reads the promised memory from the command lines of each stack" {
  table check_vm_overcommit --overhead=0 --reserved=0 <<'END'
two-node-512g 0 VM_OVERCOMMIT OK - 3 VMs configured with 482 GiB of 503 GiB (ratio 0.96); if every guest touches all of it, 21.5 GiB are left
arm64-hugetlb-accounting 0 VM_OVERCOMMIT OK - 2 VMs configured with 64.2 GiB of 335 GiB (ratio 0.19); if every guest touches all of it, 271 GiB are left; in huge pages 536 GiB of 672 GiB
hugepages-1t 0 VM_OVERCOMMIT OK - 1 VM configured with 2.0 GiB of 111 GiB (ratio 0.02); if every guest touches all of it, 109 GiB are left; in huge pages 512 GiB of 896 GiB
proxmox-zfs 0 VM_OVERCOMMIT OK - 2 VMs configured with 48.2 GiB of 126 GiB (ratio 0.38); if every guest touches all of it, 77.6 GiB are left
hybrid 0 VM_OVERCOMMIT OK - 1 VM configured with 48.2 GiB of 62.8 GiB (ratio 0.77); if every guest touches all of it, 14.6 GiB are left
el6-v1 0 VM_OVERCOMMIT OK - 2 VMs configured with 28.1 GiB of 31.3 GiB (ratio 0.90); if every guest touches all of it, 3.2 GiB are left
zram 0 VM_OVERCOMMIT OK - 1 VM configured with 6.0 GiB of 7.7 GiB (ratio 0.79); if every guest touches all of it, 1.6 GiB are left
laptop 0 VM_OVERCOMMIT OK - no VMs; the host has 15.5 GiB for guests
END
}

@test "the long output has the memory saved by KSM and nova's ratio" {
  run -0 "$build/plugins/check_vm_overcommit" --rootfs="$trees/proxmox-zfs" -v
  grep -Fx 'KSM saves 3.0 GiB, until guests write to the shared pages' <<<"$output"
  grep -Fx 'VM 102 (mail): 24.0 GiB, with hotplug up to 4.0 TiB, overhead 224 MiB; holds 24.0 GiB' <<<"$output"
  grep -E '^nova: needs ram_allocation_ratio of at least 0\.38, ' <<<"$output"
}
