agent_libvifd_la_SOURCES += \
	agent/plugin/device-choice.c \
	agent/plugin/device-choice.h \
	agent/plugin/memo.c \
	agent/plugin/memo.h \
	agent/plugin/module.c \
	agent/plugin/module.h \
	agent/plugin/plugins.c \
	agent/plugin/plugins.h
