#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The architecture, as far as a tool can check it: the data flows one way through the modules, and
# no module uses one above it.

setup() {
  build=$(cd "${BUILDDIR:-$BATS_TEST_DIRNAME/../../build}" && pwd)
  cd "${SRCDIR:-$BATS_TEST_DIRNAME/../..}"
  libraries=("$build"/common/lib*.a)
  [ -e "$build/common/libbase.a" ]
}

# Without binutils these tests fail, as nothing would be checked.
needs() {
  command -v "$1" >/dev/null || {
    echo "$1 is not installed"
    return 1
  }
}

# Each module, and the modules whose headers it may include.  What all parts of klog share is in
# klog/ itself.
modules() {
  cat <<'END'
base
plugin       base
state        base
klog         base
klog/ring    klog base
klog/journal klog/ring klog base
klog/text    klog/journal klog/ring klog base
oom          klog base
vm           base
host         base
consumers    host vm base
running      host vm state base
gather       klog/text klog/journal klog oom running vm host state base
END
}

# none WHAT LINES: fails and shows the lines, if there are any.
none() {
  [ -z "$2" ] || {
    printf '%s\n' "$1" "$2"
    return 1
  }
}

@test "a module includes only headers of the modules below it" {
  found='' seen=0
  while read -r module allowed; do
    includes=$(grep -nE '^ *# *include "' "common/$module"/*.[ch])
    seen=$((seen + $(wc -l <<<"$includes")))
    pattern="^($module$(printf '|%s' $allowed))/[a-z_]+\\.h$"
    found+=$(awk -F'"' -v pattern="$pattern" '$2 != "config.h" && $2 !~ pattern' <<<"$includes")
  done < <(modules)
  [ "$seen" -gt 100 ]
  none 'includes of modules above:' "$found"
}

@test "the table has every module" {
  found=$(find common -mindepth 1 -type d -printf '%P\n' | while read -r folder; do
    modules | grep -qE "^$folder( |$)" || echo "$folder"
  done)
  none 'not in the table:' "$found"
}

# Prints each object of common/ that needs a symbol of another one, and that other one.
object_pairs() {
  for library in "${libraries[@]}"; do
    nm -A "$library"
  done | awk '
    { object = $1; sub(/:[0-9a-f]*$/, "", object); type = $(NF - 1) }
    type == "U" { needed[++count] = object " " $NF }
    type ~ /^[A-TV-Z]$/ { defined[$NF] = object }
    END {
      for (i = 1; i <= count; i++) {
        split(needed[i], pair, " ")
        if (pair[2] in defined && defined[pair[2]] != pair[1])
          print pair[1], defined[pair[2]]
      }
    }'
}

@test "no two files of common/ call each other, directly or through others" {
  needs nm
  needs tsort
  pairs=$BATS_TEST_TMPDIR/pairs
  object_pairs >"$pairs"
  [ "$(wc -l <"$pairs")" -gt 100 ]
  found=$({ tsort "$pairs" 2>&1 >/dev/null || true; } | sed -n 's/^tsort: .*\.a://p' | sort -u)
  none 'in circles:' "$found"
}

@test "a program includes only headers, of modules and of its own directory" {
  found=$(grep -nE '^ *# *include "' plugins/*.[ch] /dev/null |
    awk -F'"' '$2 !~ "^(base|plugin|state|klog|oom|vm|host|consumers|running|gather)/" && $2 != "config.h" && $2 !~ /^[a-z_]+\.h$/')
  none 'includes from elsewhere:' "$found"
}

@test "a program does not open system files itself" {
  found=$(grep -nE '\b(open|openat|fopen|opendir|readlink|mmap)\(' plugins/*.[ch] /dev/null || true)
  none 'reads that belong in a module:' "$found"
}

@test "exported names begin with the module or file that exports them" {
  needs nm
  found='' seen=0
  for library in "${libraries[@]}"; do
    module=$(basename "$library" .a)
    module=${module#lib}
    names=$(find "common/$module" -name '*.[ch]' -printf '%f|')$module
    exported=$(nm -g --defined-only "$library")
    seen=$((seen + $(grep -c ' T ' <<<"$exported")))
    # Names with a leading underscore are the compiler's.
    found+=$(awk -v names="^(${names//.[ch]/})(_|$)" -v module="$module" '
      NF == 3 && $3 !~ /^_/ && $3 !~ names { print module ": " $3 }' <<<"$exported")
  done
  [ "$seen" -gt 100 ]
  none 'exported under a foreign name:' "$found"
}

@test "modules have no variables except those of the signal handler" {
  needs objdump
  for library in "${libraries[@]}"; do
    symbols=$(objdump -t "$library")
    grep -q ' F \.text' <<<"$symbols"
    # Each variable has a section of its own. Constant tables are in .rodata or .data.rel.ro.
    found=$(awk '
      /^[^ ]+\.o: / { file = $1 }
      / O \.data\.rel\.ro[.\t]/ { next }
      / O \.(data|bss|tbss|tdata)[.\t]/ && $NF !~ /^(_|\.L)/ { print file " " $NF }' <<<"$symbols" |
      grep -vxE 'timeout\.o: .*' || true)
    none "variables in $(basename "$library"):" "$found"
  done
}

@test "no program forks or uses unbounded string functions" {
  banned='fork|vfork|clone|system|popen|posix_spawnp?|exec[vl]p?e?|gets|strcpy|stpcpy|strcat|v?sprintf|v?f?scanf|v?sscanf|strtok|atoi|atol|atoll|atof|localtime|gmtime|ctime|asctime|alloca'
  needs nm
  for object in "${libraries[@]}" "$build"/plugins/*.o; do
    wanted=$(nm -u "$object")
    # Every object except constant tables needs some symbol.
    grep -q ' U ' <<<"$wanted"
    found=$(grep -oE "\b(__|__isoc[0-9]*_)?($banned)(_chk)?(@.*)?$" <<<"$wanted" || true)
    none "used in $(basename "$object"):" "$found"
  done
}
