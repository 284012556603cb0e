agent_libvifd_la_SOURCES += \
	agent/steps/args.c \
	agent/steps/args.h \
	agent/steps/device-path.c \
	agent/steps/device-path.h \
	agent/steps/held.c \
	agent/steps/held.h \
	agent/steps/marked-link.c \
	agent/steps/marked-link.h \
	agent/steps/ovs-bridge.c \
	agent/steps/ovs-op.c \
	agent/steps/ovs-op.h \
	agent/steps/ovs-port.c \
	agent/steps/step-classes.c \
	agent/steps/step.c \
	agent/steps/step.h \
	agent/steps/tap-args.c \
	agent/steps/tap-args.h \
	agent/steps/tap-mark.c \
	agent/steps/tap-mark.h \
	agent/steps/tap.c \
	agent/steps/vf-args.c \
	agent/steps/vf-args.h
