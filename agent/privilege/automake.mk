agent_libvifd_la_SOURCES += \
	agent/privilege/account.c \
	agent/privilege/account.h \
	agent/privilege/filter-lists.c \
	agent/privilege/filter-lists.h \
	agent/privilege/filter.c \
	agent/privilege/filter.h \
	agent/privilege/helper.c \
	agent/privilege/helper.h \
	agent/privilege/holders.c \
	agent/privilege/holders.h \
	agent/privilege/nodes.c \
	agent/privilege/nodes.h \
	agent/privilege/own-files.c \
	agent/privilege/pci.c \
	agent/privilege/privilege.c \
	agent/privilege/privilege.h \
	agent/privilege/protocol.h \
	agent/privilege/rights.c \
	agent/privilege/rights.h \
	agent/privilege/verbs.c \
	agent/privilege/verbs.h \
	agent/privilege/vfio.c \
	agent/privilege/vfio.h
