# One module for each way of plugging; what they have in common is in each.
PLAN_WORDS = plugins/plan-words.c plugins/plan-words.h
plugins_LTLIBRARIES += plugins/ovs.la
plugins_ovs_la_SOURCES = plugins/ovs.c $(PLAN_WORDS)
plugins_ovs_la_CFLAGS = $(PLUGIN_CFLAGS)
plugins_ovs_la_LDFLAGS = $(PLUGIN_LDFLAGS)

# On a VF or PF.
VF_STEPS = plugins/vf-steps.c plugins/vf-steps.h
plugins_LTLIBRARIES += plugins/sriov.la
plugins_sriov_la_SOURCES = plugins/sriov.c $(VF_STEPS) $(PLAN_WORDS)
plugins_sriov_la_CFLAGS = $(PLUGIN_CFLAGS)
plugins_sriov_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_LTLIBRARIES += plugins/macvtap.la
plugins_macvtap_la_SOURCES = plugins/macvtap.c $(VF_STEPS) $(PLAN_WORDS)
plugins_macvtap_la_CFLAGS = $(PLUGIN_CFLAGS)
plugins_macvtap_la_LDFLAGS = $(PLUGIN_LDFLAGS)

# For plugins that are built elsewhere; made here because configure does not
# know the directories yet.
pluginpkgconfigdir = $(libdir)/pkgconfig
pluginpkgconfig_DATA = plugins/vif-plugin.pc
plugins/vif-plugin.pc: plugins/vif-plugin.pc.in Makefile
	$(AM_V_GEN)$(MKDIR_P) plugins && sed \
	    -e 's|@prefix[@]|$(prefix)|' \
	    -e 's|@exec_prefix[@]|$(exec_prefix)|' \
	    -e 's|@libdir[@]|$(libdir)|' \
	    -e 's|@includedir[@]|$(includedir)|' \
	    -e 's|@pluginsdir[@]|$(pluginsdir)|' \
	    -e 's|@VERSION[@]|$(VERSION)|' \
	    $(top_srcdir)/plugins/vif-plugin.pc.in > $@.tmp && mv $@.tmp $@
EXTRA_DIST += plugins/vif-plugin.pc.in
CLEANFILES += plugins/vif-plugin.pc
