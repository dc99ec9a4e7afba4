# SPDX-License-Identifier: GPL-3.0-or-later
# One program a file.

# In the linker's order: a room before those that it uses.
oom_libraries = \
	common/libvm.a \
	common/liboom.a \
	common/libklog.a \
	common/libplugin.a \
	common/libbase.a
