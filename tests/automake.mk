# 'make check' runs the unit tests, which need no privilege.  Everything else
# is run by tests/run: KERNEL_TESTS, which want a network namespace of their
# own, in its suite 'unit'.
UNIT_TESTS =
KERNEL_TESTS =
UNIT_CPPFLAGS = $(AGENT_CPPFLAGS) -DVIFD_TOP_SRCDIR=\"$(abs_top_srcdir)\"
UNIT_CFLAGS = $(AGENT_CFLAGS) $(CMOCKA_CFLAGS)
UNIT_LIBS = $(AGENT_LIBS) $(CMOCKA_LIBS)

TEST_EXTENSIONS = .sh
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) \
	$(top_srcdir)/build-aux/tap-driver.sh
AM_TESTS_ENVIRONMENT = CMOCKA_MESSAGE_OUTPUT=TAP; \
	export CMOCKA_MESSAGE_OUTPUT;

include tests/unit/automake.mk
include tests/property/automake.mk
include tests/crash/automake.mk
include tests/netns/automake.mk
include tests/vm/automake.mk
include tests/bench/automake.mk
include tests/fault/automake.mk
include tests/fuzz/automake.mk

if HAVE_CMOCKA
check_PROGRAMS += $(UNIT_TESTS) $(KERNEL_TESTS)
TESTS = $(UNIT_TESTS)
else
check-local:
	@echo "make check: cmocka was not found by configure, so no test was" >&2
	@echo "built.  Install libcmocka-dev and run configure again." >&2
	@exit 1
endif

# Those that start threads run under the thread sanitizer, too.
THREAD_TESTS = \
	tests/unit/test-inventory-keeper \
	tests/unit/test-journal \
	tests/unit/test-journal-crash \
	tests/unit/test-lanes \
	tests/unit/test-lanes-random \
	tests/unit/test-vf-watch
thread-tests: $(THREAD_TESTS)

# For tests/unit/run.
list-unit-tests:
	@printf '%s\n' $(UNIT_TESTS) $(KERNEL_TESTS)
list-thread-tests:
	@printf '%s\n' $(THREAD_TESTS)
.PHONY: thread-tests list-unit-tests list-thread-tests

EXTRA_DIST += \
	tests/run \
	tests/dist/run \
	tests/lib/enclosed \
	tests/lib/harness.py \
	tests/lib/pytest_tap.py \
	tests/lib/suite.sh \
	tests/lib/tap.py \
	tests/lib/waiting.py \
	tests/lint/run \
	tests/quickstart/run \
	tests/unit/run
