#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The cost of a check that only reads /proc, as ratios to an empty dynamically linked C program.
# `make bench` runs it; RUNS may be set.
# Budget: 1.10 of the wall time, 1.50 of the peak RSS.
set -eu
: "${SRCDIR:=.}" "${BUILDDIR:=.}" "${RUNS:=1001}"

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
echo 'int main(void) { return 0; }' >"$directory/empty.c"
cat >"$directory/read.c" <<'END'
#include <fcntl.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	char buffer[4096];
	int fd = open(argv[argc - 1], O_RDONLY);
	while (read(fd, buffer, sizeof(buffer)) > 0)
		;
	return 0;
}
END
${CC:-cc} -O2 -o "$directory/empty" "$directory/empty.c"
${CC:-cc} -O2 -o "$directory/read" "$directory/read.c"
${CC:-cc} -O2 -D_GNU_SOURCE -o "$directory/start_tool" "$SRCDIR/tests/bench/start_tool.c"
"$directory/start_tool" "$RUNS" "$directory/empty" "$directory/read /proc/meminfo" \
  "$BUILDDIR/plugins/check_mem_available --version" \
  "$BUILDDIR/plugins/check_mem_kernel" "$BUILDDIR/plugins/check_mem_pressure" "$BUILDDIR/plugins/check_mem_available" \
  "$BUILDDIR/plugins/check_mem_available --per-node"
