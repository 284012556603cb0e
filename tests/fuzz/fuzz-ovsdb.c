/* SPDX-License-Identifier: Apache-2.0 */

/* Rows of Open vSwitch's database as they come, in whatever state other
 * programs have left them, and answers to our transactions.  Looking at the
 * replica never stumbles, and each intent gets one verdict.
 *
 * The input is lines of JSON: the rows that are there (<table-updates2> of
 * ovsdb-server(7), section 4.1.15), then changes of rows, a line for each turn
 * of the main loop in which vifd asks nothing.  An array is the answer to a
 * transaction, which otherwise goes well; what is no JSON ends the session. */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fatal-signal.h"
#include "jsonrpc.h"
#include "openvswitch/json.h"
#include "openvswitch/vlog.h"
#include "ovs/ovs.h"
#include "stream.h"
#include "tests/fuzz/fuzz.h"
#include "timeval.h"
#include "uuid.h"
#include "util.h"

#define KEY "5d6bc5e8-0000-4000-8000-000000000001"
#define IFACE_ID "iface"
#define NEXT_CFG 9          /* Of whoever commits; seeds have it. */

/* As many as a conversation without surprises needs to begin. */
#define TURNS 12
#define MAX_LINES 16

/* The columns that vifd looks at: the rest of the schema nobody reads. */
#define ANY "{\"type\":\"string\"}"
static const char schema[] =
    "{\"name\":\"Open_vSwitch\",\"version\":\"8.3.1\",\"tables\":{"
    "\"Open_vSwitch\":{\"columns\":{\"bridges\":" ANY ",\"cur_cfg\":" ANY
    ",\"next_cfg\":" ANY ",\"ovs_version\":" ANY ",\"db_version\":" ANY
    ",\"datapath_types\":" ANY ",\"iface_types\":" ANY
    ",\"dpdk_initialized\":" ANY "}},"
    "\"Bridge\":{\"columns\":{\"name\":" ANY ",\"ports\":" ANY
    ",\"datapath_type\":" ANY ",\"external_ids\":" ANY "}},"
    "\"Port\":{\"columns\":{\"name\":" ANY ",\"interfaces\":" ANY
    ",\"external_ids\":" ANY ",\"qos\":" ANY "}},"
    "\"QoS\":{\"columns\":{\"type\":" ANY ",\"external_ids\":" ANY "}},"
    "\"Interface\":{\"columns\":{\"name\":" ANY ",\"type\":" ANY
    ",\"external_ids\":" ANY ",\"ofport\":" ANY ",\"error\":" ANY
    ",\"mtu_request\":" ANY "}}}}";

/* The server. */

struct server {
    struct jsonrpc *rpc;        /* NULL: nobody is connected. */
    struct json *monitor;       /* The id that changes are told under. */
    struct fuzz_input input;
    size_t n_lines;
};

static struct pstream *listener;
static char remote[64];

static void
unlink_socket(void)
{
    unlink(remote + strlen("unix:"));
}

static void
begin_listening(void)
{
    char *name;

    snprintf(remote, sizeof remote, "unix:/tmp/fuzz-ovsdb-%ld.sock",
             (long) getpid());
    name = xasprintf("p%s", remote);
    unlink_socket();
    if (pstream_open(name, &listener, 0)) {
        ovs_fatal(0, "%s", name);
    }
    atexit(unlink_socket);
    fatal_ignore_sigpipe();
    free(name);
}

static struct json *
next_line(struct server *server)
{
    struct fuzz_input line = fuzz_take_until(&server->input, '\n');
    char *text = xmemdup0((const char *) line.bytes, line.n);
    struct json *json = json_from_string(text);

    server->n_lines++;
    free(text);
    return json;
}

/* An operation of a transaction went well.  All that is read of that is how
 * many rows a mutation met, and what "next_cfg" is now. */
static struct json *
success_of_one(void)
{
    struct json *result = json_object_create();
    struct json *row = json_object_create();

    json_object_put(result, "count", json_integer_create(1));
    json_object_put(row, "next_cfg", json_integer_create(NEXT_CFG));
    json_object_put(result, "rows", json_array_create_1(row));
    return result;
}

static struct json *
success_of(const struct json *params)
{
    struct json *results = json_array_create_empty();

    for (size_t i = 1; i < json_array(params)->n; i++) {
        json_array_add(results, success_of_one());
    }
    return results;
}

static struct json *
answer_transaction(struct server *server, const struct json *params)
{
    bool has_answer = server->input.n && server->input.bytes[0] == '[';

    return has_answer ? next_line(server) : success_of(params);
}

static void
hang_up(struct server *server)
{
    jsonrpc_close(server->rpc);
    json_destroy(server->monitor);
    server->rpc = NULL;
    server->monitor = NULL;
}

static void
answer(struct server *server, const struct jsonrpc_msg *request)
{
    const struct json *params = request->params;
    const char *database
        = (json_array(params)->n
           && json_array(params)->elems[0]->type == JSON_STRING
           ? json_string(json_array(params)->elems[0]) : "");
    struct json *result;

    if (!strcmp(request->method, "echo")) {
        result = json_clone(params);
    } else if (strcmp(database, "Open_vSwitch")) {
        result = NULL;
    } else if (!strcmp(request->method, "get_schema")) {
        result = json_from_string(schema);
    } else if (!strcmp(request->method, "monitor_cond")) {
        json_destroy(server->monitor);
        server->monitor = json_clone(json_array(params)->elems[1]);
        result = next_line(server);
    } else if (!strcmp(request->method, "transact")) {
        result = answer_transaction(server, params);
    } else {
        result = NULL;
    }
    jsonrpc_send(server->rpc, result
                 ? jsonrpc_create_reply(result, request->id)
                 : jsonrpc_create_error(json_string_create("unknown"),
                                        request->id));
}

static void
tell_changes(struct server *server)
{
    struct json *rows = next_line(server);

    if (rows->type == JSON_STRING) {
        json_destroy(rows);
        hang_up(server);
        return;
    }
    jsonrpc_send(server->rpc, jsonrpc_create_notify(
                     "update2", json_array_create_2(
                         json_clone(server->monitor), rows)));
}

static void
server_run(struct server *server)
{
    struct jsonrpc_msg *message;
    struct stream *stream;
    bool asked = false;

    if (!server->rpc) {
        if (pstream_accept(listener, &stream)) {
            return;
        }
        server->rpc = jsonrpc_open(stream);
    }
    jsonrpc_run(server->rpc);
    while (!jsonrpc_recv(server->rpc, &message)) {
        if (message->type == JSONRPC_REQUEST) {
            answer(server, message);
        }
        jsonrpc_msg_destroy(message);
        asked = true;
    }
    if (!asked && server->monitor && server->input.n) {
        tell_changes(server);
    }
    if (server->rpc) {
        jsonrpc_run(server->rpc);
        if (jsonrpc_get_status(server->rpc)) {
            hang_up(server);
        }
    }
}

/* Nobody who has connected is left for the next input. */
static void
server_end(struct server *server)
{
    struct stream *stream;

    hang_up(server);
    while (!pstream_accept(listener, &stream)) {
        stream_close(stream);
    }
}

/* What vifd wants. */

struct want {
    struct ovs_intent intent;
    struct vif_attrs args;
    size_t n_done;
};

static void
want_done(struct ovs_intent *intent, struct vif_error *error)
{
    struct want *want = CONTAINER_OF(intent, struct want, intent);

    ovs_assert(!error || (error->message && *error->message));
    want->n_done++;
    vif_error_destroy(error);
}

static void
want_init(struct want *want, enum ovs_intent_kind kind, const char *name)
{
    memset(want, 0, sizeof *want);
    vif_attrs_set(&want->args, "bridge", "br-int");
    vif_attrs_set(&want->args, "device", "required");
    vif_attrs_set(&want->args, "mtu_request", "1400");
    vif_attrs_set(&want->args, "qos", "linux-noop");
    vif_attrs_set(&want->args, "external_ids:iface-id", IFACE_ID);
    want->intent = (struct ovs_intent) {
        .kind = kind,
        .port_id = "port",
        .name = name,
        .args = &want->args,
        .may_create = true,
        .deadline = time_msec() + 60000,
        .done = want_done,
    };
    uuid_from_string(&want->intent.port_uuid,
                     "00000000-0000-4000-8000-0000000000aa");
    uuid_from_string(&want->intent.iface_uuid,
                     "00000000-0000-4000-8000-0000000000bb");
}

/* Looking. */

static void
look_at(void *n_ours_, const struct ovs_port_view *view)
{
    size_t *n_ours = n_ours_;

    ovs_assert(view->name && view->ours);
    ++*n_ours;
}

static void
look(const struct ovs *ovs, const struct vif_attrs *args)
{
    static const char *const names[] = { "tap1", "tap2", "br-int", "bond" };
    struct ovs_port_view view;
    struct ovs_info info;
    size_t n_ours = 0;

    ovs_for_each_ours(ovs, look_at, &n_ours);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct vif_attrs found = VIF_ATTRS_INIT;

        if (ovs_find_port(ovs, names[i], &view)) {
            ovs_assert(!strcmp(view.name, names[i]));
        }
        ovs_bridge_exists(ovs, names[i]);
        ovs_bridge_datapath_type(ovs, names[i]);
        ovs_port_read(ovs, names[i], args, &found);
        vif_error_destroy(ovs_port_compare(ovs, names[i], args));
        vif_error_destroy(ovs_port_admit(ovs, names[i], "port", IFACE_ID,
                                         NULL));
        vif_attrs_destroy(&found);
    }
    ovs_find_port_by_iface_id(ovs, IFACE_ID, &view);
    ovs_find_port_by_port_id(ovs, "port", &view);
    ovs_get_info(ovs, &info);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const struct {
        enum ovs_intent_kind kind;
        const char *name;
    } wanted[] = {
        { OVS_BRIDGE_ENSURE, "br-int" }, { OVS_PORT_ENSURE, "tap1" },
        { OVS_PORT_REMOVE, "tap2" }, { OVS_LOOK, "tap1" },
        { OVS_PROBE, "tap1" }, { OVS_BRIDGE_REMOVE, "br-old" },
    };
    struct server server = { .input = { bytes, n } };
    struct want wants[ARRAY_SIZE(wanted)];

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    if (!listener) {
        begin_listening();
    }
    const struct ovs_config config = {
        .remote = remote, .key = KEY, .slot_ms = 1000,
    };
    struct ovs *ovs = ovs_create(&config);

    for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
        want_init(&wants[i], wanted[i].kind, wanted[i].name);
        ovs_submit(ovs, &wants[i].intent);
    }
    for (int i = 0; i < TURNS + MAX_LINES; i++) {
        ovs_run(ovs);
        server_run(&server);
        look(ovs, &wants[1].args);
        if (i > TURNS && (!server.input.n || server.n_lines > MAX_LINES)) {
            break;
        }
    }
    ovs_destroy(ovs);
    server_end(&server);
    for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
        ovs_assert(wants[i].n_done == 1);
        vif_attrs_destroy(&wants[i].args);
    }
    return 0;
}
