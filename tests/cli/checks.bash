# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2034 # used by those who load it
# The checks that are installed.
checks=(check_oom_kills check_mem_available check_mem_kernel check_mem_pressure check_vm_oom_score check_vm_overcommit)
