#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Real reports from public sources, read by the code of the programs. They cannot be shipped with
# this project: OOM_CORPUS names the folder with the logs and truth.tsv.

# answer LOG: the file and the pid of each kill if the result is OK and complete, and one row
# without a pid.
answer() {
  local output
  output=$(NAGIOS_PLUGIN_STATE_DIRECTORY=/proc/none "$report" --format=json --since=all --source="$1" 2>/dev/null) || return 0
  [[ $output == *'"complete": true'* ]] || return 0
  printf '%s\t%s\n' "${1##*/}" ''
  jq -r --arg file "${1##*/}" '.kills[] | "\($file)\t\(.pid // "-")"' <<<"$output"
}

setup_file() {
  here=${SRCDIR:-$BATS_TEST_DIRNAME/../..}
  export corpus=${OOM_CORPUS:-$here/../shared/corpus}
  export dump=${BUILDDIR:-$here/build}/tests/oom_dump
  export report=${BUILDDIR:-$here/build}/plugins/oom_report
  export found=$BATS_FILE_TMPDIR/found.tsv result=$BATS_FILE_TMPDIR/result
  [ -r "$corpus/truth.tsv" ] || return 0
  for log in "$corpus"/*.log; do
    "$dump" "file:$log" >"$BATS_FILE_TMPDIR/kills" || echo "$log: exit $?" >>"$BATS_FILE_TMPDIR/failed"
    sed "s/^/${log##*/}\t/" "$BATS_FILE_TMPDIR/kills" >>"$found"
    answer "$log"
  done >"$BATS_FILE_TMPDIR/ok.tsv"
  awk -f "$here/tests/cli/corpus.awk" "$corpus/truth.tsv" "$found" "$BATS_FILE_TMPDIR/ok.tsv" >"$result"
}

setup() {
  [ -r "$corpus/truth.tsv" ] || skip "no corpus of real reports at $corpus"
}

# none_but KIND KNOWN: fails and shows the differences of this kind other than the known ones. KNOWN
# has FILE PID lines and the reason for them.
none_but() {
  local kind=$1 known=$2
  grep -E "^$kind " "$result" | while read -r line; do
    set -- $line
    grep -qF -- "$2 ${3%:}" <<<"$known" || echo "$line"
  done >"$BATS_TEST_TMPDIR/unknown"
  cat "$BATS_TEST_TMPDIR/unknown"
  [ ! -s "$BATS_TEST_TMPDIR/unknown" ]
}

@test "every file of the corpus is read completely" {
  [ ! -e "$BATS_FILE_TMPDIR/failed" ] || {
    cat "$BATS_FILE_TMPDIR/failed"
    return 1
  }
  [ "$(awk -F'\t' '$2 ~ /[.]log$/' "$corpus/truth.tsv" | wc -l)" -eq "$(find "$corpus" -name '*.log' | wc -l)" ]
}

@test "every kill is found in the files that were not wrapped" {
  none_but missed ""
}

@test "every kill is found in the files that a mail client wrapped" {
  none_but missed-wrapped ""
}

@test "no kill is invented" {
  none_but invented ""
}

@test "no kill is reported twice" {
  none_but doubled ""
}

@test "anonymous memory is that of the log" {
  none_but anon-rss ""
}

@test "no result is OK and complete if it lacks a kill" {
  none_but all-clear ""
}

@test "the constraint is that of the log" {
  none_but constraint ""
}

# In these cases truth.tsv states more than the log.
@test "the constraint is unknown only where the log does not state it" {
  none_but constraint-unsaid "
    Before 5.0 no line tells none from cpuset and mempolicy:
    ctcloud-python.log 11463
    el5-xen-oracle.log 7919
    el6-cpanel-grep.log 11726
    el6-java-1.log 13550
    el6-java-2.log 18938
    ext2-x86-32-xdg.log 1669
    fc4-2615-httpd.log 24188
    fedora-web-content.log 2279
    flasherav-30.log 2603
    genular-R-one-letter.log 27438
    lk26-vmkill-rsync-2426.log -
    node-child-el7-messages.log 12573
    norcams-nova-el7-grepn.log 40223
    oomgroup-418-proposal.log 1217
    oomgroup-418-proposal.log 1218
    oomgroup-418-proposal.log 1219
    oomgroup-418-proposal.log 1220
    oomgroup-418-proposal.log 1221
    oomgroup-418-proposal.log 1222
    perl-gregg-312.log 18694
    syn-libvirt-el6-qemukvm.log 11726
    syslog-russian-bash.log 27541
    Since 5.0 oom-kill: tells it, which the excerpt lacks, or has in pieces:
    balloon-login.log 537
    docker-forkbomb-journald.log 401
    openshift-libvirt-clipped.log 9925
    reversed-logviewer-tracker.log 6439
    virtualbox-cc1plus-sev.log 33365
    Only the reaper tells of them, amid another victim's report:
    cpuset-docker-opensuse.log 1452
    cpuset-docker-opensuse.log 2054
    cpuset-docker-opensuse.log 2146
    cpuset-docker-opensuse.log 8248
    cpuset-docker-opensuse.log 8291
    Its announcement, which alone names the reason, was cut off:
    ltp-memcg-el7-uid.log 42452"
}

@test "kills by systemd-oomd and earlyoom are attributed to them" {
  grep -qx 'by-systemd-oomd neg-oomd-23606.log 1' "$result"
  grep -qx 'by-earlyoom neg-earlyoom-261-code.log 2' "$result"
  [ "$(grep -c '^by-' "$result")" -eq 2 ]
}

# The figures of the other parsers are for 149 real reports (128 kills in the 126 files that were
# not wrapped, 191 in all). This corpus is a part of them.
@test "figures are printed beside those of other parsers" {
  grep '^#' "$result" >&3
  cat >&3 <<'END'
# others, recall:          not wrapped       all real   false positives
# cadvisor                   32 of 128      39 of 191   0
# cadvisor, end regex alone 106 of 128     155 of 191   2 (and 4 doubled)
# node-problem-detector      89 of 128      89 of 191   1 (and 3 doubled)
# OOMAnalyser                13 of 128      13 of 191   0
END
}
