/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGINS_PLAN_WORDS_H
#define PLUGINS_PLAN_WORDS_H 1

/* What all plugins say in the same words: arguments, claims and refusals of a
 * plan.  Linked into each module; knows vifd by <vif/plugin.h> alone. */

#include <vif/plugin.h>

/* Takes "prefix" and "rest": a checked binding has no name that is longer
 * than 255 bytes. */
#define JOIN_SIZE (16 + 256)
const char *join(char buf[JOIN_SIZE], const char *prefix, const char *rest);

const char *bool_text(bool);

/* Sets 'key' unless 'value' is NULL. */
void set_optional(const struct vif_host *, struct vif_attrs *,
                  const char *key, const char *value);

/* Copies 'from' into 'attrs', with 'prefix' in front of each key. */
void set_all(const struct vif_host *, struct vif_attrs *attrs,
             const char *prefix, const struct vif_attrs *from);

/* A string among the values of "profile.", which are JSON where they can be
 * (binding-json.h): one that would be taken for something else, such as a
 * serial number of digits, is put in quotes.  "null" for NULL. */
void set_profile_text(const struct vif_host *, struct vif_attrs *details,
                      const char *key, const char *text);

/* Two ports may not have the same address on one network.  Neutron lets
 * networks have the same addresses; without a network it counts where the
 * frames go: the physical network or else the 'kind' of segment called 'name'.
 * Nothing is claimed for a port without address. */
void claim_mac(const struct vif_host *, struct vif_plan *,
               const struct vif_binding *, const char *kind,
               const char *name);

/* An error of code CODE about the member WHERE of the binding.  The rest is
 * what printf() takes. */
#define refuse(HOST, CODE, WHERE, ...) \
    ((HOST)->error_with_where((HOST)->error_create(CODE, __VA_ARGS__), WHERE))

#endif /* plan-words.h */
