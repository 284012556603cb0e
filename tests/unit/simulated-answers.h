/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATED_ANSWERS_H
#define TESTS_SIMULATED_ANSWERS_H 1

/* SIMULATED: what simulated-vifd answers, out of the ports that it remembers.
 * Knows nothing of sockets. */

#include <stdbool.h>
#include <string.h>

#include <jansson.h>

/* The ports: id: {"binding", "state"}. */
extern json_t *simulated_ports;

/* The result of 'method', or NULL and an error object in '*error'. */
json_t *simulated_call(const char *method, const json_t *params,
                       json_t **error);

json_t *simulated_error(int code, const char *name, const char *message);

/* The member "port_id" of 'params', or "". */
const char *simulated_port_of(const json_t *params);

/* Of simulated-vifd.c: what follows 'name' in the quirk that begins with it,
 * or NULL; and a notification to all who watch, which takes 'error' over. */
const char *quirk(const char *name);
void simulated_notify(const char *event, const char *port_id,
                      const char *from, const char *to, json_t *error);

static inline bool
starts_with(const char *text, const char *prefix)
{
    return !strncmp(text, prefix, strlen(prefix));
}

#endif /* tests/unit/simulated-answers.h */
