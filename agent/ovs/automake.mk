agent_libvifd_la_SOURCES += \
	agent/ovs/build.c \
	agent/ovs/commit.c \
	agent/ovs/find.c \
	agent/ovs/ghosts.c \
	agent/ovs/health.c \
	agent/ovs/noop-qos.c \
	agent/ovs/ovs-private.h \
	agent/ovs/ovs.c \
	agent/ovs/ovs.h \
	agent/ovs/probe.c \
	agent/ovs/process.c \
	agent/ovs/process.h \
	agent/ovs/proof.c \
	agent/ovs/replica.c \
	agent/ovs/replica.h \
	agent/ovs/rows.c \
	agent/ovs/rows.h \
	agent/ovs/schema.c \
	agent/ovs/strings.c \
	agent/ovs/strings.h \
	agent/ovs/verdict.c \
	agent/ovs/wanted.c \
	agent/ovs/wanted.h
