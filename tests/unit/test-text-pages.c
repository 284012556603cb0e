/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of the program's files: those that nobody needs are given back, those
 * that somebody has changed stay as they are. */

#include <config.h>

#include "agent/text-pages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define SIZE (1 << 20)

/* A megabyte that nobody writes to, and a page somewhere in it. */
static const char text[SIZE] = { 1, 2, 3 };
#define CHANGED (SIZE / 2)

/* Kilobytes of files' pages that are mapped. */
static long
resident_kb(void)
{
    FILE *status = fopen("/proc/self/status", "r");
    char line[256];
    long kb = -1;

    assert_non_null(status);
    while (fgets(line, sizeof line, status)) {
        sscanf(line, "RssFile: %ld", &kb);
    }
    fclose(status);
    assert_true(kb >= 0);
    return kb;
}

static unsigned int
sum(void)
{
    const volatile char *p = text;
    unsigned int n = 0;

    for (size_t i = 0; i < SIZE; i++) {
        n += p[i];
    }
    return n;
}

static void
test_pages_come_back_by_themselves(void **state)
{
    struct text_pages *pages = text_pages_open();

    (void) state;
    assert_int_equal(sum(), 6);
    long before = resident_kb();
    text_pages_release(pages);
    assert_true(resident_kb() <= before - SIZE / 1024);
    assert_int_equal(sum(), 6);
    text_pages_close(pages);
    text_pages_close(NULL);
}

/* As a debugger puts a breakpoint there. */
static void
test_what_was_changed_stays(void **state)
{
    struct text_pages *pages = text_pages_open();
    size_t page_size = sysconf(_SC_PAGESIZE);
    char *page = (char *) ((uintptr_t) &text[CHANGED] & ~(page_size - 1));

    (void) state;
    assert_int_equal(mprotect(page, page_size, PROT_READ | PROT_WRITE), 0);
    *(volatile char *) page = 42;
    assert_int_equal(mprotect(page, page_size, PROT_READ), 0);
    assert_int_equal(sum(), 48);
    long before = resident_kb();
    text_pages_release(pages);
    assert_true(resident_kb() < before);
    assert_int_equal(sum(), 48);
    text_pages_close(pages);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages_come_back_by_themselves),
        cmocka_unit_test(test_what_was_changed_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
