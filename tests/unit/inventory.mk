# Tests of agent/inventory/ and of what it reads from.
UNIT_TESTS += \
	tests/unit/test-binding-request \
	tests/unit/test-device-fit \
	tests/unit/test-device-fit-held \
	tests/unit/test-device-fit-random \
	tests/unit/test-device-fit-several \
	tests/unit/test-device-pools \
	tests/unit/test-device-spec \
	tests/unit/test-inventory-keeper \
	tests/unit/test-inventory-netlink \
	tests/unit/test-inventory-read \
	tests/unit/test-inventory-report \
	tests/unit/test-inventory-words \
	tests/unit/test-uevent
KERNEL_TESTS += \
	tests/unit/test-uevent-monitor

FAKE_SYSFS = tests/unit/fake-sysfs.c tests/unit/fake-sysfs.h
SOME_NICS = tests/unit/some-nics.c tests/unit/some-nics.h
FIT_ASSERTS = tests/unit/fit-asserts.c tests/unit/fit-asserts.h \
	$(SOME_NICS)

tests_unit_test_binding_request_SOURCES = tests/unit/test-binding-request.c
tests_unit_test_binding_request_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_binding_request_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_binding_request_LDADD = $(UNIT_LIBS)
tests_unit_test_device_fit_SOURCES = \
	tests/unit/test-device-fit.c $(FIT_ASSERTS)
tests_unit_test_device_fit_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_device_fit_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_device_fit_LDADD = $(UNIT_LIBS)
tests_unit_test_device_fit_held_SOURCES = \
	tests/unit/test-device-fit-held.c $(FIT_ASSERTS)
tests_unit_test_device_fit_held_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_device_fit_held_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_device_fit_held_LDADD = $(UNIT_LIBS)
tests_unit_test_device_fit_random_SOURCES = \
	tests/unit/test-device-fit-random.c $(SOME_NICS)
tests_unit_test_device_fit_random_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_device_fit_random_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_device_fit_random_LDADD = $(UNIT_LIBS)
tests_unit_test_device_fit_several_SOURCES = \
	tests/unit/test-device-fit-several.c $(SOME_NICS)
tests_unit_test_device_fit_several_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_device_fit_several_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_device_fit_several_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=spec_address_matches \
	-Wl,--wrap=inventory_parent
tests_unit_test_device_fit_several_LDADD = $(UNIT_LIBS)
tests_unit_test_device_pools_SOURCES = \
	tests/unit/test-device-pools.c $(SOME_NICS)
tests_unit_test_device_pools_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_device_pools_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_device_pools_LDADD = $(UNIT_LIBS)
tests_unit_test_device_spec_SOURCES = \
	tests/unit/test-device-spec.c $(SOME_NICS)
tests_unit_test_device_spec_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_device_spec_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_device_spec_LDADD = $(UNIT_LIBS)

tests_unit_test_inventory_keeper_SOURCES = \
	tests/unit/test-inventory-keeper.c tests/unit/no-descriptors.h \
	tests/unit/until.h $(FAKE_SYSFS)
tests_unit_test_inventory_keeper_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_inventory_keeper_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_inventory_keeper_LDADD = $(UNIT_LIBS)
tests_unit_test_inventory_netlink_SOURCES = \
	tests/unit/test-inventory-netlink.c $(FAKE_SYSFS) $(PLAY_KERNEL)
tests_unit_test_inventory_netlink_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_inventory_netlink_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_inventory_netlink_LDADD = $(UNIT_LIBS)
tests_unit_test_inventory_read_SOURCES = \
	tests/unit/test-inventory-read.c tests/unit/no-descriptors.h \
	$(FAKE_SYSFS)
tests_unit_test_inventory_read_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_inventory_read_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_inventory_read_LDADD = $(UNIT_LIBS)
tests_unit_test_inventory_report_SOURCES = \
	tests/unit/test-inventory-report.c $(SOME_NICS)
tests_unit_test_inventory_report_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_inventory_report_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_inventory_report_LDADD = $(UNIT_LIBS)
tests_unit_test_inventory_words_SOURCES = tests/unit/test-inventory-words.c
tests_unit_test_inventory_words_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_inventory_words_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_inventory_words_LDADD = $(UNIT_LIBS)
tests_unit_test_uevent_SOURCES = tests/unit/test-uevent.c
tests_unit_test_uevent_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_uevent_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_uevent_LDADD = $(UNIT_LIBS)
tests_unit_test_uevent_monitor_SOURCES = tests/unit/test-uevent-monitor.c \
	tests/unit/until.h $(KERNEL_FIXTURE)
tests_unit_test_uevent_monitor_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_uevent_monitor_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_uevent_monitor_LDADD = $(UNIT_LIBS)
