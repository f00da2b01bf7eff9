#include "experiment/schedule.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define MINUTE_MS 60000
#define SPAN_MAX_MS (INT64_C(7) * 24 * 60 * MINUTE_MS)
#define RATE_MAX 999999
#define ZONE_MS (INT64_C(14) * 60 * MINUTE_MS) /* no zone is further from UTC */
#define FIELD_MAX 64

enum { MINUTE, HOUR, DAY, MONTH, WEEKDAY, YEAR, FIELDS };

static const char *const months[] = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL",
                                     "AUG", "SEP", "OCT", "NOV", "DEC", NULL};
static const char *const weekdays[] = {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", NULL};

static bool is_utc(const char *zone)
{
    static const char *const names[] = {"", "UTC", "Etc/UTC", "GMT", "Etc/GMT", "Z"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(zone, names[i]) == 0)
            return true;
    return false;
}

/* A number, or one of the names (the first is 1). Moves *at on; false: neither. */
static bool read_value(const char **at, const char *const *names, long *value)
{
    char *end = NULL;
    for (size_t i = 0; names != NULL && names[i] != NULL; i++)
        if (strncasecmp(*at, names[i], 3) == 0) {
            *value = (long)i + 1;
            *at += 3;
            return true;
        }
    if (!isdigit((unsigned char)**at))
        return false;
    *value = strtol(*at, &end, 10);
    *at = end;
    return true;
}

/* One of a list's items: "*", "5", "1-5", "MON-FRI", and each with "/3". Moves *at on. */
static enum schedule_answer match_item(const char **at, const char *const *names, long lowest, long value)
{
    long first = lowest, last = INT32_MAX, step = 1;
    if (**at == '*' || **at == '?') {
        ++*at;
    } else {
        if (!read_value(at, names, &first))
            return SCHEDULE_UNKNOWN;
        last = first;
        if (**at == '-' && (++*at, !read_value(at, names, &last)))
            return SCHEDULE_UNKNOWN;
        if (**at == '/' && last == first)
            last = INT32_MAX;
    }
    if (**at == '/' && (++*at, !read_value(at, NULL, &step) || step < 1))
        return SCHEDULE_UNKNOWN;
    if (**at != '\0' && **at != ',')
        return SCHEDULE_UNKNOWN; /* L, W, #, nonsense */
    return value >= first && value <= last && (value - first) % step == 0 ? SCHEDULE_YES : SCHEDULE_NO;
}

static enum schedule_answer match_field(const char *field, const char *const *names, long lowest, long value)
{
    enum schedule_answer answer = SCHEDULE_NO;
    for (const char *at = field;;) {
        enum schedule_answer item = match_item(&at, names, lowest, value);
        if (item == SCHEDULE_UNKNOWN)
            return item;
        if (item == SCHEDULE_YES)
            answer = item;
        if (*at == '\0')
            return answer;
        at++;
    }
}

static enum schedule_answer match_minute(char fields[FIELDS][FIELD_MAX], int64_t at_ms)
{
    time_t seconds = (time_t)(at_ms / 1000);
    struct tm tm;
    if (gmtime_r(&seconds, &tm) == NULL)
        return SCHEDULE_UNKNOWN;
    const long values[FIELDS] = {tm.tm_min,     tm.tm_hour,     tm.tm_mday,
                                 tm.tm_mon + 1, tm.tm_wday + 1, tm.tm_year + 1900};
    static const long lowest[FIELDS] = {0, 0, 1, 1, 1, 1970};
    enum schedule_answer answer = SCHEDULE_YES;
    for (size_t i = 0; i < FIELDS; i++) {
        const char *const *names = i == MONTH ? months : i == WEEKDAY ? weekdays : NULL;
        enum schedule_answer one = match_field(fields[i], names, lowest[i], values[i]);
        if (one == SCHEDULE_NO)
            return SCHEDULE_NO;
        if (one == SCHEDULE_UNKNOWN)
            answer = one;
    }
    return answer;
}

static enum schedule_answer cron_fires(const char *expression, int64_t from_ms, int64_t to_ms)
{
    char fields[FIELDS][FIELD_MAX];
    int read = 0;
    if (sscanf(expression, "cron( %63s %63s %63s %63s %63s %63[^) ] )%n", fields[MINUTE], fields[HOUR],
               fields[DAY], fields[MONTH], fields[WEEKDAY], fields[YEAR], &read) != FIELDS ||
        read == 0 || expression[read] != '\0')
        return SCHEDULE_UNKNOWN;
    enum schedule_answer answer = SCHEDULE_NO;
    for (int64_t at = from_ms - from_ms % MINUTE_MS; at <= to_ms; at += MINUTE_MS) {
        enum schedule_answer one = at < from_ms ? SCHEDULE_NO : match_minute(fields, at);
        if (one == SCHEDULE_YES)
            return one;
        if (one == SCHEDULE_UNKNOWN)
            answer = one;
    }
    return answer;
}

static enum schedule_answer at_fires(const char *expression, bool utc, int64_t from_ms, int64_t to_ms)
{
    struct tm tm = {0};
    const char *end = strptime(expression, "at(%Y-%m-%dT%H:%M:%S)", &tm);
    if (end == NULL || *end != '\0')
        return SCHEDULE_UNKNOWN;
    int64_t at_ms = (int64_t)timegm(&tm) * 1000;
    if (at_ms >= from_ms && at_ms <= to_ms)
        return utc ? SCHEDULE_YES : SCHEDULE_UNKNOWN;
    return utc || at_ms < from_ms - ZONE_MS || at_ms > to_ms + ZONE_MS ? SCHEDULE_NO : SCHEDULE_UNKNOWN;
}

/* Since when it counts is not told exactly, so only what must fire is known. */
static enum schedule_answer rate_fires(const char *expression, int64_t from_ms, int64_t to_ms)
{
    char *unit = NULL;
    long count = strncmp(expression, "rate(", 5) == 0 ? strtol(expression + 5, &unit, 10) : 0;
    if (count < 1 || count > RATE_MAX || *unit != ' ')
        return SCHEDULE_UNKNOWN;
    unit++;
    int64_t minutes = strncmp(unit, "minute", 6) == 0 ? 1 : strncmp(unit, "hour", 4) == 0 ? 60 : 24 * 60;
    return count * minutes * MINUTE_MS <= to_ms - from_ms ? SCHEDULE_YES : SCHEDULE_UNKNOWN;
}

enum schedule_answer schedule_fires(const char *expression, const char *zone, int64_t from_ms, int64_t to_ms)
{
    bool utc = is_utc(zone);
    if (to_ms < from_ms)
        return SCHEDULE_NO;
    if (to_ms - from_ms > SPAN_MAX_MS)
        return SCHEDULE_UNKNOWN;
    if (strncmp(expression, "at(", 3) == 0)
        return at_fires(expression, utc, from_ms, to_ms);
    if (strncmp(expression, "rate(", 5) == 0)
        return rate_fires(expression, from_ms, to_ms);
    return utc ? cron_fires(expression, from_ms, to_ms) : SCHEDULE_UNKNOWN;
}
