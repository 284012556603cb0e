/* SPDX-License-Identifier: Apache-2.0 */

/* The journal's records, which a disk may have damaged and an older vifd may
 * have written: a port or a resource is made of one, or there is an error.
 * One that was made is the same after it was written and read again, and each
 * kind of step looks at the arguments without stumbling. */

#include <config.h>

#include <stdlib.h>

#include "engine/engine-private.h"
#include "openvswitch/vlog.h"
#include "tests/fuzz/fuzz.h"
#include "util.h"

/* A kind of step as it will be once it has changed its maps twice. */

static struct vif_error *
aged_check(const struct vif_attrs *args OVS_UNUSED, bool partial OVS_UNUSED)
{
    return NULL;
}

static enum step_change
aged_compare(const struct vif_attrs *old, const struct vif_attrs *new)
{
    return vif_attrs_equal(old, new) ? STEP_KEEP : STEP_REPLACE;
}

static struct vif_error *
aged_upgrade(struct step *step, unsigned int version)
{
    ovs_assert(version < step->class->version);
    if (!version) {
        return vif_error_create(VIF_ERR_JOURNAL, "too old");
    }
    vif_attrs_set_uint(&step->args, "since", version);
    vif_attrs_set_uint(&step->previous, "since", version);
    return NULL;
}

static const struct step_class aged_class = {
    .kind = "aged",
    .version = 3,
    .summary = "something that has changed",
    .check = aged_check,
    .compare = aged_compare,
    .upgrade = aged_upgrade,
};

static const struct step_class *
lookup(struct executor *executor OVS_UNUSED, const char *kind)
{
    return strcmp(kind, "aged") ? step_class_lookup(kind) : &aged_class;
}

static const struct executor_class executor_class = { .lookup = lookup };
static struct executor executor = { .class = &executor_class };

static long long
now_us(void *aux OVS_UNUSED)
{
    return 1;
}

static struct engine *
make_engine(void)
{
    const struct engine_config config = { .now_us = now_us };

    return engine_create(&config, &executor, NULL, NULL);
}

static void
check_step(const struct pstep *step)
{
    const struct step_class *class = step->class;

    vif_error_destroy(class->check(&step->cur, false));
    vif_error_destroy(class->check(&step->new, true));
    class->compare(&step->cur, &step->new);
    class->compare(&step->new, &step->cur);
}

/* The record of the port that 'text' is the record of; NULL if of none. */
static char *
read_and_write(const char *text)
{
    struct engine *engine = make_engine();
    struct port *port;
    struct vif_error *error = port_from_record(engine, "port", text, &port);
    char *again = NULL;

    ovs_assert(!error == (port != NULL));
    if (port) {
        for (size_t i = 0; i < port->n_steps; i++) {
            check_step(port->steps[i]);
        }
        again = port_to_record(port);
    }
    vif_error_destroy(error);
    engine_destroy(engine);
    return again;
}

static void
check_port(const char *text)
{
    char *first = read_and_write(text);

    if (first) {
        char *second = read_and_write(first);

        ovs_assert(second && !strcmp(first, second));
        free(second);
    }
    free(first);
}

static void
check_resource(const char *text)
{
    struct engine *engine = make_engine();

    vif_error_destroy(resource_from_record(engine, "kind|object", text));
    engine_destroy(engine);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    char *text = xmemdup0((const char *) bytes, n);

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    check_port(text);
    check_resource(text);
    free(text);
    return 0;
}
