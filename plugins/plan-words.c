/* SPDX-License-Identifier: Apache-2.0 */

/* See plan-words.h. */

#include "plugins/plan-words.h"

#include <stdio.h>
#include <string.h>

const char *
join(char buf[JOIN_SIZE], const char *prefix, const char *rest)
{
    snprintf(buf, JOIN_SIZE, "%s%s", prefix, rest);
    return buf;
}

const char *
bool_text(bool value)
{
    return value ? "true" : "false";
}

void
set_optional(const struct vif_host *host, struct vif_attrs *attrs,
             const char *key, const char *value)
{
    if (value) {
        host->attrs_set(attrs, key, value);
    }
}

void
set_all(const struct vif_host *host, struct vif_attrs *attrs,
        const char *prefix, const struct vif_attrs *from)
{
    char key[JOIN_SIZE];

    for (size_t i = 0; i < from->n; i++) {
        host->attrs_set(attrs, join(key, prefix, from->attrs[i].key),
                        from->attrs[i].value);
    }
}

/* Whether 'text' may be JSON by itself.  Quotes that are not needed do no
 * harm. */
static bool
looks_like_json(const char *text)
{
    return (!*text || strchr("-\"[{0123456789", *text) != NULL
            || !strcmp(text, "true") || !strcmp(text, "false")
            || !strcmp(text, "null"));
}

void
set_profile_text(const struct vif_host *host, struct vif_attrs *details,
                 const char *key, const char *text)
{
    char quoted[2 * JOIN_SIZE + 3];
    size_t n = 0;

    if (!text || !looks_like_json(text)) {
        host->attrs_set(details, key, text ? text : "null");
        return;
    }
    quoted[n++] = '"';
    for (; *text && n < sizeof quoted - 3; text++) {
        if (*text == '"' || *text == '\\') {
            quoted[n++] = '\\';
        }
        quoted[n++] = *text;
    }
    quoted[n++] = '"';
    quoted[n] = '\0';
    host->attrs_set(details, key, quoted);
}

void
claim_mac(const struct vif_host *host, struct vif_plan *plan,
          const struct vif_binding *b, const char *kind, const char *name)
{
    char claim[JOIN_SIZE + VIF_MAC_BUFSIZE], mac[VIF_MAC_BUFSIZE];

    if (b->network_id) {
        kind = "network";
        name = b->network_id;
    } else if (b->physical_network) {
        kind = "physnet";
        name = b->physical_network;
    }
    if (b->has_mac) {
        snprintf(claim, sizeof claim, "mac:%s@%s:%s",
                 host->mac_format(&b->mac, mac), kind, name);
        host->plan_claim(plan, claim);
    }
}
