# Fuzzers and their seeds: ./configure --enable-fuzzers CC=clang, then 'make
# all' and 'make fuzzers'.  tests/run fuzz does that and runs each for a while.
fuzz_programs = \
	tests/fuzz/fuzz-binding \
	tests/fuzz/fuzz-client \
	tests/fuzz/fuzz-config \
	tests/fuzz/fuzz-genl \
	tests/fuzz/fuzz-link \
	tests/fuzz/fuzz-methods \
	tests/fuzz/fuzz-netlink \
	tests/fuzz/fuzz-ovsdb \
	tests/fuzz/fuzz-record \
	tests/fuzz/fuzz-rpc \
	tests/fuzz/fuzz-uevent \
	tests/fuzz/fuzz-vpd
fuzz_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer
EXTRA_PROGRAMS += $(fuzz_programs)
CLEANFILES += $(fuzz_programs)
fuzzers: $(fuzz_programs)

tests_fuzz_fuzz_binding_SOURCES = tests/fuzz/fuzz-binding.c tests/fuzz/fuzz.h \
	tests/unit/some-nics.c tests/unit/some-nics.h
tests_fuzz_fuzz_binding_CPPFLAGS = $(AGENT_CPPFLAGS) \
	-DVIFD_BUILT_PLUGINS=\"$(abs_top_builddir)/plugins/.libs\"
tests_fuzz_fuzz_binding_CFLAGS = $(AGENT_CFLAGS)
tests_fuzz_fuzz_binding_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_binding_LDADD = $(AGENT_LIBS)
tests_fuzz_fuzz_client_SOURCES = tests/fuzz/fuzz-client.c tests/fuzz/fuzz.h \
	$(client_libvifclient_la_SOURCES)
tests_fuzz_fuzz_client_CPPFLAGS = $(client_libvifclient_la_CPPFLAGS)
tests_fuzz_fuzz_client_CFLAGS = $(client_libvifclient_la_CFLAGS)
tests_fuzz_fuzz_client_LDFLAGS = $(fuzz_ldflags) -Wl,--wrap=poll
tests_fuzz_fuzz_client_LDADD = lib/libvif.la $(JANSSON_LIBS)
tests_fuzz_fuzz_config_SOURCES = tests/fuzz/fuzz-config.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_config_CPPFLAGS = $(AGENT_CPPFLAGS)
tests_fuzz_fuzz_config_CFLAGS = $(AGENT_CFLAGS)
tests_fuzz_fuzz_config_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_config_LDADD = $(AGENT_LIBS)
tests_fuzz_fuzz_genl_SOURCES = tests/fuzz/fuzz-genl.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_genl_CPPFLAGS = $(AGENT_CPPFLAGS)
tests_fuzz_fuzz_genl_CFLAGS = $(AGENT_CFLAGS)
tests_fuzz_fuzz_genl_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_genl_LDADD = $(AGENT_LIBS)
tests_fuzz_fuzz_link_SOURCES = tests/fuzz/fuzz-link.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_link_CPPFLAGS = $(AGENT_CPPFLAGS)
tests_fuzz_fuzz_link_CFLAGS = $(AGENT_CFLAGS)
tests_fuzz_fuzz_link_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_link_LDADD = $(AGENT_LIBS)
tests_fuzz_fuzz_methods_SOURCES = tests/fuzz/fuzz-methods.c tests/fuzz/fuzz.h \
	$(RPC_WORLD)
tests_fuzz_fuzz_methods_CPPFLAGS = $(AGENT_CPPFLAGS)
tests_fuzz_fuzz_methods_CFLAGS = $(AGENT_CFLAGS) $(CMOCKA_CFLAGS)
tests_fuzz_fuzz_methods_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_methods_LDADD = $(AGENT_LIBS) $(CMOCKA_LIBS)
tests_fuzz_fuzz_netlink_SOURCES = tests/fuzz/fuzz-netlink.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_netlink_CPPFLAGS = $(AGENT_CPPFLAGS)
tests_fuzz_fuzz_netlink_CFLAGS = $(AGENT_CFLAGS)
tests_fuzz_fuzz_netlink_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_netlink_LDADD = $(AGENT_LIBS)
tests_fuzz_fuzz_ovsdb_SOURCES = tests/fuzz/fuzz-ovsdb.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_ovsdb_CPPFLAGS = $(AGENT_CPPFLAGS)
tests_fuzz_fuzz_ovsdb_CFLAGS = $(AGENT_CFLAGS)
tests_fuzz_fuzz_ovsdb_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_ovsdb_LDADD = $(AGENT_LIBS)
tests_fuzz_fuzz_record_SOURCES = tests/fuzz/fuzz-record.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_record_CPPFLAGS = $(AGENT_CPPFLAGS)
tests_fuzz_fuzz_record_CFLAGS = $(AGENT_CFLAGS)
tests_fuzz_fuzz_record_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_record_LDADD = $(AGENT_LIBS)
tests_fuzz_fuzz_rpc_SOURCES = tests/fuzz/fuzz-rpc.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_rpc_CPPFLAGS = $(AGENT_CPPFLAGS)
tests_fuzz_fuzz_rpc_CFLAGS = $(AGENT_CFLAGS)
tests_fuzz_fuzz_rpc_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_rpc_LDADD = $(AGENT_LIBS)
tests_fuzz_fuzz_uevent_SOURCES = tests/fuzz/fuzz-uevent.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_uevent_CPPFLAGS = $(AGENT_CPPFLAGS)
tests_fuzz_fuzz_uevent_CFLAGS = $(AGENT_CFLAGS)
tests_fuzz_fuzz_uevent_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_uevent_LDADD = $(AGENT_LIBS)
tests_fuzz_fuzz_vpd_SOURCES = tests/fuzz/fuzz-vpd.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_vpd_CPPFLAGS = $(AGENT_CPPFLAGS)
tests_fuzz_fuzz_vpd_CFLAGS = $(AGENT_CFLAGS)
tests_fuzz_fuzz_vpd_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_vpd_LDADD = $(AGENT_LIBS)

EXTRA_DIST += tests/fuzz/run tests/fuzz/json.dict tests/fuzz/yaml.dict \
	tests/fuzz/seeds
