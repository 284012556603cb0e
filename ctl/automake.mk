# vifctl: one file per command.  It stands on libvifclient; of lib/ it links
# only what the library does not export.
# All but main() is a library, so that tests can link it.
bin_PROGRAMS += ctl/vifctl
ctl_vifctl_SOURCES = ctl/vifctl.c
ctl_vifctl_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
ctl_vifctl_LDADD = ctl/libvifctl.la client/libvifclient.la lib/libvif.la \
	$(JANSSON_LIBS)

noinst_LTLIBRARIES += ctl/libvifctl.la
ctl_libvifctl_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
ctl_libvifctl_la_SOURCES = \
	ctl/abort.c \
	ctl/activate.c \
	ctl/batch.c \
	ctl/batch.h \
	ctl/bindings.c \
	ctl/bindings.h \
	ctl/capabilities.c \
	ctl/check.c \
	ctl/command.c \
	ctl/command.h \
	ctl/complaint.c \
	ctl/complaint.h \
	ctl/complete.c \
	ctl/details.c \
	ctl/details.h \
	ctl/drain.c \
	ctl/fit.c \
	ctl/gc.c \
	ctl/help.c \
	ctl/help.h \
	ctl/input.c \
	ctl/input.h \
	ctl/inventory.c \
	ctl/invocation.c \
	ctl/invocation.h \
	ctl/list.c \
	ctl/plan.c \
	ctl/plug.c \
	ctl/reload.c \
	ctl/repair.c \
	ctl/session.c \
	ctl/session.h \
	ctl/show.c \
	ctl/terminal.c \
	ctl/terminal.h \
	ctl/units.c \
	ctl/units.h \
	ctl/unplug.c \
	ctl/verify.c \
	ctl/verify.h \
	ctl/version.c \
	ctl/watch.c \
	ctl/writer-json.c \
	ctl/writer-kv.c \
	ctl/writer-table.c \
	ctl/writer.c \
	ctl/writer.h
