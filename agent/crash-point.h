/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CRASH_POINT_H
#define CRASH_POINT_H 1

/* Places where a test may have the daemon die, as "kill -9" would, so that
 * recovery is tried at every one of them.  Only with --enable-crash-points;
 * else there is nothing of it in the program.
 *
 * A point is named "ROOM/ACT/MOMENT", such as "tap/apply/after" or
 * "journal/commit/before".  The environment decides, once, at the first one:
 *
 *   VIFD_CRASH_AT=NAME[:N]  the N-th pass of NAME (the first, without N) ends
 *                           the process with SIGKILL.
 *   VIFD_CRASH_LOG=FILE     the name of each point passed is appended to
 *                           FILE, a line each: so that a test can list the
 *                           points of a real run.
 *
 * May be passed in any thread. */

#ifdef VIFD_CRASH_POINTS
void crash_point(const char *room, const char *act, const char *moment);
#else
static inline void
crash_point(const char *room __attribute__((unused)),
            const char *act __attribute__((unused)),
            const char *moment __attribute__((unused)))
{
}
#endif

#endif /* crash-point.h */
