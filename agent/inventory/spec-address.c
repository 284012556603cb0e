/* SPDX-License-Identifier: Apache-2.0 */

/* See spec-address.h. */

#include <config.h>

#include "inventory/spec-address.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/alloc.h"
#include "lib/cleanup.h"

static const struct {
    const char *name;
    uint32_t max;
    const char *format;         /* As the kernel writes it. */
} fields[SPEC_N_FIELDS] = {
    [SPEC_DOMAIN] = { "domain", 0xffff, "%04x" },
    [SPEC_BUS] = { "bus", 0xff, "%02x" },
    [SPEC_SLOT] = { "slot", 0x1f, "%02x" },
    [SPEC_FUNCTION] = { "function", 7, "%x" },
};

void
spec_address_destroy(struct spec_address *address)
{
    for (int i = 0; i < SPEC_N_FIELDS; i++) {
        python_regex_destroy(address->regexes[i]);
    }
    free(address->text);
    memset(address, 0, sizeof *address);
}

/* Reads a field of 'n' bytes: nothing, "*", or a number. */
static struct vif_error *
parse_field(enum spec_field field, const char *text, size_t n, int *valuep)
{
    if (!n || (n == 1 && *text == '*')) {
        *valuep = -1;
        return NULL;
    }

    uint32_t value = 0;
    for (size_t i = 0; i < n; i++) {
        static const char digits[] = "0123456789abcdef0123456789ABCDEF";
        const char *digit = text[i] ? strchr(digits, text[i]) : NULL;

        if (!digit || n > 8) {
            return vif_error_create(VIF_ERR_INVALID, "%s \"%.*s\" is neither "
                                    "\"*\" nor a hexadecimal number",
                                    fields[field].name, (int) n, text);
        }
        value = value << 4 | ((digit - digits) & 15);
    }
    if (value > fields[field].max) {
        return vif_error_create(VIF_ERR_INVALID, "%s %x is more than %x",
                                fields[field].name, value, fields[field].max);
    }
    *valuep = value;
    return NULL;
}

static struct vif_error *
parse_fields(const char *text, struct spec_address *address)
{
    size_t left = strcspn(text, ".");   /* Of the fields before the dot. */
    const char *function = text[left] ? text + left + 1 : "";
    struct vif_error *error = parse_field(SPEC_FUNCTION, function,
                                          strlen(function),
                                          &address->fields[SPEC_FUNCTION]);

    /* From the right, as what is left off is on the left. */
    for (int i = SPEC_SLOT; i >= SPEC_DOMAIN && !error; i--) {
        size_t start = left;
        while (start && text[start - 1] != ':') {
            start--;
        }
        error = parse_field(i, text + start, left - start,
                            &address->fields[i]);
        left = start ? start - 1 : 0;
        if (i == SPEC_DOMAIN && start && !error) {
            error = vif_error_create(VIF_ERR_INVALID, "\"%s\" has more "
                                     "fields than domain:bus:slot.function",
                                     text);
        }
    }
    return error;
}

struct vif_error *
spec_address_parse(const char *text, struct spec_address *address)
{
    spec_address_destroy(address);
    if (!strncmp(text, "pci/", 4)) {
        text += 4;
    } else if (strchr(text, '/')) {
        address->kind = SPEC_NAME;
        address->text = vif_xstrdup(text);
        return NULL;
    }
    address->kind = SPEC_FIELDS;
    return parse_fields(text, address);
}

struct vif_error *
spec_address_add_regex(struct spec_address *address, const char *field,
                       const char *regex)
{
    address->kind = SPEC_REGEXES;
    for (int i = 0; i < SPEC_N_FIELDS; i++) {
        if (!strcmp(fields[i].name, field)) {
            return vif_error_wrap(
                python_regex_compile(regex, &address->regexes[i]), "%s",
                field);
        }
    }
    return vif_error_create(VIF_ERR_INVALID, "\"%s\" is none of: domain bus "
                            "slot function", field);
}

struct vif_error *
spec_address_set_netdev(struct spec_address *address, const char *name)
{
    spec_address_destroy(address);
    if (!*name || strlen(name) > 15 || strpbrk(name, "/ ")) {
        return vif_error_create(VIF_ERR_INVALID, "\"%s\" is no name of a "
                                "netdev", name);
    }
    address->kind = SPEC_NETDEV;
    address->text = vif_xstrdup(name);
    return NULL;
}

static void
get_fields(const struct pci_address *pci, uint32_t values[SPEC_N_FIELDS])
{
    values[SPEC_DOMAIN] = pci->domain;
    values[SPEC_BUS] = pci->bus;
    values[SPEC_SLOT] = pci->slot;
    values[SPEC_FUNCTION] = pci->function;
}

static bool
fields_match(const struct spec_address *address,
             const struct pci_address *pci)
{
    uint32_t values[SPEC_N_FIELDS];

    get_fields(pci, values);
    for (int i = 0; i < SPEC_N_FIELDS; i++) {
        if (address->fields[i] >= 0
            && (uint32_t) address->fields[i] != values[i]) {
            return false;
        }
    }
    return true;
}

static bool
regexes_match(const struct spec_address *address,
              const struct pci_address *pci)
{
    uint32_t values[SPEC_N_FIELDS];

    get_fields(pci, values);
    for (int i = 0; i < SPEC_N_FIELDS; i++) {
        char text[16];

        snprintf(text, sizeof text, fields[i].format, values[i]);
        if (address->regexes[i]
            && !python_regex_matches(address->regexes[i], text)) {
            return false;
        }
    }
    return true;
}

static bool
is_single(const struct spec_address *address)
{
    for (int i = 0; i < SPEC_N_FIELDS; i++) {
        if (address->fields[i] < 0) {
            return false;
        }
    }
    return true;
}

/* Whether the address is that of 'device' itself. */
static bool
matches_itself(const struct spec_address *address,
               const struct device *device)
{
    /* Nova's database has no room for a domain of more than 16 bits: a NIC
     * behind such a bridge is passed over (LP 1897528). */
    bool usable = device->is_pci && device->pci.domain <= 0xffff;

    switch (address->kind) {
    case SPEC_ANY:
        return usable || !device->is_pci;
    case SPEC_FIELDS:
        return usable && fields_match(address, &device->pci);
    case SPEC_REGEXES:
        return usable && regexes_match(address, &device->pci);
    case SPEC_NETDEV:
        return (device->netdev.ifindex
                && !strcmp(device->netdev.name, address->text));
    case SPEC_NAME:
        return !fnmatch(address->text, device->name, FNM_PATHNAME);
    }
    return false;
}

bool
spec_address_matches(const struct spec_address *address,
                     const struct device *device, const struct device *pf)
{
    bool means_vfs = (address->kind == SPEC_NETDEV
                      || address->kind == SPEC_NAME
                      || (address->kind == SPEC_FIELDS
                          && is_single(address)));

    return (matches_itself(address, device)
            || (means_vfs && pf && matches_itself(address, pf)));
}
