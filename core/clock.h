/*
 * clock: time. Monotonic for everything that is measured or waited for, real time only for what
 * people and AWS see.
 */
#ifndef SHAKETABLE_CORE_CLOCK_H
#define SHAKETABLE_CORE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* CLOCK_MONOTONIC. */
uint64_t clock_ns(void);
uint64_t clock_us(void);
int64_t clock_ms(void);
/* CLOCK_BOOTTIME: goes on while the machine sleeps, as the clocks of others do. */
int64_t clock_boot_ms(void);
/* CLOCK_REALTIME, milliseconds since 1970. */
int64_t clock_epoch_ms(void);
/* "2026-11-21T14:02:07Z" (UTC). `text` takes at least CLOCK_TEXT_MAX bytes. */
#define CLOCK_TEXT_MAX 32
void clock_format_utc(int64_t epoch_ms, char *text, size_t size);
/* "14:02:07" in local time. */
void clock_format_local_time(int64_t epoch_ms, char *text, size_t size);
void clock_sleep_ms(int64_t ms);

#endif
