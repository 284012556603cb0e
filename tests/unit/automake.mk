# One cmocka program for each room, e.g.
#
#   UNIT_TESTS += tests/unit/test-attrs
#   tests_unit_test_attrs_SOURCES = tests/unit/test-attrs.c
#   tests_unit_test_attrs_CPPFLAGS = $(UNIT_CPPFLAGS)
#   tests_unit_test_attrs_CFLAGS = $(UNIT_CFLAGS)
#   tests_unit_test_attrs_LDADD = $(UNIT_LIBS)
include tests/unit/client.mk
include tests/unit/device-plugins.mk
include tests/unit/inventory.mk
include tests/unit/kernel.mk
include tests/unit/lib.mk
include tests/unit/ovs.mk
include tests/unit/plugin.mk
include tests/unit/privilege.mk
include tests/unit/report.mk
include tests/unit/rpc.mk
include tests/unit/steps.mk
include tests/unit/threads.mk
