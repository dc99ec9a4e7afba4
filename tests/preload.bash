# SPDX-License-Identifier: GPL-3.0-or-later
# Programs into which a library can be preloaded.
# shellcheck shell=bash

# preloadable PROGRAM: prints PROGRAM of the build, or the same objects linked with the shared libc if
# it is static. Fails if there is no such program: a static one would run without the library, and the
# test would show nothing.
preloadable() {
  local program=$1 shared=${1%/plugins/*}/tests/shared/${1##*/}
  [ ! -x "$shared" ] || program=$shared
  if ! readelf -lW "$program" | grep -q INTERP; then
    echo "$program is static: no library can be preloaded into it" >&2
    return 1
  fi
  echo "$program"
}
