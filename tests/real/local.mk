# SPDX-License-Identifier: GPL-3.0-or-later
# Against the real programs: guest kernel, journald, Icinga 2, NRPE.
