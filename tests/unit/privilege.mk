# Tests of agent/privilege/.  What only root can do they do as root and skip
# otherwise.
UNIT_TESTS += \
	tests/unit/test-account \
	tests/unit/test-filter \
	tests/unit/test-helper \
	tests/unit/test-privilege \
	tests/unit/test-vfio
FAKE_SYS = tests/unit/fake-sys.c tests/unit/fake-sys.h

tests_unit_test_account_SOURCES = tests/unit/test-account.c $(FAKE_SYS)
tests_unit_test_account_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_account_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_account_LDADD = $(UNIT_LIBS)
tests_unit_test_filter_SOURCES = tests/unit/test-filter.c
tests_unit_test_filter_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_filter_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_filter_LDADD = $(UNIT_LIBS)
tests_unit_test_helper_SOURCES = tests/unit/test-helper.c \
	tests/unit/until.h $(FAKE_SYS)
tests_unit_test_helper_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_helper_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_helper_LDADD = $(UNIT_LIBS)
tests_unit_test_privilege_SOURCES = tests/unit/test-privilege.c \
	tests/unit/until.h $(FAKE_SYS)
tests_unit_test_privilege_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_privilege_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_privilege_LDADD = $(UNIT_LIBS)
# The kernel's part, that a node can be open only once, is the test's.
tests_unit_test_vfio_SOURCES = tests/unit/test-vfio.c \
	tests/unit/until.h $(FAKE_SYS)
tests_unit_test_vfio_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_vfio_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_vfio_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=open -Wl,--wrap=close -Wl,--wrap=pthread_cond_wait
tests_unit_test_vfio_LDADD = $(UNIT_LIBS)
