/* SPDX-License-Identifier: Apache-2.0 */
/* Whether text is UTF-8. */

#include <config.h>

#include "lib/utf8.h"

#include "lib/alloc.h"

#define ARRAY_SIZE(ARRAY) (sizeof (ARRAY) / sizeof *(ARRAY))

size_t
vif_utf8_length(const unsigned char *s)
{
    static const struct {
        unsigned char first_min, first_max, second_min, second_max;
        size_t length;
    } forms[] = {
        { 0xc2, 0xdf, 0x80, 0xbf, 2 },
        { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
        { 0xe1, 0xec, 0x80, 0xbf, 3 },
        { 0xed, 0xed, 0x80, 0x9f, 3 },
        { 0xee, 0xef, 0x80, 0xbf, 3 },
        { 0xf0, 0xf0, 0x90, 0xbf, 4 },
        { 0xf1, 0xf3, 0x80, 0xbf, 4 },
        { 0xf4, 0xf4, 0x80, 0x8f, 4 },
    };

    if (*s < 0x80) {
        return 1;
    }
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
        if (*s < forms[i].first_min || *s > forms[i].first_max) {
            continue;
        }
        if (s[1] < forms[i].second_min || s[1] > forms[i].second_max) {
            return 0;
        }
        for (size_t j = 2; j < forms[i].length; j++) {
            if (s[j] < 0x80 || s[j] > 0xbf) {
                return 0;
            }
        }
        return forms[i].length;
    }
    return 0;
}

char *
vif_utf8_mend(const char *s)
{
    char *copy = vif_xstrdup(s);

    for (char *p = copy; *p; ) {
        size_t length = vif_utf8_length((const unsigned char *) p);

        if (!length) {
            *p = '?';
        }
        p += length ? length : 1;
    }
    return copy;
}
