/* SPDX-License-Identifier: Apache-2.0 */

/* See regex-size.h. */

#include <config.h>

#include "inventory/regex-size.h"

#include <stdlib.h>
#include <string.h>

#include "lib/alloc.h"
#include "lib/cleanup.h"
#include "util.h"

/* A group that is open: its size so far, and that of its last part, which is
 * what would be repeated. */
struct group {
    size_t size, last;
};

/* Behind the bracket expression at 'p'. */
static const char *
skip_brackets(const char *p)
{
    p += p[1] == '^' ? 2 : 1;
    p += *p == ']';
    while (*p && *p != ']') {
        if (*p == '[' && p[1] && strchr(":.=", p[1])) {
            const char end[] = { p[1], ']', '\0' };
            const char *closing = strstr(p + 2, end);

            p = closing ? closing + 2 : p + 1;
        } else {
            p++;
        }
    }
    return *p ? p + 1 : p;
}

/* How often the interval at 'p', "{M}", "{M,}" or "{M,N}", writes out what is
 * before it.  Moves 'p' behind it. */
static size_t
read_interval(const char **p)
{
    char *end;
    unsigned long least = strtoul(*p + 1, &end, 10);
    unsigned long most = least;

    if (*end == ',') {
        most = end[1] == '}' ? least + 1 : strtoul(end + 1, &end, 10);
    }
    end = strchr(*p, '}');
    *p = end ? end + 1 : *p + 1;
    return MAX(least, most);
}

static void
add_part(struct group *group, size_t size)
{
    group->last = size;
    group->size += size;
}

static void
repeat_last(struct group *group, size_t times, size_t max)
{
    size_t more = times > 1 ? times - 1 : 0;

    if (group->last && more > max / group->last) {
        group->size = max + 1;
    } else {
        group->size += group->last * more;
        group->last += group->last * more;
    }
}

/* Takes what is at 'p'.  Returns what is behind it. */
static const char *
take(const char *p, struct group *groups, size_t *depth, size_t max)
{
    struct group *group = &groups[*depth];

    switch (*p) {
    case '(':
        groups[++*depth] = (struct group) { 0, 0 };
        return p + 1;
    case ')':
        if (*depth) {
            --*depth;
            add_part(&groups[*depth], MAX(group->size, 1));
        }
        return p + 1;
    case '[':
        add_part(group, 1);
        return skip_brackets(p);
    case '+':
        repeat_last(group, 2, max);
        return p + 1;
    case '{':
        repeat_last(group, read_interval(&p), max);
        return p;
    case '*':
    case '?':
        return p + 1;
    case '\\':
        add_part(group, 1);
        return p[1] ? p + 2 : p + 1;
    default:
        add_part(group, 1);
        return p + 1;
    }
}

size_t
regex_size(const char *pattern, size_t max)
{
    struct group *groups CLEANUP_FREE = vif_xcalloc(strlen(pattern) + 1,
                                                    sizeof *groups);
    size_t depth = 0;

    while (*pattern) {
        pattern = take(pattern, groups, &depth, max);
        if (groups[depth].size > max) {
            return max + 1;
        }
    }
    return groups[0].size;
}
