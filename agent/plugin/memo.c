/* SPDX-License-Identifier: Apache-2.0 */

/* A binding as a text that rows on the host can carry. */

#include <config.h>

#include "plugin/memo.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <vif/plan.h>

#include "binding/binding-json.h"
#include "lib/cleanup.h"
#include "openvswitch/json.h"
#include "util.h"

#define MEMO_VERSION 1

/* Kinds of steps that keep a memo. */
static const char *const keepers[] = { "ovs-port" };

/* Members that may be large, and are of no use to vifd itself. */
static const char *const dispensable[] = { "hints", "profile" };

static bool
keeps_memo(const char *kind)
{
    for (size_t i = 0; i < ARRAY_SIZE(keepers); i++) {
        if (!strcmp(kind, keepers[i])) {
            return true;
        }
    }
    return false;
}

static void
drop_member(struct json *object, const char *name)
{
    json_destroy(shash_find_and_delete(json_object(object), name));
}

/* malloc()ed, or NULL if it cannot be made short enough. */
static char *
memo_create(const struct vif_binding *binding, const char *plugin)
{
    struct json *memo = json_object_create();
    struct json *asked = binding_to_json(binding);

    drop_member(asked, "port_id");      /* The row has it. */
    json_object_put(memo, "version", json_integer_create(MEMO_VERSION));
    json_object_put_string(memo, "plugin", plugin);
    json_object_put(memo, "binding", asked);

    char *text = json_to_string(memo, JSSF_SORT);
    for (size_t i = 0; i < ARRAY_SIZE(dispensable)
                       && strlen(text) > MEMO_MAX_BYTES; i++) {
        drop_member(asked, dispensable[i]);
        drop_member(memo, "partial");
        json_object_put(memo, "partial", json_boolean_create(true));
        free(text);
        text = json_to_string(memo, JSSF_SORT);
    }
    json_destroy(memo);
    if (strlen(text) > MEMO_MAX_BYTES) {
        free(TAKE(text));
    }
    return text;
}

void
memo_add(struct vif_plan *plan, const struct vif_binding *binding)
{
    CLEANUP_FREE char *memo = NULL;

    for (unsigned int i = 0; i < plan->n_steps; i++) {
        if (keeps_memo(plan->steps[i].kind)) {
            memo = memo ? memo : memo_create(binding, plan->plugin);
            vif_attrs_set(vif_plan_step_args(plan, i), "memo", memo);
        }
    }
}

static const struct json *
get_member(const struct json *object, const char *name, enum json_type type)
{
    const struct json *member = (object->type == JSON_OBJECT
                                 ? shash_find_data(json_object(object), name)
                                 : NULL);

    return member && member->type == type ? member : NULL;
}

static struct vif_error *
read_parts(const struct json *memo, const char *port_id,
           struct vif_binding *binding, char **pluginp)
{
    const struct json *version = get_member(memo, "version", JSON_INTEGER);
    const struct json *plugin = get_member(memo, "plugin", JSON_STRING);
    const struct json *asked = get_member(memo, "binding", JSON_OBJECT);

    if (!version || !plugin || !asked) {
        return vif_error_create(VIF_ERR_INVALID, "what it says of the port "
                                "cannot be understood");
    } else if (json_integer(version) != MEMO_VERSION) {
        return vif_error_create(VIF_ERR_UNSUPPORTED, "what it says of the "
                                "port was written by another vifd, as version "
                                "%"PRId64"; this one knows %d",
                                json_integer(version), MEMO_VERSION);
    }

    struct json *copy = json_deep_clone(asked);
    drop_member(copy, "port_id");
    json_object_put_string(copy, "port_id", port_id);

    struct vif_error *error = binding_from_json(copy, "", binding);
    json_destroy(copy);
    error = error ? error : vif_binding_check(binding);
    if (!error) {
        *pluginp = xstrdup(json_string(plugin));
    }
    return error;
}

struct vif_error *
memo_read(const char *text, const char *port_id, struct vif_binding *binding,
          char **pluginp, bool *partialp)
{
    struct json *memo = json_from_string(text);

    vif_binding_init(binding);
    *pluginp = NULL;

    struct vif_error *error = read_parts(memo, port_id, binding, pluginp);
    *partialp = !error && get_member(memo, "partial", JSON_TRUE);
    json_destroy(memo);
    if (error) {
        vif_binding_destroy(binding);
    }
    return error;
}
