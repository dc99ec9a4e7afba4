#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Every program under every resource limit: the result must be that without limits, or UNKNOWN in
# one line. No run may end by a signal.
bats_require_minimum_version 1.5.0

load vm_host

setup_file() {
  local pid time
  cd "$BATS_FILE_TMPDIR"
  time=$(date -d '5 min ago' +%FT%T.000000%:z)
  for pid in {5000..5010}; do
    echo "$time hv1 kernel: Memory cgroup out of memory: Killed process $pid (qemu-kvm)" \
      "total-vm:8388608kB, anon-rss:8000000kB, file-rss:4kB, shmem-rss:0kB, UID:107 pgtables:16384kB oom_score_adj:0"
  done >kern.log
  printf '[check_oom_kills]\nsince=1h\n' >some.ini
}

setup() {
  ! grep -q '^SANITIZER_CFLAGS = .' "${BUILDDIR:-.}/Makefile" ||
    skip "a sanitizer's shadow memory has no place in these limits"
  plugins=$(realpath "${BUILDDIR:-.}")/plugins
  trees=$(realpath "${SRCDIR:-.}")/tests/data/trees
  cd "$BATS_FILE_TMPDIR"
  export NAGIOS_PLUGIN_STATE_DIRECTORY=$BATS_TEST_TMPDIR/state
  mkdir -p "$NAGIOS_PLUGIN_STATE_DIRECTORY"
  make_host $((64 * 1024 * 1024)) 0
  put_vm 31 web 40000000 0 -m 65536
  put_vm 32 db 1000000 0 -m size=16777216k,slots=4,maxmem=67108864k
}

# Exit code and first word of the output without limits, then the command.
commands() {
  cat <<END
2 OOM_KILLS check_oom_kills --source=kern.log
2 OOM_KILLS check_oom_kills --source=kern.log -v --extra-opts=@some.ini
2 MEM_AVAILABLE check_mem_available --rootfs=$trees/two-node-512g --per-node --forecast=1h -v
0 MEM_KERNEL check_mem_kernel --rootfs=$trees/6.1-guest-calm --over=1h
2 MEM_PRESSURE check_mem_pressure --rootfs=$trees/zram -v
2 VM_OOM_SCORE check_vm_oom_score --rootfs=$host -c 1% -v --all
2 VM_OVERCOMMIT check_vm_overcommit --rootfs=$host -c 0.1 -v
0 11 oom_report --source=kern.log
0 { oom_report --source=kern.log --format=json
END
}

# answers RC WORD STATUS: whether the files `said` and `complained` have the result without limits,
# or UNKNOWN in one line. If the libraries do not fit, the loader fails before the program starts.
answers() {
  local said
  said=$(head -n 1 said)
  if [ "$3" = "$1" ] && [[ $said == "$2"* ]]; then
    return 0
  fi
  if [ "$3" = 127 ]; then
    [ -z "$said" ] && [[ $(<complained) == *'error while loading shared libraries'* ]]
    return
  fi
  [ "$3" = 3 ] || return 1
  case $2 in
    # UNKNOWN must have a reason.
    [A-Z]*) [[ $said == "$2 UNKNOWN - "*[a-z]* && $said != *':  | '* ]] ;;
    *) [[ $(<complained) == 'oom_report: '* ]] ;;
  esac
}

# under_limits LIMITING...: runs each command after each of these bash commands.
under_limits() {
  local rc word command limit status failed=
  while read -r rc word command; do
    for limit; do
      status=0
      rm -rf "${NAGIOS_PLUGIN_STATE_DIRECTORY:?}"/*
      # shellcheck disable=SC2086 # words of a command
      bash -c "$limit"'; exec "$@"' - "$plugins/"$command >said 2>complained </dev/null 3>&- 4>&- || status=$?
      answers "$rc" "$word" "$status" ||
        failed+="$limit: $command: exited with $status, said: $(head -c 300 said complained)"$'\n'
    done
  done < <(commands)
  [ -z "$failed" ] || {
    echo "$failed"
    return 1
  }
}

@test "without limits the results are those of the table" {
  while read -r rc word command; do
    # shellcheck disable=SC2086 # words of a command
    run "$plugins/"$command
    [ "$status" = "$rc" ]
    [[ $output == "$word"* ]]
  done < <(commands)
}

@test "with a stack of 96 KiB the result is the same or UNKNOWN" {
  under_limits 'ulimit -s 96'
}

@test "with little data and address space the result is the same or UNKNOWN" {
  under_limits 'ulimit -d 400' 'ulimit -d 500' 'ulimit -d 600' 'ulimit -v 4000' 'ulimit -v 8000'
}

@test "with few file descriptors the result is the same or UNKNOWN" {
  under_limits 'ulimit -n 4' 'ulimit -n 5' 'ulimit -n 6' 'ulimit -n 7' 'ulimit -n 8'
}

@test "with limits on files, CPU time, cores, processes and locks the result is the same or UNKNOWN" {
  # With a file size of 0 the output must go through a pipe.
  while read -r rc word command; do
    # shellcheck disable=SC2086 # words of a command
    run bash -c 'ulimit -f 0; "$@"' - "$plugins/"$command
    [ "$status" = "$rc" ] || [ "$status" = 3 ]
    [[ $output == "$word"* ]] || [[ $output == *UNKNOWN* ]]
  done < <(commands)
  under_limits 'ulimit -t 1 -c 0 -u 1 -l 0 -i 0 -x 0'
}

@test "without getrandom(2) the result is the same or UNKNOWN" {
  command -v strace >/dev/null || skip 'no strace'
  strace -o /dev/null true 2>/dev/null || skip 'nothing can be traced here'
  for error in ENOSYS EPERM; do
    while read -r rc word command; do
      status=0
      # shellcheck disable=SC2086 # words of a command
      strace -o /dev/null -e trace=getrandom -e inject=getrandom:error=$error "$plugins/"$command >said 2>complained ||
        status=$?
      answers "$rc" "$word" "$status"
    done < <(commands)
  done
}

@test "closed standard descriptors are not reused for files" {
  under_limits 'exec <&-' 'exec 2>&-' 'exec <&- 2>&-'
  while read -r _ _ command; do
    for closed in 'exec >&-' 'exec <&- >&- 2>&-'; do
      # shellcheck disable=SC2086 # words of a command
      run -3 bash -c "$closed"'; exec "$@"' - "$plugins/"$command
    done
  done < <(commands)
  # The saved state does not contain the output.
  run -2 "$plugins/check_oom_kills" --source=kern.log -v
  [[ $output != *damaged* ]]
  run ! grep -rq 'OOM_KILLS' "$NAGIOS_PLUGIN_STATE_DIRECTORY"
}

# memory_cgroup BYTES: makes a cgroup in $cgroup with this limit, or skips.
memory_cgroup() {
  local root=/sys/fs/cgroup file=memory.max
  [ "$(id -u)" = 0 ] || skip 'needs root, to make a cgroup'
  if [ -d /sys/fs/cgroup/memory ]; then
    root=/sys/fs/cgroup/memory file=memory.limit_in_bytes
  fi
  cgroup=$root/oom-limits-$$
  mkdir "$cgroup" 2>/dev/null || skip 'no cgroup can be made here'
  echo "$1" 2>/dev/null >"$cgroup/$file" || skip 'no memory controller'
}

teardown() {
  if [ -n "${cgroup-}" ]; then rmdir "$cgroup" || true; fi
}

@test "in a memory cgroup of 4 MiB the result is the same or UNKNOWN" {
  memory_cgroup $((4 << 20))
  under_limits "echo \$\$ >$cgroup/cgroup.procs"
}
