#include "aws/credentials.h"

#include <openssl/crypto.h>
#include <string.h>

void aws_credentials_clear(struct aws_credentials *credentials)
{
    OPENSSL_cleanse(credentials, sizeof *credentials);
    memset(credentials, 0, sizeof *credentials);
}

/* A value goes into a header: it must fit and have no control characters. */
static bool copy_value(char *field, size_t size, const char *value)
{
    size_t length = value ? strlen(value) : 0;
    if (length >= size)
        return false;
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)value[i] < ' ' || value[i] == 127)
            return false;
    }
    memcpy(field, value ? value : "", length);
    field[length] = '\0';
    return true;
}

bool aws_credentials_take(struct aws_credentials *credentials, const char *access_key, const char *secret_key,
                          const char *token, struct error *error)
{
    if (!access_key || !*access_key)
        return error_set(error, ERROR_DENIED, "the credentials have no access key (%s)", credentials->source);
    if (!secret_key || !*secret_key)
        return error_set(error, ERROR_DENIED,
                         "the credentials have an access key but no secret access key (%s)",
                         credentials->source);
    if (!copy_value(credentials->access_key, sizeof credentials->access_key, access_key) ||
        !copy_value(credentials->secret_key, sizeof credentials->secret_key, secret_key) ||
        !copy_value(credentials->session_token, sizeof credentials->session_token, token))
        return error_set(
            error, ERROR_DENIED,
            "an access key, a secret or a session token is too long or has control characters (%s)",
            credentials->source);
    return true;
}
