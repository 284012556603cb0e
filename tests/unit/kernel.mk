# Tests of agent/kernel/ and of the steps that make links.  Those that need a kernel make a
# network namespace of their own, or skip themselves.
UNIT_TESTS += \
	tests/unit/test-genl \
	tests/unit/test-macvtap-args \
	tests/unit/test-rtnl-socket \
	tests/unit/test-tap-args
KERNEL_TESTS += \
	tests/unit/test-rtnl \
	tests/unit/test-rtnl-delete \
	tests/unit/test-rtnl-monitor \
	tests/unit/test-rtnl-upper \
	tests/unit/test-tap \
	tests/unit/test-tap-early
PLAY_KERNEL = tests/unit/play-kernel.c tests/unit/play-kernel.h
KERNEL_FIXTURE = tests/unit/own-netns.c tests/unit/own-netns.h

tests_unit_test_genl_SOURCES = tests/unit/test-genl.c $(PLAY_KERNEL)
tests_unit_test_genl_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_genl_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_genl_LDADD = $(UNIT_LIBS)
tests_unit_test_rtnl_socket_SOURCES = tests/unit/test-rtnl-socket.c \
	$(PLAY_KERNEL)
tests_unit_test_rtnl_socket_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_rtnl_socket_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_rtnl_socket_LDADD = $(UNIT_LIBS)
tests_unit_test_tap_args_SOURCES = tests/unit/test-tap-args.c
tests_unit_test_tap_args_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_tap_args_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_tap_args_LDADD = $(UNIT_LIBS)
tests_unit_test_rtnl_SOURCES = tests/unit/test-rtnl.c $(KERNEL_FIXTURE)
tests_unit_test_rtnl_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_rtnl_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_rtnl_LDADD = $(UNIT_LIBS)
tests_unit_test_rtnl_delete_SOURCES = tests/unit/test-rtnl-delete.c \
	$(KERNEL_FIXTURE)
tests_unit_test_rtnl_delete_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_rtnl_delete_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_rtnl_delete_LDADD = $(UNIT_LIBS)
tests_unit_test_rtnl_monitor_SOURCES = tests/unit/test-rtnl-monitor.c \
	tests/unit/until.h $(KERNEL_FIXTURE)
tests_unit_test_rtnl_monitor_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_rtnl_monitor_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_rtnl_monitor_LDADD = $(UNIT_LIBS)
tests_unit_test_tap_SOURCES = tests/unit/test-tap.c $(KERNEL_FIXTURE)
tests_unit_test_tap_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_tap_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_tap_LDADD = $(UNIT_LIBS)
tests_unit_test_tap_early_SOURCES = tests/unit/test-tap-early.c \
	$(KERNEL_FIXTURE)
tests_unit_test_tap_early_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_tap_early_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_tap_early_LDADD = $(UNIT_LIBS)
tests_unit_test_macvtap_args_SOURCES = tests/unit/test-macvtap-args.c
tests_unit_test_macvtap_args_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_macvtap_args_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_macvtap_args_LDADD = $(UNIT_LIBS)
tests_unit_test_rtnl_upper_SOURCES = tests/unit/test-rtnl-upper.c \
	$(KERNEL_FIXTURE)
tests_unit_test_rtnl_upper_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_rtnl_upper_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_rtnl_upper_LDADD = $(UNIT_LIBS)
