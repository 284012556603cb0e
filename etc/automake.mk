# Configuration, and what the service manager needs to know.
include etc/completion/automake.mk

# The directories are known to make, not to configure.
ETC_MADE = etc/vifd.service etc/vifd-restore.service etc/vifd.socket \
	etc/tmpfiles.d/vifd.conf
$(ETC_MADE): Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && \
	sed -e 's|@sbindir[@]|$(sbindir)|g' \
	    -e 's|@runstatedir[@]|$(runstatedir)|g' \
	    $(top_srcdir)/$@.in > $@.tmp && mv $@.tmp $@
etc/vifd.service: $(top_srcdir)/etc/vifd.service.in
etc/vifd-restore.service: $(top_srcdir)/etc/vifd-restore.service.in
etc/vifd.socket: $(top_srcdir)/etc/vifd.socket.in
etc/tmpfiles.d/vifd.conf: $(top_srcdir)/etc/tmpfiles.d/vifd.conf.in
CLEANFILES += $(ETC_MADE)

nodist_systemdsystemunit_DATA = etc/vifd.service etc/vifd-restore.service \
	etc/vifd.socket
tmpfilesdir = $(prefix)/lib/tmpfiles.d
nodist_tmpfiles_DATA = etc/tmpfiles.d/vifd.conf
sysusersdir = $(prefix)/lib/sysusers.d
dist_sysusers_DATA = etc/sysusers.d/vifd.conf

EXTRA_DIST += \
	etc/tmpfiles.d/vifd.conf.in \
	etc/vifd-restore.service.in \
	etc/vifd.service.in \
	etc/vifd.socket.in \
	etc/vifd.yaml

# The operator's file is never overwritten; nor removed once it was changed.
vifdconfdir = $(sysconfdir)/vifd
install-data-local:
	$(MKDIR_P) '$(DESTDIR)$(vifdconfdir)'
	test -e '$(DESTDIR)$(vifdconfdir)/vifd.yaml' || \
	    $(INSTALL_DATA) $(top_srcdir)/etc/vifd.yaml \
	    '$(DESTDIR)$(vifdconfdir)/vifd.yaml'
uninstall-local:
	! cmp -s $(top_srcdir)/etc/vifd.yaml \
	    '$(DESTDIR)$(vifdconfdir)/vifd.yaml' || \
	    rm -f '$(DESTDIR)$(vifdconfdir)/vifd.yaml'
