/* SPDX-License-Identifier: Apache-2.0 */
/* How vifctl writes: text for a terminal, and the writers. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "ctl/terminal.h"
#include "ctl/writer.h"

/* Text. */

static void
test_control_characters_are_shown_not_sent(void **state)
{
    (void) state;
    char *text = text_printable("a\033[2J\r\n\t\x7f\xc2\x9b\xc3\xa9", false);

    assert_string_equal(text, "a\\x1b[2J\\x0d\\n\\x09\\x7f\\x9b\xc3\xa9");
    free(text);
    text = text_printable("<a>\n\t<b/>\r\n</a>", true);
    assert_string_equal(text, "<a>\n\t<b/>\\x0d\n</a>");
    free(text);
    /* A text may end in the middle of a character. */
    text = text_printable("\xc2", false);
    assert_string_equal(text, "\xc2");
    free(text);
}

static void
test_width_counts_characters(void **state)
{
    (void) state;
    assert_int_equal(text_width(""), 0);
    assert_int_equal(text_width("abc"), 3);
    assert_int_equal(text_width("caf\xc3\xa9 \xe2\x86\x92"), 6);
}

/* Writers. */

struct output {
    char *text;
    size_t size;
    struct terminal terminal;
};

static struct writer *
writer_into(struct output *output, const char *format)
{
    FILE *stream = open_memstream(&output->text, &output->size);

    assert_non_null(stream);
    output->terminal = (struct terminal) { .stream = stream };
    return writer_create(format, &output->terminal);
}

static void
expect_output(struct output *output, struct writer *writer, const char *text)
{
    writer_destroy(writer);
    fclose(output->terminal.stream);
    assert_string_equal(output->text, text);
    free(output->text);
}

static void
test_table_is_aligned(void **state)
{
    (void) state;
    struct output output;
    struct writer *writer = writer_into(&output, "table");

    writer_start(writer, BLOCK_ROWS, "ports", NULL);
    writer_start(writer, BLOCK_ROW, "port", NULL);
    writer_attr(writer, "a", "name", "caf\xc3\xa9", TONE_PLAIN);
    writer_attr(writer, "b", "n", "7", TONE_PLAIN);
    writer_attr(writer, "c", "last", "x", TONE_PLAIN);
    writer_end(writer);
    writer_start(writer, BLOCK_ROW, "port", NULL);
    writer_attr(writer, "a", "name", "longer one", TONE_PLAIN);
    writer_attr(writer, "b", "n", "1234", TONE_PLAIN);
    writer_attr(writer, "c", "last", NULL, TONE_PLAIN);
    writer_end(writer);
    writer_end(writer);
    writer_start(writer, BLOCK_FIELDS, "more", "More");
    writer_attr(writer, "a", "one", "1", TONE_PLAIN);
    writer_attr(writer, "b", "nothing", NULL, TONE_PLAIN);
    writer_attr(writer, "c", "two words", "2\n", TONE_PLAIN);
    writer_end(writer);
    writer_start(writer, BLOCK_TEXT, "xml", "Text");
    writer_attr(writer, "a", NULL, "<a>\n</a>", TONE_PLAIN);
    writer_end(writer);
    expect_output(&output, writer,
                  "NAME           N  LAST\n"
                  "caf\xc3\xa9           7  x\n"
                  "longer one  1234  -\n"
                  "\n"
                  "More\n"
                  "  one        1\n"
                  "  two words  2\\n\n"
                  "\n"
                  "Text\n"
                  "<a>\n"
                  "</a>\n");
}

static void
test_empty_table_is_nothing(void **state)
{
    (void) state;
    struct output output;
    struct writer *writer = writer_into(&output, "table");

    writer_start(writer, BLOCK_ROWS, "ports", NULL);
    writer_end(writer);
    expect_output(&output, writer, "");
}

static void
test_rows_of_a_stream_come_at_once(void **state)
{
    (void) state;
    struct output output;
    struct writer *writer = writer_into(&output, "table");

    writer_start(writer, BLOCK_STREAM, "events", NULL);
    for (int i = 0; i < 3; i++) {
        writer_start(writer, BLOCK_ROW, "event", NULL);
        writer_attrf(writer, "n", "n", TONE_PLAIN, "%d", i ? 5 : 12345);
        writer_attr(writer, "what", "what", "it", TONE_PLAIN);
        writer_end(writer);
        fflush(output.terminal.stream);
        assert_non_null(strstr(output.text, "it\n"));
    }
    writer_end(writer);
    expect_output(&output, writer,
                  "N      WHAT\n"
                  "12345  it\n"
                  "5      it\n"
                  "5      it\n");
}

static void
test_colours_surround_words_only(void **state)
{
    (void) state;
    struct output output;
    struct writer *writer = writer_into(&output, "table");

    output.terminal.colours = true;
    writer_start(writer, BLOCK_ROWS, "ports", NULL);
    writer_start(writer, BLOCK_ROW, "port", NULL);
    writer_attr(writer, "a", "state", "up", TONE_GOOD);
    writer_attr(writer, "b", "x", "y", TONE_PLAIN);
    writer_end(writer);
    writer_end(writer);
    expect_output(&output, writer,
                  "\033[1mSTATE\033[0m  \033[1mX\033[0m\n"
                  "\033[32mup\033[0m     y\n");
}

static void
test_kv_has_every_value(void **state)
{
    (void) state;
    struct output output;
    struct writer *writer = writer_into(&output, "kv");
    json_t *answer = json_loads(
        "{\"a\":\"x=y\\\\\\n\\t\\u0007\",\"b\":{\"c.d\":[1,true,null,"
        "{\"e\":1.5}],\"f\":{},\"g\":[]},\"h\":\"\"}", 0, NULL);

    assert_non_null(answer);
    assert_true(writer_answer(writer, answer));
    assert_true(writer_answer_in_stream(writer, answer));
    writer_start(writer, BLOCK_ROWS, "ports", NULL);
    writer_attr(writer, "a", "a", "b", TONE_PLAIN);
    writer_end(writer);
    json_decref(answer);
#define LINES                                   \
    "a=x=y\\\\\\n\\t\\x07\n"                    \
    "b.c.d.0=1\n"                               \
    "b.c.d.1=true\n"                            \
    "b.c.d.2=\n"                                \
    "b.c.d.3.e=1.5\n"                           \
    "b.f={}\n"                                  \
    "b.g=[]\n"                                  \
    "h=\n"
    expect_output(&output, writer, LINES "\n" LINES);
}

static void
test_json_is_the_answer(void **state)
{
    (void) state;
    static const char text[] = "{\"z\":[1,{\"b\":null,\"a\":\"\xc3\xa9/\"}],"
                               "\"y\":true}";
    json_t *answer = json_loads(text, 0, NULL);
    struct output output;
    struct writer *writer = writer_into(&output, "json");

    assert_true(writer_answer(writer, answer));
    char *line;
    assert_true(asprintf(&line, "%s\n", text) > 0);
    expect_output(&output, writer, line);
    free(line);

    writer = writer_into(&output, "json");
    output.terminal.is_terminal = true;
    assert_true(writer_answer(writer, answer));
    expect_output(&output, writer,
                  "{\n  \"z\": [\n    1,\n    {\n      \"b\": null,\n"
                  "      \"a\": \"\xc3\xa9/\"\n    }\n  ],\n"
                  "  \"y\": true\n}\n");
    json_decref(answer);
}

static void
test_values_in_words(void **state)
{
    (void) state;
    static const struct {
        const char *json;
        const char *words;
    } values[] = {
        { "\"a b\"", "a b" }, { "\"\"", NULL }, { "null", NULL },
        { "true", "yes" }, { "false", "no" }, { "-3", "-3" },
        { "1.5", "1.5" }, { "[]", NULL }, { "{}", NULL },
        { "[1,\"a\",null,true]", "1, a, yes" },
        { "{\"a\":1,\"b\":null,\"c\":[2,3]}", "a=1, b=, c=2, 3" },
    };

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        json_t *value = json_loads(values[i].json, JSON_DECODE_ANY, NULL);
        char *words = value_in_words(value);

        if (!values[i].words) {
            assert_null(words);
        } else {
            assert_string_equal(words, values[i].words);
        }
        free(words);
        json_decref(value);
    }
    assert_null(value_in_words(NULL));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_control_characters_are_shown_not_sent),
        cmocka_unit_test(test_width_counts_characters),
        cmocka_unit_test(test_table_is_aligned),
        cmocka_unit_test(test_empty_table_is_nothing),
        cmocka_unit_test(test_rows_of_a_stream_come_at_once),
        cmocka_unit_test(test_colours_surround_words_only),
        cmocka_unit_test(test_kv_has_every_value),
        cmocka_unit_test(test_json_is_the_answer),
        cmocka_unit_test(test_values_in_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
