/* SPDX-License-Identifier: Apache-2.0 */

/* Vital product data: whatever a card has stored is a serial number that can
 * be printed, or an error, and never read beyond its end. */

#include <config.h>

#include <ctype.h>

#include "inventory/vpd.h"
#include "tests/fuzz/fuzz.h"
#include "util.h"

/* The bytes end where the memory does, so that the sanitizer sees who reads
 * on. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    uint8_t *copy = xmemdup(bytes, n);
    char serial[VPD_SERIAL_SIZE];
    struct vif_error *error;

    memset(serial, 'x', sizeof serial);
    error = vpd_serial(copy, n, serial);
    size_t length = strnlen(serial, sizeof serial);
    ovs_assert(length < sizeof serial);
    ovs_assert(!error || (error->code == VIF_ERR_INVALID && !length));
    for (size_t i = 0; i < length; i++) {
        ovs_assert(isprint((unsigned char) serial[i]));
    }
    ovs_assert(!length || (serial[0] != ' ' && serial[length - 1] != ' '));
    vif_error_destroy(error);
    free(copy);
    return 0;
}
