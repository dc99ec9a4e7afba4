#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The architecture, as far as a tool can see it: data runs one way through the
# rooms, and no room looks back up.

setup() {
  build=$(cd "${BUILDDIR:-$BATS_TEST_DIRNAME/../../build}" && pwd)
  cd "${SRCDIR:-$BATS_TEST_DIRNAME/../..}"
  libraries=("$build"/common/lib*.a)
  [ -e "$build/common/libbase.a" ]
}

# What is not seen is not right: without binutils these tests fail.
needs() {
  command -v "$1" >/dev/null || {
    echo "$1 is not installed"
    return 1
  }
}

# Each room and those whose headers it may include.
rooms() {
  cat <<'END'
base
plugin  base
state   base
klog    base
oom     klog base
vm      base
host    base
holders host vm base
machines host vm state base
gather  klog oom machines vm host state base
END
}

# none WHAT LINES: fails and shows the lines, if there are any.
none() {
  [ -z "$2" ] || {
    printf '%s\n' "$1" "$2"
    return 1
  }
}

@test "a room includes only headers of the rooms before it" {
  found=
  while read -r room allowed; do
    [ -d "common/$room" ] || continue
    pattern="^($room$(printf '|%s' $allowed))/"
    found+=$(grep -nE '^ *# *include "' "common/$room"/*.[ch] /dev/null |
      awk -F'"' -v pattern="$pattern" '$2 != "config.h" && $2 !~ pattern')
  done < <(rooms)
  none 'includes that look back up:' "$found"
}

@test "every room stands in the table" {
  for folder in common/*/; do
    rooms | grep -qE "^$(basename "$folder")( |$)"
  done
}

@test "a program includes headers of rooms and those beside it, no source" {
  found=$(grep -nE '^ *# *include "' plugins/*.[ch] /dev/null |
    awk -F'"' '$2 !~ "^(base|plugin|state|klog|oom|vm|host|holders|machines|gather)/" && $2 != "config.h" && $2 !~ /^[a-z_]+\.h$/')
  none 'includes from elsewhere:' "$found"
}

@test "a program reads no file of the system by itself" {
  found=$(grep -nE '\b(open|openat|fopen|opendir|readlink|mmap)\(' plugins/*.[ch] /dev/null || true)
  none 'reads for the rooms to do:' "$found"
}

@test "what a room exports carries its name or that of a file in it" {
  needs nm
  found='' seen=0
  for library in "${libraries[@]}"; do
    room=$(basename "$library" .a)
    room=${room#lib}
    names=$(cd "common/$room" && printf '%s|' *.[ch])$room
    exported=$(nm -g --defined-only "$library")
    seen=$((seen + $(grep -c ' T ' <<<"$exported")))
    # A leading underscore is the compiler's.
    found+=$(awk -v names="^(${names//.[ch]/})(_|$)" -v room="$room" '
      NF == 3 && $3 !~ /^_/ && $3 !~ names { print room ": " $3 }' <<<"$exported")
  done
  [ "$seen" -gt 100 ]
  none 'exported under a foreign name:' "$found"
}

@test "no room keeps state between calls, but for the signal handler's" {
  needs objdump
  for library in "${libraries[@]}"; do
    symbols=$(objdump -t "$library")
    grep -q ' F \.text' <<<"$symbols"
    # Constant tables are in .rodata or .data.rel.ro.
    found=$(awk '
      /^[^ ]+\.o: / { file = $1 }
      / O \.(data|bss|tbss|tdata)\t/ && $NF !~ /^(_|\.L)/ { print file " " $NF }' <<<"$symbols" |
      grep -vxE 'timeout\.o: .*' || true)
    none "variables in $(basename "$library"):" "$found"
  done
}

@test "nothing forks, and nothing writes or converts without a bound" {
  banned='fork|vfork|clone|system|popen|posix_spawnp?|exec[vl]p?e?|gets|strcpy|stpcpy|strcat|v?sprintf|v?f?scanf|v?sscanf|strtok|atoi|atol|atoll|atof|localtime|gmtime|ctime|asctime|alloca'
  needs nm
  for object in "${libraries[@]}" "$build"/plugins/*.o; do
    wanted=$(nm -u "$object")
    # All but constant tables need something.
    grep -q ' U ' <<<"$wanted"
    found=$(grep -oE "\b(__|__isoc[0-9]*_)?($banned)(_chk)?(@.*)?$" <<<"$wanted" || true)
    none "used in $(basename "$object"):" "$found"
  done
}
