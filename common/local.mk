# SPDX-License-Identifier: GPL-3.0-or-later
# One library for each module; tests/cli/rooms.bats has the modules that each may use.

# base: text, numbers, files
noinst_LIBRARIES += common/libbase.a
common_libbase_a_SOURCES = \
	common/base/boot_id.c common/base/boot_id.h \
	common/base/array.h \
	common/base/cleanup.h \
	common/base/clock.h \
	common/base/cursor.c common/base/cursor.h \
	common/base/retry.h \
	common/base/file.c common/base/file.h \
	common/base/hash.h \
	common/base/library.c common/base/library.h \
	common/base/number.c common/base/number.h \
	common/base/text.c common/base/text.h

# plugin: states, ranges, perfdata, options, the one output
noinst_LIBRARIES += common/libplugin.a
common_libplugin_a_SOURCES = \
	common/plugin/extra_opts.c \
	common/plugin/first_line.c \
	common/plugin/help.c \
	common/plugin/ini.c common/plugin/ini.h \
	common/plugin/inside.h \
	common/plugin/limits.c common/plugin/limits.h \
	common/plugin/option_types.c \
	common/plugin/options.c common/plugin/options.h \
	common/plugin/output.c common/plugin/plugin.h \
	common/plugin/pattern.c common/plugin/pattern.h \
	common/plugin/perfdata.c \
	common/plugin/range.c common/plugin/range.h \
	common/plugin/state.c common/plugin/state.h \
	common/plugin/timeout.c

# state: what a program remembers between its runs
noinst_LIBRARIES += common/libstate.a
common_libstate_a_CPPFLAGS = $(AM_CPPFLAGS) \
	-DSTATE_DIRECTORY='"$(localstatedir)/lib/monitoring-plugins"'
common_libstate_a_SOURCES = \
	common/state/directory.c \
	common/state/fail.c \
	common/state/file.c \
	common/state/inside.h \
	common/state/lock.c \
	common/state/owner.c common/state/owner.h \
	common/state/rows.c common/state/rows.h \
	common/state/state.c common/state/state.h

# klog: records from any source
noinst_LIBRARIES += common/libklog.a
common_libklog_a_SOURCES = \
	common/klog/klog.c common/klog/klog.h common/klog/source.c common/klog/source.h \
	common/klog/ring/boot.c common/klog/journal/lookup.h \
	common/klog/privilege.c common/klog/privilege.h \
	common/klog/ring/kmsg.c common/klog/ring/kmsg_parse.c common/klog/ring/syslog.c \
	common/klog/text/compressed.c common/klog/text/compressed.h common/klog/text/compressed_codec.h \
	common/klog/text/compressed_gzip.c common/klog/text/compressed_xz.c common/klog/text/compressed_zstd.c \
	common/klog/text/file.c common/klog/text/file_export.c common/klog/text/file_formats.c common/klog/text/file_plan.c \
	common/klog/text/file_reading.c common/klog/text/file_reading.h \
	common/klog/text/file_lines.c common/klog/text/file_lines.h common/klog/text/file_json.c common/klog/text/pasted.c common/klog/text/pasted.h common/klog/text/pasted_line.c common/klog/text/pasted_line.h common/klog/text/pasted_months.c common/klog/text/pasted_records.c common/klog/text/file_unread.c common/klog/text/file_verbose.c \
	common/klog/host.c common/klog/host.h \
	common/klog/text/line.c common/klog/text/line.h common/klog/text/line_format.h \
	common/klog/text/line_dmesg.c common/klog/text/line_fields.c common/klog/text/line_json.c common/klog/text/line_syslog.c \
	common/klog/journal/journal_fields.c common/klog/journal/journal_fields.h \
	common/klog/text/line_time.c common/klog/text/line_time.h \
	common/klog/text/rotated.c common/klog/text/rotated.h common/klog/text/rotated_name.c \
	common/klog/loss.c common/klog/loss.h \
	common/klog/text/scan.c common/klog/text/scan.h common/klog/text/scan_file.c \
	common/klog/text/searched.c common/klog/text/searched.h \
	common/klog/journal/journal_files.c common/klog/journal/journal_files.h \
	common/klog/journal/journal_header.c common/klog/journal/journal_header.h
if HAVE_SYSTEMD
common_libklog_a_SOURCES += \
	common/klog/journal/journal.c common/klog/journal/journal_context.c \
	common/klog/journal/journal_hash.c common/klog/journal/journal_hash.h \
	common/klog/journal/journal_match.c common/klog/journal/journal_match.h \
	common/klog/journal/journal_object.c common/klog/journal/journal_object.h \
	common/klog/journal/journal_proof.c common/klog/journal/journal_proof.h \
	common/klog/journal/journal_view.c common/klog/journal/journal_view.h \
	common/klog/journal/journal_walk.c common/klog/journal/journal_walk.h \
	common/klog/journal/lookup.c
else
common_libklog_a_SOURCES += common/klog/journal/journal_none.c
endif

# oom: records in, kills out
noinst_LIBRARIES += common/liboom.a
common_liboom_a_SOURCES = \
	common/oom/kill.h common/oom/kill.c common/oom/path.h common/oom/path.c \
	common/oom/death.h common/oom/death.c common/oom/list.c \
	common/oom/parser.h common/oom/parser.c common/oom/filter.c \
	common/oom/marks.h common/oom/marks.c common/oom/units.h common/oom/units.c \
	common/oom/target.h common/oom/report.h common/oom/report.c \
	common/oom/lines.h common/oom/lines.c common/oom/killed.c common/oom/cgroups.c \
	common/oom/userspace.h common/oom/userspace.c common/oom/wrapped.h common/oom/wrapped.c \
	common/oom/counter.h common/oom/counter.c

# vm: who stands behind a process
noinst_LIBRARIES += common/libvm.a
common_libvm_a_SOURCES = \
	common/vm/cgroup.c common/vm/cgroup.h \
	common/vm/complete.c common/vm/complete.h \
	common/vm/domain.h \
	common/vm/command_line.c common/vm/command_line.h \
	common/vm/hypervisor_options.c common/vm/hypervisor_options.h common/vm/options_qemu.c \
	common/vm/stack.c common/vm/stack.h \
	common/vm/key_values.c common/vm/key_values.h \
	common/vm/identity.c common/vm/identity.h \
	common/vm/libvirt.c common/vm/libvirt.h \
	common/vm/libvirt_files.c common/vm/libvirt_files.h \
	common/vm/libvirt_log.c common/vm/libvirt_log.h \
	common/vm/machine_name.c common/vm/machine_name.h \
	common/vm/machined.c common/vm/machined.h \
	common/vm/places.c common/vm/places.h \
	common/vm/proxmox.c common/vm/proxmox.h \
	common/vm/span.c common/vm/span.h \
	common/vm/uuid.c common/vm/uuid.h
if HAVE_EXPAT
common_libvm_a_SOURCES += common/vm/domain.c
else
common_libvm_a_SOURCES += common/vm/domain_none.c
endif

# gather: sources and a window in, kills with their VMs out
noinst_LIBRARIES += common/libgather.a
common_libgather_a_SOURCES = \
	common/gather/account.c common/gather/account.h \
	common/gather/arguments.c common/gather/arguments.h \
	common/gather/coverage.c common/gather/coverage.h \
	common/gather/describe.c common/gather/describe.h \
	common/gather/describe_coverage.c \
	common/gather/gather.c common/gather/gather.h \
	common/gather/hosts.c common/gather/hosts.h common/gather/units.c common/gather/units.h \
	common/gather/names.c common/gather/names.h \
	common/gather/saved.c common/gather/saved.h \
	common/gather/saved_rows.c common/gather/saved_update.c \
	common/gather/parsers.c common/gather/parsers.h \
	common/gather/result.c \
	common/gather/searched.c common/gather/searched.h \
	common/gather/select.c common/gather/select.h \
	common/gather/sources.c common/gather/sources.h

# host: /proc, /sys and cgroupfs
noinst_LIBRARIES += common/libhost.a
common_libhost_a_SOURCES = \
	common/host/available.c common/host/available.h \
	common/host/arcstats.c common/host/arcstats.h \
	common/host/cgroup.c common/host/cgroup.h common/host/cgroup_walk.c \
	common/host/fields.c common/host/fields.h \
	common/host/hugepages.c common/host/hugepages.h \
	common/host/hugetlb.c common/host/hugetlb.h \
	common/host/kernel_memory.c common/host/kernel_memory.h \
	common/host/ksm.c common/host/ksm.h \
	common/host/meminfo.c common/host/meminfo.h \
	common/host/node.c common/host/node.h \
	common/host/oom_score.c common/host/oom_score.h \
	common/host/pressure.c common/host/pressure.h \
	common/host/process.c common/host/process.h \
	common/host/sight.c common/host/sight.h \
	common/host/slabinfo.c common/host/slabinfo.h \
	common/host/swaps.c common/host/swaps.h \
	common/host/zoneinfo.c common/host/zoneinfo.h \
	common/host/trend.c common/host/trend.h \
	common/host/value.h

# consumers: who holds the host's memory
noinst_LIBRARIES += common/libconsumers.a
common_libconsumers_a_SOURCES = common/consumers/consumers.c common/consumers/consumers.h

# running: the VMs that run, and notes of them
noinst_LIBRARIES += common/librunning.a
common_librunning_a_SOURCES = \
	common/running/running_vms.c common/running/running_vms.h \
	common/running/notes.c common/running/notes.h \
	common/running/notes_take.c \
	common/running/vm_rows.c common/running/vm_rows.h \
	common/running/walk.c common/running/walk.h
