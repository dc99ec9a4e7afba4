#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# oom.sh [SECONDS]: fuzzes the OOM parser with libFuzzer (clang), ASan and
# UBSan, starting from the captured reports.  Run by hand.
set -eu
source=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/seeds"
touch "$work/config.h"
# "0" (0x30) at the head of a line: the kernel's, with facility and times
for capture in "$source"/tests/data/kernels/*/*.kmsg; do
  seed=$(basename "$(dirname "$capture")")-$(basename "$capture")
  sed -n 's/^[0-7],[^;]*;/0/p' "$capture" | grep -avE '\+0x|^0(R[A-Z0-9]{2}|Code|RSP):' |
    head -c 6000 >"$work/seeds/$seed"
done
# of the log readers only klog_record_is_kernel() is used: no journal, no codecs
sources=$(find "$source/common/oom" "$source/common/klog" "$source/common/base" -name '*.c' \
  ! -name 'journal*.c' -o -name 'journal_none.c')
# shellcheck disable=SC2086 # no path here holds blanks
clang -std=gnu17 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
  -I"$work" -I"$source/common" -o "$work/fuzz_oom" "$source/tests/fuzz/fuzz_oom.c" $sources
"$work/fuzz_oom" -max_total_time="${1:-60}" -timeout=5 -rss_limit_mb=512 -max_len=8192 -print_final_stats=1 \
  -artifact_prefix="$source/tests/fuzz/" "$work/seeds"
