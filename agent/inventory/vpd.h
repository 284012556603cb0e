/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INVENTORY_VPD_H
#define INVENTORY_VPD_H 1

/* Vital product data of a PCI function (PCI Local Bus 3.0, appendix I): what
 * the maker wrote into the card, read through sysfs's file 'vpd'. */

#include <stddef.h>
#include <stdint.h>

#include <vif/error.h>

#define VPD_MAX_SIZE 32768      /* 15 bits of address. */
#define VPD_SERIAL_SIZE 256     /* A field's length is one byte. */

/* Finds the serial number (keyword SN of the read-only part) in 'n' bytes,
 * which may be anything.  It is printable and has no space around it; "" if
 * the card has none.  VIF_ERR_INVALID if the bytes are no VPD, end early, or
 * do not add up to their checksum (keyword RV), if there is one. */
struct vif_error *vpd_serial(const uint8_t *bytes, size_t n,
                             char serial[VPD_SERIAL_SIZE]) VIF_WARN_UNUSED;

#endif /* inventory/vpd.h */
