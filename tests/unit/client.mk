# Tests of client/ and ctl/, against a simulated vifd.  They link neither the
# daemon nor libopenvswitch.
CLIENT_TEST_CPPFLAGS = $(AM_CPPFLAGS) \
	-DVIFD_INCLUDEDIR=\"$(includedir)\" \
	-DVIFD_LIBDIR=\"$(libdir)\" \
	-DVIFD_TOP_BUILDDIR=\"$(abs_top_builddir)\" \
	-DVIFD_TOP_SRCDIR=\"$(abs_top_srcdir)\"
CLIENT_TEST_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
CLIENT_TEST_LIBS = tests/unit/libvifctl-run.la client/libvifclient.la \
	lib/libvif.la $(JANSSON_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += \
	tests/unit/test-client \
	tests/unit/test-client-example \
	tests/unit/test-client-many \
	tests/unit/test-client-types \
	tests/unit/test-ctl-commands \
	tests/unit/test-ctl-completion \
	tests/unit/test-ctl-devices \
	tests/unit/test-ctl-failures \
	tests/unit/test-ctl-plug \
	tests/unit/test-ctl-words \
	tests/unit/test-ctl-writers

check_PROGRAMS += tests/unit/simulated-vifd
tests_unit_simulated_vifd_SOURCES = \
	tests/unit/simulated-answers.c \
	tests/unit/simulated-answers.h \
	tests/unit/simulated-vifd.c
tests_unit_simulated_vifd_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_simulated_vifd_LDADD = $(JANSSON_LIBS)

check_LTLIBRARIES += tests/unit/libvifctl-run.la
tests_unit_libvifctl_run_la_SOURCES = \
	tests/unit/client-fixture.c \
	tests/unit/client-fixture.h \
	tests/unit/vifctl-ports.c \
	tests/unit/vifctl-ports.h \
	tests/unit/vifctl-run.c \
	tests/unit/vifctl-run.h
tests_unit_libvifctl_run_la_CPPFLAGS = $(CLIENT_TEST_CPPFLAGS)
tests_unit_libvifctl_run_la_CFLAGS = $(CLIENT_TEST_CFLAGS)

tests_unit_test_client_SOURCES = tests/unit/test-client.c
tests_unit_test_client_CPPFLAGS = $(CLIENT_TEST_CPPFLAGS)
tests_unit_test_client_CFLAGS = $(CLIENT_TEST_CFLAGS)
tests_unit_test_client_LDADD = $(CLIENT_TEST_LIBS)
tests_unit_test_client_many_SOURCES = tests/unit/test-client-many.c
tests_unit_test_client_many_CPPFLAGS = $(CLIENT_TEST_CPPFLAGS)
tests_unit_test_client_many_CFLAGS = $(CLIENT_TEST_CFLAGS)
tests_unit_test_client_many_LDADD = $(CLIENT_TEST_LIBS)
tests_unit_test_client_types_SOURCES = tests/unit/test-client-types.c
tests_unit_test_client_types_CPPFLAGS = $(CLIENT_TEST_CPPFLAGS)
tests_unit_test_client_types_CFLAGS = $(CLIENT_TEST_CFLAGS)
tests_unit_test_client_types_LDADD = $(CLIENT_TEST_LIBS)
tests_unit_test_ctl_commands_SOURCES = tests/unit/test-ctl-commands.c
tests_unit_test_ctl_commands_CPPFLAGS = $(CLIENT_TEST_CPPFLAGS)
tests_unit_test_ctl_commands_CFLAGS = $(CLIENT_TEST_CFLAGS)
tests_unit_test_ctl_commands_LDADD = $(CLIENT_TEST_LIBS)
tests_unit_test_ctl_completion_SOURCES = tests/unit/test-ctl-completion.c
tests_unit_test_ctl_completion_CPPFLAGS = $(CLIENT_TEST_CPPFLAGS)
tests_unit_test_ctl_completion_CFLAGS = $(CLIENT_TEST_CFLAGS)
tests_unit_test_ctl_completion_LDADD = ctl/libvifctl.la $(CLIENT_TEST_LIBS)
tests_unit_test_ctl_devices_SOURCES = tests/unit/test-ctl-devices.c
tests_unit_test_ctl_devices_CPPFLAGS = $(CLIENT_TEST_CPPFLAGS)
tests_unit_test_ctl_devices_CFLAGS = $(CLIENT_TEST_CFLAGS)
tests_unit_test_ctl_devices_LDADD = $(CLIENT_TEST_LIBS)
tests_unit_test_ctl_failures_SOURCES = tests/unit/test-ctl-failures.c
tests_unit_test_ctl_failures_CPPFLAGS = $(CLIENT_TEST_CPPFLAGS)
tests_unit_test_ctl_failures_CFLAGS = $(CLIENT_TEST_CFLAGS)
tests_unit_test_ctl_failures_LDADD = $(CLIENT_TEST_LIBS)
tests_unit_test_ctl_plug_SOURCES = tests/unit/test-ctl-plug.c
tests_unit_test_ctl_plug_CPPFLAGS = $(CLIENT_TEST_CPPFLAGS)
tests_unit_test_ctl_plug_CFLAGS = $(CLIENT_TEST_CFLAGS)
tests_unit_test_ctl_plug_LDADD = $(CLIENT_TEST_LIBS)
tests_unit_test_ctl_words_SOURCES = tests/unit/test-ctl-words.c
tests_unit_test_ctl_words_CPPFLAGS = $(CLIENT_TEST_CPPFLAGS)
tests_unit_test_ctl_words_CFLAGS = $(CLIENT_TEST_CFLAGS)
tests_unit_test_ctl_words_LDADD = ctl/libvifctl.la $(CLIENT_TEST_LIBS)
tests_unit_test_ctl_writers_SOURCES = tests/unit/test-ctl-writers.c
tests_unit_test_ctl_writers_CPPFLAGS = $(CLIENT_TEST_CPPFLAGS)
tests_unit_test_ctl_writers_CFLAGS = $(CLIENT_TEST_CFLAGS)
tests_unit_test_ctl_writers_LDADD = ctl/libvifctl.la $(CLIENT_TEST_LIBS)

# The example is built by its own Makefile against what 'make install' puts
# under DESTDIR; with the same sanitizers, for there can be only one of each in
# a process.
example-compiler:
	@printf '%s\n' "CC='$(CC)' CFLAGS='$(INSTRUMENT_CFLAGS)'"
.PHONY: example-compiler
tests_unit_test_client_example_SOURCES = tests/unit/test-client-example.c
tests_unit_test_client_example_CPPFLAGS = $(CLIENT_TEST_CPPFLAGS)
tests_unit_test_client_example_CFLAGS = $(CLIENT_TEST_CFLAGS)
tests_unit_test_client_example_LDADD = $(CLIENT_TEST_LIBS)
EXTRA_DIST += \
	tests/client-example/Makefile \
	tests/client-example/plug-one.c
