# SPDX-License-Identifier: GPL-3.0-or-later
# Compares the output of a check with the expected one.
# shellcheck shell=bash

# says_first RC LINE COMMAND...: expects this exit code and this first line, without perfdata.
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

# perfdata TEXT: expects this as the whole perfdata of the last command.
perfdata() {
  [ "${lines[0]#* | }" = "$1" ] || {
    printf 'expected: %s\nsaid:     %s\n' "$1" "${lines[0]#* | }"
    return 1
  }
}
