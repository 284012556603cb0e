/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CLIENT_FIXTURE_H
#define TESTS_CLIENT_FIXTURE_H 1

/* A simulated vifd and a client of it, for tests of libvifclient.  Whatever
 * fails here fails the test. */

#include <stdint.h>

#include <vif/client.h>

#include "tests/unit/vifctl-run.h"

#define LONG_MS 30000
#define SHORT_MS 100

struct fixture {
    struct simulated simulated;
    struct vif_client *client;
};

/* Starts a simulated vifd with 'quirks' (NULL: none) and connects to it. */
void connect_to(struct fixture *, const char *const quirks[]);
void close_all(struct fixture *);

/* A deadline that no test reaches. */
int64_t soon(void);

/* Fails if there is an error. */
void no_error(struct vif_error *error);

/* Fails unless 'error' has 'code' and 'part' in its message; destroys it. */
void expect(struct vif_error *error, enum vif_error_code code,
            const char *part);

#endif /* tests/unit/client-fixture.h */
