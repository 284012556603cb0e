agent_libvifd_la_SOURCES += \
	agent/report/capabilities.c \
	agent/report/capabilities.h \
	agent/report/details.c \
	agent/report/details.h \
	agent/report/fit.c \
	agent/report/fit.h \
	agent/report/inventory.c \
	agent/report/inventory.h \
	agent/report/libvirt-xml.c \
	agent/report/libvirt-xml.h
