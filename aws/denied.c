#include "aws/denied.h"

#include <stdio.h>
#include <string.h>

#define PERMISSION_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-:"

bool aws_denied_is(const char *code, const char *message)
{
    /* STS gives the same code for a wrong code of an MFA device. */
    if (strstr(message, "MultiFactorAuthentication failed"))
        return false;
    return strncmp(code, "AccessDenied", strlen("AccessDenied")) == 0 ||
           strcmp(code, "UnauthorizedOperation") == 0 || strcmp(code, "NotAuthorized") == 0 ||
           strstr(message, "is not authorized to perform") != NULL;
}

/* The word behind a marker, without the full stop of the sentence; "" where there is none, or it is too long.
 */
static void take_word(const char *message, const char *marker, char *out, size_t size)
{
    const char *found = strstr(message, marker);
    out[0] = '\0';
    if (!found)
        return;
    found += strlen(marker);
    found += strspn(found, " ");
    size_t length = strcspn(found, " \t\"'");
    while (length > 0 && strchr(".,;", found[length - 1]))
        length--;
    if (length < size)
        snprintf(out, size, "%.*s", (int)length, found);
}

/* An ARN; IAM has "role NAME" instead. */
static void take_resource(const char *message, char *out, size_t size)
{
    static const char *const kinds[] = {"role ", "user ", "policy "};
    char marker[64];
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t length = strlen(kinds[i]);
        snprintf(marker, sizeof marker, "on resource: %s", kinds[i]);
        take_word(message, marker, out, size);
        if (*out && strlen(out) + length < size) {
            memmove(out + length, out, strlen(out) + 1);
            memcpy(out, kinds[i], length);
            return;
        }
    }
    take_word(message, "on resource: ", out, size);
}

/* The kinds of policy, as AWS names them. */
static void take_reason(const char *message, char *out, size_t size)
{
    static const char *const kinds[] = {
        "service control policy", "resource control policy", "permissions boundary", "session policy",
        "VPC endpoint policy",    "resource-based policy",   "identity-based policy"};
    const char *because = strstr(message, "because no ");
    const char *denied = strstr(message, "explicit deny");
    const char *kind = "";
    out[0] = '\0';
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && !*kind; i++) {
        if (strstr(denied ? denied : because ? because : "", kinds[i]))
            kind = kinds[i];
    }
    if (denied)
        snprintf(out, size, "%s%s denies it", *kind ? "a " : "a policy", kind);
    else if (because && *kind)
        snprintf(out, size, "no %s allows it", kind);
}

void aws_denied_read(const char *message, const char *prefix, const char *operation, struct aws_denied *out)
{
    memset(out, 0, sizeof *out);
    take_word(message, "to perform: ", out->permission, sizeof out->permission);
    out->permission[strspn(out->permission, PERMISSION_LETTERS)] = '\0';
    out->named = strchr(out->permission, ':') != NULL;
    take_word(message, "User: ", out->who, sizeof out->who);
    take_resource(message, out->resource, sizeof out->resource);
    take_reason(message, out->why, sizeof out->why);
    out->encoded = strstr(message, "Encoded authorization failure message") != NULL;
    if (!out->named) {
        snprintf(out->permission, sizeof out->permission, "%.32s:%.90s", prefix, operation);
        size_t length = strcspn(message, "\r\n");
        const char *rest = strstr(message, "Encoded authorization");
        if (rest && (size_t)(rest - message) < length)
            length = (size_t)(rest - message);
        while (length > 0 && message[length - 1] == ' ')
            length--;
        snprintf(out->words, sizeof out->words, "%.*s", (int)(length < sizeof out->words ? length : 0),
                 message);
    }
}

void aws_denied_describe(const struct aws_denied *denied, char text[AWS_DENIED_TEXT_MAX])
{
    const char *why = *denied->why ? denied->why : denied->words;
    snprintf(text, AWS_DENIED_TEXT_MAX, "%s needs the permission %s%s%s%s%s%s",
             *denied->who ? denied->who : "this call", denied->permission, *denied->resource ? " on " : "",
             denied->resource, *why ? ": " : "", why,
             denied->encoded
                 ? " (AWS gave the reason encoded: 'aws sts decode-authorization-message' reads it)"
                 : "");
}
