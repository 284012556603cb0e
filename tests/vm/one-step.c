/* SPDX-License-Identifier: Apache-2.0 */
/* One step, carried out as the engine does, on the real kernel, one operation
 * for each line of standard input: "args KEY=VALUE ...", "change KEY=VALUE
 * ..." (from those in place to these), "capture", "apply", "verify",
 * "revert".  Says of each "ok" or "error CODE TEXT", and what the step knows
 * then, up to a line with a dot.  See tests/vm/steps.py. */

#include <config.h>

#include "steps/step.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/rtnl.h"
#include "lib/cleanup.h"
#include "timeval.h"
#include "util.h"

#define DEADLINE_MS 30000

static void
show(const char *what, const struct vif_attrs *attrs)
{
    for (size_t i = 0; i < attrs->n; i++) {
        printf("%s %s=%s\n", what, attrs->attrs[i].key,
               attrs->attrs[i].value);
    }
}

static void
show_error(const struct vif_error *error)
{
    if (error) {
        printf("error %s %s%s%s%s\n", vif_error_code_name(error->code),
               error->message, error->source ? " [" : "",
               error->source ? error->source : "", error->source ? "]" : "");
    } else {
        printf("ok\n");
    }
}

/* Takes arguments until the end of the line. */
static void
take_args(struct vif_attrs *args, char **save)
{
    vif_attrs_destroy(args);
    for (char *word = strtok_r(NULL, " \n", save); word;
         word = strtok_r(NULL, " \n", save)) {
        char *value = strchr(word, '=');

        ovs_assert(value);
        *value++ = '\0';
        vif_attrs_set(args, word, value);
    }
}

static struct vif_error *
carry_out(struct step *step, const struct step_env *env, char *line)
{
    char *save = NULL;
    const char *word = strtok_r(line, " \n", &save);

    if (!word) {
        return vif_error_create(VIF_ERR_INVALID, "an empty line");
    }
    if (!strcmp(word, "change")) {
        step->has_previous = true;
        vif_attrs_swap(&step->previous, &step->args);
        take_args(&step->args, &save);
        return NULL;
    } else if (!strcmp(word, "args")) {
        take_args(&step->args, &save);
        return step->class->check(&step->args, false);
    }
    for (int op = 0; op < N_STEP_OPS; op++) {
        if (!strcmp(word, step_op_name(op))) {
            step->deadline = time_msec() + DEADLINE_MS;
            return step_run(step, op, env);
        }
    }
    return vif_error_create(VIF_ERR_INVALID, "what is '%s'?", word);
}

int
main(int argc, char *argv[])
{
    struct step_env env = { .key = "5d6bc5e8-0000-4000-8000-000000000001" };
    static char port_id[] = "port-1";
    struct step step = { .port_id = port_id };
    char line[4096];

    step.class = argc == 3 ? step_class_lookup(argv[1]) : NULL;
    if (!step.class) {
        fprintf(stderr, "usage: one-step KIND OBJECT\n");
        return 2;
    }
    step.object = argv[2];

    struct vif_error *error = rtnl_open(&env.rtnl);
    while (!error && fgets(line, sizeof line, stdin)) {
        CLEANUP_ERROR struct vif_error *result = carry_out(&step, &env, line);

        show_error(result);
        show("original", &step.original);
        show("output", &step.output);
        printf(".\n");
        fflush(stdout);
    }
    show_error(error);
    rtnl_close(env.rtnl);
    return 0;
}
