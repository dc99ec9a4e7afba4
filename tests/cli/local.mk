# SPDX-License-Identifier: GPL-3.0-or-later
# The output and exit codes of the programs: tests/cli/PROGRAM.bats

# all sources and all programs
cli_tests += tests/cli/rooms.bats tests/cli/sources.bats tests/cli/programs.bats

# contrib: a log without its names
cli_tests += tests/cli/anonymise.bats

# the start of a new check
cli_tests += tests/cli/check_skeleton.bats

# plugin: output that is not read, and resource limits
cli_tests += tests/cli/blocked_reader.bats tests/cli/limits.bats

# klog: a kernel log that cannot be opened
cli_tests += tests/cli/kmsg.bats tests/cli/privilege.bats tests/cli/no_logs.bats

# state: SIGKILL between system calls, a full disk, other users
cli_tests += tests/cli/state.bats tests/cli/state_kills.bats tests/cli/state_later.bats

# the programs, on recorded logs
cli_tests += tests/cli/check_oom_kills.bats tests/cli/oom_kills_memory.bats tests/cli/oom_report.bats

# oom: the victim of a report
cli_tests += tests/cli/reports.bats tests/cli/negatives.bats

# vm: notes on running VMs
cli_tests += tests/cli/vm_notes.bats

# vm: names from recorded hosts
cli_tests += tests/cli/identity.bats tests/cli/names.bats tests/cli/blind.bats tests/cli/reused.bats tests/cli/parity.bats

# oom: real reports, if the corpus is available
cli_tests += tests/cli/corpus.bats
EXTRA_DIST += tests/cli/corpus.awk

# host
cli_tests += tests/cli/check_mem_available.bats tests/cli/check_mem_kernel.bats tests/cli/check_mem_pressure.bats

# vm: the checks of running VMs
cli_tests += tests/cli/check_vm_oom_score.bats tests/cli/check_vm_overcommit.bats \
	tests/cli/vm_trees.bats
EXTRA_DIST += tests/cli/checks.bash tests/cli/vm_host.bash tests/cli/said.bash

# the wording of check_oom_kills
cli_tests += tests/cli/oom_kills_words.bats

# plugin: hangs after the state is determined
cli_tests += tests/cli/answer_first.bats
EXTRA_DIST += tests/cli/hang.c
# system calls that fail
cli_tests += tests/cli/faults.bats
# klog: text logs and their rotated files
cli_tests += tests/cli/text_logs.bats tests/cli/searched.bats tests/cli/hosts.bats tests/cli/formats.bats tests/cli/units.bats tests/cli/envelopes.bats
# klog: libraries that are missing or cannot be loaded
cli_tests += tests/cli/libraries.bats tests/cli/same_history.bats
EXTRA_DIST += tests/cli/ring.bash tests/cli/ring.c

# weeks: simulated histories
cli_tests += tests/cli/week.bats
# stores of limited size, and windows without records, on a simulated host
cli_tests += tests/cli/oom_kills_stores.bats tests/cli/unseen_windows.bats tests/cli/bounds.bats

# forged lines in text logs
cli_tests += tests/cli/text_forgery.bats
