agent_libvifd_la_SOURCES += \
	agent/binding/binding-json.c \
	agent/binding/binding-json.h \
	agent/binding/confined-path.c \
	agent/binding/confined-path.h \
	agent/binding/json-array.h \
	agent/binding/json-kind.c \
	agent/binding/json-kind.h
