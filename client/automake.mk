# libvifclient, for compute services written in C, and for vifctl.  It exports
# what the installed headers declare: client/libvifclient.map lists that.
lib_LTLIBRARIES += client/libvifclient.la
client_libvifclient_la_CPPFLAGS = $(AM_CPPFLAGS) \
	-DVIFD_RUNDIR=\"$(runstatedir)/vifd\"
client_libvifclient_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) \
	-fvisibility=hidden
client_libvifclient_la_LDFLAGS = $(AM_LDFLAGS) -version-info 0:0:0 \
	-no-undefined \
	-Wl,--version-script=$(top_srcdir)/client/libvifclient.map
client_libvifclient_la_LIBADD = lib/libvif.la $(JANSSON_LIBS)
client_libvifclient_la_DEPENDENCIES = lib/libvif.la \
	$(top_srcdir)/client/libvifclient.map
client_libvifclient_la_SOURCES = \
	client/binding-text.c \
	client/calls.c \
	client/channel.c \
	client/channel.h \
	client/client.c \
	client/details.c \
	client/event.c \
	client/event.h \
	client/failure.c \
	client/failure.h \
	client/requests.c \
	client/requests.h \
	client/text.c \
	client/text.h

pkgconfigdir = $(libdir)/pkgconfig
pkgconfig_DATA = client/vifclient.pc
EXTRA_DIST += client/libvifclient.map
