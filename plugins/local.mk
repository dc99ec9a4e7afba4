# SPDX-License-Identifier: GPL-3.0-or-later
# One program a file.

# In the linker's order: a module before those that it uses.
oom_libraries = \
	common/libconsumers.a \
	common/libgather.a \
	common/librunning.a \
	common/libvm.a \
	common/liboom.a \
	common/libklog.a \
	common/libhost.a \
	common/libstate.a \
	common/libplugin.a \
	common/libbase.a

# The checks that load no library at run time are static if configure found a static libc. They must
# not call dlopen(3) or the name service (getpwnam(3)).
static_ldflags = $(AM_LDFLAGS) $(STATIC_LDFLAGS)

noinst_HEADERS += plugins/gather_options.h plugins/vm_options.h

plugin_PROGRAMS += plugins/check_oom_kills
plugins_check_oom_kills_SOURCES = plugins/check_oom_kills.c \
	plugins/oom_kills.h plugins/oom_kills_count.c plugins/oom_kills_words.c \
	plugins/oom_kills_state.c plugins/oom_kills_state.h
plugins_check_oom_kills_LDADD = $(oom_libraries)

bin_PROGRAMS += plugins/oom_report
plugins_oom_report_SOURCES = plugins/oom_report.c \
	plugins/oom_kills_state.c plugins/oom_kills_state.h \
	plugins/oom_report_json.c plugins/oom_report_json.h
plugins_oom_report_LDADD = $(oom_libraries) $(JANSSON_LIBS)

# host
plugin_PROGRAMS += plugins/check_mem_available plugins/check_mem_pressure
plugins_check_mem_available_SOURCES = plugins/check_mem_available.c \
	plugins/history.c plugins/history.h \
	plugins/mem_details.c plugins/mem_details.h \
	plugins/mem_forecast.c plugins/mem_forecast.h \
	plugins/mem_measure.c plugins/mem_measure.h \
	plugins/mem_options.c plugins/mem_options.h \
	plugins/mem_words.c plugins/mem_words.h
plugins_check_mem_available_LDFLAGS = $(static_ldflags)
plugins_check_mem_available_LDADD = $(oom_libraries)
plugins_check_mem_pressure_SOURCES = plugins/check_mem_pressure.c
plugins_check_mem_pressure_LDFLAGS = $(static_ldflags)
plugins_check_mem_pressure_LDADD = $(oom_libraries)
plugin_PROGRAMS += plugins/check_mem_kernel
plugins_check_mem_kernel_SOURCES = plugins/check_mem_kernel.c \
	plugins/history.c plugins/history.h \
	plugins/kernel_growth.c plugins/kernel_growth.h
plugins_check_mem_kernel_LDFLAGS = $(static_ldflags)
plugins_check_mem_kernel_LDADD = $(oom_libraries)

# vm
plugin_PROGRAMS += plugins/check_vm_oom_score plugins/check_vm_overcommit
plugins_check_vm_oom_score_SOURCES = plugins/check_vm_oom_score.c \
	plugins/vm_oom_words.c plugins/vm_oom_words.h \
	plugins/vm_ranking.c plugins/vm_ranking.h
plugins_check_vm_oom_score_LDADD = $(oom_libraries)
plugins_check_vm_overcommit_SOURCES = plugins/check_vm_overcommit.c \
	plugins/vm_configured.c plugins/vm_configured.h
plugins_check_vm_overcommit_LDFLAGS = $(static_ldflags)
plugins_check_vm_overcommit_LDADD = $(oom_libraries)

# The start of a new check: built and tested, not installed.
noinst_PROGRAMS += plugins/check_skeleton
plugins_check_skeleton_SOURCES = plugins/check_skeleton.c
plugins_check_skeleton_LDADD = $(oom_libraries)
