# Helpers of the build, and the targets that are for developers.
EXTRA_DIST += \
	build-aux/bootstrap-ovs \
	build-aux/cppcheck.cfg \
	build-aux/cppcheck.suppress \
	build-aux/format \
	build-aux/install-deps \
	build-aux/lint \
	build-aux/setup.sh

lint: $(BUILT_SOURCES)
	CLANG_TIDY='$(CLANG_TIDY)' CPPCHECK='$(CPPCHECK)' \
	    SHELLCHECK='$(SHELLCHECK)' \
	    $(top_srcdir)/build-aux/lint '$(abs_top_builddir)'

# For build-aux/lint: how each folder's sources are compiled.
list-flags:
	@printf '%s\n' \
	    'lib: $(BASE_CFLAGS) $(AM_CPPFLAGS)' \
	    'plugins: $(BASE_CFLAGS) $(AM_CPPFLAGS)' \
	    'client: $(BASE_CFLAGS) $(client_libvifclient_la_CPPFLAGS) $(JANSSON_CFLAGS)' \
	    'ctl: $(BASE_CFLAGS) $(client_libvifclient_la_CPPFLAGS) $(JANSSON_CFLAGS)' \
	    'agent: $(BASE_CFLAGS) $(agent_libvifd_la_CPPFLAGS) $(AGENT_PKG_CFLAGS)' \
	    'tests: $(BASE_CFLAGS) $(agent_libvifd_la_CPPFLAGS) $(UNIT_CPPFLAGS) $(PLUGIN_TEST_CPPFLAGS) $(tests_unit_test_plugin_example_CPPFLAGS) $(AGENT_PKG_CFLAGS) $(CMOCKA_CFLAGS) $(JANSSON_CFLAGS)'

# The changed lines of the C sources; 'make check-format' only shows what would
# become of them.
format:
	CLANG_FORMAT='$(CLANG_FORMAT)' $(top_srcdir)/build-aux/format

check-format:
	CLANG_FORMAT='$(CLANG_FORMAT)' $(top_srcdir)/build-aux/format --check

# After 'configure --enable-coverage'.
coverage: check
	$(MKDIR_P) coverage
	gcovr --root $(top_srcdir) --object-directory . \
	    --exclude '.*tests/.*' --print-summary \
	    --html-details coverage/index.html

# With -j other targets remove folders while find walks them: its complaints
# about that are no failure.
clean-local:
	rm -rf coverage
	find . -name '*.gc??' -exec rm -f {} + 2>/dev/null || :

.PHONY: lint list-flags format check-format coverage
