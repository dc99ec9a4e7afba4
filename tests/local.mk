# SPDX-License-Identifier: GPL-3.0-or-later
# Unit tests (cmocka) and command-line tests (bats), both as TAP.
TEST_EXTENSIONS = .bats
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
BATS_LOG_DRIVER = $(LOG_DRIVER)
LOG_COMPILER = $(SHELL) $(top_srcdir)/tests/run-test
BATS_LOG_COMPILER = $(LOG_COMPILER)
AM_TESTS_ENVIRONMENT = \
	CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT; \
	LC_ALL=C.UTF-8; export LC_ALL; TZ=UTC; export TZ; \
	SRCDIR='$(abs_top_srcdir)'; export SRCDIR; \
	BUILDDIR='$(abs_top_builddir)'; export BUILDDIR; \
	BATS='$(BATS)'; export BATS; \
	NAGIOS_PLUGIN_STATE_DIRECTORY=/proc/no-memory; export NAGIOS_PLUGIN_STATE_DIRECTORY; \
	VERSION='$(PACKAGE_VERSION)'; export VERSION;

unit_tests =
cli_tests =
real_tests =

include tests/unit/local.mk
include tests/cli/local.mk
include tests/real/local.mk

if HAVE_CMOCKA
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
endif
if HAVE_BATS
TESTS += $(cli_tests) $(real_tests)
endif
EXTRA_DIST += $(cli_tests) $(real_tests) tests/run-test tests/unit/unit.h

# Prints the records that a kernel log source yields.
check_PROGRAMS += tests/klog_dump
tests_klog_dump_SOURCES = tests/klog_dump.c
tests_klog_dump_LDADD = $(oom_libraries)

# Prints the kills found in such a source.
check_PROGRAMS += tests/oom_dump
tests_oom_dump_SOURCES = tests/oom_dump.c
tests_oom_dump_LDADD = $(oom_libraries)
EXTRA_DIST += tests/fuzz/fuzz.sh tests/fuzz/check.h tests/fuzz/fuzz_oom.c tests/fuzz/fuzz_line.c \
	tests/fuzz/fuzz_command_line.c tests/fuzz/fuzz_remembered.c tests/fuzz/fuzz_answer.c \
	tests/fuzz/fuzz_domain.c tests/fuzz/fuzz_options.c tests/fuzz/fuzz_proc.c

# A locale with a decimal comma, built here because few machines have one installed. If its
# source (Debian: locales) is missing, the tests that need it are skipped.
comma_locale = tests/locale/de_DE.UTF-8
check_DATA = $(comma_locale)/LC_NUMERIC
$(comma_locale)/LC_NUMERIC:
	$(AM_V_GEN)$(MKDIR_P) tests/locale && \
		localedef -i de_DE -f UTF-8 $(comma_locale) 2>/dev/null || :
# Lets command-line tests set the ring buffer and the clocks: tests/cli/fake_host.bash.
check_DATA += tests/shim/fake_host.so
tests/shim/fake_host.so: tests/shim/fake_host.c
	$(AM_V_GEN)$(MKDIR_P) tests/shim && $(CC) -D_GNU_SOURCE $(LANGUAGE_CFLAGS) $(WARNING_CFLAGS) \
		$(CFLAGS) -fno-sanitize=all -shared -fPIC -o $@ $(srcdir)/tests/shim/fake_host.c
CLEANFILES += tests/shim/fake_host.so
EXTRA_DIST += tests/shim/fake_host.c tests/cli/fake_host.bash

clean-local:
	rm -rf tests/locale

# Saves a string as a program saves its state.
check_PROGRAMS += tests/state_tool
tests_state_tool_SOURCES = tests/state_tool.c
tests_state_tool_LDADD = $(oom_libraries)

# Makes each system call of each program fail in turn (tests/faults/faults.sh).
check_PROGRAMS += tests/faults/faults
tests_faults_faults_SOURCES = tests/faults/faults.c tests/faults/oracle.c tests/faults/oracle.h \
	tests/faults/tracee.c tests/faults/tracee.h tests/faults/tree.c tests/faults/tree.h
tests_faults_faults_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests
check_DATA += tests/faults/shim.so
tests/faults/shim.so: tests/faults/shim.c tests/faults/tracee.h
	$(AM_V_GEN)$(MKDIR_P) tests/faults && $(CC) -D_GNU_SOURCE -I$(srcdir)/tests $(CFLAGS) \
		-fno-sanitize=all -shared -fPIC -o $@ $(srcdir)/tests/faults/shim.c
CLEANFILES += tests/faults/shim.so
EXTRA_DIST += tests/faults/faults.sh tests/faults/cases.bash tests/faults/shim.c

# Takes an hour of CPU time; `FAULTS_SAMPLE=10 make check-faults` takes some minutes.
check-faults: all
	$(MAKE) $(AM_MAKEFLAGS) $(check_PROGRAMS) $(check_DATA)
	@for mode in lies faults hangs; do \
		echo "== $$mode" && SRCDIR='$(abs_top_srcdir)' BUILDDIR='$(abs_top_builddir)' \
			$(srcdir)/tests/faults/faults.sh $$mode || exit 1; \
	done

# The static checks once more, from the same objects with the shared libc: no library can be preloaded
# into a static program (tests/preload.bash).
check_PROGRAMS += tests/shared/check_mem_available
tests_shared_check_mem_available_SOURCES = $(plugins_check_mem_available_SOURCES)
tests_shared_check_mem_available_LDADD = $(oom_libraries)
check_PROGRAMS += tests/shared/check_mem_kernel
tests_shared_check_mem_kernel_SOURCES = $(plugins_check_mem_kernel_SOURCES)
tests_shared_check_mem_kernel_LDADD = $(oom_libraries)
check_PROGRAMS += tests/shared/check_mem_pressure
tests_shared_check_mem_pressure_SOURCES = $(plugins_check_mem_pressure_SOURCES)
tests_shared_check_mem_pressure_LDADD = $(oom_libraries)
check_PROGRAMS += tests/shared/check_vm_overcommit
tests_shared_check_vm_overcommit_SOURCES = $(plugins_check_vm_overcommit_SOURCES)
tests_shared_check_vm_overcommit_LDADD = $(oom_libraries)
EXTRA_DIST += tests/preload.bash

# Runs a program whose output is not read until it ends.
check_PROGRAMS += tests/unread_pipe
tests_unread_pipe_SOURCES = tests/unread_pipe.c

# Simulates a week of a hypervisor in minutes.
check_PROGRAMS += tests/sim/week
tests_sim_week_SOURCES = tests/sim/week.c
EXTRA_DIST += tests/sim/weeks.sh

# Five histories, each with and without kern.log, and with a window or until acknowledged.
check-week: all
	$(MAKE) $(AM_MAKEFLAGS) tests/sim/week tests/faults/shim.so
	@BUILDDIR='$(abs_top_builddir)' $(srcdir)/tests/sim/weeks.sh

# Benchmarks are run by hand: doc/performance.md.
bench: all tests/faults/shim.so
	@SRCDIR='$(abs_top_srcdir)' BUILDDIR='$(abs_top_builddir)' CC='$(CC)' $(srcdir)/tests/bench/bench.sh

# The folders of test data and helpers are copied to the tarball completely, except for
# files left by a build in the source tree. Time stamps are preserved: automake has read
# some of the files, and would otherwise rebuild an older Makefile.in.
dist-tests:
	chmod -R u+w $(distdir)/tests
	for folder in data bench cli fuzz real; do \
		test ! -d $(srcdir)/tests/$$folder || \
			cp -r --preserve=timestamps $(srcdir)/tests/$$folder $(distdir)/tests/ || exit 1; \
	done
	chmod -R u+w $(distdir)/tests
	find $(distdir)/tests -path $(distdir)/tests/data -prune -o \
		'(' -name '*.o' -o -name '*.log' -o -name '*.trs' ')' -exec rm -f '{}' +
.PHONY: bench check-faults check-week dist-tests
