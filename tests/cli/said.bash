# SPDX-License-Identifier: GPL-3.0-or-later
# What a check has said, held against what is expected.
# shellcheck shell=bash

# says_first RC LINE COMMAND...: the exit code, and the first line before the perfdata.
says_first() {
  local rc=$1 line=$2
  shift 2
  run -"$rc" "$@"
  [ "${lines[0]%% | *}" = "$line" ] || {
    printf 'of %s\nexpected: %s\nsaid:     %s\n' "$*" "$line" "${lines[0]}"
    return 1
  }
  [ "$(grep -o '|' <<<"$output" | wc -l)" -le 1 ]
}

# perfdata TEXT: all of it, of the latest command.
perfdata() {
  [ "${lines[0]#* | }" = "$1" ] || {
    printf 'expected: %s\nsaid:     %s\n' "$1" "${lines[0]#* | }"
    return 1
  }
}
