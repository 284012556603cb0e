# Tests of what goes out.
UNIT_TESTS += \
	tests/unit/test-capabilities \
	tests/unit/test-libvirt-devices \
	tests/unit/test-libvirt-xml \
	tests/unit/test-report

tests_unit_test_capabilities_SOURCES = tests/unit/test-capabilities.c \
	$(PLAN_TEXT)
tests_unit_test_capabilities_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_capabilities_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_capabilities_LDADD = $(UNIT_LIBS)
LIBVIRT_SCHEMA = tests/unit/libvirt-schema.c tests/unit/libvirt-schema.h
tests_unit_test_libvirt_devices_SOURCES = tests/unit/test-libvirt-devices.c \
	$(LIBVIRT_SCHEMA)
tests_unit_test_libvirt_devices_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_libvirt_devices_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_libvirt_devices_LDADD = $(UNIT_LIBS)
tests_unit_test_libvirt_xml_SOURCES = tests/unit/test-libvirt-xml.c \
	$(LIBVIRT_SCHEMA)
tests_unit_test_libvirt_xml_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_libvirt_xml_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_libvirt_xml_LDADD = $(UNIT_LIBS)
tests_unit_test_report_SOURCES = tests/unit/test-report.c
tests_unit_test_report_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_report_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_report_LDADD = $(UNIT_LIBS)
