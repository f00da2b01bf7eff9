/*
 * units: durations, percentages, rates and addresses as people write them, and back.
 */
#ifndef SHAKETABLE_CORE_UNITS_H
#define SHAKETABLE_CORE_UNITS_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "800ms", "1.5s", "250us", "5m", "2h", "1m30s", ISO 8601 "PT5M"; a bare number counts `bare_unit_ms`
 * (1 for a delay, 1000 for a --duration). Not negative. `name` is the option's or key's name, for
 * the message. */
bool units_parse_duration(const char *text, double bare_unit_ms, const char *name, double *ms,
                          struct error *error);
/* "2%", "2 %", "2", "0.5%"; 0 to 100. */
bool units_parse_percent(const char *text, const char *name, double *percent, struct error *error);
/* "1MB/s", "64kB/s", "500", "2MiB/s", "8Mbit/s" (bit: divided by 8) to bytes a second; "none" is 0. */
bool units_parse_rate(const char *text, const char *name, uint64_t *bytes_per_s, struct error *error);
/* "10KB", "64B", "2MiB", "500" to bytes; "none" is 0. */
bool units_parse_bytes(const char *text, const char *name, uint64_t *bytes, struct error *error);
/* "ADDR:PORT", "[v6]:PORT", ":PORT" (host is then ""), "HOST:PORT". */
#define UNITS_HOST_MAX 256
bool units_parse_address(const char *text, const char *name, char host[UNITS_HOST_MAX], uint16_t *port,
                         struct error *error);
/* A whole number within [lowest, highest]. */
bool units_parse_integer(const char *text, const char *name, int64_t lowest, int64_t highest, int64_t *value,
                         struct error *error);

#define UNITS_TEXT_MAX 32
/* The shortest text that reads back as the same number, with '.' in every locale: "800", "0.1". */
void units_format_number(double value, char text[UNITS_TEXT_MAX]);
/* Three significant figures with its unit: "950 µs", "12.4 ms", "812 ms", "1.02 s", "2 m 05 s". */
void units_format_us(double us, char text[UNITS_TEXT_MAX]);
/* The same for a value set by hand, without needless zeros: "800 ms", "1.5 s", "0 ms". */
void units_format_delay_ms(double ms, char text[UNITS_TEXT_MAX]);
/* "2 %", "0.5 %". */
void units_format_percent(double percent, char text[UNITS_TEXT_MAX]);
/* "1 MB/s", "none" for 0. */
void units_format_rate(uint64_t bytes_per_s, char text[UNITS_TEXT_MAX]);
/* "00:42", "1:02:03". */
void units_format_clock(int64_t ms, char text[UNITS_TEXT_MAX]);

#endif
