# What another program may include.
vifincludedir = $(includedir)/vif
vifinclude_HEADERS = \
	include/vif/attrs.h \
	include/vif/binding.h \
	include/vif/client.h \
	include/vif/details.h \
	include/vif/error.h \
	include/vif/plan.h \
	include/vif/plugin.h
