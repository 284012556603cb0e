/* SPDX-License-Identifier: Apache-2.0 */

/* See vpd.h.  The bytes are a list of resources: a tag, its length, and for
 * the two interesting tags a list of fields of keyword, length and value. */

#include <config.h>

#include "inventory/vpd.h"

#include <stdbool.h>
#include <string.h>

enum {
    TAG_END = 0x78,             /* Small resource, name 0x0f, length 0. */
    TAG_LARGE = 0x80,           /* This bit: two bytes of length follow. */
    TAG_READ_ONLY = 0x90,
};

struct resource {
    uint8_t tag;                /* Of a small one without its length. */
    const uint8_t *value;
    size_t length;
};

static struct vif_error *
malformed(size_t offset, const char *what)
{
    return vif_error_create(VIF_ERR_INVALID, "VPD: byte %zu: %s", offset,
                            what);
}

/* Reads the resource at '*offset' and moves behind it. */
static struct vif_error *
next_resource(const uint8_t *bytes, size_t n, size_t *offset,
              struct resource *resource)
{
    size_t start = *offset, header;

    if (start >= n) {
        return malformed(start, "it has no end");
    }
    uint8_t tag = bytes[start];
    if (tag & TAG_LARGE) {
        header = 3;
        if (n - start < header) {
            return malformed(start, "a tag is cut short");
        }
        resource->tag = tag;
        resource->length = bytes[start + 1] | bytes[start + 2] << 8;
    } else {
        header = 1;
        resource->tag = tag & 0x78;
        resource->length = tag & 7;
    }
    if (n - start - header < resource->length) {
        return malformed(start, "what is in it is cut short");
    }
    resource->value = bytes + start + header;
    *offset = start + header + resource->length;
    return NULL;
}

/* The sum of all bytes from the first to the checksum, which is the first
 * byte of its field's value, is 0. */
static bool
adds_up(const uint8_t *bytes, const uint8_t *checksum)
{
    uint8_t sum = 0;

    while (bytes <= checksum) {
        sum += *bytes++;
    }
    return !sum;
}

/* Copies what a field says, if it is text. */
static void
copy_text(const uint8_t *value, size_t length, char text[VPD_SERIAL_SIZE])
{
    while (length && (value[length - 1] == ' ' || !value[length - 1])) {
        length--;
    }
    while (length && *value == ' ') {
        value++;
        length--;
    }
    text[0] = '\0';
    for (size_t i = 0; i < length; i++) {
        if (value[i] < 0x20 || value[i] > 0x7e) {
            return;
        }
    }
    memcpy(text, value, length);
    text[length] = '\0';
}

static struct vif_error *
read_fields(const uint8_t *bytes, const struct resource *resource,
            char serial[VPD_SERIAL_SIZE])
{
    const uint8_t *field = resource->value;
    size_t left = resource->length;

    while (left >= 3) {
        size_t length = field[2];
        if (left - 3 < length) {
            return malformed(field - bytes, "a field is cut short");
        } else if (!memcmp(field, "SN", 2)) {
            copy_text(field + 3, length, serial);
        } else if (!memcmp(field, "RV", 2)) {
            /* The checksum ends the read-only part. */
            return (length && adds_up(bytes, field + 3) ? NULL
                    : malformed(field - bytes, "the checksum is wrong"));
        }
        field += 3 + length;
        left -= 3 + length;
    }
    return NULL;
}

struct vif_error *
vpd_serial(const uint8_t *bytes, size_t n, char serial[VPD_SERIAL_SIZE])
{
    struct vif_error *error = NULL;
    struct resource resource = { .tag = 0, .value = bytes };
    size_t offset = 0;

    serial[0] = '\0';
    while (!error && resource.tag != TAG_END) {
        error = next_resource(bytes, n, &offset, &resource);
        if (!error && resource.tag == TAG_READ_ONLY) {
            error = read_fields(bytes, &resource, serial);
            break;
        }
    }
    if (error) {
        serial[0] = '\0';
    }
    return error;
}
