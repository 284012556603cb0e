/* SPDX-License-Identifier: Apache-2.0 */

/* Ports as a caller may see them. */

#include <config.h>

#include "rpc/ports.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/config.h"
#include "binding/binding-json.h"
#include "binding/confined-path.h"
#include "lib/cleanup.h"
#include "openvswitch/json.h"
#include "rpc/call.h"
#include "rpc/methods.h"
#include "util.h"

/* Of a port of which nothing is known any more, nothing is said. */
static struct access_object
port_object(const struct engine_port_view *view)
{
    return (view->binding ? access_object_of(view->binding, false)
            : (struct access_object) { .uid = VIF_NO_ID, .gid = VIF_NO_ID });
}

bool
rpc_port_allowed(const struct rpc_caller *caller, const char *method,
                 const struct engine_port_view *view)
{
    const struct access_object object = port_object(view);

    return access_may(&caller->host->access, &caller->peer, method, &object);
}

/* 'culprit' of 'object', in words that the caller frees. */
static char *
describe(const struct access_object *object, const char *culprit)
{
    if (!strcmp(culprit, "device_owner")) {
        CLEANUP_FREE char *user = (object->uid == VIF_NO_ID ? xstrdup("")
                                   : xasprintf(" user %"PRIu32, object->uid));
        CLEANUP_FREE char *group =
            (object->gid == VIF_NO_ID ? xstrdup("")
             : xasprintf(" group %"PRIu32, object->gid));
        return xasprintf("devices that are given to%s%s%s", user,
                         *user && *group ? " and" : "", group);
    } else if (!strcmp(culprit, "profile.pci_slot")) {
        return (object->pci_address
                ? xasprintf("device \"%s\"", object->pci_address)
                : xstrdup("ports that name no device"));
    } else if (!strcmp(culprit, "macvtap.source")) {
        return xasprintf("interface \"%s\" of the host, on whatever network "
                         "that is", object->interface);
    }
    return (object->physical_network
            ? xasprintf("physical network \"%s\"", object->physical_network)
            : xstrdup("ports without a physical network"));
}

/* 'where' is the path to the binding or, for a port, to its id. */
static struct vif_error * VIF_WARN_UNUSED
no_access(const struct rpc_call *call, const struct access_object *object,
          const char *where, bool is_binding)
{
    const struct rpc_peer *peer = &call->caller->peer;
    const char *culprit = access_culprit(&call->host->access, peer,
                                         call->method->name, object);
    CLEANUP_FREE char *what = describe(object, culprit);
    CLEANUP_FREE char *path = (is_binding ? xasprintf("%s.%s", where, culprit)
                               : xstrdup(where));

    return vif_error_with_where(
        vif_error_create(VIF_ERR_ACCESS, "user %"PRIu32" may not call \"%s\" "
                         "for %s", peer->uid, call->method->name, what),
        path);
}

struct vif_error *
rpc_authorize_port(const struct rpc_call *call, const char *port_id,
                   const char *where)
{
    const struct rpc_caller *caller = call->caller;
    struct engine_port_view view;

    if (!engine_find_port(call->host->engine, port_id, &view)
        || rpc_port_allowed(caller, call->method->name, &view)) {
        return NULL;
    } else if (rpc_port_allowed(caller, "show", &view)) {
        const struct access_object object = port_object(&view);
        return no_access(call, &object, where, false);
    }
    return vif_error_with_where(
        vif_error_create(VIF_ERR_NOT_FOUND, "there is no port \"%s\"",
                         port_id), where);
}

struct vif_error *
rpc_authorize_binding(const struct rpc_call *call,
                      const struct vif_binding *binding, const char *where)
{
    const struct rpc_caller *caller = call->caller;
    const struct access_object object = access_object_of(binding, true);

    if (!access_may(&call->host->access, &caller->peer, call->method->name,
                    &object)) {
        return no_access(call, &object, where, true);
    }

    CLEANUP_FREE char *path = xasprintf("%s.port_id", where);
    return rpc_authorize_port(call, binding->port_id, path);
}

/* The members of a binding that are paths. */
static struct vif_error *
check_paths(const struct rpc_call *call, const struct vif_binding *binding)
{
    static const char *const keys[] = { "vhostuser_socket" };
    const struct config_names *directories =
        &call->host->config->vhostuser_directories;

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        const char *path = vif_attrs_get(&binding->profile, keys[i]);
        struct vif_error *error =
            (path ? confined_path_check(path, directories->names,
                                        directories->n) : NULL);
        if (error) {
            CLEANUP_FREE char *where = xasprintf("profile.%s", keys[i]);
            error = vif_error_wrap(error, "%s", where);
            return vif_error_with_where(error, where);
        }
    }
    return NULL;
}

struct vif_error *
rpc_read_binding(const struct rpc_call *call, const struct json *json,
                 const char *where, struct vif_binding *binding)
{
    struct vif_error *error = binding_from_json(json, where, binding);
    if (error) {
        return error;
    }

    error = vif_binding_check(binding);
    error = error ? error : check_paths(call, binding);
    if (error) {
        CLEANUP_FREE char *path =
            xasprintf("%s%s%s", where, error->where ? "." : "",
                      error->where ? error->where : "");
        error = vif_error_with_where(error, path);
    } else {
        error = rpc_authorize_binding(call, binding, where);
    }
    if (error) {
        vif_binding_destroy(binding);
    }
    return error;
}

struct collected {
    const struct rpc_caller *caller;
    const char *method;
    struct engine_port_view *views;
    size_t n, allocated;
};

static void
collect(const struct engine_port_view *view, void *collected_)
{
    struct collected *collected = collected_;

    if (rpc_port_allowed(collected->caller, collected->method, view)) {
        if (collected->n == collected->allocated) {
            collected->views = x2nrealloc(collected->views,
                                          &collected->allocated,
                                          sizeof *collected->views);
        }
        collected->views[collected->n++] = *view;
    }
}

static int
compare_views(const void *a_, const void *b_)
{
    const struct engine_port_view *a = a_, *b = b_;

    return strcmp(a->port_id, b->port_id);
}

void
rpc_visible_ports(const struct rpc_caller *caller, const char *method,
                  struct engine_port_view **viewsp, size_t *np)
{
    struct collected collected = { .caller = caller, .method = method };

    engine_for_each_port(caller->host->engine, collect, &collected);
    if (collected.n) {
        qsort(collected.views, collected.n, sizeof *collected.views,
              compare_views);
    }
    *viewsp = collected.views;
    *np = collected.n;
}

void
rpc_put_nullable(struct json *object, const char *name, const char *value)
{
    json_object_put(object, name, value ? json_string_create(value)
                    : json_null_create());
}

void
rpc_put_instance(struct json *row, const struct vif_binding *binding)
{
    rpc_put_nullable(row, "instance_id",
                     binding ? binding->instance_id : NULL);
    rpc_put_nullable(row, "instance_name",
                     binding ? binding->instance_name : NULL);
}

const char *
rpc_format_time(long long us, char buf[RPC_TIME_BUFSIZE])
{
    time_t seconds = us / 1000000;
    struct tm tm;
    char date[24];

    gmtime_r(&seconds, &tm);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(buf, RPC_TIME_BUFSIZE, "%s.%06dZ", date, (int) (us % 1000000));
    return buf;
}
