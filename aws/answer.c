#include "aws/answer.h"

#include "aws/denied.h"
#include "aws/json.h"
#include "aws/xml.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct meaning {
    const char *text;
    enum error_code code;
};

/* Whole codes first, then how they end, then how they begin. */
static const struct meaning whole_codes[] = {
    {"AccessDenied", ERROR_DENIED},
    {"AccessDeniedException", ERROR_DENIED},
    {"UnauthorizedOperation", ERROR_DENIED},
    {"AuthFailure", ERROR_DENIED},
    {"Blocked", ERROR_DENIED},
    {"NotAuthorized", ERROR_DENIED},
    {"OptInRequired", ERROR_DENIED},
    {"UnrecognizedClientException", ERROR_DENIED},
    {"InvalidClientTokenId", ERROR_DENIED},
    {"InvalidAccessKeyId", ERROR_DENIED},
    {"InvalidSignatureException", ERROR_DENIED},
    {"SignatureDoesNotMatch", ERROR_DENIED},
    {"IncompleteSignature", ERROR_DENIED},
    {"IncompleteSignatureException", ERROR_DENIED},
    {"MissingAuthenticationToken", ERROR_DENIED},
    {"MissingAuthenticationTokenException", ERROR_DENIED},
    {"ExpiredToken", ERROR_DENIED},
    {"ExpiredTokenException", ERROR_DENIED},
    {"RequestExpired", ERROR_DENIED},
    {"RequestTimeTooSkewed", ERROR_DENIED},
    {"ServiceNotActiveException", ERROR_CONFLICT},
    {"NoSuchEntity", ERROR_NOT_FOUND},
    {"UpdateInProgressException", ERROR_CONFLICT},
    {"ConflictException", ERROR_CONFLICT},
    {"OperationNotPermitted", ERROR_CONFLICT},
    {"PriorRequestNotComplete", ERROR_CONFLICT},
    {"ClientException", ERROR_INVALID},
    {"PlatformUnknownException", ERROR_INVALID},
    {"UnsupportedFeatureException", ERROR_INVALID},
    {"InvalidPermission.Duplicate", ERROR_CONFLICT},
};
static const struct meaning code_ends[] = {
    {"NotFoundException", ERROR_NOT_FOUND},
    {"NotFound", ERROR_NOT_FOUND},
    {"InUse", ERROR_CONFLICT},
    {"InUseException", ERROR_CONFLICT},
    {"Exists", ERROR_CONFLICT},
    {"ExistsException", ERROR_CONFLICT},
    {"ContainsServicesException", ERROR_CONFLICT},
};
static const struct meaning code_starts[] = {
    {"Invalid", ERROR_INVALID},   {"Validation", ERROR_INVALID},  {"Missing", ERROR_INVALID},
    {"Malformed", ERROR_INVALID}, {"Unsupported", ERROR_INVALID}, {"Duplicate", ERROR_CONFLICT},
};

enum error_code aws_answer_code(const struct aws_answer_error *answer, long http_status)
{
    size_t length = strlen(answer->code);
    if (aws_denied_is(answer->code, answer->message)) /* iam:PassRole comes as a ClientException */
        return ERROR_DENIED;
    /* ECS has one code for most of what a caller can do wrong. */
    if (strcmp(answer->code, "ClientException") == 0) {
        if (strstr(answer->message, "inactive") || strstr(answer->message, "INACTIVE"))
            return ERROR_CONFLICT;
        if (strstr(answer->message, "Unable to describe task definition"))
            return ERROR_NOT_FOUND;
    }
    for (size_t i = 0; i < sizeof whole_codes / sizeof whole_codes[0]; i++) {
        if (strcmp(answer->code, whole_codes[i].text) == 0)
            return whole_codes[i].code;
    }
    for (size_t i = 0; i < sizeof code_ends / sizeof code_ends[0]; i++) {
        size_t end = strlen(code_ends[i].text);
        if (length >= end && strcmp(answer->code + length - end, code_ends[i].text) == 0)
            return code_ends[i].code;
    }
    for (size_t i = 0; i < sizeof code_starts / sizeof code_starts[0]; i++) {
        if (strncmp(answer->code, code_starts[i].text, strlen(code_starts[i].text)) == 0)
            return code_starts[i].code;
    }
    return http_status == 401 || http_status == 403 ? ERROR_DENIED : ERROR_SERVICE;
}

/* "ns#Code:http://…" to "Code", and only if that is a word. */
static bool copy_code(const char *text, char code[ERROR_REASON_MAX])
{
    const char *hash = strchr(text, '#');
    const char *colon = strchr(text, ':');
    if (hash && (!colon || hash < colon))
        text = hash + 1;
    size_t length = strcspn(text, ":");
    if (length == 0 || length >= ERROR_REASON_MAX ||
        strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") < length)
        return false;
    memcpy(code, text, length);
    code[length] = '\0';
    return true;
}

/* One line without control characters, cut at the bound. */
static void copy_message(const char *text, char message[AWS_ANSWER_MESSAGE_MAX])
{
    size_t length = 0;
    for (; *text && length + 1 < AWS_ANSWER_MESSAGE_MAX; text++)
        message[length++] = (unsigned char)*text < ' ' || *text == 127 ? ' ' : *text;
    if (*text) { /* not in the middle of a character */
        while (length > 0 && ((unsigned char)message[length - 1] & 0xC0) == 0x80)
            length--;
        if (length > 0 && (unsigned char)message[length - 1] >= 0xC0)
            length--;
    }
    message[length] = '\0';
}

static const char *json_text(struct json_object *object, const char *key)
{
    struct json_object *value = NULL;
    if (!json_object_object_get_ex(object, key, &value) || !json_object_is_type(value, json_type_string))
        return NULL;
    return json_object_get_string(value);
}

static bool read_json_error(const struct aws_http_answer *answer, struct aws_answer_error *out)
{
    struct json_object *json = aws_json_parse(buf_text(&answer->body), answer->body.length);
    bool known = *answer->error_type && copy_code(answer->error_type, out->code);
    if (json) {
        const char *type = json_text(json, "__type");
        const char *message = json_text(json, "message");
        if (!type)
            type = json_text(json, "code");
        if (!message)
            message = json_text(json, "Message");
        if (type && copy_code(type, out->code))
            known = true;
        if (message)
            copy_message(message, out->message);
    }
    json_object_put(json);
    return known;
}

static bool read_xml_error(const struct aws_http_answer *answer, struct aws_answer_error *out)
{
    struct aws_xml *root = aws_xml_parse(buf_text(&answer->body), answer->body.length, NULL);
    const struct aws_xml *found = aws_xml_find(root, "Error");
    if (!found)
        found = aws_xml_find(root, "Errors/Error");
    if (!found && root && strcmp(root->name, "Error") == 0)
        found = root;
    bool known = found && copy_code(aws_xml_text(found, "Code"), out->code);
    if (known)
        copy_message(aws_xml_text(found, "Message"), out->message);
    aws_xml_free(root);
    return known;
}

bool aws_answer_read_error(const struct aws_http_answer *answer, enum aws_service service,
                           struct aws_answer_error *out)
{
    memset(out, 0, sizeof *out);
    return aws_service_info(service)->api_version ? read_xml_error(answer, out)
                                                  : read_json_error(answer, out);
}

void aws_answer_excerpt(const void *data, size_t length, char text[AWS_ANSWER_EXCERPT_MAX])
{
    const unsigned char *bytes = data;
    const size_t room = AWS_ANSWER_EXCERPT_MAX - sizeof "…";
    size_t out = 0, in = 0;
    for (; in < length && out < room; in++) {
        bool blank = bytes[in] == ' ' || (bytes[in] >= '\t' && bytes[in] <= '\r');
        if (blank && out > 0 && text[out - 1] == ' ')
            continue;
        text[out++] = blank ? ' ' : bytes[in] > ' ' && bytes[in] <= '~' ? (char)bytes[in] : '.';
    }
    snprintf(text + out, AWS_ANSWER_EXCERPT_MAX - out, "%s", in < length ? "…" : "");
}

bool aws_answer_set_error(struct error *error, const struct aws_answer_error *answer, long http_status,
                          enum aws_service service, const char *operation, const char *credentials_source)
{
    enum error_code code = aws_answer_code(answer, http_status);
    const char *title = aws_service_info(service)->title;
    struct aws_denied denied;
    char words[AWS_DENIED_TEXT_MAX];
    if (code == ERROR_DENIED && aws_denied_is(answer->code, answer->message)) {
        aws_denied_read(answer->message, aws_service_info(service)->iam_prefix, operation, &denied);
        aws_denied_describe(&denied, words);
        error_set(error, code, "%s %s: %s: %s", title, operation, answer->code, words);
    } else if (code == ERROR_DENIED) {
        error_set(error, code,
                  "%s %s: %s%s%s (check the credentials and this machine's clock; they come from %.512s)",
                  title, operation, answer->code, *answer->message ? ": " : "", answer->message,
                  credentials_source);
    } else {
        error_set(error, code, "%s %s: %s%s%s", title, operation, answer->code, *answer->message ? ": " : "",
                  answer->message);
    }
    if (error)
        snprintf(error->reason, sizeof error->reason, "%s", answer->code);
    return false;
}
