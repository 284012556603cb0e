/* SPDX-License-Identifier: Apache-2.0 */

/* See port-name.h. */

#include <config.h>

#include "inventory/port-name.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "util.h"

/* One form: what stands between the numbers, and which member each number
 * is.  A word comes before its number. */
#define MAX_WORDS 3
static const struct form {
    enum port_kind kind;
    struct {
        const char *word;       /* NULL: no further number. */
        size_t member;
    } parts[MAX_WORDS];
} forms[] = {
#define C offsetof(struct port_name, controller)
#define P offsetof(struct port_name, pf)
#define N offsetof(struct port_name, number)
#define S offsetof(struct port_name, split)
    { PORT_UPLINK, { { "p", N } } },
    { PORT_UPLINK, { { "p", N }, { "s", S } } },
    { PORT_PF, { { "pf", P } } },
    { PORT_PF, { { "c", C }, { "pf", P } } },
    { PORT_VF, { { "pf", P }, { "vf", N } } },
    { PORT_VF, { { "c", C }, { "pf", P }, { "vf", N } } },
    { PORT_VF, { { "vf", N } } },
    { PORT_VF, { { "vf", N }, { "@pf", P } } },
    { PORT_VF, { { "", N } } },
    { PORT_SF, { { "pf", P }, { "sf", N } } },
    { PORT_SF, { { "c", C }, { "pf", P }, { "sf", N } } },
#undef C
#undef P
#undef N
#undef S
};

static bool
read_number(const char **s, int *valuep)
{
    size_t n = strspn(*s, "0123456789");

    if (!n || n > 6) {
        return false;
    }
    *valuep = 0;
    for (const char *end = *s + n; *s < end; ++*s) {
        *valuep = 10 * *valuep + (**s - '0');
    }
    return true;
}

static bool
match(const struct form *form, const char *s, struct port_name *name)
{
    *name = (struct port_name) { form->kind, -1, -1, -1, -1 };
    for (size_t i = 0; i < MAX_WORDS && form->parts[i].word; i++) {
        const char *word = form->parts[i].word;
        size_t length = strlen(word);

        if (strncasecmp(s, word, length)) {
            return false;
        }
        s += length;
        if (!read_number(&s,
                         (int *) ((char *) name + form->parts[i].member))) {
            return false;
        }
    }
    return !*s;
}

bool
port_name_parse(const char *s, struct port_name *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
        if (match(&forms[i], s, name)) {
            return true;
        }
    }
    return false;
}
