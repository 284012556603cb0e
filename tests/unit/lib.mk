# Tests of lib/, which link nothing but lib/.
UNIT_TESTS += \
	tests/unit/test-attrs \
	tests/unit/test-binding \
	tests/unit/test-binding-check \
	tests/unit/test-binding-vf \
	tests/unit/test-error \
	tests/unit/test-plan
LIB_TEST_LIBS = lib/libvif.la $(CMOCKA_LIBS)
LIB_TEST_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
SOME_BINDING = tests/unit/some-binding.c tests/unit/some-binding.h

tests_unit_test_attrs_SOURCES = tests/unit/test-attrs.c
tests_unit_test_attrs_CFLAGS = $(LIB_TEST_CFLAGS)
tests_unit_test_attrs_LDADD = $(LIB_TEST_LIBS)
tests_unit_test_binding_SOURCES = tests/unit/test-binding.c $(SOME_BINDING)
tests_unit_test_binding_CFLAGS = $(LIB_TEST_CFLAGS)
tests_unit_test_binding_LDADD = $(LIB_TEST_LIBS)
tests_unit_test_binding_check_SOURCES = tests/unit/test-binding-check.c \
	$(SOME_BINDING)
tests_unit_test_binding_check_CFLAGS = $(LIB_TEST_CFLAGS)
tests_unit_test_binding_check_LDADD = $(LIB_TEST_LIBS)
tests_unit_test_binding_vf_SOURCES = tests/unit/test-binding-vf.c \
	$(SOME_BINDING)
tests_unit_test_binding_vf_CFLAGS = $(LIB_TEST_CFLAGS)
tests_unit_test_binding_vf_LDADD = $(LIB_TEST_LIBS)
tests_unit_test_error_SOURCES = tests/unit/test-error.c
tests_unit_test_error_CFLAGS = $(LIB_TEST_CFLAGS)
tests_unit_test_error_LDADD = $(LIB_TEST_LIBS)
tests_unit_test_plan_SOURCES = tests/unit/test-plan.c
tests_unit_test_plan_CFLAGS = $(LIB_TEST_CFLAGS)
tests_unit_test_plan_LDADD = $(LIB_TEST_LIBS)
