/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_TEXT_PAGES_H
#define AGENT_TEXT_PAGES_H 1

/* Pages of the program's and its libraries' files.
 *
 * To start and to carry out a burst of requests touches several megabytes of
 * them, which count as resident from then on: the kernel maps 64 KB around
 * whatever is touched.  Unmapped, they stay in the page cache, and what is
 * needed again is mapped again, by some 50 faults that need no disk. */

struct text_pages;

/* Never NULL.  The caller must still be who owns /proc/self: the one who
 * started the process. */
struct text_pages *text_pages_open(void);
void text_pages_close(struct text_pages *);     /* NULL is allowed. */

/* Unmaps what is mapped and only read, but for pages that are not as they are
 * in the file: there a debugger or a tracer has put his breakpoints.  Does
 * nothing if the kernel does not tell which those are.  Takes about 0.3 ms,
 * and blocks for nobody. */
void text_pages_release(struct text_pages *);

#endif /* agent/text-pages.h */
