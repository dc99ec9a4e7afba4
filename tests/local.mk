# SPDX-License-Identifier: GPL-3.0-or-later
# Unit tests (cmocka) and command-line tests (bats), both as TAP.
TEST_EXTENSIONS = .bats
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
BATS_LOG_DRIVER = $(LOG_DRIVER)
BATS_LOG_COMPILER = $(BATS)
AM_BATS_LOG_FLAGS = --tap
AM_TESTS_ENVIRONMENT = \
	CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT; \
	LC_ALL=C.UTF-8; export LC_ALL; TZ=UTC; export TZ; \
	SRCDIR='$(abs_top_srcdir)'; export SRCDIR; \
	BUILDDIR='$(abs_top_builddir)'; export BUILDDIR; \
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
EXTRA_DIST += $(cli_tests) $(real_tests)

# tests/data goes into the tarball whole.
dist-hook:
	cp -r $(srcdir)/tests/data $(distdir)/tests/
	chmod -R u+w $(distdir)/tests/data
