# SPDX-License-Identifier: GPL-3.0-or-later
# Against the real programs: guest kernel, journald, Icinga 2, NRPE.

# guest: a real kernel out of memory, in QEMU
real_tests += tests/real/guest.bats

# monitoring: Icinga 2, NRPE and Nagios run the check with the shipped contrib/
real_tests += tests/real/icinga.bats tests/real/nrpe.bats tests/real/nagios.bats

# peers: monitoring-plugins' own plugins, its files, negate and urlize
real_tests += tests/real/peers.bats
check_PROGRAMS += tests/real/range_state
tests_real_range_state_SOURCES = tests/real/range_state.c
tests_real_range_state_LDADD = $(oom_libraries)

# journal: journald, and journals that systemd-journal-remote writes
real_tests += tests/real/journald.bats tests/real/damaged_journal.bats

# vm: a real libvirt with a domain of nova's making
real_tests += tests/real/libvirt.bats

# gather: the journal's word on machines, and on kills against the kernel's counter,
# in files of systemd-journal-remote
real_tests += tests/real/machined.bats tests/real/oom_kills_journal.bats
