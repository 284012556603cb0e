/* SPDX-License-Identifier: Apache-2.0 */

/* What a line must keep before a JSON parser sees it.  The parser would take
 * the last of two members with one name, half a surrogate pair, or any number
 * of members whose names have one hash; and of what it refuses it knows no
 * path.  Here the tokens are walked over once.  What is not JSON otherwise is
 * left to the parser: nothing here relies on it. */

#include <config.h>

#include "rpc/line.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "lib/cleanup.h"
#include "lib/utf8.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "util.h"

#define PATH_MAX_BYTES 200      /* As far as it is told. */
#define NUMBER_MAX 64           /* Bytes of a number. */

/* Digits of a number without its exponent.  With more, the parser multiplies
 * its 64 bits beyond their end: it takes 18446744073709551616 for 0
 * (json_lex_number() of Open vSwitch's lib/json.c, at least up to 3.5). */
#define DIGITS_MAX 19

/* The name of a member. */
struct key {
    uint32_t hash;
    char *name;
};

/* An array or object that is open. */
struct level {
    bool object;
    bool key_next;              /* The next string names a member. */
    size_t first_key;           /* In scan->keys: those of this object. */
    size_t index;               /* In an array. */
};

struct scan {
    const char *p;
    struct level levels[LINE_MAX_DEPTH];
    size_t depth;
    struct key *keys;           /* Of all objects that are open. */
    size_t n_keys, allocated;
};

static void
put_step(struct ds *path, const struct scan *scan, const struct level *level,
         size_t end)
{
    if (!level->object) {
        ds_put_format(path, "[%"PRIuSIZE"]", level->index);
    } else if (end > level->first_key) {
        ds_put_format(path, "%s%.64s", path->length ? "." : "",
                      scan->keys[end - 1].name);
    }
}

/* Where the scan is, as "params.bindings[3].mtu". */
static char *
path_of(const struct scan *scan)
{
    struct ds path = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < scan->depth && path.length < PATH_MAX_BYTES; i++) {
        size_t end = (i + 1 < scan->depth ? scan->levels[i + 1].first_key
                      : scan->n_keys);
        put_step(&path, scan, &scan->levels[i], end);
    }
    return ds_steal_cstr(&path);
}

static struct vif_error * VIF_PRINTF(2, 3)
refuse(const struct scan *scan, const char *format, ...)
{
    CLEANUP_FREE char *path = path_of(scan);
    va_list args;

    va_start(args, format);
    struct vif_error *error = vif_error_create_va(VIF_ERR_INVALID, format,
                                                  args);
    va_end(args);
    if (*path) {
        error = vif_error_wrap(error, "%s", path);
        error = vif_error_with_where(error, path);
    }
    return error;
}

/* Strings. */

/* The four hexadecimal digits behind "\u" at 'p'; -1 if they are not. */
static int
code_unit(const char *p)
{
    int value = 0;

    if (p[0] != '\\' || p[1] != 'u') {
        return -1;
    }
    for (int i = 2; i < 6; i++) {
        int digit = hexit_value(p[i]);
        if (digit < 0) {
            return -1;
        }
        value = value * 16 + digit;
    }
    return value;
}

/* Steps over the escape at scan->p. */
static const char *
escape_fault(struct scan *scan)
{
    int unit = code_unit(scan->p);

    if (unit < 0) {
        scan->p += scan->p[1] ? 2 : 1;
        return NULL;
    } else if (!unit) {
        return "has a null character";
    } else if (unit < 0xd800 || unit > 0xdfff) {
        scan->p += 6;
        return NULL;
    }

    int low = code_unit(scan->p + 6);
    if (unit > 0xdbff || low < 0xdc00 || low > 0xdfff) {
        return "has half a surrogate pair";
    }
    scan->p += 12;
    return NULL;
}

/* Steps over the string at scan->p, to behind its end, which '*endp' is then;
 * NULL if the line ends first, which the parser refuses.  Says what is
 * wrong. */
static const char *
string_fault(struct scan *scan, const char **endp)
{
    *endp = NULL;
    scan->p++;
    while (*scan->p && *scan->p != '"') {
        if (*scan->p == '\\') {
            const char *fault = escape_fault(scan);
            if (fault) {
                return fault;
            }
        } else {
            size_t length = vif_utf8_length((const unsigned char *) scan->p);
            if (!length) {
                return "has an invalid UTF-8 sequence";
            }
            scan->p += length;
        }
    }
    if (*scan->p) {
        *endp = scan->p++;
    }
    return NULL;
}

/* What the characters between the quotation marks stand for. */
static char *
unescape(const char *start, size_t length)
{
    char *text;

    if (!memchr(start, '\\', length)) {
        return xmemdup0(start, length);
    }
    /* If not, 'text' says why: as good a name, for the parser refuses it. */
    ignore(json_string_unescape(start, length, &text));
    return text;
}

static bool
key_is_new(const struct scan *scan, const struct level *level,
           const struct key *key)
{
    for (size_t i = level->first_key; i < scan->n_keys; i++) {
        if (scan->keys[i].hash == key->hash
            && !strcmp(scan->keys[i].name, key->name)) {
            return false;
        }
    }
    return true;
}

static struct vif_error *
add_key(struct scan *scan, struct level *level, const char *start,
        size_t length)
{
    struct key key = { .name = unescape(start, length) };

    key.hash = hash_string(key.name, 0);
    bool is_new = key_is_new(scan, level, &key);
    if (scan->n_keys == scan->allocated) {
        scan->keys = x2nrealloc(scan->keys, &scan->allocated,
                                sizeof *scan->keys);
    }
    scan->keys[scan->n_keys++] = key;
    if (!is_new) {
        return refuse(scan, "is there twice");
    } else if (scan->n_keys - level->first_key > LINE_MAX_MEMBERS) {
        return refuse(scan, "is the member behind %d others, the most that "
                      "an object may have", LINE_MAX_MEMBERS);
    }
    return NULL;
}

static struct vif_error *
scan_string(struct scan *scan)
{
    struct level *level = scan->depth ? &scan->levels[scan->depth - 1] : NULL;
    const char *start = scan->p + 1;
    const char *end;
    const char *fault = string_fault(scan, &end);

    if (fault) {
        return refuse(scan, "%s", fault);
    } else if (end && level && level->object && level->key_next) {
        level->key_next = false;
        return add_key(scan, level, start, end - start);
    }
    return NULL;
}

/* Everything else. */

/* Those that count. */
static size_t
count_digits(const char *number)
{
    size_t n = 0;

    for (const char *p = number + strspn(number, "-0."); *p; p++) {
        if (*p == 'e' || *p == 'E') {
            break;
        }
        n += *p >= '0' && *p <= '9';
    }
    return n;
}

static struct vif_error *
scan_number(struct scan *scan)
{
    size_t length = strspn(scan->p, "+-0123456789.eE");
    CLEANUP_FREE char *text = xmemdup0(scan->p, MIN(length, NUMBER_MAX));

    scan->p += length;
    if (length > NUMBER_MAX) {
        return refuse(scan, "is a number of more than %d characters",
                      NUMBER_MAX);
    } else if (count_digits(text) > DIGITS_MAX) {
        return refuse(scan, "%s has more than %d digits", text, DIGITS_MAX);
    } else if (isinf(strtod(text, NULL))) {
        return refuse(scan, "%s is too large a number", text);
    }
    return NULL;
}

static void
forget_keys(struct scan *scan, size_t n)
{
    while (scan->n_keys > n) {
        free(scan->keys[--scan->n_keys].name);
    }
}

static struct vif_error *
open_level(struct scan *scan, bool object)
{
    if (scan->depth == LINE_MAX_DEPTH) {
        return refuse(scan, "is nested deeper than %d levels",
                      LINE_MAX_DEPTH);
    }
    scan->levels[scan->depth++] = (struct level) {
        .object = object, .key_next = object, .first_key = scan->n_keys,
    };
    return NULL;
}

static struct vif_error *
scan_token(struct scan *scan)
{
    struct level *level = scan->depth ? &scan->levels[scan->depth - 1] : NULL;
    char c = *scan->p;

    if (c == '"') {
        return scan_string(scan);
    } else if (c == '-' || (c >= '0' && c <= '9')) {
        return scan_number(scan);
    } else if (c & 0x80 && !vif_utf8_length((const unsigned char *) scan->p)) {
        return refuse(scan, "has an invalid UTF-8 sequence");
    }

    scan->p++;
    if (c == '{' || c == '[') {
        return open_level(scan, c == '{');
    } else if (level && (c == '}' || c == ']')) {
        forget_keys(scan, level->first_key);
        scan->depth--;
    } else if (level && c == ',') {
        level->key_next = level->object;
        level->index++;
    }
    return NULL;
}

struct vif_error *
line_check(const char *line, size_t length)
{
    struct scan scan = { .p = line };
    struct vif_error *error = NULL;

    if (strlen(line) != length) {
        return vif_error_create(VIF_ERR_INVALID, "a line has a null byte");
    }
    while (*scan.p && !error) {
        error = scan_token(&scan);
    }
    forget_keys(&scan, 0);
    free(scan.keys);
    return error;
}
