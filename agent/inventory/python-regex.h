/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INVENTORY_PYTHON_REGEX_H
#define INVENTORY_PYTHON_REGEX_H 1

/* Regular expressions as they stand in nova.conf, which are Python's, by
 * means of PCRE2, whose language has all of that one but the quantifier
 * "{,2}", which is refused in favour of "{0,2}".  They come from the
 * administrator, and one must not hold up the main loop all the same: their
 * length, and the work that one comparison may be, are bounded. */

#include <stdbool.h>

#include <vif/error.h>

struct python_regex;

/* Compiles 'pattern' into '*regexp', for the caller to destroy.
 * VIF_ERR_INVALID, with PCRE2's reason and the byte it is about, if it is
 * none. */
struct vif_error *python_regex_compile(const char *pattern,
                                       struct python_regex **regexp)
    VIF_WARN_UNUSED;

/* Whether the beginning of 'text' matches, as Python's re.match() does.  One
 * that takes too much work is logged, and does not match. */
bool python_regex_matches(const struct python_regex *, const char *text);

void python_regex_destroy(struct python_regex *);       /* May be NULL. */

#endif /* inventory/python-regex.h */
