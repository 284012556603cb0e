/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_RELOAD_H
#define AGENT_RELOAD_H 1

/* Reading the configuration again while the daemon works.  A file system or a
 * user database may be slow, so a thread does it; the main loop asks and
 * takes. */

#include <stdbool.h>

#include <vif/error.h>

struct config;
struct reload;

/* 'load' runs in the thread and must touch nothing but 'aux'. */
typedef struct vif_error *reload_load(void *aux, struct config **);

struct reload *reload_create(reload_load *load, void *aux);

/* Waits for a load under way. */
void reload_destroy(struct reload *);           /* NULL is allowed. */

/* Asks for a load that begins after this call.  False if one under way began
 * before: then it has been noted and will follow. */
bool reload_start(struct reload *);

/* Whether a load has ended; gives its result away. */
bool reload_take(struct reload *, struct config **, struct vif_error **);
void reload_wait(struct reload *);

#endif /* agent/reload.h */
