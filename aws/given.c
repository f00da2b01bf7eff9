#include "aws/given.h"

#include "aws/json.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Days since 1970-01-01 of a date of the Gregorian calendar (years from 1970 on). */
static int64_t days_of(int year, int month, int day)
{
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int64_t years = year - 1970;
    int past = month > 2 ? year : year - 1; /* the last year whose February 29th has been */
    int64_t leap_days = past / 4 - past / 100 + past / 400 - (1969 / 4 - 1969 / 100 + 1969 / 400);
    return years * 365 + leap_days + before[month - 1] + day - 1;
}

static bool take_number(const char **text, size_t digits, int least, int most, int *number)
{
    int value = 0;
    for (size_t i = 0; i < digits; i++) {
        if ((*text)[i] < '0' || (*text)[i] > '9')
            return false;
        value = value * 10 + ((*text)[i] - '0');
    }
    *text += digits;
    *number = value;
    return value >= least && value <= most;
}

static bool take_char(const char **text, const char *any)
{
    if (!**text || !strchr(any, **text))
        return false;
    (*text)++;
    return true;
}

/* "Z", "UTC", "+01:00", "-0530", or nothing. */
static bool take_zone(const char **text, int64_t *offset_s)
{
    int hours = 0, minutes = 0;
    *offset_s = 0;
    if (!**text)
        return true;
    if (strcmp(*text, "Z") == 0 || strcmp(*text, "z") == 0 || strcmp(*text, "UTC") == 0) {
        *text += strlen(*text);
        return true;
    }
    bool west = **text == '-';
    if (!take_char(text, "+-") || !take_number(text, 2, 0, 23, &hours))
        return false;
    if (take_char(text, ":") || **text) {
        if (!take_number(text, 2, 0, 59, &minutes))
            return false;
    }
    *offset_s = (west ? -1 : 1) * (hours * 3600 + minutes * 60);
    return true;
}

bool aws_given_time(const char *text, int64_t *epoch_ms)
{
    int year, month, day, hour, minute, second;
    int64_t offset_s;
    if (!take_number(&text, 4, 1970, 9999, &year) || !take_char(&text, "-") ||
        !take_number(&text, 2, 1, 12, &month) || !take_char(&text, "-") ||
        !take_number(&text, 2, 1, 31, &day) || !take_char(&text, "Tt ") ||
        !take_number(&text, 2, 0, 23, &hour) || !take_char(&text, ":") ||
        !take_number(&text, 2, 0, 59, &minute) || !take_char(&text, ":") ||
        !take_number(&text, 2, 0, 60, &second))
        return false;
    if (take_char(&text, ".,"))
        text += strspn(text, "0123456789");
    if (!take_zone(&text, &offset_s) || *text)
        return false;
    int64_t seconds = days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset_s;
    *epoch_ms = seconds * 1000;
    return true;
}

/* The names of one form's keys. */
struct names {
    const char *access_key, *secret_key, *token, *expiration;
    bool token_required, expiration_required;
};

static bool lacks(struct error *error, const char *source, const char *key)
{
    return error_set(error, ERROR_DENIED, "the answer has no %s (%s)", key, source);
}

static bool read_expiration(struct json_object *object, const struct names *names,
                            struct aws_credentials *credentials, struct error *error)
{
    struct json_object *value = aws_json_get(object, names->expiration);
    if (json_object_is_type(value, json_type_int)) {
        credentials->expires_at_ms = json_object_get_int64(value);
        return true;
    }
    const char *text = aws_json_text(object, names->expiration);
    if (!*text)
        return !names->expiration_required || lacks(error, credentials->source, names->expiration);
    return aws_given_time(text, &credentials->expires_at_ms) ||
           error_set(error, ERROR_DENIED, "the answer's %s is not a time such as 2026-01-31T10:00:00Z (%s)",
                     names->expiration, credentials->source);
}

static bool read_keys(struct json_object *object, const struct names *names,
                      struct aws_credentials *credentials, struct error *error)
{
    const char *access_key = aws_json_text(object, names->access_key);
    const char *secret_key = aws_json_text(object, names->secret_key);
    const char *token = aws_json_text(object, names->token);
    if (!*access_key)
        return lacks(error, credentials->source, names->access_key);
    if (!*secret_key)
        return lacks(error, credentials->source, names->secret_key);
    if (!*token && names->token_required)
        return lacks(error, credentials->source, names->token);
    return read_expiration(object, names, credentials, error) &&
           aws_credentials_take(credentials, access_key, secret_key, token, error);
}

static bool check_version(struct json_object *object, const char *source, struct error *error)
{
    struct json_object *version = aws_json_get(object, "Version");
    if (json_object_is_type(version, json_type_int) && json_object_get_int64(version) == 1)
        return true;
    return error_set(error, ERROR_DENIED, "the answer's Version is not 1, the only one that is known (%s)",
                     source);
}

bool aws_given_read(const char *text, size_t length, enum aws_given_form form,
                    struct aws_credentials *credentials, struct error *error)
{
    static const struct names upper = {"AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration", 0, 0};
    static const struct names role = {"AccessKeyId", "SecretAccessKey", "Token", "Expiration", 1, 1};
    static const struct names lower = {"accessKeyId", "secretAccessKey", "sessionToken", "expiration", 1, 1};
    struct json_object *json = length <= AWS_GIVEN_SIZE_MAX ? aws_json_parse(text, length) : NULL;
    bool done = false;
    if (!json)
        return error_set(error, ERROR_DENIED, "the answer is not a JSON object (%s)", credentials->source);
    switch (form) {
    case AWS_GIVEN_PROCESS:
        done = check_version(json, credentials->source, error) && read_keys(json, &upper, credentials, error);
        break;
    case AWS_GIVEN_ROLE:
        done = read_keys(json, &role, credentials, error);
        break;
    case AWS_GIVEN_SSO:
        done = read_keys(aws_json_object(json, "roleCredentials"), &lower, credentials, error);
        break;
    }
    json_object_put(json);
    return done;
}
