# Tests of what runs in threads of its own, the journal and the lanes, and of
# what the lanes carry out.
UNIT_TESTS += \
	tests/unit/test-crash-point \
	tests/unit/test-journal \
	tests/unit/test-journal-crash \
	tests/unit/test-journal-file \
	tests/unit/test-journal-trouble \
	tests/unit/test-lanes \
	tests/unit/test-lanes-random \
	tests/unit/test-step \
	tests/unit/test-vf-watch \
	tests/unit/test-vifd-vfs

JOURNAL_TEST_SOURCES = \
	tests/unit/failing-vfs.c \
	tests/unit/failing-vfs.h \
	tests/unit/journal-place.c \
	tests/unit/journal-place.h \
	tests/unit/until.h

tests_unit_test_journal_SOURCES = \
	tests/unit/test-journal.c $(JOURNAL_TEST_SOURCES)
tests_unit_test_journal_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_journal_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_journal_LDADD = $(UNIT_LIBS)
tests_unit_test_journal_crash_SOURCES = \
	tests/unit/test-journal-crash.c $(JOURNAL_TEST_SOURCES)
tests_unit_test_journal_crash_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_journal_crash_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_journal_crash_LDADD = $(UNIT_LIBS)
tests_unit_test_journal_file_SOURCES = \
	tests/unit/test-journal-file.c $(JOURNAL_TEST_SOURCES)
tests_unit_test_journal_file_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_journal_file_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_journal_file_LDADD = $(UNIT_LIBS)

tests_unit_test_journal_trouble_SOURCES = \
	tests/unit/test-journal-trouble.c $(JOURNAL_TEST_SOURCES)
tests_unit_test_journal_trouble_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_journal_trouble_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_journal_trouble_LDADD = $(UNIT_LIBS)

# Defines what steps/step-classes.c and kernel/rtnl.c would.
SIMULATED_STEPS = \
	tests/unit/simulated-steps.c \
	tests/unit/simulated-steps.h

LANE_TEST_SOURCES = \
	tests/unit/lane-tasks.c \
	tests/unit/lane-tasks.h \
	tests/unit/until.h \
	$(SIMULATED_STEPS)

tests_unit_test_lanes_SOURCES = \
	tests/unit/test-lanes.c $(LANE_TEST_SOURCES)
tests_unit_test_lanes_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_lanes_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_lanes_LDADD = $(UNIT_LIBS)
tests_unit_test_lanes_random_SOURCES = \
	tests/unit/test-lanes-random.c $(LANE_TEST_SOURCES)
tests_unit_test_lanes_random_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_lanes_random_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_lanes_random_LDADD = $(UNIT_LIBS)
tests_unit_test_step_SOURCES = tests/unit/test-step.c
tests_unit_test_step_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_step_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_step_LDADD = $(UNIT_LIBS)

# What notices that somebody else changes devices that ports have.
tests_unit_test_vf_watch_SOURCES = tests/unit/test-vf-watch.c \
	tests/unit/no-descriptors.h \
	tests/unit/until.h
tests_unit_test_vf_watch_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_vf_watch_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_vf_watch_LDADD = $(UNIT_LIBS)

tests_unit_test_vifd_vfs_SOURCES = tests/unit/test-vifd-vfs.c \
	tests/unit/some-nics.c \
	tests/unit/some-nics.h
tests_unit_test_vifd_vfs_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_vifd_vfs_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_vifd_vfs_LDADD = $(UNIT_LIBS)

# Has crash points whatever the build is, so it compiles who passes them.
tests_unit_test_crash_point_SOURCES = \
	tests/unit/test-crash-point.c \
	agent/crash-point.c \
	agent/engine/journal-file.c \
	agent/engine/journal-place.c \
	agent/engine/journal-schema.c \
	agent/engine/journal-sql.c \
	agent/engine/journal-thread.c \
	agent/engine/lane-worker.c \
	agent/engine/lanes.c \
	agent/steps/step.c \
	$(JOURNAL_TEST_SOURCES) $(SIMULATED_STEPS)
tests_unit_test_crash_point_CPPFLAGS = $(UNIT_CPPFLAGS) -DVIFD_CRASH_POINTS=1
tests_unit_test_crash_point_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_crash_point_LDADD = $(UNIT_LIBS)
