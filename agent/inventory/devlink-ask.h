/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INVENTORY_DEVLINK_ASK_H
#define INVENTORY_DEVLINK_ASK_H 1

/* Asks devlink about devices, in a thread of its own: its answer waits until
 * whatever somebody has it do with a device is done, such as writing firmware
 * for minutes, and nothing else is to wait for that.  What it is asked for
 * meanwhile comes after. */

#include "inventory/inventory.h"

struct devlink_ask;

struct devlink_ask *devlink_ask_create(void);

/* A question under way is left behind.  NULL is allowed. */
void devlink_ask_destroy(struct devlink_ask *);

void devlink_ask_about(struct devlink_ask *, const struct device *);

/* True if an answer has come: '*answer' is the caller's to destroy. */
bool devlink_ask_run(struct devlink_ask *, struct inventory *answer);
void devlink_ask_wait(const struct devlink_ask *);

/* Nothing is asked or to be asked, but perhaps another try later. */
bool devlink_ask_idle(const struct devlink_ask *);

/* Takes over what is known of 'device' in 'from', if anything. */
void devlink_ask_copy(struct device *device, const struct inventory *from);

#endif /* inventory/devlink-ask.h */
