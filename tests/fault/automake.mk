# A library that is preloaded into the daemon by tests of tests/netns, and
# makes its system calls and allocations fail.  Never installed, and without
# sanitizers, so that it can be preloaded into any build.
FAULTS = tests/fault/faults.so
$(FAULTS): tests/fault/faults.c
	$(AM_V_CCLD)$(MKDIR_P) $(@D) && $(CC) $(CPPFLAGS) $(BASE_CFLAGS) \
	    $(WARN_CFLAGS) $(CFLAGS) -fPIC -shared \
	    -o $@ $(top_srcdir)/tests/fault/faults.c $(LDFLAGS) -ldl
check_DATA += $(FAULTS)
CLEANFILES += $(FAULTS)
EXTRA_DIST += tests/fault/faults.c
