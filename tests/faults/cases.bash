# SPDX-License-Identifier: GPL-3.0-or-later
# The invocations whose system calls are made to fail, on logs, hosts and states that
# are created in $work. Each is added by `try` of faults.sh:
#
#   try NAME STATUS [OPTION...] -- PROGRAM [ARGUMENT...]
#
# STATUS is the expected exit status without a fault; OPTION is one of faults.c, or:
#   ring=NAME      /dev/kmsg and syslog(2) return $work/rings/NAME (none: denied)
#   clock=USEC     the clocks stand still, CLOCK_BOOTTIME at USEC
#   state          the program has a state, initially as left by `saved NAME`
# shellcheck shell=bash
# shellcheck disable=SC2154 # work, plugins, trees, clock and tools are set by faults.sh

libvirt_scope='/machine.slice/machine-qemu\x2d1\x2dinstance\x2d0000002a.scope'
total='total-vm:139404kB, anon-rss:137748kB, file-rss:4kB, shmem-rss:704kB, UID:0 pgtables:316kB oom_score_adj:0'
boot_id=11111111-2222-3333-4444-555555555555
machine_id=0123456789abcdef0123456789abcdef

now_sec=$(date +%s)
uptime_sec=$(sed 's/\..*//' /proc/uptime)

# ---- logs ----

# report PREFIX: the kernel's report of a killed VM, each line after PREFIX.
report() {
  printf '%s%s\n' \
    "$1" 'qemu-kvm invoked oom-killer: gfp_mask=0x140dca(GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO), order=0, oom_score_adj=0' \
    "$1" 'Tasks state (memory values in pages):' \
    "$1" '[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name' \
    "$1" "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=$libvirt_scope,task=qemu-kvm,pid=377,uid=0" \
    "$1" "Out of memory: Killed process 377 (qemu-kvm) $total"
}

# stamp SECONDS-AGO: the time stamp of a line in a text log.
stamp() {
  date -ud "@$((now_sec - $1))" '+%Y-%m-%dT%H:%M:%S.000000+00:00'
}

# text SECONDS-AGO quiet|killed: lines of a text log.
text() {
  local prefix
  prefix="$(stamp "$1") hv1 kernel: "
  echo "${prefix}usb 1-1: new high-speed USB device number 2 using xhci_hcd"
  [ "$2" = quiet ] || report "$prefix"
  echo "${prefix}usb 1-1: USB disconnect, device number 2"
}

# ring NAME FIRST-SEQUENCE quiet|killed: records of a second ago, for kmsg and syslog(2).
ring() {
  local name=$1 sequence=$2 usec=$(((uptime_sec - 1) * 1000000)) line
  {
    echo 'Linux version 6.1.0-50-cloud-amd64'
    [ "$3" = quiet ] || report ''
    echo 'usb 1-1: USB disconnect, device number 2'
  } >"$work/rings/$name.texts"
  while IFS= read -r line; do
    [ "$sequence" != 0 ] || usec=0
    printf '4,%d,%d,-;%s\n' "$sequence" "$usec" "$(sed 's/[\]/\\x5c/g' <<<"$line")" >&3
    printf '<4>[%5d.%06d] %s\n' $((usec / 1000000)) $((usec % 1000000)) "$line" >&4
    # Each has another time: a line with the prefix of the line before may continue it.
    sequence=$((sequence + 1)) usec=$(((uptime_sec - 1) * 1000000 + 10 * (sequence + 1)))
  done <"$work/rings/$name.texts" 3>"$work/rings/$name.kmsg" 4>"$work/rings/$name.syslog"
}

# entries SECONDS-AGO BOOT quiet|killed: journal entries in the export format.
entries() {
  local at=$(((now_sec - $1) * 1000000)) boot=$2 line monotonic=60000000
  {
    echo 'usb 1-1: new high-speed USB device number 2 using xhci_hcd'
    [ "$3" = quiet ] || report ''
    echo 'usb 1-1: USB disconnect, device number 2'
  } >"$work/entries.texts"
  while IFS= read -r line; do
    printf '%s\n' "__CURSOR=s=$boot;i=$monotonic" "__REALTIME_TIMESTAMP=$at" "__MONOTONIC_TIMESTAMP=$monotonic" \
      "_BOOT_ID=$boot" _TRANSPORT=kernel SYSLOG_FACILITY=0 SYSLOG_IDENTIFIER=kernel PRIORITY=3 \
      "_SOURCE_MONOTONIC_TIMESTAMP=$monotonic" "MESSAGE=$line" ''
    at=$((at + 10)) monotonic=$((monotonic + 10))
  done <"$work/entries.texts"
}

# journal FOLDER NAME: writes a journal file from the entries on standard input.
journal() {
  mkdir -p "$1"
  cat >"$work/export"
  "$remote" --split-mode=none -o "$1/$2.journal" "$work/export" 2>"$work/remote.log"
}

# ---- hosts ----

# host NAME COUNTED: creates a root with the files that reading a log needs; the
# kernel's counter is COUNTED.
host() {
  local root=$work/$1
  mkdir -p "$root/proc/sys/kernel/random" "$root/proc/1" "$root/etc" "$root/dev" "$root/var/log" \
    "$root/sys/fs/cgroup" "$root/run/log"
  echo $boot_id >"$root/proc/sys/kernel/random/boot_id"
  echo $machine_id >"$root/etc/machine-id"
  printf 'nr_free_pages 1\noom_kill %s\n' "$2" >"$root/proc/vmstat"
  echo systemd >"$root/proc/1/comm"
  echo '0::/init.scope' >"$root/proc/1/cgroup"
  echo memory >"$root/sys/fs/cgroup/cgroup.controllers"
}

# tree NAME AS: copies a recorded host.
tree() {
  cp -r "$trees/$1" "$work/$2"
  chmod -R u+w "$work/$2"
}

# ---- states ----

# saved NAME PROGRAM ARGUMENT...: runs a program whose state the case NAME starts with.
saved() {
  local name=$1
  shift
  mkdir -p "$work/state/$name.saved"
  NAGIOS_PLUGIN_STATE_DIRECTORY=$work/state/$name.saved "$plugins/$1" "${@:2}" >>"$work/saved.log" 2>&1 || :
}

rings() {
  mkdir -p "$work/rings"
  ring killed 832 killed
  ring whole_killed 0 killed
  ring quiet 0 quiet
  ring overwritten 9000 quiet
}

oom_kills_of_rings() {
  host once 1
  host never 0
  host logged 1
  text 60 killed >"$work/logged/var/log/kern.log"
  try kmsg-killed 2 ring=killed -- check_oom_kills --rootfs="$work/once" --source=kmsg
  try kmsg-quiet 0 ring=quiet -- check_oom_kills --rootfs="$work/never" --source=kmsg --since=1s
  try syslog-killed 2 ring=killed -- check_oom_kills --rootfs="$work/once" --source=syslog
  try syslog-quiet 0 ring=quiet -- check_oom_kills --rootfs="$work/never" --source=syslog --since=1s
  try auto-killed 2 ring=killed -- check_oom_kills --rootfs="$work/once"
  try auto-quiet 0 ring=quiet -- check_oom_kills --rootfs="$work/never"
  try auto-ring-overwritten 2 ring=overwritten -- check_oom_kills --rootfs="$work/logged"
  try auto-remembers 2 ring=killed state -- check_oom_kills --rootfs="$work/once" -v
  try kmsg-denied 3 ring=none -- check_oom_kills --rootfs="$work/never" --source=kmsg
  saved auto-unrecorded check_oom_kills --rootfs="$work/never" --source="$work/rings/quiet.kmsg"
  try auto-unrecorded 1 ring=quiet state -- check_oom_kills --rootfs="$work/once" --since=1s
}

oom_kills_of_files() {
  local log
  host file 9
  mkdir "$work/plain" "$work/rotated"
  text 60 killed >"$work/plain/kern.log"
  text 60 quiet >"$work/plain/quiet.log"
  try text-killed 2 -- check_oom_kills --rootfs="$work/file" --source="$work/plain/kern.log"
  try text-quiet 0 -- check_oom_kills --rootfs="$work/file" --source="$work/plain/quiet.log" --since=30s
  try text-two-killed 2 -- check_oom_kills --rootfs="$work/file" --source="$work/plain/quiet.log" \
    --source="$work/plain/kern.log"
  text 3600 killed >"$work/rotated/kern.log.1"
  text 60 quiet >"$work/rotated/kern.log"
  try text-rotated 2 -- check_oom_kills --rootfs="$work/file" --source="$work/rotated/kern.log"
  local suffix tool
  for suffix in gz xz zst; do
    case $suffix in gz) tool=gzip ;; xz) tool=xz ;; zst) tool='zstd -q --rm' ;; esac
    needs "${tool%% *}" || continue
    mkdir "$work/$suffix"
    text 60 quiet >"$work/$suffix/kern.log"
    text 3600 quiet >"$work/$suffix/kern.log.1"
    text 7200 killed >"$work/$suffix/kern.log.2"
    $tool "$work/$suffix/kern.log.2"
    try "text-$suffix" 2 -- check_oom_kills --rootfs="$work/file" --source="$work/$suffix/kern.log"
  done
  text 3600 quiet >"$work/gz/kern.log.1"
  text 7200 quiet | gzip >"$work/gz/quiet.log.2.gz"
  cp "$work/gz/kern.log" "$work/gz/quiet.log"
  cp "$work/gz/kern.log.1" "$work/gz/quiet.log.1"
  try text-gz-quiet 0 -- check_oom_kills --rootfs="$work/file" --source="$work/gz/quiet.log"
  entries 60 ${boot_id//-/} killed >"$work/plain/export"
  try export-killed 2 -- check_oom_kills --rootfs="$work/file" --source="$work/plain/export"
  cat >"$work/plugins.ini" <<-INI
	[check_oom_kills]
	source=$work/plain/kern.log
	rootfs=$work/file
	INI
  try extra-opts 2 -- check_oom_kills "--extra-opts=@$work/plugins.ini"
  try ignored 0 -- check_oom_kills --rootfs="$work/file" --source="$work/plain/kern.log" \
    --ignore-cgroup='^/machine'
  log=$trees/identity-libvirt/kern.log
  try identity-libvirt 2 -- check_oom_kills --rootfs="$trees/identity-libvirt" --since=all --source="$log" -v
  sed 's|/machine/qemu-1-instance-0000002a.libvirt-qemu|/qemu.slice/101.scope|g' "$log" >"$work/plain/proxmox.log"
  try identity-proxmox 2 -- check_oom_kills --rootfs="$trees/identity-proxmox" --since=all \
    --source="$work/plain/proxmox.log" -v
}

# relayed NAME quiet|killed COUNTED: a log server's file, with lines of this host and of
# two others in turn.
relayed() {
  host "$1" "$3"
  mkdir -p "$work/$1/proc/sys/kernel"
  echo hv1 >"$work/$1/proc/sys/kernel/hostname"
  paste -d '\n' <(text 60 "$2") <(text 60 killed | sed 's/ hv1 / hv2 /') <(text 60 killed | sed 's/ hv1 / hv3 /') |
    sed '/^$/d' >"$work/$1/var/log/kern.log"
}

oom_kills_of_hosts() {
  relayed hosts-quiet quiet 0
  relayed hosts-killed killed 1
  try hosts-quiet 0 ring=overwritten -- check_oom_kills --rootfs="$work/hosts-quiet"
  try hosts-killed 2 ring=overwritten -- check_oom_kills --rootfs="$work/hosts-killed"
  try hosts-named 2 -- check_oom_kills --rootfs="$work/hosts-quiet" \
    --source="$work/hosts-quiet/var/log/kern.log" --host=hv3
  try hosts-report 0 -- oom_report --rootfs="$work/hosts-killed" --source="$work/hosts-killed/var/log/kern.log" \
    --host=any --format=json
}

oom_kills_of_journals() {
  needs "$remote" || return 0
  local folder=var/log/journal/$machine_id
  host earlier 0
  entries $((uptime_sec + 3600)) aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa killed | journal "$work/earlier/$folder" 'system@1'
  entries 1 ${boot_id//-/} quiet | journal "$work/earlier/$folder" system
  try journal-killed 2 -- check_oom_kills --rootfs="$work/file" --source="journal:$work/earlier/$folder" --since=all
  try auto-earlier-boot 2 ring=quiet -- check_oom_kills --rootfs="$work/earlier" --since=all
  host calm 0
  entries $((uptime_sec + 3600)) aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa quiet | journal "$work/calm/$folder" 'system@1'
  entries 1 ${boot_id//-/} quiet | journal "$work/calm/$folder" system
  try journal-quiet 0 -- check_oom_kills --rootfs="$work/calm" --source=journal
  try report-journal 0 -- oom_report --rootfs="$work/file" --source="journal:$work/earlier/$folder" --since=all
  try report-auto-json 0 ring=quiet -- oom_report --rootfs="$work/earlier" --format=json --since=all
}

# remembered NAME ARGUMENT...: saves a state while $work/NAME/log reports a kill.
remembered() {
  mkdir "$work/$1"
  text 60 killed >"$work/$1/log"
  saved "$1" check_oom_kills --rootfs="$work/file" --source="$work/$1/log" "${@:2}"
}

oom_kills_of_states() {
  local name
  remembered held --window=until-acknowledged
  text 30 quiet >"$work/held/log"
  try held 2 state --lie-forgets -- check_oom_kills --rootfs="$work/file" --source="$work/held/log" \
    --window=until-acknowledged
  remembered forgotten-by-log
  text 30 quiet >"$work/forgotten-by-log/log"
  try forgotten-by-log 2 state --lie-forgets -- check_oom_kills --rootfs="$work/file" \
    --source="$work/forgotten-by-log/log"
  # --then runs the check itself after each fault.
  remembered acknowledge
  try acknowledge 0 state --then="$plugins/check_oom_kills" --then=--rootfs="$work/file" \
    --then=--source="$work/acknowledge/log" -- check_oom_kills --rootfs="$work/file" \
    --source="$work/acknowledge/log" --acknowledge --by=alice --comment='ticket 7'
  remembered acknowledged
  saved acknowledged check_oom_kills --rootfs="$work/file" --source="$work/acknowledged/log" --acknowledge
  try acknowledged 0 state --lie-forgets -- check_oom_kills --rootfs="$work/file" \
    --source="$work/acknowledged/log"
  for name in first-state same-state; do
    mkdir -p "$work/$name" "$work/state/$name.saved"
    text 60 killed >"$work/$name/log"
    [ $name = first-state ] || saved $name check_oom_kills --rootfs="$work/file" --source="$work/$name/log"
    try $name 2 state -- check_oom_kills --rootfs="$work/file" --source="$work/$name/log"
  done
}

# A log of 17 MiB with a kill; all but its end was searched by the run before.
oom_kills_of_searched() {
  mkdir "$work/searched"
  {
    text 90 killed
    yes "$(stamp 80) hv1 app[1]: $(printf '%0200d' 0)" | head -c $((17 * 1024 * 1024))
    printf '\n'
    text 60 quiet
  } >"$work/searched/log"
  saved searched check_oom_kills --rootfs="$work/file" --source="$work/searched/log"
  # The saved kill would hide that the search did not find it.
  find "$work/state/searched.saved" -name '*kills-*' -delete
  text 50 quiet >>"$work/searched/log"
  try searched 2 state -- check_oom_kills --rootfs="$work/file" --source="$work/searched/log"
}

# The log has only the pid of the killed VM; a note gives its name.
oom_kills_of_notes() {
  local scope='sys/fs/cgroup/machine.slice/machine-qemu\x2d1\x2dinstance\x2d0000002a.scope'
  tree 6.1-guest-starved noted
  sed -i 's/^oom_kill 0$/oom_kill 1/' "$work/noted/proc/vmstat"
  saved noted check_vm_oom_score --rootfs="$work/noted"
  rm -r "$work/noted/proc/120" "${work:?}/noted/$scope"
  printf '%s\n' "__CURSOR=s=1" "__REALTIME_TIMESTAMP=${now_sec}000000" __MONOTONIC_TIMESTAMP=10000000 \
    _SOURCE_MONOTONIC_TIMESTAMP=10000000 "_BOOT_ID=$(tr -d - <"$work/noted/proc/sys/kernel/random/boot_id")" \
    _TRANSPORT=kernel SYSLOG_FACILITY=0 SYSLOG_IDENTIFIER=kernel PRIORITY=3 \
    "MESSAGE=Out of memory: Killed process 120 (qemu-kvm) $total" '' >"$work/noted/log"
  try noted 2 state -- check_oom_kills --rootfs="$work/noted" --source="$work/noted/log"
  try take-notes 0 state -- check_vm_oom_score --rootfs="$trees/6.1-guest-starved"
  mkdir -p "$work/state/take-notes.saved"
}

reports() {
  try report-text 0 -- oom_report --rootfs="$work/file" --source="$work/rotated/kern.log" --since=7d
  try report-json 0 -- oom_report --rootfs="$trees/identity-libvirt" --format=json --since=all \
    --source="$trees/identity-libvirt/kern.log"
  try report-kmsg 0 ring=killed -- oom_report --rootfs="$work/once" --source=kmsg
  needs gzip || return 0
  try report-gz 0 -- oom_report --rootfs="$work/file" --source="$work/gz/kern.log" --format=json
}

# falling: a host whose memory is used up in ten minutes, with the samples of four runs.
falling() {
  local gib at name rows="boot ${boot_id//-/}"$'\n'
  tree memoryless-node falling
  mkdir -p "$work/falling/proc/sys/kernel/random" "$work/state/forecast.saved"
  echo $boot_id >"$work/falling/proc/sys/kernel/random/boot_id"
  sed -i "s/^MemAvailable:.*/MemAvailable: $((20 * 1048576)) kB/" "$work/falling/proc/meminfo"
  at=8800
  for gib in 60 50 40 30; do
    rows+="s -1 ${at}000000 $((gib * 1048576))"$'\n'
    at=$((at + 300))
  done
  # The state's name depends on the root.
  saved forecast check_mem_available --rootfs="$work/falling" --forecast=45min
  name=$(basename "$(find "$work/state/forecast.saved" -name 'host*' ! -name '*.lock')")
  NAGIOS_PLUGIN_STATE_DIRECTORY=$work/state/forecast.saved "$tools/state_tool" put "$rows" check_mem_available \
    "$name" 2
}

memory() {
  try mem-calm 0 -- check_mem_available --rootfs="$trees/6.1-guest-calm" -w 1MiB: -c 1MiB:
  try mem-starved 2 -- check_mem_available --rootfs="$trees/6.1-guest-starved"
  try mem-per-node 2 -- check_mem_available --rootfs="$trees/two-node-512g" --per-node
  try mem-per-node-all 2 -- check_mem_available --rootfs="$trees/memoryless-node" --per-node=all -w 99%: -c 98%:
  try mem-hugepages 2 -- check_mem_available --rootfs="$trees/hugepages-1t" --hugepages=1GiB --per-node -c 16GiB:
  try mem-zfs 2 -- check_mem_available --rootfs="$trees/proxmox-zfs" --zfs-arc=evictable -w 99%: -c 98%:
  try mem-el6 2 -- check_mem_available --rootfs="$trees/el6-v1" -w 99%: -c 98%:
  falling
  try forecast 1 state clock=10000000000 -- check_mem_available --rootfs="$work/falling" \
    --forecast=45min -w 1GiB: -c 512MiB:
  saved forecast-starved check_mem_available --rootfs="$trees/6.1-guest-starved" --forecast=45min
  try forecast-starved 2 state -- check_mem_available --rootfs="$trees/6.1-guest-starved" --forecast=45min
  try kernel 1 -- check_mem_kernel --rootfs="$trees/6.1-guest-calm" -w slab=1MiB
  saved kernel-growth check_mem_kernel --rootfs="$trees/6.1-guest-calm" --over=1h
  try kernel-growth 2 state -- check_mem_kernel --rootfs="$trees/6.1-guest-calm" --over=1h -c slab=1MiB
  try pressure-warning 1 -- check_mem_pressure --rootfs="$trees/two-node-512g"
  try pressure-critical 2 -- check_mem_pressure --rootfs="$trees/zram"
  try pressure-cgroup 2 -- check_mem_pressure --rootfs="$trees/two-node-512g" --cgroup="$libvirt_scope"
  try pressure-none 3 -- check_mem_pressure --rootfs="$trees/el6-v1"
  try pressure-none-ok 0 -- check_mem_pressure --rootfs="$trees/el6-v1" --no-psi=ok
}

vms() {
  local stack
  for stack in two-node-512g hugepages-1t proxmox-zfs hybrid el6-v1 zram; do
    try "score-$stack" 2 -- check_vm_oom_score --rootfs="$trees/$stack" -c 0.1
    try "promised-$stack" 2 -- check_vm_overcommit --rootfs="$trees/$stack" --reserved=512MiB -w 0.001 -c 0.002
  done
  try score-default 0 -- check_vm_oom_score --rootfs="$trees/two-node-512g"
  try score-none 0 -- check_vm_oom_score --rootfs="$trees/laptop"
  try score-all 1 -- check_vm_oom_score --rootfs="$trees/6.1-guest-starved" --all -w 10
  try score-protect 1 -- check_vm_oom_score --rootfs="$trees/6.1-guest-starved" --protect='^java$'
  try score-scan 2 -- check_vm_oom_score --rootfs="$trees/zram" --scan -c 1
  try promised-default 0 -- check_vm_overcommit --rootfs="$trees/two-node-512g" --overhead=0B --reserved=0B
  try promised-starved 2 -- check_vm_overcommit --rootfs="$trees/6.1-guest-starved" --reserved=0B
  try promised-none 0 -- check_vm_overcommit --rootfs="$trees/laptop"
}

all_cases() {
  rings
  oom_kills_of_rings
  oom_kills_of_files
  oom_kills_of_hosts
  oom_kills_of_journals
  oom_kills_of_states
  oom_kills_of_notes
  oom_kills_of_searched
  reports
  memory
  vms
}
