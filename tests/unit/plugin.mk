# Tests of the plugins and of their loader.
UNIT_TESTS += \
	tests/unit/test-device-choice \
	tests/unit/test-memo \
	tests/unit/test-ovs-plugin \
	tests/unit/test-plugin-example \
	tests/unit/test-plugins

# In the flags of all tests, so that 'make lint' sees them too.
UNIT_CPPFLAGS += \
	-DVIFD_BUILT_PLUGINS=\"$(abs_top_builddir)/plugins/.libs\" \
	-DVIFD_TEST_MODULES=\"$(abs_top_builddir)/tests/unit/modules\" \
	-DVIFD_TOP_BUILDDIR=\"$(abs_top_builddir)\" \
	-DVIFD_INCLUDEDIR=\"$(includedir)\" \
	-DVIFD_LIBDIR=\"$(libdir)\" \
	-DVIFD_PLUGINDIR=\"$(pluginsdir)\"
PLAN_TEXT = tests/unit/plan-text.c tests/unit/plan-text.h

tests_unit_test_device_choice_SOURCES = tests/unit/test-device-choice.c \
	tests/property/dice.h \
	tests/unit/some-nics.c \
	tests/unit/some-nics.h \
	$(PLAN_TEXT)
tests_unit_test_device_choice_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_device_choice_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_device_choice_LDADD = $(UNIT_LIBS)

tests_unit_test_ovs_plugin_SOURCES = tests/unit/test-ovs-plugin.c $(PLAN_TEXT)
tests_unit_test_ovs_plugin_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_ovs_plugin_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_ovs_plugin_LDADD = $(UNIT_LIBS)

tests_unit_test_memo_SOURCES = tests/unit/test-memo.c
tests_unit_test_memo_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_memo_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_memo_LDADD = $(UNIT_LIBS)

tests_unit_test_plugins_SOURCES = tests/unit/test-plugins.c $(PLAN_TEXT)
tests_unit_test_plugins_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_plugins_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_plugins_LDADD = $(UNIT_LIBS)

# The example is built by its own Makefile against what 'make install' puts
# under DESTDIR.
tests_unit_test_plugin_example_SOURCES = tests/unit/test-plugin-example.c \
	$(PLAN_TEXT)
tests_unit_test_plugin_example_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_plugin_example_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_plugin_example_LDADD = $(UNIT_LIBS)
EXTRA_DIST += \
	tests/plugin-example/Makefile \
	tests/plugin-example/README.md \
	tests/plugin-example/routed.c

# One module for each way to be right or wrong, from one source.
PLUGIN_TEST_MODULES = \
	tests/unit/modules/abi.so \
	tests/unit/modules/alpha.so \
	tests/unit/modules/bad_plan.so \
	tests/unit/modules/badname.so \
	tests/unit/modules/beta.so \
	tests/unit/modules/both.so \
	tests/unit/modules/device.so \
	tests/unit/modules/lazy.so \
	tests/unit/modules/nameless.so \
	tests/unit/modules/no_entry.so \
	tests/unit/modules/planless.so \
	tests/unit/modules/size.so \
	tests/unit/modules/types.so \
	tests/unit/modules/unresolved.so
$(PLUGIN_TEST_MODULES): tests/unit/plugin-module.c $(vifinclude_HEADERS)
	$(AM_V_CCLD)$(MKDIR_P) $(@D) && $(CC) $(AM_CPPFLAGS) $(CPPFLAGS) \
	    $(PLUGIN_CFLAGS) $(CFLAGS) -fPIC -shared \
	    -DMODULE_$(@F:.so=) -o $@ $(top_srcdir)/tests/unit/plugin-module.c
check_DATA = $(PLUGIN_TEST_MODULES)
CLEANFILES += $(PLUGIN_TEST_MODULES)
EXTRA_DIST += tests/unit/plugin-module.c
