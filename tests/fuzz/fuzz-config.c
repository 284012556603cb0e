/* SPDX-License-Identifier: Apache-2.0 */

/* vifd.yaml: any text is a configuration or an error with a place. */

#include <config.h>

#include <string.h>

#include "agent/config.h"
#include "openvswitch/vlog.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct config *config = NULL;
    struct vif_error *error;

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    error = config_parse((const char *) bytes, n, "fuzz.yaml", &config);
    ovs_assert(!error == (config != NULL));
    ovs_assert(!error || strstr(error->message, "fuzz.yaml"));
    vif_error_destroy(error);
    config_destroy(config);
    return 0;
}
