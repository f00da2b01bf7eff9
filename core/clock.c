#include "core/clock.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

static uint64_t read_ns(clockid_t id)
{
    struct timespec now = {0};
    clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

uint64_t clock_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

uint64_t clock_us(void)
{
    return clock_ns() / 1000;
}

int64_t clock_ms(void)
{
    return (int64_t)(clock_ns() / 1000000);
}

int64_t clock_boot_ms(void)
{
    return (int64_t)(read_ns(CLOCK_BOOTTIME) / 1000000);
}

int64_t clock_epoch_ms(void)
{
    return (int64_t)(read_ns(CLOCK_REALTIME) / 1000000);
}

/* Rounds down, so that a time before 1970 is right as well. */
static time_t epoch_seconds(int64_t epoch_ms)
{
    return (time_t)(epoch_ms / 1000 - (epoch_ms % 1000 < 0 ? 1 : 0));
}

void clock_format_utc(int64_t epoch_ms, char *text, size_t size)
{
    time_t seconds = epoch_seconds(epoch_ms);
    struct tm parts;
    if (!gmtime_r(&seconds, &parts) || strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        snprintf(text, size, "?");
}

void clock_format_local_time(int64_t epoch_ms, char *text, size_t size)
{
    time_t seconds = epoch_seconds(epoch_ms);
    struct tm parts;
    if (!localtime_r(&seconds, &parts) || strftime(text, size, "%H:%M:%S", &parts) == 0)
        snprintf(text, size, "?");
}

void clock_sleep_ms(int64_t ms)
{
    if (ms <= 0)
        return;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        ;
}
