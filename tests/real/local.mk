# SPDX-License-Identifier: GPL-3.0-or-later
# Tests with real programs: a guest kernel, journald, Icinga 2, NRPE.

# guest: a real kernel out of memory, in QEMU
real_tests += tests/real/guest.bats

# monitoring: Icinga 2, NRPE and Nagios run the check with the shipped contrib/
real_tests += tests/real/icinga.bats tests/real/nrpe.bats tests/real/nagios.bats

# peers: the plugins of monitoring-plugins, their files, negate and urlize
real_tests += tests/real/peers.bats
check_PROGRAMS += tests/real/range_state
tests_real_range_state_SOURCES = tests/real/range_state.c
tests_real_range_state_LDADD = $(oom_libraries)

# journal: journald, and journals that systemd-journal-remote writes
real_tests += tests/real/journald.bats tests/real/damaged_journal.bats

# vm: a real libvirt with a domain as nova defines it
real_tests += tests/real/libvirt.bats

# gather: machines in the journal, and kills in the journal compared with the kernel's counter, in
# files of systemd-journal-remote
real_tests += tests/real/machined.bats tests/real/oom_kills_journal.bats
