#include "core/error.h"

#include "core/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void error_clear(struct error *error)
{
    if (!error)
        return;
    error->code = ERROR_NONE;
    error->reason[0] = '\0';
    error->message[0] = '\0';
}

static void store(struct error *error, enum error_code code, const char *message, int length)
{
    error->code = code;
    error->reason[0] = '\0';
    utf8_copy(error->message, sizeof error->message, message, length < 0 ? 0 : strlen(message));
}

bool error_set(struct error *error, enum error_code code, const char *format, ...)
{
    if (!error)
        return false;
    char message[ERROR_MESSAGE_MAX + 4]; /* longer than the bound, so that the cut is utf8_copy's */
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    store(error, code, message, length);
    return false;
}

bool error_prefix(struct error *error, const char *format, ...)
{
    if (!error)
        return false;
    char message[2 * ERROR_MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(message, ERROR_MESSAGE_MAX, format, arguments);
    va_end(arguments);
    if (length < 0)
        return false;
    size_t used = strlen(message);
    memcpy(message + used, error->message, strlen(error->message) + 1);
    utf8_copy(error->message, sizeof error->message, message, strlen(message));
    return false;
}

bool error_set_errno(struct error *error, const char *format, ...)
{
    const char *why = strerror(errno);
    if (!error)
        return false;
    char message[ERROR_MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return error_set(error, ERROR_SYSTEM, "%s: %s", length < 0 ? "" : message, why);
}

const char *error_code_name(enum error_code code)
{
    switch (code) {
    case ERROR_NONE:
        return "none";
    case ERROR_USAGE:
        return "usage";
    case ERROR_INVALID:
        return "invalid";
    case ERROR_NOT_FOUND:
        return "not-found";
    case ERROR_CONFLICT:
        return "conflict";
    case ERROR_DENIED:
        return "denied";
    case ERROR_REFUSED:
        return "refused";
    case ERROR_NETWORK:
        return "network";
    case ERROR_TIMEOUT:
        return "timeout";
    case ERROR_SERVICE:
        return "service";
    case ERROR_LIMIT:
        return "limit";
    case ERROR_SYSTEM:
        return "system";
    case ERROR_CANCELED:
        return "canceled";
    case ERROR_INCOMPLETE:
        return "incomplete";
    }
    return "unknown";
}
