/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INVENTORY_PYTHON_REGEX_H
#define INVENTORY_PYTHON_REGEX_H 1

/* Regular expressions as they stand in nova.conf, which are Python's, by
 * means of regcomp(3). */

#include <regex.h>

#include <vif/error.h>

/* Compiles 'pattern' so that regexec(3) says whether the beginning of a
 * string matches it, as Python's re.match() does.  After NULL the caller owes
 * regfree(3).  What has another meaning in Python, or none in POSIX, is
 * refused rather than matched wrongly: look-around, named groups,
 * back-references. */
struct vif_error *python_regex_compile(const char *pattern, regex_t *)
    VIF_WARN_UNUSED;

#endif /* inventory/python-regex.h */
