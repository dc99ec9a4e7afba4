#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# fuzz.sh TARGET [SECONDS]: fuzzes what reads foreign bytes, with libFuzzer
# (clang), ASan and UBSan.  Run by hand.  Targets:
#   oom           kernel records, from the captured reports
#   line          lines of text logs, in every format
#   command_line  command lines of hypervisors
#   remembered    what a check has remembered, torn or foreign
set -eu
source=$(cd "$(dirname "$0")/../.." && pwd)
target=${1:?usage: fuzz.sh oom|line|command_line|remembered [SECONDS]}
seconds=${2:-60}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/seeds"
touch "$work/config.h"

seeds_of_oom() {
  # "0" (0x30) at the head of a line: the kernel's, with facility and times
  for capture in "$source"/tests/data/kernels/*/*.kmsg; do
    seed=$(basename "$(dirname "$capture")")-$(basename "$capture")
    sed -n 's/^[0-7],[^;]*;/0/p' "$capture" | grep -avE '\+0x|^0(R[A-Z0-9]{2}|Code|RSP):' |
      head -c 6000 >"$work/seeds/$seed"
  done
}

seeds_of_line() {
  find "$source/tests/data" -type f -path '*log*' -size -64k -exec cp {} "$work/seeds/" \;
}

seeds_of_command_line() {
  find "$source/tests/data" -type f -name cmdline -exec sh -c '
    for file; do cp "$file" "$0/$(cksum <"$file" | tr " " -)"; done' "$work/seeds" {} +
}

seeds_of_remembered() {
  printf '%s\n' \
    'account 0a000000000000000000000000000000 7 2 55 1795383365000000' \
    'acknowledged 1795383365000000 0a000000000000000000000000000000 44 alice ticket\x207' \
    'missing 1795383365000000 2 0' \
    'kill 58 0a000000000000000000000000000000 1795383365000000 44 380 0 139400 138012 4 0 65536 -1 -1 381 0 2 qemu-kvm CPU\x200/KVM /machine.slice/a.scope /machine.slice 1 1 1 instance-0000002a 1   ' \
    >"$work/seeds/kills"
  printf '%s\n' 'boot 0a000000000000000000000000000000' \
    'vm 380 12000 7 -1 qemu-kvm 1 1 0 instance-0000002a 1   ' >"$work/seeds/vms"
}

case $target in
  oom | line | command_line | remembered) "seeds_of_$target" ;;
  *)
    echo "fuzz.sh: no target $target" >&2
    exit 2
    ;;
esac

# No plugin, and none of the libraries that are loaded at run time.
sources=$(find "$source/common" -name '*.c' ! -path '*/plugin/*' \
  ! -name 'journal*.c' ! -name domain.c ! -name lookup.c -o -name journal_none.c)
# shellcheck disable=SC2086 # no path here holds blanks
clang -std=gnu17 -D_GNU_SOURCE -DSTATE_DIRECTORY='"/nonexistent"' \
  -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
  -I"$work" -I"$source/common" -o "$work/fuzz" "$source/tests/fuzz/fuzz_$target.c" $sources
"$work/fuzz" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=512 -max_len=8192 -print_final_stats=1 \
  -artifact_prefix="$source/tests/fuzz/" "$work/seeds"
