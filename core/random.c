#include "core/random.h"

#include "core/clock.h"

#include <errno.h>
#include <math.h>
#include <sys/random.h>
#include <unistd.h>

/* splitmix64 (Vigna, public domain, prng.di.unimi.it): spreads a seed over the state. */
static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static void system_bytes(void *data, size_t length)
{
    size_t have = 0;
    while (have < length) {
        ssize_t got = getrandom((char *)data + have, length - have, 0);
        if (got > 0)
            have += (size_t)got;
        else if (errno != EINTR)
            break;
    }
    /* Only a sandbox that forbids getrandom(2) comes here; nothing made of this is a secret. */
    uint64_t state = clock_ns() ^ ((uint64_t)getpid() << 32);
    while (have < length)
        ((unsigned char *)data)[have++] = (unsigned char)splitmix(&state);
}

void random_seed(struct random *random, uint64_t seed)
{
    *random = (struct random){0};
    if (seed == 0)
        system_bytes(&seed, sizeof seed);
    for (int i = 0; i < 4; i++)
        random->state[i] = splitmix(&seed);
}

static uint64_t rotate_left(uint64_t x, int by)
{
    return (x << by) | (x >> (64 - by));
}

/* xoshiro256** 1.0 (Blackman and Vigna, public domain). */
uint64_t random_next(struct random *random)
{
    uint64_t *s = random->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

double random_uniform(struct random *random)
{
    return (double)(random_next(random) >> 11) * 0x1.0p-53;
}

uint64_t random_below(struct random *random, uint64_t n)
{
    /* The lowest 2^64 mod n numbers would be too many; they are drawn again. */
    uint64_t threshold = (UINT64_C(0) - n) % n;
    uint64_t value = random_next(random);
    while (value < threshold)
        value = random_next(random);
    return value % n;
}

double random_normal(struct random *random)
{
    if (random->has_spare) {
        random->has_spare = false;
        return random->spare;
    }
    /* Box–Muller; 1 − u lies in (0, 1], where the logarithm is finite. */
    double radius = sqrt(-2.0 * log(1.0 - random_uniform(random)));
    double angle = 2.0 * M_PI * random_uniform(random);
    random->spare = radius * sin(angle);
    random->has_spare = true;
    return radius * cos(angle);
}

bool random_percent(struct random *random, double percent)
{
    if (percent <= 0)
        return false;
    if (percent >= 100)
        return true;
    return random_uniform(random) * 100.0 < percent;
}

void random_name(char *text, size_t length)
{
    static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    enum { LETTERS = sizeof letters - 1, FAIR = 256 - 256 % LETTERS };
    size_t have = 0;
    while (have < length) {
        unsigned char bytes[64];
        system_bytes(bytes, sizeof bytes);
        for (size_t i = 0; i < sizeof bytes && have < length; i++) {
            if (bytes[i] < FAIR)
                text[have++] = letters[bytes[i] % LETTERS];
        }
    }
    text[length] = '\0';
}
