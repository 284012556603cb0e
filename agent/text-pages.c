/* SPDX-License-Identifier: Apache-2.0 */

/* Unmapping the program's own files.  Knows nothing of vifd. */

#include <config.h>

#include "agent/text-pages.h"

#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/alloc.h"

/* Of an entry of proc_pid_pagemap(5). */
#define PAGE_PRESENT (UINT64_C(1) << 63)
#define PAGE_SWAPPED (UINT64_C(1) << 62)
#define PAGE_OF_FILE (UINT64_C(1) << 61)

#define CHUNK 512               /* Entries that are read at once. */

struct text_pages {
    int pagemap;                /* Or -1. */
    uintptr_t page_size;
};

struct text_pages *
text_pages_open(void)
{
    struct text_pages *text = vif_xcalloc(1, sizeof *text);

    text->pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    text->page_size = sysconf(_SC_PAGESIZE);
    return text;
}

void
text_pages_close(struct text_pages *text)
{
    if (text) {
        if (text->pagemap >= 0) {
            close(text->pagemap);
        }
        free(text);
    }
}

/* Whether the page is the process's own, with something else than the file
 * has. */
static bool
is_changed(uint64_t entry)
{
    return (entry & PAGE_SWAPPED
            || (entry & PAGE_PRESENT && !(entry & PAGE_OF_FILE)));
}

/* Refused of pages that are locked, which is what somebody wanted then. */
static void
unmap(const struct text_pages *text, uintptr_t page, size_t n)
{
    if (n) {
        madvise((void *) (page * text->page_size), n * text->page_size,
                MADV_DONTNEED);
    }
}

/* False if nothing is known of pages 'first' and those that follow. */
static bool
unmap_unchanged(const struct text_pages *text, uintptr_t first, size_t n)
{
    uint64_t entries[CHUNK];
    size_t run = 0;

    if (pread(text->pagemap, entries, n * sizeof *entries,
              first * sizeof *entries)
        != (ssize_t) (n * sizeof *entries)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (is_changed(entries[i])) {
            unmap(text, first + i - run, run);
            run = 0;
        } else {
            run++;
        }
    }
    unmap(text, first + n - run, run);
    return true;
}

/* Each object that is loaded, but the kernel's own.  What may be written to
 * has been: the loader has put addresses there. */
static int
visit_object(struct dl_phdr_info *info, size_t size, void *text_)
{
    const struct text_pages *text = text_;

    (void) size;
    if (info->dlpi_addr == getauxval(AT_SYSINFO_EHDR)) {
        return 0;
    }
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + header->p_vaddr;
        uintptr_t page = start / text->page_size;
        uintptr_t end = ((start + header->p_memsz + text->page_size - 1)
                         / text->page_size);

        if (header->p_type != PT_LOAD || header->p_flags & PF_W) {
            continue;
        }
        for (size_t n; page < end; page += n) {
            n = end - page < CHUNK ? end - page : CHUNK;
            if (!unmap_unchanged(text, page, n)) {
                return 1;
            }
        }
    }
    return 0;
}

void
text_pages_release(struct text_pages *text)
{
    if (text->pagemap >= 0) {
        dl_iterate_phdr(visit_object, text);
    }
}
