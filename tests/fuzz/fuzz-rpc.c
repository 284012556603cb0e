/* SPDX-License-Identifier: Apache-2.0 */

/* What a client sends, up to a request: bytes into lines, in whatever pieces
 * they come, and lines into requests.  The lines are those that are there;
 * a request has all that is read of it later, or there is an error with a
 * code. */

#include <config.h>

#include <stdlib.h>

#include "openvswitch/json.h"
#include "openvswitch/vlog.h"
#include "rpc/line.h"
#include "rpc/message.h"
#include "tests/fuzz/fuzz.h"
#include "util.h"

static void
check_line(const char *line, size_t length)
{
    struct vif_error *error = line_check(line, length);
    struct rpc_request request;
    int code = 0;

    if (error) {
        vif_error_destroy(error);
        return;
    }
    error = rpc_request_parse(line, &request, &code);
    ovs_assert(!error || code);
    if (!error) {
        ovs_assert(request.method && request.params->type == JSON_OBJECT);
    }
    vif_error_destroy(error);
    rpc_request_destroy(&request);
}

/* 'line' must be the next one of 'expected'. */
static void
compare_line(struct fuzz_input *expected, const char *line, size_t length)
{
    struct fuzz_input wanted = fuzz_take_until(expected, '\n');

    if (wanted.n && wanted.bytes[wanted.n - 1] == '\r') {
        wanted.n--;
    }
    ovs_assert(length == wanted.n && !memcmp(line, wanted.bytes, length));
    ovs_assert(!line[length]);
}

static void
take_lines(struct line_buffer *buffer, struct fuzz_input *expected)
{
    enum line_status status;
    size_t length;
    char *line;

    while ((status = line_buffer_next(buffer, &line, &length)) != LINE_NONE) {
        ovs_assert(status == LINE_OK);
        compare_line(expected, line, length);
        check_line(line, length);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct fuzz_input input = { bytes, n };
    struct fuzz_input expected = input;
    struct line_buffer buffer = { 0 };
    size_t length;
    char *line;

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    while (input.n) {
        size_t room;
        char *to = line_buffer_room(&buffer, &room);
        struct fuzz_input piece
            = fuzz_take(&input, MIN(room, 1 + input.bytes[0] % 64u));

        memcpy(to, piece.bytes, piece.n);
        line_buffer_added(&buffer, piece.n);
        take_lines(&buffer, &expected);
    }
    if (line_buffer_rest(&buffer, &line, &length) != LINE_NONE) {
        compare_line(&expected, line, length);
        check_line(line, length);
    }
    ovs_assert(!expected.n);
    line_buffer_destroy(&buffer);
    return 0;
}
