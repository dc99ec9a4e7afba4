# SPDX-License-Identifier: GPL-3.0-or-later
# Example configuration for monitoring systems, installed with the documentation: the
# administrator decides where to put it.
contribdir = $(docdir)/contrib
contrib_icinga2dir = $(contribdir)/icinga2
contrib_nrpedir = $(contribdir)/nrpe
contrib_nagiosdir = $(contribdir)/nagios

dist_contrib_DATA = contrib/README.md
dist_contrib_SCRIPTS = contrib/anonymise
dist_contrib_icinga2_DATA = contrib/icinga2/oom-command.conf contrib/icinga2/oom-services.conf \
	contrib/icinga2/mem-command.conf contrib/icinga2/vm-command.conf
nodist_contrib_nrpe_DATA = contrib/nrpe/oom.cfg
dist_contrib_nagios_DATA = contrib/nagios/oom.cfg

# NRPE has no variable for the plugin directory.
contrib/nrpe/oom.cfg: contrib/nrpe/oom.cfg.in Makefile
	$(AM_V_GEN)$(MKDIR_P) contrib/nrpe && \
		sed 's|[@]plugindir[@]|$(plugindir)|g' $(srcdir)/contrib/nrpe/oom.cfg.in >$@
EXTRA_DIST += contrib/nrpe/oom.cfg.in
CLEANFILES += contrib/nrpe/oom.cfg
