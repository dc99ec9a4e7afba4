#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Requirements for every file of the tree.

setup() {
  cd "${SRCDIR:-$BATS_TEST_DIRNAME/../..}"
}

none() {
  [ -z "$2" ] || {
    printf '%s\n' "$1" "$2"
    return 1
  }
}

# All files except recorded data, which is unchanged.
written() {
  find quickstart .ci configure.ac Makefile.am common plugins tests contrib doc -type f \
    ! -path 'tests/data/*' ! -name '*.log' ! -name '*.trs' ! -name '*.o' 2>/dev/null
}

@test "each file has an SPDX line" {
  found=$(written | grep -E '(\.(c|h|bats|sh|mk|ac|am|conf|cfg|service|te)|/quickstart|/run|/[a-z-]+)$' | sort |
    while read -r file; do
      head -n 3 "$file" | grep -q 'SPDX-License-Identifier: GPL-3\.0-or-later' || echo "$file"
    done)
  none 'without an SPDX line:' "$found"
}

@test "no source file exceeds 500 lines" {
  found=$(find common plugins -name '*.[ch]' -exec wc -l {} + | awk '$2 != "total" && $1 > 500')
  none 'more than 500 lines:' "$found"
}

@test "each header can be included first and twice" {
  for header in common/*/*.h; do
    printf '#include "%s"\n#include "%s"\n' "${header#common/}" "${header#common/}" |
      ${CC:-cc} -std=gnu17 -Wall -Wextra -Werror -D_GNU_SOURCE -Icommon -fsyntax-only -x c -
  done
}

@test "each test is listed in local.mk" {
  found=$(for test in tests/unit/test_*.c tests/cli/*.bats tests/real/*.bats; do
    [ -e "$test" ] || continue
    folder=$(dirname "$test")
    grep -qE "(^|[[:blank:]])${test%.c}([[:blank:]\\]|$)" "$folder/local.mk" || echo "$test"
  done)
  none "not listed in its folder's local.mk:" "$found"
}

@test "each program has a man page" {
  found=$(sed -n 's/^\(plugin\|bin\)_PROGRAMS += *//p' plugins/local.mk | tr ' ' '\n' | grep -v '^\\$' |
    while read -r program; do
      ls "doc/$(basename "$program")".[18].scd >/dev/null 2>&1 || echo "$program"
    done)
  none 'without one:' "$found"
}

@test "no line ends in blanks and each file ends in a newline" {
  # In command-line tests such lines are input.
  found=$(written | grep -v '\.bats$' | xargs grep -lIE '[[:blank:]]+$' || true)
  none 'blanks at the end of lines in:' "$found"
  found=$(written | while read -r file; do
    [ -z "$(tail -c 1 "$file")" ] || echo "$file"
  done)
  none 'no newline at the end of:' "$found"
}
