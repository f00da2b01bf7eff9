#include "core/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A hundred years: longer than anybody waits, short enough for every later sum. */
#define DURATION_MAX_MS 3.2e12
#define RATE_MAX 1e15
enum { DIGITS_MAX = 30 };

static const char *skip_spaces(const char *text)
{
    while (*text == ' ')
        text++;
    return text;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits with at most one '.', whatever the locale (so not strtod), no sign, no exponent. Returns
 * where it ends, NULL if there is no number. */
static const char *read_number(const char *text, double *value)
{
    double number = 0;
    double scale = 1;
    int digits = 0;
    for (; is_digit(*text); text++, digits++)
        number = number * 10 + (*text - '0');
    if (*text == '.') {
        for (text++; is_digit(*text); text++, digits++) {
            number = number * 10 + (*text - '0');
            scale *= 10;
        }
    }
    if (digits == 0 || digits > DIGITS_MAX)
        return NULL;
    *value = number / scale;
    return text;
}

struct unit {
    const char *name;
    double size;
};

/* The longest unit that `text` begins with; NULL if none. */
static const struct unit *match_unit(const char *text, const struct unit *units)
{
    const struct unit *best = NULL;
    for (const struct unit *unit = units; unit->name; unit++) {
        size_t length = strlen(unit->name);
        if (strncmp(text, unit->name, length) == 0 && (!best || length > strlen(best->name)))
            best = unit;
    }
    return best;
}

static const struct unit plain_units[] = {
    {"us", 1e-3}, {"\u00b5s", 1e-3}, {"\u03bcs", 1e-3}, {"ms", 1},      {"s", 1e3},
    {"m", 60e3},  {"min", 60e3},     {"h", 3600e3},     {"d", 86400e3}, {NULL, 0},
};
static const struct unit iso_days[] = {{"W", 7 * 86400e3}, {"D", 86400e3}, {NULL, 0}};
static const struct unit iso_times[] = {{"H", 3600e3}, {"M", 60e3}, {"S", 1e3}, {NULL, 0}};

/* Number and unit, again and again, each unit smaller than the one before. Stops at `stop`. */
static const char *read_parts(const char *text, const struct unit *units, char stop, double *ms)
{
    double last = INFINITY;
    while (*text && *text != stop) {
        double number;
        text = read_number(text, &number);
        if (!text)
            return NULL;
        text = skip_spaces(text);
        const struct unit *unit = match_unit(text, units);
        if (!unit || unit->size >= last)
            return NULL;
        last = unit->size;
        *ms += number * unit->size;
        text = skip_spaces(text + strlen(unit->name));
    }
    return text;
}

/* ISO 8601: P[nW][nD][T[nH][nM][nS]], with at least one part. */
static bool read_iso(const char *text, double *ms)
{
    const char *start = text;
    text = read_parts(text, iso_days, 'T', ms);
    if (!text)
        return false;
    if (*text == '\0')
        return text > start;
    return text[1] != '\0' && read_parts(text + 1, iso_times, '\0', ms) != NULL;
}

static bool read_duration(const char *text, double bare_unit_ms, double *ms)
{
    *ms = 0;
    text = skip_spaces(text);
    if (*text == 'P')
        return read_iso(text + 1, ms);
    double number;
    const char *end = read_number(text, &number);
    if (!end)
        return false;
    if (*skip_spaces(end) == '\0') {
        *ms = number * bare_unit_ms;
        return true;
    }
    return read_parts(text, plain_units, '\0', ms) != NULL;
}

bool units_parse_duration(const char *text, double bare_unit_ms, const char *name, double *ms,
                          struct error *error)
{
    double read;
    if (!read_duration(text, bare_unit_ms, &read))
        return error_set(error, ERROR_INVALID, "%s: '%s' is no duration (write 800ms, 1.5s, 5m or PT5M)",
                         name, text);
    if (read > DURATION_MAX_MS)
        return error_set(error, ERROR_INVALID, "%s: '%s' is too long", name, text);
    *ms = read;
    return true;
}

bool units_parse_percent(const char *text, const char *name, double *percent, struct error *error)
{
    double number = 0;
    const char *end = read_number(skip_spaces(text), &number);
    if (end) {
        end = skip_spaces(end);
        if (*end == '%')
            end = skip_spaces(end + 1);
    }
    if (!end || *end)
        return error_set(error, ERROR_INVALID, "%s: '%s' is no percentage (write 2%% or 0.5%%)", name, text);
    if (number > 100)
        return error_set(error, ERROR_INVALID, "%s: '%s' is more than 100%%", name, text);
    *percent = number;
    return true;
}

/* "Mb" is left out on purpose: one reader takes it for bits, the next for bytes. */
static const struct unit rate_units[] = {
    {"B", 1},          {"kB", 1e3},        {"KB", 1e3},           {"MB", 1e6},      {"GB", 1e9},
    {"KiB", 1024.0},   {"MiB", 1048576.0}, {"GiB", 1073741824.0}, {"bit", 1.0 / 8}, {"kbit", 1e3 / 8},
    {"Kbit", 1e3 / 8}, {"Mbit", 1e6 / 8},  {"Gbit", 1e9 / 8},     {NULL, 0},
};

static bool read_rate(const char *text, double *bytes_per_s)
{
    double number;
    const char *end = read_number(skip_spaces(text), &number);
    if (!end)
        return false;
    end = skip_spaces(end);
    const struct unit *unit = match_unit(end, rate_units);
    if (unit) {
        end += strlen(unit->name);
        number *= unit->size;
        if (strncmp(end, "/s", 2) == 0)
            end += 2;
    }
    *bytes_per_s = number;
    return *skip_spaces(end) == '\0';
}

bool units_parse_rate(const char *text, const char *name, uint64_t *bytes_per_s, struct error *error)
{
    if (strcmp(text, "none") == 0) {
        *bytes_per_s = 0;
        return true;
    }
    double rate;
    if (!read_rate(text, &rate))
        return error_set(error, ERROR_INVALID, "%s: '%s' is no rate (write 1MB/s, 64kB/s, 8Mbit/s or none)",
                         name, text);
    rate = round(rate);
    if (rate < 1)
        return error_set(error, ERROR_INVALID, "%s: '%s' lets nothing pass; say none for no limit", name,
                         text);
    if (rate > RATE_MAX)
        return error_set(error, ERROR_INVALID, "%s: '%s' is too fast", name, text);
    *bytes_per_s = (uint64_t)rate;
    return true;
}

bool units_parse_bytes(const char *text, const char *name, uint64_t *bytes, struct error *error)
{
    double number;
    *bytes = 0;
    if (strcmp(text, "none") == 0)
        return true;
    if (strchr(text, '/') || strstr(text, "bit") || !read_rate(text, &number))
        return error_set(error, ERROR_INVALID, "%s: '%s' is no size (write 64B, 10KB, 2MiB or none)", name,
                         text);
    number = round(number);
    if (number < 1 || number > RATE_MAX)
        return error_set(error, ERROR_INVALID, "%s: '%s' is too %s", name, text,
                         number < 1 ? "small" : "large");
    *bytes = (uint64_t)number;
    return true;
}

bool units_parse_integer(const char *text, const char *name, int64_t lowest, int64_t highest, int64_t *value,
                         struct error *error)
{
    bool negative = *text == '-';
    const char *at = text + (negative ? 1 : 0);
    int64_t number = 0;
    bool fits = true;
    bool digits = is_digit(*at);
    for (; is_digit(*at); at++) {
        int digit = negative ? -(*at - '0') : *at - '0';
        fits = fits && !__builtin_mul_overflow(number, 10, &number) &&
               !__builtin_add_overflow(number, digit, &number);
    }
    if (!digits || *at)
        return error_set(error, ERROR_INVALID, "%s: '%s' is no whole number", name, text);
    if (!fits || number < lowest || number > highest)
        return error_set(error, ERROR_INVALID, "%s: '%s' is not between %lld and %lld", name, text,
                         (long long)lowest, (long long)highest);
    *value = number;
    return true;
}

/* What may stand in a name or an address: no space, no control character, no bracket. */
static bool is_host(const char *host, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)host[i];
        if (c <= ' ' || c == 0x7F || strchr("[]/@\"'", c))
            return false;
    }
    return true;
}

bool units_parse_address(const char *text, const char *name, char host[UNITS_HOST_MAX], uint16_t *port,
                         struct error *error)
{
    const char *colon = strrchr(text, ':');
    if (!colon || (text[0] == '[' && (colon == text || colon[-1] != ']')))
        return error_set(error, ERROR_INVALID, "%s: '%s' has no port (write ADDRESS:PORT)", name, text);
    const char *start = text;
    size_t length = (size_t)(colon - text);
    bool bracketed = length >= 2 && text[0] == '[';
    if (bracketed) {
        start++;
        length -= 2;
    }
    if (!bracketed && memchr(start, ':', length))
        return error_set(error, ERROR_INVALID, "%s: put the IPv6 address in brackets: [::1]:8080", name);
    if (length >= UNITS_HOST_MAX || (bracketed && length == 0) || !is_host(start, length))
        return error_set(error, ERROR_INVALID, "%s: '%s' is no address (write ADDRESS:PORT)", name, text);
    int64_t number = 0;
    if (!units_parse_integer(colon + 1, name, 0, UINT16_MAX, &number, NULL))
        return error_set(error, ERROR_INVALID, "%s: '%s' is no port (0 to 65535)", name, colon + 1);
    memcpy(host, start, length);
    host[length] = '\0';
    *port = (uint16_t)number;
    return true;
}

/* Some locales write a comma; ours never does. */
static void use_point(char *text)
{
    text[strcspn(text, ",")] = text[strcspn(text, ",")] ? '.' : '\0';
}

void units_format_number(double value, char text[UNITS_TEXT_MAX])
{
    enum { ENOUGH = 17 };
    for (int digits = 15; digits <= ENOUGH; digits++) {
        snprintf(text, UNITS_TEXT_MAX, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    use_point(text);
}

/* Fixed decimals, without zeros at the end. */
static void format_trimmed(double value, int decimals, const char *unit, char text[UNITS_TEXT_MAX])
{
    char number[UNITS_TEXT_MAX];
    snprintf(number, sizeof number, "%.*f", decimals, value);
    use_point(number);
    if (strchr(number, '.')) {
        size_t length = strlen(number);
        while (number[length - 1] == '0')
            number[--length] = '\0';
        if (number[length - 1] == '.')
            number[length - 1] = '\0';
    }
    snprintf(text, UNITS_TEXT_MAX, "%.20s %.10s", number, unit);
}

/* Three figures; false if it rounds to a thousand, which is the next unit's. */
static bool format_three(double value, const char *unit, char text[UNITS_TEXT_MAX])
{
    int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    if (value >= 999.5)
        return false;
    snprintf(text, UNITS_TEXT_MAX, "%.*f", decimals, value);
    use_point(text);
    size_t length = strlen(text);
    snprintf(text + length, UNITS_TEXT_MAX - length, " %s", unit);
    return true;
}

static void format_minutes(double seconds, char text[UNITS_TEXT_MAX])
{
    long long whole = seconds < 1e15 ? llround(seconds) : 1000000000000000LL;
    if (whole < 3600)
        snprintf(text, UNITS_TEXT_MAX, "%lld m %02lld s", whole / 60, whole % 60);
    else
        snprintf(text, UNITS_TEXT_MAX, "%lld h %02lld m", whole / 3600, whole / 60 % 60);
}

void units_format_us(double us, char text[UNITS_TEXT_MAX])
{
    if (!(us > 0))
        snprintf(text, UNITS_TEXT_MAX, "0 µs");
    else if (us >= 59.95e6)
        format_minutes(us / 1e6, text);
    else if (!format_three(us, "µs", text) && !format_three(us / 1e3, "ms", text))
        format_three(us / 1e6, "s", text);
}

void units_format_delay_ms(double ms, char text[UNITS_TEXT_MAX])
{
    if (!(ms > 0))
        snprintf(text, UNITS_TEXT_MAX, "0 ms");
    else if (ms < 1)
        format_trimmed(ms * 1e3, 3, "µs", text);
    else if (ms < 1000)
        format_trimmed(ms, 3, "ms", text);
    else if (ms < 120e3)
        format_trimmed(ms / 1e3, 3, "s", text);
    else if (fmod(ms, 3600e3) == 0)
        format_trimmed(ms / 3600e3, 0, "h", text);
    else if (fmod(ms, 60e3) == 0)
        format_trimmed(ms / 60e3, 0, "m", text);
    else
        format_minutes(ms / 1e3, text);
}

void units_format_percent(double percent, char text[UNITS_TEXT_MAX])
{
    if (percent > 0 && percent < 0.0005) /* would show as none at all */
        snprintf(text, UNITS_TEXT_MAX, "<0.001 %%");
    else
        format_trimmed(percent, 3, "%", text);
}

void units_format_rate(uint64_t bytes_per_s, char text[UNITS_TEXT_MAX])
{
    double rate = (double)bytes_per_s;
    if (bytes_per_s == 0)
        snprintf(text, UNITS_TEXT_MAX, "none");
    else if (rate < 1e3)
        format_trimmed(rate, 0, "B/s", text);
    else if (rate < 1e6)
        format_trimmed(rate / 1e3, 3, "kB/s", text);
    else if (rate < 1e9)
        format_trimmed(rate / 1e6, 3, "MB/s", text);
    else
        format_trimmed(rate / 1e9, 3, "GB/s", text);
}

void units_format_clock(int64_t ms, char text[UNITS_TEXT_MAX])
{
    long long seconds = ms > 0 ? (long long)(ms / 1000) : 0;
    if (seconds < 3600)
        snprintf(text, UNITS_TEXT_MAX, "%02lld:%02lld", seconds / 60, seconds % 60);
    else
        snprintf(text, UNITS_TEXT_MAX, "%lld:%02lld:%02lld", seconds / 3600, seconds / 60 % 60, seconds % 60);
}
