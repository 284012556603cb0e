/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_LIBVIRT_SCHEMA_H
#define TESTS_UNIT_LIBVIRT_SCHEMA_H 1

/* libvirt's own schema of a domain. */

#include <stdbool.h>

/* Skips the test, saying why, if the schema is not installed. */
void libvirt_schema_open(void);
void libvirt_schema_close(void);

/* Whether a domain with 'element' among its devices is valid. */
bool libvirt_schema_takes(const char *element);

#endif /* tests/unit/libvirt-schema.h */
