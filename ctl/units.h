/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CTL_UNITS_H
#define CTL_UNITS_H 1

/* Times as people say them. */

#include <stdbool.h>
#include <stdint.h>

#define UNITS_BUFSIZE 48

/* A duration in microseconds: "0.85 ms", "12.3 ms", "1.24 s", "2 min 5 s",
 * "3 h 20 min", "12 d 4 h".  Returns 'buf'. */
const char *units_duration(int64_t us, char buf[UNITS_BUFSIZE]);

/* Reads an RFC 3339 time, such as "2024-05-01T12:00:00.25+02:00", as
 * microseconds since 1970. */
bool units_parse_time(const char *text, int64_t *us);

/* Microseconds since 1970, now. */
int64_t units_now(void);

#endif /* ctl/units.h */
