/* SPDX-License-Identifier: Apache-2.0 */
/* Running vifctl on the ports of one simulated vifd.  See vifctl-ports.h. */

#include <config.h>

#include "tests/unit/vifctl-ports.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

int
ports_start(void **state)
{
    static struct simulated simulated;

    simulated_start(&simulated, NULL);
    *state = &simulated;
    return 0;
}

int
ports_stop(void **state)
{
    simulated_stop(*state);
    return 0;
}

const struct run *
vifctl(struct simulated *simulated, int status, const char *words)
{
    static struct run run;

    run_destroy(&run);
    run_vifctl(&run, simulated, words);
    assert_status(&run, status);
    return &run;
}

json_t *
vifctl_json(struct simulated *simulated, int status, const char *words)
{
    const struct run *run = vifctl(simulated, status, words);
    json_t *json = json_loads(run->out, 0, NULL);

    if (!json || strchr(run->out, '\n') != strrchr(run->out, '\n')) {
        fail_msg("not one line of JSON: %s", run->out);
    }
    return json;
}

void
assert_at(const json_t *json, const char *path, const char *text)
{
    char *copy = strdup(path);
    const json_t *value = json;
    char *word, *rest;

    for (word = strtok_r(copy, ".", &rest); word;
         word = strtok_r(NULL, ".", &rest)) {
        value = (json_is_array(value)
                 ? json_array_get(value, (size_t) atoi(word))
                 : json_object_get(value, word));
    }
    char *is = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    if (!is || strcmp(is, text) != 0) {
        char *all = json_dumps(json, 0);
        fail_msg("%s is %s, not %s: %s", path, is, text, all);
    }
    free(is);
    free(copy);
}
