# Tests of agent/ovs/ and of the steps that stand on it.  Those with a real
# ovsdb-server and ovs-vswitchd need no privilege, but those programs; they
# skip themselves without.
UNIT_TESTS += tests/unit/test-ovs-wanted
KERNEL_TESTS += \
	tests/unit/test-ovs-faults \
	tests/unit/test-ovs-plug \
	tests/unit/test-ovs-qos \
	tests/unit/test-ovs-steps
OVS_FIXTURE = tests/unit/own-ovs.c tests/unit/own-ovs.h tests/unit/until.h

tests_unit_test_ovs_wanted_SOURCES = tests/unit/test-ovs-wanted.c
tests_unit_test_ovs_wanted_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_ovs_wanted_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_ovs_wanted_LDADD = $(UNIT_LIBS)
tests_unit_test_ovs_faults_SOURCES = tests/unit/test-ovs-faults.c \
	$(OVS_FIXTURE)
tests_unit_test_ovs_faults_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_ovs_faults_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_ovs_faults_LDADD = $(UNIT_LIBS)
tests_unit_test_ovs_plug_SOURCES = tests/unit/test-ovs-plug.c $(OVS_FIXTURE)
tests_unit_test_ovs_plug_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_ovs_plug_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_ovs_plug_LDADD = $(UNIT_LIBS)
tests_unit_test_ovs_qos_SOURCES = tests/unit/test-ovs-qos.c $(OVS_FIXTURE)
tests_unit_test_ovs_qos_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_ovs_qos_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_ovs_qos_LDADD = $(UNIT_LIBS)
tests_unit_test_ovs_steps_SOURCES = tests/unit/test-ovs-steps.c \
	$(OVS_FIXTURE)
tests_unit_test_ovs_steps_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_ovs_steps_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_ovs_steps_LDADD = $(UNIT_LIBS)
