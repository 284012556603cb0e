/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIB_UTF8_H
#define LIB_UTF8_H 1

#include <stddef.h>

/* The length in bytes of the UTF-8 sequence at 's', 0 if it is not valid:
 * RFC 3629, without overlong forms, surrogates and what is above U+10FFFF.
 * ovsdb-server ends the session of a client that sends anything else. */
size_t vif_utf8_length(const unsigned char *s);

/* A copy of 's', which the caller frees, with '?' for each byte that is not
 * part of a valid sequence, such as those of one that was cut off. */
char *vif_utf8_mend(const char *s);

#endif /* lib/utf8.h */
