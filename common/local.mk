# SPDX-License-Identifier: GPL-3.0-or-later
# One library a room; a room may use the rooms above it in this list, no other.
# (gather walks the whole road: klog -> oom -> vm.)

# base: text, numbers, files
noinst_LIBRARIES += common/libbase.a
common_libbase_a_SOURCES = \
	common/base/boot_id.c common/base/boot_id.h \
	common/base/array.h \
	common/base/cleanup.h \
	common/base/clock.h \
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
	common/state/file.c \
	common/state/inside.h \
	common/state/lock.c \
	common/state/owner.c common/state/owner.h \
	common/state/rows.c common/state/rows.h \
	common/state/state.c common/state/state.h

# klog: records from any source
noinst_LIBRARIES += common/libklog.a
common_libklog_a_SOURCES = \
	common/klog/klog.c common/klog/klog.h common/klog/source.h \
	common/klog/boot.c common/klog/fail.c common/klog/window.c \
	common/klog/lookup.h \
	common/klog/privilege.c common/klog/privilege.h \
	common/klog/kmsg.c common/klog/kmsg_parse.c common/klog/syslog.c \
	common/klog/compressed.c common/klog/compressed.h common/klog/compressed_codec.h \
	common/klog/compressed_gzip.c common/klog/compressed_xz.c common/klog/compressed_zstd.c \
	common/klog/file.c common/klog/file_export.c common/klog/file_reading.h \
	common/klog/file_reversed.c \
	common/klog/file_lines.c common/klog/file_lines.h common/klog/file_json.c common/klog/file_pasted.c common/klog/pasted.c common/klog/pasted.h common/klog/file_unread.c common/klog/file_verbose.c common/klog/file_years.c \
	common/klog/host.c common/klog/host.h \
	common/klog/line.c common/klog/line.h common/klog/line_cursor.h common/klog/line_format.h \
	common/klog/line_dmesg.c common/klog/line_json.c common/klog/line_syslog.c \
	common/klog/journal_fields.c common/klog/journal_fields.h \
	common/klog/line_time.c common/klog/line_time.h \
	common/klog/rotated.c common/klog/rotated.h common/klog/rotated_name.c \
	common/klog/loss.c common/klog/loss.h \
	common/klog/scan.c common/klog/scan.h common/klog/scan_file.c \
	common/klog/searched.c common/klog/searched.h \
	common/klog/journal_files.c common/klog/journal_files.h \
	common/klog/journal_header.c common/klog/journal_header.h
if HAVE_SYSTEMD
common_libklog_a_SOURCES += \
	common/klog/journal.c \
	common/klog/journal_context.c common/klog/journal_entry.c \
	common/klog/journal_hash.c common/klog/journal_hash.h \
	common/klog/journal_object.c common/klog/journal_object.h \
	common/klog/journal_proof.c common/klog/journal_proof.h \
	common/klog/journal_view.c common/klog/journal_view.h \
	common/klog/journal_walk.c common/klog/journal_walk.h \
	common/klog/lookup.c
else
common_libklog_a_SOURCES += common/klog/journal_none.c
endif

# oom: records in, kills out
noinst_LIBRARIES += common/liboom.a
common_liboom_a_SOURCES = \
	common/oom/kill.h common/oom/kill.c common/oom/path.h common/oom/path.c common/oom/list.c \
	common/oom/parser.h common/oom/parser.c common/oom/interest.c \
	common/oom/marks.h common/oom/marks.c common/oom/units.h common/oom/units.c \
	common/oom/report.h common/oom/report.c \
	common/oom/lines.h common/oom/lines.c common/oom/killed.c common/oom/cgroups.c \
	common/oom/userspace.h common/oom/userspace.c common/oom/wrapped.h common/oom/wrapped.c \
	common/oom/counter.h common/oom/counter.c \
	common/oom/cursor.h common/oom/cursor.c

# vm: who stands behind a process
noinst_LIBRARIES += common/libvm.a
common_libvm_a_SOURCES = \
	common/vm/cgroup.c common/vm/cgroup.h \
	common/vm/comm.c common/vm/comm.h \
	common/vm/complete.c common/vm/complete.h \
	common/vm/domain.h \
	common/vm/command_line.c common/vm/command_line.h \
	common/vm/hypervisor_options.h common/vm/options_qemu.c common/vm/options_rust.c \
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
	common/gather/arguments.c common/gather/arguments.h \
	common/gather/coverage.c common/gather/coverage.h \
	common/gather/describe.c common/gather/describe.h \
	common/gather/describe_coverage.c \
	common/gather/gather.c common/gather/gather.h \
	common/gather/hosts.c common/gather/hosts.h common/gather/units.c common/gather/units.h common/gather/apart.c common/gather/apart.h \
	common/gather/identify.c \
	common/gather/registered.c common/gather/registered.h \
	common/gather/memory.c common/gather/memory.h \
	common/gather/memory_rows.c \
	common/gather/recall.c common/gather/recall.h \
	common/gather/searched.c common/gather/searched.h \
	common/gather/select.c common/gather/select.h

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

# holders: who holds the host's memory
noinst_LIBRARIES += common/libholders.a
common_libholders_a_SOURCES = common/holders/holders.c common/holders/holders.h

# machines: the VMs that run, and notes of them
noinst_LIBRARIES += common/libmachines.a
common_libmachines_a_SOURCES = \
	common/machines/machines.c common/machines/machines.h \
	common/machines/notes.c common/machines/notes.h \
	common/machines/notes_rows.c common/machines/notes_take.c \
	common/machines/vm_rows.c common/machines/vm_rows.h \
	common/machines/walk.c common/machines/walk.h
