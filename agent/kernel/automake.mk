agent_libvifd_la_SOURCES += \
	agent/kernel/rtnl-await.c \
	agent/kernel/rtnl-await.h \
	agent/kernel/rtnl-delete.c \
	agent/kernel/rtnl-link.c \
	agent/kernel/rtnl-monitor.c \
	agent/kernel/rtnl-private.h \
	agent/kernel/rtnl-socket.c \
	agent/kernel/rtnl-tap.c \
	agent/kernel/rtnl-upper.c \
	agent/kernel/rtnl-upper.h \
	agent/kernel/rtnl-vf.c \
	agent/kernel/rtnl-vf.h \
	agent/kernel/rtnl.c \
	agent/kernel/rtnl.h \
	agent/kernel/sysfs.c \
	agent/kernel/sysfs.h \
	agent/kernel/uevent.c \
	agent/kernel/uevent.h
