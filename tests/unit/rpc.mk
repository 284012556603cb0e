# Tests of bindings as JSON, of the configuration, of the socket and of what is
# said to the service manager.
UNIT_TESTS += \
	tests/unit/test-binding-json \
	tests/unit/test-budget \
	tests/unit/test-text-pages \
	tests/unit/test-config \
	tests/unit/test-confined-path \
	tests/unit/test-rpc-access \
	tests/unit/test-rpc-call \
	tests/unit/test-rpc-drain \
	tests/unit/test-rpc-line \
	tests/unit/test-rpc-listen \
	tests/unit/test-rpc-message \
	tests/unit/test-rpc-ports \
	tests/unit/test-rpc-session \
	tests/unit/test-rpc-turns \
	tests/unit/test-systemd

# An engine on a host that does what it is told.
RPC_WORLD = tests/unit/rpc-world.c tests/unit/rpc-world.h
RPC_GUEST = $(RPC_WORLD) tests/unit/rpc-guest.c tests/unit/rpc-guest.h

tests_unit_test_binding_json_SOURCES = tests/unit/test-binding-json.c
tests_unit_test_binding_json_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_binding_json_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_binding_json_LDADD = $(UNIT_LIBS)

tests_unit_test_text_pages_SOURCES = tests/unit/test-text-pages.c
tests_unit_test_text_pages_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_text_pages_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_text_pages_LDADD = $(UNIT_LIBS)

tests_unit_test_budget_SOURCES = tests/unit/test-budget.c
tests_unit_test_budget_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_budget_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_budget_LDADD = $(UNIT_LIBS)

tests_unit_test_config_SOURCES = tests/unit/test-config.c
tests_unit_test_config_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_config_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_config_LDADD = $(UNIT_LIBS)

tests_unit_test_confined_path_SOURCES = tests/unit/test-confined-path.c
tests_unit_test_confined_path_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_confined_path_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_confined_path_LDADD = $(UNIT_LIBS)

tests_unit_test_rpc_access_SOURCES = tests/unit/test-rpc-access.c
tests_unit_test_rpc_access_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_rpc_access_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_rpc_access_LDADD = $(UNIT_LIBS)

tests_unit_test_rpc_call_SOURCES = tests/unit/test-rpc-call.c $(RPC_GUEST)
tests_unit_test_rpc_call_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_rpc_call_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_rpc_call_LDADD = $(UNIT_LIBS)

tests_unit_test_rpc_drain_SOURCES = tests/unit/test-rpc-drain.c $(RPC_WORLD) \
	tests/unit/some-nics.c tests/unit/some-nics.h
tests_unit_test_rpc_drain_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_rpc_drain_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_rpc_drain_LDADD = $(UNIT_LIBS)

tests_unit_test_rpc_line_SOURCES = tests/unit/test-rpc-line.c
tests_unit_test_rpc_line_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_rpc_line_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_rpc_line_LDADD = $(UNIT_LIBS)

tests_unit_test_rpc_listen_SOURCES = tests/unit/test-rpc-listen.c
tests_unit_test_rpc_listen_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_rpc_listen_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_rpc_listen_LDADD = $(UNIT_LIBS)

tests_unit_test_rpc_message_SOURCES = tests/unit/test-rpc-message.c
tests_unit_test_rpc_message_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_rpc_message_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_rpc_message_LDADD = $(UNIT_LIBS)

tests_unit_test_rpc_ports_SOURCES = tests/unit/test-rpc-ports.c $(RPC_GUEST) \
	tests/unit/some-nics.c tests/unit/some-nics.h
tests_unit_test_rpc_ports_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_rpc_ports_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_rpc_ports_LDADD = $(UNIT_LIBS)

tests_unit_test_rpc_session_SOURCES = tests/unit/test-rpc-session.c \
	$(RPC_WORLD)
tests_unit_test_rpc_session_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_rpc_session_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_rpc_session_LDADD = $(UNIT_LIBS)

tests_unit_test_rpc_turns_SOURCES = tests/unit/test-rpc-turns.c $(RPC_WORLD)
tests_unit_test_rpc_turns_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_rpc_turns_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_rpc_turns_LDADD = $(UNIT_LIBS)

tests_unit_test_systemd_SOURCES = tests/unit/test-systemd.c
tests_unit_test_systemd_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_systemd_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_systemd_LDADD = $(UNIT_LIBS)
