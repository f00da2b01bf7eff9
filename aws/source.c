#include "aws/source.h"

#include <stdarg.h>
#include <stdio.h>

enum aws_found aws_source_fail(struct error *error, const char *format, ...)
{
    char text[ERROR_MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    error_set(error, ERROR_DENIED, "%s", text);
    return AWS_FAILED;
}

const char *aws_source_get(const struct aws_source *source, const char *key)
{
    const char *value = aws_settings_get_in(source->settings, source->profile, key);
    return value && *value ? value : NULL;
}

enum aws_found aws_source_first(aws_source_load *const *sources, size_t count,
                                const struct aws_source *source, struct aws_credentials *credentials,
                                struct error *error)
{
    enum aws_found found = AWS_NOTHING;
    for (size_t i = 0; i < count && found == AWS_NOTHING; i++) {
        aws_credentials_clear(credentials);
        found = sources[i](source, credentials, error);
    }
    if (found != AWS_FOUND)
        aws_credentials_clear(credentials);
    return found;
}
