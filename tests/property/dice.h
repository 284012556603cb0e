/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROPERTY_DICE_H
#define PROPERTY_DICE_H 1

/* Random numbers that are the same on every machine for the same seed:
 * splitmix64 (Steele, Lea and Flood, 2014). */

#include <stdbool.h>
#include <stdint.h>

struct dice {
    uint64_t state;
};

static inline uint64_t
dice_mix(uint64_t x)
{
    x ^= x >> 30;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    x ^= x >> 27;
    x *= UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static inline void
dice_seed(struct dice *dice, uint64_t seed, uint64_t stream)
{
    dice->state = dice_mix(seed ^ dice_mix(stream + 1));
}

static inline uint64_t
dice_next(struct dice *dice)
{
    dice->state += UINT64_C(0x9e3779b97f4a7c15);
    return dice_mix(dice->state);
}

/* 0 ... 'n' - 1. */
static inline unsigned int
dice_below(struct dice *dice, unsigned int n)
{
    return (unsigned int) ((dice_next(dice) >> 32) * n >> 32);
}

/* True in 'percent' of the cases. */
static inline bool
dice_chance(struct dice *dice, unsigned int percent)
{
    return dice_below(dice, 100) < percent;
}

#endif /* dice.h */
