# Tests of the plugins for VFs and PFs.
UNIT_TESTS += \
	tests/unit/test-macvtap-plugin \
	tests/unit/test-sriov-plugin

PLAN_CASES = tests/unit/plan-cases.c tests/unit/plan-cases.h \
	tests/unit/plan-text.c tests/unit/plan-text.h \
	tests/unit/some-nics.c tests/unit/some-nics.h

tests_unit_test_sriov_plugin_SOURCES = tests/unit/test-sriov-plugin.c \
	$(PLAN_CASES)
tests_unit_test_sriov_plugin_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_sriov_plugin_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_sriov_plugin_LDADD = $(UNIT_LIBS)

tests_unit_test_macvtap_plugin_SOURCES = tests/unit/test-macvtap-plugin.c \
	$(PLAN_CASES)
tests_unit_test_macvtap_plugin_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_macvtap_plugin_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_macvtap_plugin_LDADD = $(UNIT_LIBS)
