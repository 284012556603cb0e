# The engine on a simulated host: random histories.
check_PROGRAMS += tests/property/engine-property
tests_property_engine_property_SOURCES = \
	tests/property/answers.c \
	tests/property/classes.c \
	tests/property/dice.h \
	tests/property/differs.c \
	tests/property/engine-property.c \
	tests/property/fault.h \
	tests/property/history.c \
	tests/property/history.h \
	tests/property/host-steps.c \
	tests/property/host.c \
	tests/property/host.h \
	tests/property/life.c \
	tests/property/life.h \
	tests/property/lingering.c \
	tests/property/mutation.h \
	tests/property/notes.c \
	tests/property/notes.h \
	tests/property/oracle.c \
	tests/property/oracle.h \
	tests/property/planner.c \
	tests/property/rest.c \
	tests/property/shape.c \
	tests/property/shape.h \
	tests/property/shrink.c \
	tests/property/shrink.h \
	tests/property/sim-executor.c \
	tests/property/sim-executor.h \
	tests/property/sim-journal.c \
	tests/property/sim-journal.h \
	tests/property/slots.c \
	tests/property/slots.h \
	tests/property/strangers.c \
	tests/property/strays.c \
	tests/property/strays.h \
	tests/property/turns.c \
	tests/property/turns.h \
	tests/property/verdict.h \
	tests/property/watch.c \
	tests/property/watch.h \
	tests/property/world.c \
	tests/property/world.h
tests_property_engine_property_CPPFLAGS = $(AGENT_CPPFLAGS)
tests_property_engine_property_CFLAGS = $(AGENT_CFLAGS)
# What engine_wait() would wait for, the test wants to know.
tests_property_engine_property_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=poll_timer_wait_until_at \
	-Wl,--wrap=poll_timer_wait_at \
	-Wl,--wrap=poll_immediate_wake_at
tests_property_engine_property_LDADD = $(AGENT_LIBS)

EXTRA_DIST += tests/property/run
