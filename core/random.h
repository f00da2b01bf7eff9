/*
 * random: a small, fast, seedable generator (xoshiro256**, Blackman and Vigna 2018, seeded by
 * splitmix64). The same seed gives the same numbers on every machine. Not for secrets.
 */
#ifndef SHAKETABLE_CORE_RANDOM_H
#define SHAKETABLE_CORE_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t state[4];
    double spare; /* the second value of a Box–Muller pair */
    bool has_spare;
};

/* A seed of 0 takes one from the system. */
void random_seed(struct random *random, uint64_t seed);
uint64_t random_next(struct random *random);
/* In [0, 1). */
double random_uniform(struct random *random);
/* In [0, n), without bias; n > 0. */
uint64_t random_below(struct random *random, uint64_t n);
/* Mean 0, standard deviation 1. */
double random_normal(struct random *random);
/* True with `percent` in a hundred; 0 is never, 100 always (and neither consumes a number). */
bool random_percent(struct random *random, double percent);
/* `length` characters of [0-9a-z], NUL-terminated, from the system's generator: for identifiers. */
void random_name(char *text, size_t length);

#endif
