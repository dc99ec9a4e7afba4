#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Real reports of other people, read through the same code that production
# runs.  They are not this project's to ship: OOM_CORPUS names their folder,
# with truth.tsv in it.

setup_file() {
  here=${SRCDIR:-$BATS_TEST_DIRNAME/../..}
  export corpus=${OOM_CORPUS:-$here/../shared/corpus}
  export dump=${BUILDDIR:-$here/build}/tests/oom_dump
  export found=$BATS_FILE_TMPDIR/found.tsv result=$BATS_FILE_TMPDIR/result
  [ -r "$corpus/truth.tsv" ] || return 0
  for log in "$corpus"/*.log; do
    "$dump" "file:$log" >"$BATS_FILE_TMPDIR/kills" || echo "$log: exit $?" >>"$BATS_FILE_TMPDIR/failed"
    sed "s/^/${log##*/}\t/" "$BATS_FILE_TMPDIR/kills" >>"$found"
  done
  awk -f "$here/tests/cli/corpus.awk" "$corpus/truth.tsv" "$found" >"$result"
}

setup() {
  [ -r "$corpus/truth.tsv" ] || skip "no corpus of real reports at $corpus"
}

# Fails and shows the differences of a kind, if there are any besides those
# named: FILE PID, and why that is as it should be.
none_but() {
  local kind=$1 known=$2
  grep -E "^$kind " "$result" | while read -r line; do
    set -- $line
    grep -qF -- "$2 ${3%:}" <<<"$known" || echo "$line"
  done >"$BATS_TEST_TMPDIR/unknown"
  cat "$BATS_TEST_TMPDIR/unknown"
  [ ! -s "$BATS_TEST_TMPDIR/unknown" ]
}

@test "every report of the corpus is read to its end" {
  [ ! -e "$BATS_FILE_TMPDIR/failed" ] || {
    cat "$BATS_FILE_TMPDIR/failed"
    return 1
  }
  [ "$(awk -F'\t' '$2 ~ /[.]log$/' "$corpus/truth.tsv" | wc -l)" -eq "$(find "$corpus" -name '*.log' | wc -l)" ]
}

@test "every kill is found, in all files that no mail client wrapped" {
  none_but missed ""
}

@test "every kill is found, in those that one wrapped too" {
  none_but missed-wrapped ""
}

@test "no kill is invented" {
  none_but invented ""
}

@test "no kill is reported twice" {
  none_but doubled ""
}

@test "anonymous memory is as the log says" {
  none_but anon-rss ""
}

@test "the constraint is as the log says" {
  none_but constraint "
    ltp-memcg-el7-uid.log 42452   its announcement, which alone names the reason, was cut off"
}

@test "what systemd-oomd and earlyoom killed is theirs, not the kernel's" {
  grep -qx 'by-systemd-oomd neg-oomd-23606.log 1' "$result"
  grep -qx 'by-earlyoom neg-earlyoom-261-code.log 2' "$result"
  [ "$(grep -c '^by-' "$result")" -eq 2 ]
}

# The others' figures were taken on 149 real reports (128 kills in the 126 that
# no mail client wrapped, 191 in all), of which this corpus is a part.
@test "figures, beside those of other parsers" {
  grep '^#' "$result" >&3
  cat >&3 <<'END'
# others, recall:          not wrapped       all real   false positives
# cadvisor                   32 of 128      39 of 191   0
# cadvisor, end regex alone 106 of 128     155 of 191   2 (and 4 doubled)
# node-problem-detector      89 of 128      89 of 191   1 (and 3 doubled)
# OOMAnalyser                13 of 128      13 of 191   0
END
}
