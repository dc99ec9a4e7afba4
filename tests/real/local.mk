# SPDX-License-Identifier: GPL-3.0-or-later
# Against the real programs: guest kernel, journald, Icinga 2, NRPE.

# guest: a real kernel out of memory, in QEMU
EXTRA_DIST += \
	tests/real/guest/build-initramfs tests/real/guest/fetch-kernel \
	tests/real/guest/hog.c tests/real/guest/init \
	tests/real/guest/run-guest tests/real/guest/scenarios.sh
