# SPDX-License-Identifier: GPL-3.0-or-later
# What the programs print and exit with: tests/cli/PROGRAM.bats
