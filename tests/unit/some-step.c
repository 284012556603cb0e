/* SPDX-License-Identifier: Apache-2.0 */
/* See some-step.h. */

#include <config.h>

#include "tests/unit/some-step.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "timeval.h"

void
some_step_init(struct step *step, const struct step_class *class,
               const char *object)
{
    *step = (struct step) {
        .class = class,
        .object = strdup(object),
        .port_id = strdup("port-1"),
        .deadline = time_msec() + 10000,
    };
}

void
some_step_end(struct step *step)
{
    free(step->object);
    free(step->port_id);
    vif_attrs_destroy(&step->args);
    vif_attrs_destroy(&step->previous);
    vif_attrs_destroy(&step->original);
    vif_attrs_destroy(&step->output);
}

struct vif_error *
some_step_run(struct step *step, enum step_op op, struct rtnl *rtnl)
{
    const struct step_env env = { .rtnl = rtnl, .key = "key" };

    return step_run(step, op, &env);
}

struct vif_error *
some_step_plug(struct step *step, struct rtnl *rtnl)
{
    struct vif_error *error = some_step_run(step, STEP_CAPTURE, rtnl);

    return error ? error : some_step_run(step, STEP_APPLY, rtnl);
}

struct vif_error *
some_step_alter(struct step *step, const char *key, const char *value,
                struct rtnl *rtnl)
{
    step->has_previous = true;
    vif_attrs_destroy(&step->previous);
    vif_attrs_clone(&step->previous, &step->args);
    vif_attrs_set(&step->args, key, value);
    return some_step_run(step, STEP_APPLY, rtnl);
}

void
assert_error(struct vif_error *error, enum vif_error_code code,
             const char *words)
{
    assert_non_null(error);
    if (error->code != code || !strstr(error->message, words)) {
        fail_msg("%s: %s", vif_error_code_name(error->code), error->message);
    }
    vif_error_destroy(error);
}

void
assert_warning(const struct step *step, const char *words)
{
    const char *warning = vif_attrs_get(&step->output, "warning");

    if (words ? !warning || !strstr(warning, words) : warning != NULL) {
        fail_msg("%s", warning ? warning : "no warning");
    }
}
