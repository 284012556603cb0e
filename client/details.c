/* SPDX-License-Identifier: Apache-2.0 */
/* The details of a port, read from vifd's answer.  One table says which member
 * of the answer fills which of the struct. */

#include <config.h>

#include <vif/details.h>

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "client/text.h"
#include "lib/alloc.h"
#include "lib/cleanup.h"

/* What a member is. */
enum kind {
    KIND_TEXT,
    KIND_BOOL,
    KIND_UINT32,
    KIND_INT64,
    KIND_MAC,
    KIND_MAP,
    KIND_QUEUES,
    KIND_WARNINGS,
    KIND_STEPS,
};

struct member {
    const char *name;
    enum kind kind;
    size_t offset;
};

#define MEMBER(NAME, KIND) \
    { #NAME, KIND, offsetof(struct vif_details, NAME) }

static const struct member members[] = {
    MEMBER(port_id, KIND_TEXT),
    MEMBER(outcome, KIND_TEXT),
    MEMBER(state, KIND_TEXT),
    MEMBER(changed, KIND_BOOL),
    MEMBER(vnic_type, KIND_TEXT),
    MEMBER(plugin, KIND_TEXT),
    MEMBER(vif_type, KIND_TEXT),
    MEMBER(vif_details, KIND_MAP),
    MEMBER(profile, KIND_MAP),
    MEMBER(devices, KIND_MAP),
    MEMBER(numa_node, KIND_INT64),
    { "mac_address", KIND_MAC, offsetof(struct vif_details, mac) },
    MEMBER(mtu, KIND_UINT32),
    MEMBER(queues, KIND_QUEUES),
    MEMBER(ofport, KIND_INT64),
    MEMBER(ifindex, KIND_UINT32),
    MEMBER(interface_id, KIND_TEXT),
    MEMBER(warnings, KIND_WARNINGS),
    MEMBER(libvirt_xml, KIND_TEXT),
    MEMBER(steps, KIND_STEPS),
    MEMBER(total_us, KIND_INT64),
};
#define N_MEMBERS (sizeof members / sizeof *members)

static struct vif_error *
wrong_type(const char *name, const char *wanted)
{
    struct vif_error *error
        = vif_error_create(VIF_ERR_INVALID, "'%s' is not %s", name, wanted);

    return vif_error_with_where(error, name);
}

static struct vif_error *
read_text(const json_t *value, const char *name, char **textp)
{
    if (!json_is_string(value)) {
        return wrong_type(name, "a string");
    }
    free(*textp);
    *textp = vif_xstrdup(json_string_value(value));
    return NULL;
}

static struct vif_error *
read_bool(const json_t *value, const char *name, bool *flag)
{
    if (!json_is_boolean(value)) {
        return wrong_type(name, "true or false");
    }
    *flag = json_is_true(value);
    return NULL;
}

static struct vif_error *
read_int64(const json_t *value, const char *name, int64_t *number)
{
    if (!json_is_integer(value)) {
        return wrong_type(name, "a whole number");
    }
    *number = json_integer_value(value);
    return NULL;
}

static struct vif_error *
read_uint32(const json_t *value, const char *name, uint32_t *number)
{
    json_int_t n = json_integer_value(value);

    if (!json_is_integer(value) || n < 0 || n > UINT32_MAX) {
        return wrong_type(name, "a whole number of 32 bits");
    }
    *number = (uint32_t) n;
    return NULL;
}

static struct vif_error *
read_mac(const json_t *value, const char *name, struct vif_details *details)
{
    const char *text = json_string_value(value);

    details->has_mac = text && vif_mac_from_string(text, &details->mac);
    return details->has_mac ? NULL : wrong_type(name, "a MAC address");
}

static struct vif_error *
read_map(const json_t *value, const char *name, struct vif_attrs *map)
{
    const char *key;
    json_t *element;

    if (!json_is_object(value)) {
        return wrong_type(name, "an object");
    }
    json_object_foreach ((json_t *) value, key, element) {
        CLEANUP_FREE char *text = text_from_free_value(element);

        vif_attrs_set(map, key, text);
    }
    return NULL;
}

static struct vif_error *
read_queues(const json_t *value, const char *name, struct vif_queues *queues)
{
    const json_t *requested = json_object_get(value, "requested");
    const json_t *effective = json_object_get(value, "effective");
    const json_t *multiqueue = json_object_get(value, "multiqueue");
    const char *why = json_string_value(json_object_get(value, "why"));
    struct vif_error *error = NULL;

    if (!json_is_object(value)) {
        return wrong_type(name, "an object");
    }
    if (requested && !json_is_null(requested)) {
        error = read_uint32(requested, "queues.requested",
                            &queues->requested);
    }
    if (!error && effective && !json_is_null(effective)) {
        error = read_uint32(effective, "queues.effective",
                            &queues->effective);
    }
    if (!error && multiqueue && !json_is_null(multiqueue)) {
        error = read_bool(multiqueue, "queues.multiqueue",
                          &queues->multiqueue);
    }
    if (why) {
        size_t n = strnlen(why, sizeof queues->why - 1);

        memcpy(queues->why, why, n);
        queues->why[n] = '\0';
    }
    return error;
}

static struct vif_error *
read_warnings(const json_t *value, const char *name,
              struct vif_details *details)
{
    const json_t *element;
    size_t i;

    if (!json_is_array(value)) {
        return wrong_type(name, "an array");
    }
    details->warnings = vif_xcalloc(json_array_size(value),
                                    sizeof *details->warnings);
    json_array_foreach (value, i, element) {
        struct vif_error *error = read_text(element, "warnings",
                                            &details->warnings[i]);
        if (error) {
            return error;
        }
        details->n_warnings++;
    }
    return NULL;
}

static struct vif_error *
read_step(const json_t *value, struct vif_details_step *step)
{
    if (!json_is_object(value)) {
        return wrong_type("steps", "an array of objects");
    }
    step->kind = text_member(value, "kind");
    step->object = text_member(value, "object");
    step->action = text_member(value, "action");
    step->own_us = json_integer_value(json_object_get(value, "own_us"));
    step->host_us = json_integer_value(json_object_get(value, "host_us"));
    return NULL;
}

static struct vif_error *
read_steps(const json_t *value, const char *name,
           struct vif_details *details)
{
    const json_t *element;
    size_t i;

    if (!json_is_array(value)) {
        return wrong_type(name, "an array");
    }
    details->steps = vif_xcalloc(json_array_size(value),
                                 sizeof *details->steps);
    json_array_foreach (value, i, element) {
        struct vif_error *error = read_step(element, &details->steps[i]);
        if (error) {
            return error;
        }
        details->n_steps++;
    }
    return NULL;
}

static struct vif_error *
read_member(const struct member *member, const json_t *value,
            struct vif_details *details)
{
    void *to = (char *) details + member->offset;
    const char *name = member->name;

    switch (member->kind) {
    case KIND_TEXT:
        return read_text(value, name, to);
    case KIND_BOOL:
        return read_bool(value, name, to);
    case KIND_UINT32:
        return read_uint32(value, name, to);
    case KIND_INT64:
        return read_int64(value, name, to);
    case KIND_MAC:
        return read_mac(value, name, details);
    case KIND_MAP:
        return read_map(value, name, to);
    case KIND_QUEUES:
        return read_queues(value, name, to);
    case KIND_WARNINGS:
        return read_warnings(value, name, details);
    case KIND_STEPS:
        return read_steps(value, name, details);
    }
    return NULL;
}

static struct vif_error *
read_members(const json_t *object, struct vif_details *details)
{
    for (size_t i = 0; i < N_MEMBERS; i++) {
        const json_t *value = json_object_get(object, members[i].name);
        struct vif_error *error = NULL;

        if (value && !json_is_null(value)) {
            error = read_member(&members[i], value, details);
        }
        if (error) {
            return error;
        }
    }
    return NULL;
}

struct vif_error *
vif_details_from_json(const char *json, struct vif_details **detailsp)
{
    json_t *object = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
    struct vif_details *details = vif_xcalloc(1, sizeof *details);
    struct vif_error *error;

    *detailsp = NULL;
    details->numa_node = -1;
    details->json = vif_xstrdup(json);
    error = (json_is_object(object) ? read_members(object, details)
             : vif_error_create(VIF_ERR_INVALID, "this is no JSON object"));
    json_decref(object);
    if (error) {
        vif_details_destroy(details);
        return vif_error_wrap(error, "read the details of a port");
    }
    *detailsp = details;
    return NULL;
}

void
vif_details_destroy(struct vif_details *details)
{
    if (!details) {
        return;
    }
    for (size_t i = 0; i < N_MEMBERS; i++) {
        void *member = (char *) details + members[i].offset;

        if (members[i].kind == KIND_TEXT) {
            free(*(char **) member);
        } else if (members[i].kind == KIND_MAP) {
            vif_attrs_destroy(member);
        }
    }
    for (size_t i = 0; i < details->n_warnings; i++) {
        free(details->warnings[i]);
    }
    free(details->warnings);
    for (size_t i = 0; i < details->n_steps; i++) {
        free(details->steps[i].kind);
        free(details->steps[i].object);
        free(details->steps[i].action);
    }
    free(details->steps);
    free(details->json);
    free(details);
}

const char *
vif_details_device(const struct vif_details *details, const char *kind)
{
    return vif_attrs_get(&details->devices, kind);
}

/* A key may itself have dots in it ("external_ids" have): each object is first
 * asked for all that is left of 'name', then for what is before a dot. */
static const json_t *
look_up(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);

    for (const char *dot = strchr(name, '.'); !value && dot;
         dot = strchr(dot + 1, '.')) {
        CLEANUP_FREE char *head = vif_xasprintf("%.*s", (int) (dot - name),
                                                name);
        const json_t *inner = json_object_get(object, head);

        if (json_is_object(inner)) {
            value = look_up(inner, dot + 1);
        }
    }
    return value;
}

char *
vif_details_get(const struct vif_details *details, const char *name)
{
    json_t *object = json_loads(details->json, 0, NULL);
    char *text = text_from_value(look_up(object, name));

    json_decref(object);
    return text;
}
