/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "tests/unit/libvirt-schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <libxml/parser.h>
#include <libxml/relaxng.h>

#include "lib/cleanup.h"
#include "util.h"

/* Where libvirt's packages put it (Debian: libvirt0). */
#define SCHEMA "/usr/share/libvirt/schemas/domain.rng"

static xmlRelaxNGPtr schema;

void
libvirt_schema_open(void)
{
    if (access(SCHEMA, R_OK)) {
        print_message("# " SCHEMA " is not installed\n");
        skip();
    }

    xmlRelaxNGParserCtxtPtr context = xmlRelaxNGNewParserCtxt(SCHEMA);

    assert_non_null(context);
    schema = xmlRelaxNGParse(context);
    assert_non_null(schema);
    xmlRelaxNGFreeParserCtxt(context);
}

void
libvirt_schema_close(void)
{
    xmlRelaxNGFree(schema);
    schema = NULL;
}

static void
keep_quiet(void *aux OVS_UNUSED, const char *format OVS_UNUSED, ...)
{
}

bool
libvirt_schema_takes(const char *element)
{
    char *domain CLEANUP_FREE = xasprintf(
        "<domain type='qemu'><name>vm</name><memory>65536</memory>"
        "<os><type arch='x86_64'>hvm</type></os>"
        "<devices>%s</devices></domain>", element);
    xmlDocPtr doc = xmlReadMemory(domain, strlen(domain), "domain", NULL, 0);
    xmlRelaxNGValidCtxtPtr context = xmlRelaxNGNewValidCtxt(schema);

    assert_non_null(doc);
    assert_non_null(context);
    xmlRelaxNGSetValidErrors(context, keep_quiet, keep_quiet, NULL);
    int result = xmlRelaxNGValidateDoc(context, doc);
    assert_true(result >= 0);
    xmlRelaxNGFreeValidCtxt(context);
    xmlFreeDoc(doc);
    return !result;
}
