# SPDX-License-Identifier: GPL-3.0-or-later
# Man pages: scdoc generates doc/PROGRAM.SECTION from doc/PROGRAM.SECTION.scd; section 8 for
# checks, 1 for user commands.  The tarball contains both, so only a git checkout needs scdoc.
man_pages = doc/check_mem_available.8 doc/check_mem_kernel.8 doc/check_mem_pressure.8 \
	doc/check_oom_kills.8 doc/oom_report.1 \
	doc/check_vm_oom_score.8 doc/check_vm_overcommit.8

if HAVE_MAN
dist_man_MANS = $(man_pages)
endif
EXTRA_DIST += $(man_pages:=.scd) doc/architecture.md doc/glossary.md doc/performance.md doc/trust.md
MAINTAINERCLEANFILES += $(man_pages)

SUFFIXES = .scd
.scd:
	@test -n "$(SCDOC)" || { echo "$@: scdoc is needed to make it from $<" >&2; exit 1; }
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(SCDOC) <$< >$@.tmp && mv $@.tmp $@

# Without the generated pages, a tarball could not be built on a system without scdoc.
dist-man: $(man_pages)
.PHONY: dist-man
