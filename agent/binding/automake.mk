agent_libvifd_la_SOURCES += \
	agent/binding/binding-fields.h \
	agent/binding/binding-json.c \
	agent/binding/binding-json.h \
	agent/binding/binding-read.c \
	agent/binding/binding-value.c \
	agent/binding/binding-value.h \
	agent/binding/binding-write.c \
	agent/binding/confined-path.c \
	agent/binding/confined-path.h \
	agent/binding/json-array.h \
	agent/binding/json-kind.c \
	agent/binding/json-kind.h
