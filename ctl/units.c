/* SPDX-License-Identifier: Apache-2.0 */
/* Times as people say them.  See units.h. */

#include <config.h>

#include "ctl/units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MS 1000LL
#define SECOND (1000 * MS)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* From the second unit on two numbers say enough. */
static const struct {
    int64_t from;
    int64_t unit;
    const char *name;
    int64_t part;
    const char *part_name;
} scales[] = {
    { DAY, DAY, "d", HOUR, "h" },
    { HOUR, HOUR, "h", MINUTE, "min" },
    { MINUTE, MINUTE, "min", SECOND, "s" },
};

/* Three digits of what is less than a minute. */
static void
format_short(int64_t us, char buf[UNITS_BUFSIZE])
{
    bool seconds = us >= SECOND;
    double number = (double) us / (double) (seconds ? SECOND : MS);
    int decimals = number < 10 ? 2 : number < 100 ? 1 : 0;

    snprintf(buf, UNITS_BUFSIZE, "%.*f %s", decimals, number,
             seconds ? "s" : "ms");
}

const char *
units_duration(int64_t us, char buf[UNITS_BUFSIZE])
{
    if (us < 0) {
        us = 0;
    }
    for (size_t i = 0; i < sizeof scales / sizeof *scales; i++) {
        if (us >= scales[i].from) {
            long long whole = us / scales[i].unit;
            long long rest = us % scales[i].unit / scales[i].part;

            snprintf(buf, UNITS_BUFSIZE, rest ? "%lld %s %lld %s" : "%lld %s",
                     whole, scales[i].name, rest, scales[i].part_name);
            return buf;
        }
    }
    format_short(us, buf);
    return buf;
}

/* What follows the seconds: a fraction and an offset. */
static bool
parse_rest(const char *p, int64_t *us)
{
    if (*p == '.') {
        int64_t unit = SECOND / 10;

        for (p++; *p >= '0' && *p <= '9'; p++) {
            *us += (*p - '0') * unit;
            unit /= 10;
        }
    }
    if (!strcmp(p, "Z") || !strcmp(p, "z")) {
        return true;
    }

    int hours, minutes;
    char sign, end;
    if (sscanf(p, "%c%2d:%2d%c", &sign, &hours, &minutes, &end) != 3
        || (sign != '+' && sign != '-')) {
        return false;
    }
    *us -= (sign == '-' ? -1 : 1) * (hours * HOUR + minutes * MINUTE);
    return true;
}

bool
units_parse_time(const char *text, int64_t *us)
{
    struct tm tm = { .tm_isdst = 0 };
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);

    if (!rest) {
        return false;
    }
    *us = (int64_t) timegm(&tm) * SECOND;
    return parse_rest(rest, us);
}

int64_t
units_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t) now.tv_sec * SECOND + now.tv_nsec / 1000;
}
