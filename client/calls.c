/* SPDX-License-Identifier: Apache-2.0 */
/* The typed calls: bindings in, details out.  Made of the other functions of
 * client.h and nothing else. */

#include <config.h>

#include <stdlib.h>

#include <jansson.h>

#include <vif/client.h>

#include "client/text.h"
#include "lib/cleanup.h"

static void
cleanup_answer(struct vif_answer **answerp)
{
    vif_answer_destroy(*answerp);
}
#define CLEANUP_ANSWER CLEANUP(cleanup_answer)

void
vif_call_options_init(struct vif_call_options *options)
{
    *options = (struct vif_call_options) {
        .deadline = vif_client_deadline(VIF_CLIENT_TIMEOUT_MS),
        .wait = VIF_WAIT_OFPORT,
    };
}

/* 'options', or the defaults, made in '*defaults'. */
static const struct vif_call_options *
options_or_default(const struct vif_call_options *options,
                   struct vif_call_options *defaults)
{
    vif_call_options_init(defaults);
    return options ? options : defaults;
}

/* Calls 'method' and makes '*detailsp', unless 'detailsp' is NULL, of the
 * answer. */
static struct vif_error *
call_for_details(struct vif_client *client, const char *method,
                 const char *params, const struct vif_call_options *options,
                 struct vif_details **detailsp)
{
    CLEANUP_ANSWER struct vif_answer *answer = NULL;

    if (detailsp) {
        *detailsp = NULL;
    }
    struct vif_error *error = vif_client_call(client, method, params,
                                              options->deadline, &answer);
    return (error || !detailsp ? error
            : vif_details_from_json(answer->result, detailsp));
}

struct vif_error *
vif_client_plug(struct vif_client *client, const struct vif_binding *binding,
                const struct vif_call_options *options,
                struct vif_details **detailsp)
{
    struct vif_call_options defaults;

    options = options_or_default(options, &defaults);
    CLEANUP_FREE char *params = vif_client_plug_params(binding, 1, options);
    return call_for_details(client, "plug", params, options, detailsp);
}

/* Makes 'details[0]' to 'details[n - 1]' of the elements of 'array'. */
static struct vif_error *
read_all(const json_t *array, size_t n, struct vif_details **details)
{
    if (json_array_size(array) != n) {
        return vif_error_create(VIF_ERR_INTERNAL,
                                "vifd broke the protocol: it answered for "
                                "%zu of %zu ports", json_array_size(array),
                                n);
    }
    for (size_t i = 0; i < n; i++) {
        CLEANUP_FREE char *text = text_from_json(json_array_get(array, i));
        struct vif_error *error = vif_details_from_json(text, &details[i]);

        if (error) {
            while (i > 0) {
                vif_details_destroy(details[--i]);
                details[i] = NULL;
            }
            return error;
        }
    }
    return NULL;
}

struct vif_error *
vif_client_plug_all(struct vif_client *client,
                    const struct vif_binding *bindings, size_t n,
                    const struct vif_call_options *options,
                    struct vif_details **details)
{
    CLEANUP_ANSWER struct vif_answer *answer = NULL;
    struct vif_call_options defaults;

    for (size_t i = 0; details && i < n; i++) {
        details[i] = NULL;
    }
    if (n == 1) {
        return vif_client_plug(client, bindings, options, details);
    }

    options = options_or_default(options, &defaults);
    CLEANUP_FREE char *params = vif_client_plug_params(bindings, n, options);
    struct vif_error *error = vif_client_call(client, "plug", params,
                                              options->deadline, &answer);
    if (!error && details) {
        json_t *result = json_loads(answer->result, 0, NULL);

        error = read_all(json_object_get(result, "ports"), n, details);
        json_decref(result);
    }
    return error;
}

/* Which of the options a method knows. */
enum { TAKES_TIMEOUT = 1, TAKES_WAIT = 2 };

/* Calls a method that is about one port. */
static struct vif_error *
call_for_port(struct vif_client *client, const char *method,
              const char *port_id, unsigned int takes,
              const struct vif_call_options *options,
              struct vif_details **detailsp)
{
    struct vif_call_options defaults;

    options = options_or_default(options, &defaults);
    json_t *params = json_pack("{s:s}", "port_id", port_id);
    if (!params) {
        if (detailsp) {
            *detailsp = NULL;
        }
        return vif_error_create(VIF_ERR_INVALID, "the port id is no UTF-8");
    }
    if ((takes & TAKES_TIMEOUT) && options->timeout_ms) {
        json_object_set_new(params, "timeout_ms",
                            json_integer(options->timeout_ms));
    }
    if ((takes & TAKES_WAIT) && options->wait == VIF_WAIT_COMMITTED) {
        json_object_set_new(params, "wait", json_string("committed"));
    }
    CLEANUP_FREE char *text = text_from_json(params);
    json_decref(params);
    return call_for_details(client, method, text, options, detailsp);
}

struct vif_error *
vif_client_unplug(struct vif_client *client, const char *port_id,
                  const struct vif_call_options *options,
                  struct vif_details **detailsp)
{
    return call_for_port(client, "unplug", port_id,
                         TAKES_TIMEOUT | TAKES_WAIT, options, detailsp);
}

struct vif_error *
vif_client_activate(struct vif_client *client, const char *port_id,
                    const struct vif_call_options *options,
                    struct vif_details **detailsp)
{
    return call_for_port(client, "activate", port_id, TAKES_TIMEOUT, options,
                         detailsp);
}

struct vif_error *
vif_client_abort(struct vif_client *client, const char *port_id,
                 const struct vif_call_options *options,
                 struct vif_details **detailsp)
{
    return call_for_port(client, "abort", port_id, TAKES_TIMEOUT, options,
                         detailsp);
}

struct vif_error *
vif_client_show(struct vif_client *client, const char *port_id,
                const struct vif_call_options *options,
                struct vif_details **detailsp)
{
    return call_for_port(client, "show", port_id, 0, options, detailsp);
}

/* Calls 'method' and makes '*resultp', unless 'resultp' is NULL, the text of
 * the result. */
static struct vif_error *
call_for_text(struct vif_client *client, const char *method,
              const char *params, const struct vif_call_options *options,
              char **resultp)
{
    CLEANUP_ANSWER struct vif_answer *answer = NULL;
    struct vif_call_options defaults;

    if (resultp) {
        *resultp = NULL;
    }
    options = options_or_default(options, &defaults);
    struct vif_error *error = vif_client_call(client, method, params,
                                              options->deadline, &answer);
    if (!error && resultp) {
        *resultp = TAKE(answer->result);
    }
    return error;
}

struct vif_error *
vif_client_inventory(struct vif_client *client,
                     const struct vif_call_options *options, char **resultp)
{
    return call_for_text(client, "inventory", "{}", options, resultp);
}

struct vif_error *
vif_client_fit(struct vif_client *client, const struct vif_binding *bindings,
               size_t n, const struct vif_call_options *options,
               char **resultp)
{
    CLEANUP_FREE char *params = vif_client_fit_params(bindings, n);

    return call_for_text(client, "fit", params, options, resultp);
}

static struct vif_error *
call_for_device(struct vif_client *client, const char *method,
                const char *device, const struct vif_call_options *options,
                char **resultp)
{
    json_t *params = json_pack("{s:s}", "device", device);
    CLEANUP_FREE char *text = json_dumps(params, JSON_COMPACT);

    json_decref(params);
    if (!text) {
        return vif_error_with_where(
            vif_error_create(VIF_ERR_INVALID, "device is not UTF-8"),
            "device");
    }
    return call_for_text(client, method, text, options, resultp);
}

struct vif_error *
vif_client_drain(struct vif_client *client, const char *device,
                 const struct vif_call_options *options, char **resultp)
{
    return call_for_device(client, "drain", device, options, resultp);
}

struct vif_error *
vif_client_undrain(struct vif_client *client, const char *device,
                   const struct vif_call_options *options, char **resultp)
{
    return call_for_device(client, "undrain", device, options, resultp);
}

struct vif_error *
vif_client_rebuild(struct vif_client *client, const char *key,
                   const struct vif_call_options *options, char **resultp)
{
    json_t *params = key ? json_pack("{s:s}", "key", key) : json_object();

    if (resultp) {
        *resultp = NULL;
    }
    if (!params) {
        return vif_error_create(VIF_ERR_INVALID, "the key is no UTF-8");
    }
    CLEANUP_FREE char *text = text_from_json(params);
    json_decref(params);
    return call_for_text(client, "rebuild", text, options, resultp);
}
