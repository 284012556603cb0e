/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INVENTORY_REGEX_SIZE_H
#define INVENTORY_REGEX_SIZE_H 1

/* How large a regular expression gets.  regcomp() writes what is repeated as
 * often as it is repeated, "a+" as "aa*" (glibc, posix/regcomp.c,
 * parse_dup_op()): a few nested repetitions need more memory than there
 * is. */

#include <stddef.h>

/* About how many positions the POSIX extended 'pattern' of at most 4096 bytes
 * has when all is written out, at most 'max' + 1.  Whether it is valid is
 * regcomp()'s business. */
size_t regex_size(const char *pattern, size_t max);

#endif /* inventory/regex-size.h */
