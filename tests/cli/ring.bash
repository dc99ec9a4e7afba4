# SPDX-License-Identifier: GPL-3.0-or-later
# A kernel log that the test provides, see ring.c.
# shellcheck shell=bash

# ring_build: builds the library, once per file, in setup_file.
ring_build() {
  export RING_LIBRARY=$BATS_FILE_TMPDIR/ring.so
  [[ ${CFLAGS:-} != *-fsanitize* ]] && ! grep -q -- '-fsanitize' "$BUILDDIR/config.status" ||
    skip 'a preloaded library and a sanitizer do not go together'
  ${CC:-cc} -D_GNU_SOURCE -O1 -shared -fPIC -o "$RING_LIBRARY" "$SRCDIR/tests/cli/ring.c" -ldl ||
    skip 'no compiler'
}

# with_ring COMMAND...: runs COMMAND with that kernel log.
with_ring() {
  env LD_PRELOAD="$RING_LIBRARY" "$@"
}
