/* SPDX-License-Identifier: Apache-2.0 */
/* Lines into requests, in both versions of JSON-RPC, and answers into
 * messages. */

#include <config.h>

#include "rpc/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "openvswitch/json.h"
#include "openvswitch/util.h"
#include "util.h"

static char *
text_of(const struct json *json)
{
    return json ? json_to_string(json, JSSF_SORT) : xstrdup("none");
}

static void
test_requests(void **state OVS_UNUSED)
{
    static const struct {
        const char *line, *id, *params;
        bool version_1;
    } cases[] = {
        { "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\"}", "1", "{}",
          false },
        { "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"m\","
          "\"params\":{\"b\":2}}", "\"a\"", "{\"b\":2}", false },
        { "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"m\"}", "null", "{}",
          false },
        { "{\"jsonrpc\":\"2.0\",\"method\":\"m\"}", "none", "{}", false },
        { "{\"id\":-7,\"method\":\"m\",\"params\":{}}", "-7", "{}", true },
        { "{\"id\":1,\"method\":\"m\",\"params\":[]}", "1", "{}", true },
        { "{\"id\":1,\"method\":\"m\",\"params\":[{\"b\":2}]}", "1",
          "{\"b\":2}", true },
        { "{\"id\":null,\"method\":\"m\"}", "none", "{}", true },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct rpc_request request;
        int code;

        assert_null(rpc_request_parse(cases[i].line, &request, &code));
        CLEANUP_FREE char *id = text_of(request.id);
        CLEANUP_FREE char *params = text_of(request.params);
        assert_string_equal(id, cases[i].id);
        assert_string_equal(params, cases[i].params);
        assert_string_equal(request.method, "m");
        assert_int_equal(request.version_1, cases[i].version_1);
        rpc_request_destroy(&request);
    }
}

static void
test_refusals(void **state OVS_UNUSED)
{
    static const struct {
        const char *line;
        int code;
        const char *id, *says;
    } cases[] = {
        { "", RPC_PARSE_ERROR, "null", "not JSON" },
        { "{", RPC_PARSE_ERROR, "null", "not JSON" },
        { "{\"id\":1}}", RPC_PARSE_ERROR, "null", "not JSON" },
        { "\"m\"", RPC_PARSE_ERROR, "null", "not JSON" },
        { "[]", RPC_INVALID_REQUEST, "null", "batches" },
        { "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\"}]",
          RPC_INVALID_REQUEST, "null", "batches" },
        { "{}", RPC_INVALID_REQUEST, "null", "method is missing" },
        { "{\"id\":1}", RPC_INVALID_REQUEST, "1", "method is missing" },
        { "{\"id\":1,\"method\":5}", RPC_INVALID_REQUEST, "1",
          "method must be a string" },
        { "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"m\"}",
          RPC_INVALID_REQUEST, "1", "jsonrpc must be \"2.0\"" },
        { "{\"jsonrpc\":2.0,\"id\":1,\"method\":\"m\"}",
          RPC_INVALID_REQUEST, "1", "jsonrpc must be \"2.0\"" },
        { "{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"m\"}",
          RPC_INVALID_REQUEST, "null", "id must be" },
        { "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"m\"}",
          RPC_INVALID_REQUEST, "null", "id must be" },
        { "{\"jsonrpc\":\"2.0\",\"id\":\"\\udc00\",\"method\":\"m\"}",
          RPC_INVALID_REQUEST, "null", "id must be" },
        { "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"extra\":1}",
          RPC_INVALID_REQUEST, "1", "no member \"extra\"" },
        { "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"params\":[]}",
          RPC_INVALID_PARAMS, "1", "must be an object, not an array" },
        { "{\"id\":1,\"method\":\"m\",\"params\":[1]}",
          RPC_INVALID_PARAMS, "1", "must be an object, not a number" },
        { "{\"id\":1,\"method\":\"m\",\"params\":[{},{}]}",
          RPC_INVALID_PARAMS, "1", "must be an object, not an array" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct rpc_request request;
        int code;
        CLEANUP_ERROR struct vif_error *error
            = rpc_request_parse(cases[i].line, &request, &code);

        assert_non_null(error);
        assert_int_equal(code, cases[i].code);
        assert_non_null(strstr(error->message, cases[i].says));
        CLEANUP_FREE char *id = text_of(request.id);
        assert_string_equal(id, cases[i].id);
        rpc_request_destroy(&request);
    }
}

static void
expect_message(struct json *message, const char *wanted)
{
    CLEANUP_FREE char *text = text_of(message);

    assert_string_equal(text, wanted);
    json_destroy(message);
}

static void
test_messages(void **state OVS_UNUSED)
{
    struct json *id = json_integer_create(7);

    expect_message(rpc_result_message(id, false, json_object_create()),
                   "{\"id\":7,\"jsonrpc\":\"2.0\",\"result\":{}}");
    expect_message(rpc_result_message(id, true, json_object_create()),
                   "{\"error\":null,\"id\":7,\"result\":{}}");
    expect_message(rpc_error_message(id, false, json_object_create()),
                   "{\"error\":{},\"id\":7,\"jsonrpc\":\"2.0\"}");
    expect_message(rpc_error_message(NULL, true, json_object_create()),
                   "{\"error\":{},\"id\":null,\"result\":null}");
    expect_message(rpc_notification("event", json_object_create()),
                   "{\"jsonrpc\":\"2.0\",\"method\":\"event\","
                   "\"params\":{}}");
    json_destroy(id);
}

static void
test_codes(void **state OVS_UNUSED)
{
    for (int code = 0; code < VIF_N_ERROR_CODES; code++) {
        CLEANUP_ERROR struct vif_error *error = vif_error_create(code, "x");

        assert_int_equal(rpc_code_of(error), -32000 - code);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_codes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
