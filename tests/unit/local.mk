# SPDX-License-Identifier: GPL-3.0-or-later
# One program per module: tests/unit/test_MODULE.c
unit_ldadd = $(oom_libraries) -lcmocka

# base
unit_tests += tests/unit/test_text tests/unit/test_number tests/unit/test_library
unit_tests += tests/unit/test_boot_id tests/unit/test_base_cursor
tests_unit_test_base_cursor_SOURCES = tests/unit/test_base_cursor.c
tests_unit_test_base_cursor_LDADD = $(unit_ldadd)
tests_unit_test_boot_id_SOURCES = tests/unit/test_boot_id.c tests/unit/host_tree.h
tests_unit_test_boot_id_LDADD = $(unit_ldadd)
tests_unit_test_text_SOURCES = tests/unit/test_text.c
tests_unit_test_text_LDADD = $(unit_ldadd)
tests_unit_test_number_SOURCES = tests/unit/test_number.c
tests_unit_test_number_LDADD = $(unit_ldadd)
tests_unit_test_library_SOURCES = tests/unit/test_library.c tests/unit/child.h
tests_unit_test_library_LDADD = $(unit_ldadd)

# plugin
unit_tests += tests/unit/test_range tests/unit/test_perfdata tests/unit/test_plugin \
	tests/unit/test_options tests/unit/test_extra_opts
noinst_HEADERS += tests/unit/child.h
tests_unit_test_range_SOURCES = tests/unit/test_range.c
tests_unit_test_range_LDADD = $(unit_ldadd)
tests_unit_test_perfdata_SOURCES = tests/unit/test_perfdata.c
tests_unit_test_perfdata_LDADD = $(unit_ldadd)
tests_unit_test_plugin_SOURCES = tests/unit/test_plugin.c
tests_unit_test_plugin_LDADD = $(unit_ldadd)
tests_unit_test_options_SOURCES = tests/unit/test_options.c
tests_unit_test_options_LDADD = $(unit_ldadd)
tests_unit_test_extra_opts_SOURCES = tests/unit/test_extra_opts.c
tests_unit_test_extra_opts_LDADD = $(unit_ldadd)

# state
unit_tests += tests/unit/test_state tests/unit/test_state_safety tests/unit/test_state_rows
tests_unit_test_state_SOURCES = tests/unit/test_state.c tests/unit/state_folder.h
tests_unit_test_state_LDADD = $(unit_ldadd)
tests_unit_test_state_safety_SOURCES = tests/unit/test_state_safety.c tests/unit/state_folder.h
tests_unit_test_state_safety_LDADD = $(unit_ldadd)
tests_unit_test_state_safety_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=writev,--wrap=fsync,--wrap=renameat,--wrap=flock
tests_unit_test_state_rows_SOURCES = tests/unit/test_state_rows.c
tests_unit_test_state_rows_LDADD = $(unit_ldadd)

# klog
unit_tests += tests/unit/test_klog_kmsg tests/unit/test_klog_syslog tests/unit/test_klog_privilege
tests_unit_test_klog_kmsg_SOURCES = tests/unit/test_klog_kmsg.c tests/unit/records.h
tests_unit_test_klog_kmsg_LDADD = $(unit_ldadd)
tests_unit_test_klog_kmsg_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=read
tests_unit_test_klog_syslog_SOURCES = tests/unit/test_klog_syslog.c tests/unit/records.h
tests_unit_test_klog_syslog_LDADD = $(unit_ldadd)
tests_unit_test_klog_privilege_SOURCES = tests/unit/test_klog_privilege.c
tests_unit_test_klog_privilege_LDADD = $(unit_ldadd)
unit_tests += tests/unit/test_klog_host
tests_unit_test_klog_host_SOURCES = tests/unit/test_klog_host.c
tests_unit_test_klog_host_LDADD = $(unit_ldadd)
unit_tests += tests/unit/test_klog_searched
tests_unit_test_klog_searched_SOURCES = tests/unit/test_klog_searched.c
tests_unit_test_klog_searched_LDADD = $(unit_ldadd)
unit_tests += tests/unit/test_klog_line tests/unit/test_klog_file tests/unit/test_klog_scan tests/unit/test_klog_shapes
tests_unit_test_klog_line_SOURCES = tests/unit/test_klog_line.c
tests_unit_test_klog_line_LDADD = $(unit_ldadd)
tests_unit_test_klog_file_SOURCES = tests/unit/test_klog_file.c
tests_unit_test_klog_file_LDADD = $(unit_ldadd)
tests_unit_test_klog_scan_SOURCES = tests/unit/test_klog_scan.c
tests_unit_test_klog_scan_LDADD = $(unit_ldadd)
tests_unit_test_klog_shapes_SOURCES = tests/unit/test_klog_shapes.c
tests_unit_test_klog_shapes_LDADD = $(unit_ldadd)
if HAVE_SYSTEMD
unit_tests += tests/unit/test_klog_journal
endif
tests_unit_test_klog_journal_SOURCES = tests/unit/test_klog_journal.c
tests_unit_test_klog_journal_LDADD = $(unit_ldadd)

# oom
unit_tests += tests/unit/test_oom_kernels tests/unit/test_oom_lines tests/unit/test_oom_parser
unit_tests += tests/unit/test_oom_list tests/unit/test_oom_userspace tests/unit/test_oom_mutations
unit_tests += tests/unit/test_oom_counter
tests_unit_test_oom_counter_SOURCES = tests/unit/test_oom_counter.c
tests_unit_test_oom_counter_LDADD = $(unit_ldadd)
tests_unit_test_oom_mutations_SOURCES = tests/unit/test_oom_mutations.c tests/unit/replay.h
tests_unit_test_oom_mutations_LDADD = $(unit_ldadd)
tests_unit_test_oom_mutations_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=calloc,--wrap=reallocarray,--wrap=strdup
tests_unit_test_oom_list_SOURCES = tests/unit/test_oom_list.c
tests_unit_test_oom_list_LDADD = $(unit_ldadd)
tests_unit_test_oom_list_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=reallocarray
tests_unit_test_oom_userspace_SOURCES = tests/unit/test_oom_userspace.c tests/unit/replay.h
tests_unit_test_oom_userspace_LDADD = $(unit_ldadd)
unit_tests += tests/unit/test_oom_dubious tests/unit/test_oom_cut
tests_unit_test_oom_cut_SOURCES = tests/unit/test_oom_cut.c tests/unit/replay.h
tests_unit_test_oom_cut_LDADD = $(unit_ldadd)
tests_unit_test_oom_dubious_SOURCES = tests/unit/test_oom_dubious.c tests/unit/replay.h
tests_unit_test_oom_dubious_LDADD = $(unit_ldadd)
tests_unit_test_oom_parser_SOURCES = tests/unit/test_oom_parser.c tests/unit/replay.h
tests_unit_test_oom_parser_LDADD = $(unit_ldadd)
tests_unit_test_oom_lines_SOURCES = tests/unit/test_oom_lines.c
tests_unit_test_oom_lines_LDADD = $(unit_ldadd)
tests_unit_test_oom_kernels_SOURCES = tests/unit/test_oom_kernels.c tests/unit/replay.h
tests_unit_test_oom_kernels_LDADD = $(unit_ldadd)

# vm
unit_tests += tests/unit/test_vm_cgroup tests/unit/test_vm_identity
tests_unit_test_vm_cgroup_SOURCES = tests/unit/test_vm_cgroup.c
tests_unit_test_vm_cgroup_LDADD = $(unit_ldadd)
tests_unit_test_vm_identity_SOURCES = tests/unit/test_vm_identity.c
tests_unit_test_vm_identity_LDADD = $(unit_ldadd)
unit_tests += tests/unit/test_vm_machine_name tests/unit/test_vm_domain tests/unit/test_vm_complete
tests_unit_test_vm_machine_name_SOURCES = tests/unit/test_vm_machine_name.c
tests_unit_test_vm_machine_name_LDADD = $(unit_ldadd)
tests_unit_test_vm_domain_SOURCES = tests/unit/test_vm_domain.c tests/unit/host_tree.h
tests_unit_test_vm_domain_LDADD = $(unit_ldadd)
tests_unit_test_vm_complete_SOURCES = tests/unit/test_vm_complete.c tests/unit/host_tree.h
tests_unit_test_vm_complete_LDADD = $(unit_ldadd)

# vm: the table of stacks
unit_tests += tests/unit/test_vm_stack
tests_unit_test_vm_stack_SOURCES = tests/unit/test_vm_stack.c
tests_unit_test_vm_stack_LDADD = $(unit_ldadd)

# vm: command lines
unit_tests += tests/unit/test_vm_command_line
tests_unit_test_vm_command_line_SOURCES = tests/unit/test_vm_command_line.c
tests_unit_test_vm_command_line_LDADD = $(unit_ldadd)

# host: OOM scores; running VMs
unit_tests += tests/unit/test_host_oom_score tests/unit/test_running_vms tests/unit/test_running_notes
tests_unit_test_running_notes_SOURCES = tests/unit/test_running_notes.c tests/unit/host_tree.h
tests_unit_test_running_notes_LDADD = $(unit_ldadd)
tests_unit_test_host_oom_score_SOURCES = tests/unit/test_host_oom_score.c
tests_unit_test_host_oom_score_LDADD = $(unit_ldadd)
tests_unit_test_running_vms_SOURCES = tests/unit/test_running_vms.c tests/unit/host_tree.h
tests_unit_test_running_vms_LDADD = $(unit_ldadd)

# gather
unit_tests += tests/unit/test_gather_saved
tests_unit_test_gather_saved_SOURCES = tests/unit/test_gather_saved.c
tests_unit_test_gather_saved_LDADD = $(unit_ldadd)
unit_tests += tests/unit/test_gather_select
tests_unit_test_gather_select_SOURCES = tests/unit/test_gather_select.c
tests_unit_test_gather_select_LDADD = $(unit_ldadd)
unit_tests += tests/unit/test_gather_arguments tests/unit/test_gather_coverage
tests_unit_test_gather_arguments_SOURCES = tests/unit/test_gather_arguments.c
tests_unit_test_gather_arguments_LDADD = $(unit_ldadd)
tests_unit_test_gather_coverage_SOURCES = tests/unit/test_gather_coverage.c
tests_unit_test_gather_coverage_LDADD = $(unit_ldadd)

# host
unit_tests += tests/unit/test_host_cgroup tests/unit/test_host_process \
	tests/unit/test_host_fields tests/unit/test_host_memory tests/unit/test_limits
unit_tests += tests/unit/test_host_hugetlb
tests_unit_test_host_hugetlb_SOURCES = tests/unit/test_host_hugetlb.c tests/unit/host_tree.h
tests_unit_test_host_hugetlb_LDADD = $(unit_ldadd)
unit_tests += tests/unit/test_host_trend
tests_unit_test_host_trend_SOURCES = tests/unit/test_host_trend.c
tests_unit_test_host_trend_LDADD = $(unit_ldadd)
tests_unit_test_limits_SOURCES = tests/unit/test_limits.c
tests_unit_test_limits_LDADD = $(unit_ldadd)
tests_unit_test_host_fields_SOURCES = tests/unit/test_host_fields.c
tests_unit_test_host_fields_LDADD = $(unit_ldadd)
tests_unit_test_host_memory_SOURCES = tests/unit/test_host_memory.c tests/unit/host_tree.h
tests_unit_test_host_memory_LDADD = $(unit_ldadd)
tests_unit_test_host_cgroup_SOURCES = tests/unit/test_host_cgroup.c tests/unit/host_tree.h
tests_unit_test_host_cgroup_LDADD = $(unit_ldadd)
tests_unit_test_host_process_SOURCES = tests/unit/test_host_process.c tests/unit/host_tree.h
tests_unit_test_host_process_LDADD = $(unit_ldadd)
