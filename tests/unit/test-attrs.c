/* SPDX-License-Identifier: Apache-2.0 */
/* The sorted map, by example and against a model that is too simple to be
 * wrong: random operations must leave both the same.  VIFD_SEED repeats a
 * run. */

#include <config.h>

#include <vif/attrs.h>

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "lib/cleanup.h"

#define ARRAY_SIZE(ARRAY) (sizeof (ARRAY) / sizeof *(ARRAY))

static void
test_set_get_replace_remove(void **state)
{
    (void) state;
    struct vif_attrs attrs CLEANUP_ATTRS = VIF_ATTRS_INIT;

    assert_null(vif_attrs_get(&attrs, "mtu"));
    vif_attrs_set(&attrs, "mtu", "1500");
    assert_string_equal(vif_attrs_get(&attrs, "mtu"), "1500");
    vif_attrs_set(&attrs, "mtu", "9000");
    assert_string_equal(vif_attrs_get(&attrs, "mtu"), "9000");
    assert_int_equal(attrs.n, 1);
    vif_attrs_set(&attrs, "absent", NULL);
    assert_int_equal(attrs.n, 1);
    vif_attrs_set(&attrs, "mtu", NULL);
    assert_int_equal(attrs.n, 0);
    assert_null(vif_attrs_get(&attrs, "mtu"));
}

static void
test_arguments_may_point_into_the_map(void **state)
{
    (void) state;
    struct vif_attrs attrs CLEANUP_ATTRS = VIF_ATTRS_INIT;

    vif_attrs_set(&attrs, "name", "tap1234");
    vif_attrs_set(&attrs, attrs.attrs[0].key, attrs.attrs[0].value + 3);
    assert_string_equal(vif_attrs_get(&attrs, "name"), "1234");
    vif_attrs_set(&attrs, attrs.attrs[0].value, attrs.attrs[0].key);
    assert_string_equal(vif_attrs_get(&attrs, "1234"), "name");
    vif_attrs_set(&attrs, attrs.attrs[1].key, NULL);
    assert_int_equal(attrs.n, 1);
}

static void
test_a_packed_map_is_one_allocation(void **state)
{
    struct vif_attrs attrs = VIF_ATTRS_INIT;

    (void) state;
    vif_attrs_pack(&attrs);
    vif_attrs_set(&attrs, "b", "2");
    vif_attrs_set(&attrs, "a", "1");
    vif_attrs_pack(&attrs);
    assert_ptr_equal(attrs.attrs[0].key, &attrs.attrs[attrs.n]);
    assert_ptr_equal(attrs.attrs[1].value + 2, attrs.attrs[0].key + 8);

    /* Arguments that point into it survive its being taken apart. */
    vif_attrs_set(&attrs, attrs.attrs[1].value, attrs.attrs[0].key);
    assert_string_equal(vif_attrs_get(&attrs, "2"), "a");
    vif_attrs_pack(&attrs);
    vif_attrs_set(&attrs, attrs.attrs[1].key, NULL);
    assert_null(vif_attrs_get(&attrs, "a"));
    vif_attrs_destroy(&attrs);
}

static void
test_numbers(void **state)
{
    static const struct {
        const char *text;
        uint64_t number;
    } cases[] = {
        { "0", 0 },
        { "1500", 1500 },
        { "007", 7 },
        { "18446744073709551615", UINT64_MAX },
        { "18446744073709551616", 42 },
        { "-1", 42 },
        { "+1", 42 },
        { " 1", 42 },
        { "1 ", 42 },
        { "0x10", 42 },
        { "", 42 },
        { "many", 42 },
    };
    struct vif_attrs attrs CLEANUP_ATTRS = VIF_ATTRS_INIT;

    (void) state;
    assert_int_equal(vif_attrs_get_uint(&attrs, "n", 42), 42);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        vif_attrs_set(&attrs, "n", cases[i].text);
        assert_true(vif_attrs_get_uint(&attrs, "n", 42) == cases[i].number);
    }
    vif_attrs_set_uint(&attrs, "n", UINT64_MAX);
    assert_string_equal(vif_attrs_get(&attrs, "n"), "18446744073709551615");
}

static void
test_bools(void **state)
{
    (void) state;
    struct vif_attrs attrs CLEANUP_ATTRS = VIF_ATTRS_INIT;

    assert_true(vif_attrs_get_bool(&attrs, "up", true));
    assert_false(vif_attrs_get_bool(&attrs, "up", false));
    vif_attrs_set_bool(&attrs, "up", false);
    assert_string_equal(vif_attrs_get(&attrs, "up"), "false");
    assert_false(vif_attrs_get_bool(&attrs, "up", true));
    vif_attrs_set_bool(&attrs, "up", true);
    assert_true(vif_attrs_get_bool(&attrs, "up", false));
    vif_attrs_set(&attrs, "up", "yes");
    assert_false(vif_attrs_get_bool(&attrs, "up", false));
    assert_true(vif_attrs_get_bool(&attrs, "up", true));
}

static void
test_prefix_walk(void **state)
{
    static const char *const keys[] = {
        "external_ids", "external_ids:vm-uuid", "external_ids:attached-mac",
        "external_idsz", "bridge", "type", "external_ids:iface-id",
    };
    struct vif_attrs attrs CLEANUP_ATTRS = VIF_ATTRS_INIT;
    char found[128] = "";
    size_t length = 0;

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        vif_attrs_set(&attrs, keys[i], "");
    }
    for (size_t i = vif_attrs_find_prefix(&attrs, "external_ids:");
         i < attrs.n && !strncmp(attrs.attrs[i].key, "external_ids:", 13);
         i++) {
        length += snprintf(found + length, sizeof found - length, "%s ",
                           attrs.attrs[i].key + 13);
    }
    assert_string_equal(found, "attached-mac iface-id vm-uuid ");

    assert_int_equal(vif_attrs_find_prefix(&attrs, "options:"), attrs.n);
    assert_int_equal(vif_attrs_find_prefix(&attrs, "zzz"), attrs.n);
    assert_int_equal(vif_attrs_find_prefix(&attrs, ""), 0);
    vif_attrs_destroy(&attrs);
    assert_int_equal(vif_attrs_find_prefix(&attrs, "a"), 0);
}

static void
test_merge_swap_clone(void **state)
{
    (void) state;
    struct vif_attrs a CLEANUP_ATTRS = VIF_ATTRS_INIT;
    struct vif_attrs b CLEANUP_ATTRS = VIF_ATTRS_INIT;
    struct vif_attrs c CLEANUP_ATTRS = VIF_ATTRS_INIT;

    vif_attrs_set(&a, "one", "1");
    vif_attrs_set(&a, "two", "2");
    vif_attrs_set(&b, "two", "zwei");
    vif_attrs_set(&b, "three", "3");
    vif_attrs_merge(&a, &b);
    vif_attrs_merge(&a, &a);
    assert_int_equal(a.n, 3);
    assert_string_equal(vif_attrs_get(&a, "two"), "zwei");

    vif_attrs_clone(&c, &a);
    assert_true(vif_attrs_equal(&a, &c));
    vif_attrs_set(&c, "one", "eins");
    assert_string_equal(vif_attrs_get(&a, "one"), "1");
    assert_false(vif_attrs_equal(&a, &c));
    assert_false(vif_attrs_equal(&a, &b));

    vif_attrs_swap(&a, &b);
    assert_int_equal(a.n, 2);
    assert_int_equal(b.n, 3);
}

/* The model: pairs in no order, found by looking at each.  There is room for
 * every key that random_key() makes. */

#define MODEL_MAX (5 + 5 * 5 + 5 * 5 * 5)

struct model {
    size_t n;
    char keys[MODEL_MAX][8];
    char values[MODEL_MAX][24];
};

static size_t
model_find(const struct model *model, const char *key)
{
    size_t i = 0;

    while (i < model->n && strcmp(model->keys[i], key)) {
        i++;
    }
    return i;
}

static void
model_set(struct model *model, const char *key, const char *value)
{
    size_t i = model_find(model, key);

    if (value) {
        model->n += i == model->n;
        snprintf(model->keys[i], sizeof model->keys[i], "%s", key);
        snprintf(model->values[i], sizeof model->values[i], "%s", value);
    } else if (i < model->n) {
        model->n--;
        memmove(model->keys[i], model->keys[model->n],
                sizeof model->keys[i]);
        memmove(model->values[i], model->values[model->n],
                sizeof model->values[i]);
    }
}

static void
assert_like_model(const struct vif_attrs *attrs, const struct model *model)
{
    assert_int_equal(attrs->n, model->n);
    assert_true(!attrs->allocated || attrs->allocated >= attrs->n);
    for (size_t i = 0; i < attrs->n; i++) {
        const struct vif_attr *attr = &attrs->attrs[i];
        size_t j = model_find(model, attr->key);

        assert_true(j < model->n);
        assert_string_equal(attr->value, model->values[j]);
        assert_true(!i || strcmp(attrs->attrs[i - 1].key, attr->key) < 0);
    }
    for (size_t j = 0; j < model->n; j++) {
        assert_string_equal(vif_attrs_get(attrs, model->keys[j]),
                            model->values[j]);
    }
}

/* Keys that are prefixes of one another, and bytes above 127. */
static const char *
random_key(char buf[8])
{
    static const char letters[] = { 'a', 'b', ':', '\xc3', '\x01' };
    size_t length = 1 + rand() % 2 + rand() % 2;

    for (size_t i = 0; i < length; i++) {
        buf[i] = letters[rand() % ARRAY_SIZE(letters)];
    }
    buf[length] = '\0';
    return buf;
}

static void
random_operation(struct vif_attrs *attrs, struct model *model,
                 struct vif_attrs *other, struct model *other_model)
{
    char key[8], value[24];

    random_key(key);
    snprintf(value, sizeof value, "%d", rand() % 4);
    switch (rand() % 16) {
    case 0: case 1: case 2: case 3:
        vif_attrs_set(attrs, key, NULL);
        model_set(model, key, NULL);
        break;
    case 4: {
        uint64_t number = rand();

        snprintf(value, sizeof value, "%"PRIu64, number);
        vif_attrs_set_uint(attrs, key, number);
        model_set(model, key, value);
        break;
    }
    case 5: {
        char quoted[32];

        vif_attrs_setf(attrs, key, "<%s>", value);
        snprintf(quoted, sizeof quoted, "<%s>", value);
        model_set(model, key, quoted);
        break;
    }
    case 6: {
        struct model swap = *model;

        vif_attrs_swap(attrs, other);
        *model = *other_model;
        *other_model = swap;
        break;
    }
    case 7:
        vif_attrs_merge(attrs, other);
        for (size_t i = 0; i < other_model->n; i++) {
            model_set(model, other_model->keys[i], other_model->values[i]);
        }
        break;
    case 8:
        vif_attrs_pack(attrs);
        if (rand() % 8 == 0) {
            vif_attrs_destroy(other);
            vif_attrs_clone(other, attrs);
            *other_model = *model;
            assert_true(vif_attrs_equal(attrs, other));
        }
        break;
    default:
        vif_attrs_set(attrs, key, value);
        model_set(model, key, value);
        break;
    }
}

static void
check_random_prefix(const struct vif_attrs *attrs)
{
    char prefix[8];
    size_t n = 0;

    random_key(prefix);
    size_t first = vif_attrs_find_prefix(attrs, prefix);
    for (size_t i = 0; i < attrs->n; i++) {
        if (!strncmp(attrs->attrs[i].key, prefix, strlen(prefix))) {
            assert_int_equal(i, first + n);
            n++;
        }
    }
    assert_true(n ? first + n <= attrs->n : first == attrs->n);
}

static void
test_random_operations_match_a_model(void **state)
{
    const char *given = getenv("VIFD_SEED");
    unsigned int seed = given ? strtoul(given, NULL, 10)
                         : (unsigned long) time(NULL);
    struct vif_attrs attrs CLEANUP_ATTRS = VIF_ATTRS_INIT;
    struct vif_attrs other CLEANUP_ATTRS = VIF_ATTRS_INIT;
    static struct model model, other_model;

    (void) state;
    print_message("# VIFD_SEED=%u\n", seed);
    srand(seed);
    for (int i = 0; i < 20000; i++) {
        random_operation(&attrs, &model, &other, &other_model);
        assert_like_model(&attrs, &model);
        assert_like_model(&other, &other_model);
        check_random_prefix(&attrs);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set_get_replace_remove),
        cmocka_unit_test(test_arguments_may_point_into_the_map),
        cmocka_unit_test(test_a_packed_map_is_one_allocation),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_bools),
        cmocka_unit_test(test_prefix_walk),
        cmocka_unit_test(test_merge_swap_clone),
        cmocka_unit_test(test_random_operations_match_a_model),
    };

    return cmocka_run_group_tests_name("attrs", tests, NULL, NULL);
}
