/* SPDX-License-Identifier: Apache-2.0 */

/* The arguments of an OVS port against the columns of its Interface row.  A
 * further column is one line in 'columns'. */

#include <config.h>

#include "ovs/wanted.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "openvswitch/json.h"
#include "ovs/rows.h"
#include "ovsdb-data.h"
#include "smap.h"
#include "sset.h"
#include "util.h"

#define VALUE_BUFSIZE 32

/* Unlike external_ids, where everybody notes what he wants to, options are
 * what the switch acts upon: of those nobody else may have any. */
#define OPTIONS "options:"

struct wanted_column {
    const char *key;            /* Of the arguments; ends in ':' if it is a
                                 * map, and what follows is the map's key. */
    int column;
    /* NULL if it is empty.  May use 'buf'. */
    const char *(*read)(const struct ovs_row *, int column, const char *key,
                        char buf[VALUE_BUFSIZE]);
    /* NULL empties it. */
    void (*write)(const struct ovs_row *, int column, const char *key,
                  const char *value);
};

/* An empty type means the same as "system". */
static const char *
read_type(const struct ovs_row *row, int column, const char *key OVS_UNUSED,
          char buf[VALUE_BUFSIZE] OVS_UNUSED)
{
    const char *type = ovs_row_string(row, column);

    return *type && strcmp(type, "system") ? type : NULL;
}

static void
write_string(const struct ovs_row *row, int column,
             const char *key OVS_UNUSED, const char *value)
{
    ovs_row_set_string(row, column, value);
}

static const char *
read_integer(const struct ovs_row *row, int column,
             const char *key OVS_UNUSED, char buf[VALUE_BUFSIZE])
{
    int64_t value = ovs_row_integer(row, column, INT64_MIN);

    if (value == INT64_MIN) {
        return NULL;
    }
    snprintf(buf, VALUE_BUFSIZE, "%"PRId64, value);
    return buf;
}

static void
write_integer(const struct ovs_row *row, int column,
              const char *key OVS_UNUSED, const char *value)
{
    if (value) {
        ovs_row_set_integer(row, column, strtoll(value, NULL, 10));
    } else {
        ovs_row_set_empty(row, column);
    }
}

static const char *
read_map(const struct ovs_row *row, int column, const char *key,
         char buf[VALUE_BUFSIZE] OVS_UNUSED)
{
    return ovs_row_map_get(row, column, key);
}

static const struct wanted_column columns[] = {
    { "type", INTERFACE_TYPE, read_type, write_string },
    { "mtu_request", INTERFACE_MTU_REQUEST, read_integer, write_integer },
    { "external_ids:", INTERFACE_EXTERNAL_IDS, read_map, ovs_row_map_put },
    { OPTIONS, INTERFACE_OPTIONS, read_map, ovs_row_map_put },
};

/* The column of 'key' and the key within it, or NULL. */
static const struct wanted_column *
find_column(const char *key, const char **map_keyp)
{
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        const struct wanted_column *c = &columns[i];
        size_t n = strlen(c->key);
        bool map = c->key[n - 1] == ':';

        if (map ? !strncmp(key, c->key, n) : !strcmp(key, c->key)) {
            *map_keyp = key + n;
            return c;
        }
    }
    return NULL;
}

bool
wanted_is_column(const char *key)
{
    const char *map_key;

    return find_column(key, &map_key) != NULL;
}

/* The value as read_*() would give it: NULL for one that means "empty". */
static const char *
canonical(const struct wanted_column *c, const char *value)
{
    return ((c->column == INTERFACE_TYPE
             && (!*value || !strcmp(value, "system")))
            || (c->column == INTERFACE_MTU_REQUEST && !*value) ? NULL
            : value);
}

static bool
same(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

/* The next option of 'interface' that 'args' do not have, from '*ip' on, or
 * NULL. */
static const char *
next_strange_option(const struct ovs_row *interface,
                    const struct vif_attrs *args, size_t *ip,
                    const char **valuep)
{
    const struct ovsdb_datum *options = ovs_row_datum(interface,
                                                      INTERFACE_OPTIONS);

    while (*ip < options->n) {
        const char *option = json_string(options->keys[*ip].s);
        CLEANUP_FREE char *key = xasprintf(OPTIONS"%s", option);

        *valuep = json_string(options->values[(*ip)++].s);
        if (!vif_attrs_get(args, key)) {
            return option;
        }
    }
    return NULL;
}

static struct vif_error *
compare_options(const struct ovs_row *interface, const struct vif_attrs *args)
{
    const char *value;
    size_t i = 0;
    const char *option = next_strange_option(interface, args, &i, &value);

    return option ? vif_error_create(
        VIF_ERR_CONFLICT, "interface '%s' has "OPTIONS"%s '%s' instead of ''",
        ovs_row_string(interface, INTERFACE_NAME), option, value) : NULL;
}

static bool
drop_options(const struct ovs_row *interface, const struct vif_attrs *args)
{
    struct sset strange = SSET_INITIALIZER(&strange);
    const char *option, *value;
    size_t i = 0;
    bool any;

    /* Writing changes what is read. */
    while ((option = next_strange_option(interface, args, &i, &value))) {
        sset_add(&strange, option);
    }
    SSET_FOR_EACH (option, &strange) {
        ovs_row_map_put(interface, INTERFACE_OPTIONS, option, NULL);
    }
    any = !sset_is_empty(&strange);
    sset_destroy(&strange);
    return any;
}

struct vif_error *
wanted_compare(const struct ovs_row *interface, const struct vif_attrs *args)
{
    for (size_t i = 0; i < args->n; i++) {
        const struct vif_attr *arg = &args->attrs[i];
        char buf[VALUE_BUFSIZE];
        const char *key;
        const struct wanted_column *c = find_column(arg->key, &key);

        if (!c) {
            continue;
        }

        const char *value = canonical(c, arg->value);
        const char *found = c->read(interface, c->column, key, buf);
        if (!same(found, value)) {
            return vif_error_create(
                VIF_ERR_CONFLICT, "interface '%s' has %s '%s' instead of '%s'",
                ovs_row_string(interface, INTERFACE_NAME), arg->key,
                found ? found : "", value ? value : "");
        }
    }
    return compare_options(interface, args);
}

/* Takes out what 'previous' put there, unless it is another value by now. */
static bool
write_dropped(const struct ovs_row *interface, const struct vif_attrs *args,
              const struct vif_attrs *previous)
{
    bool wrote = false;

    for (size_t i = 0; i < previous->n; i++) {
        const struct vif_attr *old = &previous->attrs[i];
        char buf[VALUE_BUFSIZE];
        const char *key;
        const struct wanted_column *c = find_column(old->key, &key);

        if (!c || vif_attrs_get(args, old->key)) {
            continue;
        }

        const char *found = c->read(interface, c->column, key, buf);
        if (found && same(found, canonical(c, old->value))) {
            c->write(interface, c->column, key, NULL);
            wrote = true;
        }
    }
    return wrote;
}

bool
wanted_write(const struct ovs_row *interface, const struct vif_attrs *args,
             const struct vif_attrs *previous)
{
    bool wrote = previous && write_dropped(interface, args, previous);

    wrote |= drop_options(interface, args);
    for (size_t i = 0; i < args->n; i++) {
        const struct vif_attr *arg = &args->attrs[i];
        char buf[VALUE_BUFSIZE];
        const char *key;
        const struct wanted_column *c = find_column(arg->key, &key);

        if (!c) {
            continue;
        }

        const char *value = canonical(c, arg->value);
        if (!same(c->read(interface, c->column, key, buf), value)) {
            c->write(interface, c->column, key, value);
            wrote = true;
        }
    }
    return wrote;
}

void
wanted_fill(const struct ovs_row *interface, const struct vif_attrs *args)
{
    struct smap ids = SMAP_INITIALIZER(&ids);
    struct smap options = SMAP_INITIALIZER(&options);

    for (size_t i = 0; i < args->n; i++) {
        const struct vif_attr *arg = &args->attrs[i];
        const char *key;
        const struct wanted_column *c = find_column(arg->key, &key);

        if (c && c->column == INTERFACE_EXTERNAL_IDS) {
            /* A row that is not there yet takes no mutations. */
            smap_replace(&ids, key, arg->value);
        } else if (c && c->column == INTERFACE_OPTIONS) {
            smap_replace(&options, key, arg->value);
        } else if (c && canonical(c, arg->value)) {
            c->write(interface, c->column, key, arg->value);
        }
    }
    ovs_row_set_map(interface, INTERFACE_EXTERNAL_IDS, &ids);
    if (!smap_is_empty(&options)) {
        ovs_row_set_map(interface, INTERFACE_OPTIONS, &options);
    }
    smap_destroy(&ids);
    smap_destroy(&options);
}

void
wanted_read(const struct ovs_row *interface, const struct vif_attrs *args,
            struct vif_attrs *found)
{
    for (size_t i = 0; i < args->n; i++) {
        const char *key = args->attrs[i].key;
        const char *map_key;
        char buf[VALUE_BUFSIZE];
        const struct wanted_column *c = find_column(key, &map_key);

        if (c) {
            vif_attrs_set(found, key,
                          c->read(interface, c->column, map_key, buf));
        }
    }

    const char *option, *value;
    size_t i = 0;
    while ((option = next_strange_option(interface, args, &i, &value))) {
        CLEANUP_FREE char *key = xasprintf(OPTIONS"%s", option);

        vif_attrs_set(found, key, value);
    }
}
