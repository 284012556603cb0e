# The daemon: all but main() is a library, so that tests can link it.
noinst_LTLIBRARIES += agent/libvifd.la
agent_libvifd_la_CPPFLAGS = $(AGENT_CPPFLAGS) \
	-DVIFD_SYSCONFDIR=\"$(sysconfdir)\" \
	-DVIFD_RUNDIR=\"$(runstatedir)/vifd\" \
	-DVIFD_STATEDIR=\"$(localstatedir)/lib/vifd\" \
	-DVIFD_PLUGINDIR=\"$(pluginsdir)\"
agent_libvifd_la_CFLAGS = $(AGENT_CFLAGS)
agent_libvifd_la_SOURCES = \
	agent/budget.c \
	agent/budget.h \
	agent/chore.c \
	agent/chore.h \
	agent/config-access.c \
	agent/config-device-spec.c \
	agent/config-yaml.c \
	agent/config-yaml.h \
	agent/config.c \
	agent/config.h \
	agent/crash-point.h \
	agent/descriptors.c \
	agent/descriptors.h \
	agent/orphans.c \
	agent/orphans.h \
	agent/marks.c \
	agent/marks.h \
	agent/reload.c \
	agent/reload.h \
	agent/systemd.c \
	agent/systemd.h \
	agent/text-pages.c \
	agent/text-pages.h \
	agent/vf-watch.c \
	agent/vf-watch.h \
	agent/vifd-collect.c \
	agent/vifd-config.c \
	agent/vifd-devices.c \
	agent/vifd-journal.c \
	agent/vifd-private.h \
	agent/vifd-privilege.c \
	agent/vifd-restore.c \
	agent/vifd-rebuild.c \
	agent/vifd-rest.c \
	agent/vifd-stats.c \
	agent/vifd-vfs.c \
	agent/vifd.c \
	agent/vifd.h
if CRASH_POINTS
agent_libvifd_la_SOURCES += agent/crash-point.c
endif

include agent/binding/automake.mk
include agent/rpc/automake.mk
include agent/engine/automake.mk
include agent/steps/automake.mk
include agent/kernel/automake.mk
include agent/inventory/automake.mk
include agent/privilege/automake.mk
include agent/ovs/automake.mk
include agent/plugin/automake.mk
include agent/report/automake.mk

sbin_PROGRAMS += agent/vifd
agent_vifd_SOURCES = agent/main.c agent/privilege/connect.c
agent_vifd_CPPFLAGS = $(agent_libvifd_la_CPPFLAGS)
agent_vifd_CFLAGS = $(AGENT_CFLAGS)
agent_vifd_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=connect
agent_vifd_LDADD = $(AGENT_LIBS)
