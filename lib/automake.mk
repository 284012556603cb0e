# Plain memory and strings, for the daemon, the client library and the tests:
# no libopenvswitch, no system calls.
noinst_LTLIBRARIES += lib/libvif.la
lib_libvif_la_SOURCES = \
	lib/alloc.c \
	lib/alloc.h \
	lib/attrs.c \
	lib/binding-check-port-profile.c \
	lib/binding-check-together.c \
	lib/binding-check-vf.c \
	lib/binding-check.c \
	lib/binding-check.h \
	lib/binding-profile.c \
	lib/binding-profile.h \
	lib/binding.c \
	lib/cleanup.h \
	lib/error.c \
	lib/plan.c \
	lib/utf8.c \
	lib/utf8.h
