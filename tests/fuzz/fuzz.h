/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H 1

/* What libFuzzer calls, and how a fuzzer takes its input apart. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* What is left of an input. */
struct fuzz_input {
    const uint8_t *bytes;
    size_t n;
};

/* Takes all up to the next 'end', which is dropped, or up to the end of the
 * input. */
static inline struct fuzz_input
fuzz_take_until(struct fuzz_input *input, char end)
{
    struct fuzz_input piece = *input;
    const uint8_t *at = input->n ? memchr(input->bytes, end, input->n) : NULL;
    size_t used = at ? (size_t) (at - input->bytes) + 1 : input->n;

    piece.n = at ? used - 1 : used;
    input->bytes += used;
    input->n -= used;
    return piece;
}

/* Takes at most 'n' bytes. */
static inline struct fuzz_input
fuzz_take(struct fuzz_input *input, size_t n)
{
    struct fuzz_input piece = *input;

    piece.n = n < input->n ? n : input->n;
    input->bytes += piece.n;
    input->n -= piece.n;
    return piece;
}

/* A byte; 0 if there is none. */
static inline uint8_t
fuzz_take_byte(struct fuzz_input *input)
{
    struct fuzz_input piece = fuzz_take(input, 1);

    return piece.n ? piece.bytes[0] : 0;
}

/* Sends what is left to 'fd', at most 'n' datagrams, each of which has its
 * length in two bytes before it. */
static inline void
fuzz_send_datagrams(struct fuzz_input *input, int fd, int n)
{
    for (int i = 0; i < n && input->n; i++) {
        size_t length = fuzz_take_byte(input);

        length |= (size_t) fuzz_take_byte(input) << 8;
        struct fuzz_input datagram = fuzz_take(input, length);

        if (send(fd, datagram.bytes, datagram.n, 0) < 0) {
            break;              /* There is no more room. */
        }
    }
}

#endif /* fuzz.h */
