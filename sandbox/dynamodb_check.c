#include "sandbox/dynamodb_check.h"

#include "sandbox/memory.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NAME_SHORTEST 3
#define NAME_LONGEST 255
#define SHOWN_MAX 300
#define PLACE_MAX 128

enum member_kind { TEXT, NUMBER, FLAG, LIST, MAP, LEGACY };
static const struct {
    const char *name;
    enum member_kind kind;
} members[] = {
    {"TableName", TEXT},
    {"IndexName", TEXT},
    {"BillingMode", TEXT},
    {"TableClass", TEXT},
    {"ReturnValues", TEXT},
    {"ReturnConsumedCapacity", TEXT},
    {"ReturnItemCollectionMetrics", TEXT},
    {"ReturnValuesOnConditionCheckFailure", TEXT},
    {"Select", TEXT},
    {"ExclusiveStartTableName", TEXT},
    {"ConditionExpression", TEXT},
    {"FilterExpression", TEXT},
    {"KeyConditionExpression", TEXT},
    {"ProjectionExpression", TEXT},
    {"UpdateExpression", TEXT},
    {"Limit", NUMBER},
    {"Segment", NUMBER},
    {"TotalSegments", NUMBER},
    {"ConsistentRead", FLAG},
    {"ScanIndexForward", FLAG},
    {"DeletionProtectionEnabled", FLAG},
    {"AttributeDefinitions", LIST},
    {"KeySchema", LIST},
    {"LocalSecondaryIndexes", LIST},
    {"GlobalSecondaryIndexes", LIST},
    {"AttributesToGet", LIST},
    {"ProvisionedThroughput", MAP},
    {"Item", MAP},
    {"Key", MAP},
    {"ExclusiveStartKey", MAP},
    {"ExpressionAttributeNames", MAP},
    {"ExpressionAttributeValues", MAP},
    {"RequestItems", MAP},
    {"StreamSpecification", MAP},
    {"AttributeUpdates", LEGACY},
    {"Expected", LEGACY},
    {"ConditionalOperator", LEGACY},
    {"KeyConditions", LEGACY},
    {"QueryFilter", LEGACY},
    {"ScanFilter", LEGACY},
};

/* The words of AWS's reader for a value where another was expected. */
static bool fail_scalar(struct call *call, struct json_object *value, const char *wanted)
{
    const char *what = "STRING_VALUE";

    switch (json_object_get_type(value)) {
    case json_type_object:
        return call_fail(call, "SerializationException",
                         "Start of structure or map found where not expected");
    case json_type_array:
        return call_fail(call, "SerializationException", "Unrecognized collection type class java.lang.%s",
                         wanted);
    case json_type_boolean:
        what = json_object_get_boolean(value) ? "TRUE_VALUE" : "FALSE_VALUE";
        break;
    case json_type_int:
        what = "NUMBER_VALUE";
        break;
    case json_type_double:
        what = "DECIMAL_VALUE";
        break;
    default:
        break;
    }
    return call_fail(call, "SerializationException", "%s cannot be converted to %s", what, wanted);
}

static bool check_member(struct call *call, const char *name, enum member_kind kind)
{
    static const enum json_type types[] = {json_type_string, json_type_int, json_type_boolean,
                                           json_type_array, json_type_object};
    static const char *const wanted[] = {"String", "Integer", "Boolean"};
    struct json_object *value = json_any(call->request, name);

    if (!value)
        return true;
    if (kind == LEGACY)
        return call_fail(call, "ValidationException",
                         "%s is a legacy parameter, which this region does not have: use expressions", name);
    if (json_object_is_type(value, types[kind]))
        return true;
    if (kind < LIST)
        return fail_scalar(call, value, wanted[kind]);
    return call_fail(call, "SerializationException", "%s",
                     json_object_is_type(value, json_type_object)
                         ? "Start of structure or map found where not expected"
                         : "Unexpected field type");
}

bool check_members(struct call *call)
{
    struct json_object *names = NULL;

    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        if (!check_member(call, members[i].name, members[i].kind))
            return false;
    }
    names = json_map(call->request, "ExpressionAttributeNames");
    if (!names)
        return true;
    json_object_object_foreach(names, name, meant)
    {
        (void)name;
        if (!json_object_is_type(meant, json_type_string))
            return fail_scalar(call, meant, "String");
    }
    return true;
}

void check_init(struct check *check, struct call *call)
{
    *check = (struct check){.call = call};
}

void check_fail(struct check *check, const char *value, const char *place, const char *format, ...)
{
    size_t at = strlen(check->text);
    va_list arguments;

    at += (size_t)snprintf(check->text + at, sizeof check->text - at, "%sValue ", check->count ? "; " : "");
    if (at < sizeof check->text)
        at += value ? (size_t)snprintf(check->text + at, sizeof check->text - at, "'%.*s'", SHOWN_MAX, value)
                    : (size_t)snprintf(check->text + at, sizeof check->text - at, "null");
    if (at < sizeof check->text)
        at += (size_t)snprintf(check->text + at, sizeof check->text - at,
                               " at '%s' failed to satisfy constraint: ", place);
    va_start(arguments, format);
    if (at < sizeof check->text)
        vsnprintf(check->text + at, sizeof check->text - at, format, arguments);
    va_end(arguments);
    check->count++;
}

/* "TableName" as constraints call it: "tableName". */
static void place_of(const char *member, char place[PLACE_MAX])
{
    text_copy(place, PLACE_MAX, member);
    place[0] = (char)tolower((unsigned char)place[0]);
}

void check_not_null(struct check *check, const char *member)
{
    char place[PLACE_MAX];

    place_of(member, place);
    if (!json_any(check->call->request, member))
        check_fail(check, NULL, place, "Member must not be null");
}

void check_name(struct check *check, const char *name, const char *place)
{
    static const char characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    size_t length = strlen(name);

    if (length == 0 || strspn(name, characters) != length)
        check_fail(check, name, place, "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
    if (length < NAME_SHORTEST)
        check_fail(check, name, place, "Member must have length greater than or equal to %d", NAME_SHORTEST);
    if (length > NAME_LONGEST)
        check_fail(check, name, place, "Member must have length less than or equal to %d", NAME_LONGEST);
}

void check_table_name(struct check *check)
{
    const char *name = check_table(check->call);

    if (name)
        check_name(check, name, "tableName");
    else
        check_fail(check, NULL, "tableName", "Member must not be null");
}

bool check_table_first(struct call *call)
{
    const char *name = check_table(call);

    if (!name)
        return call_fail(call, "ValidationException",
                         "The parameter 'TableName' is required but was not present in the request");
    if (strlen(name) < NAME_SHORTEST || strlen(name) > NAME_LONGEST)
        return call_fail(call, "ValidationException",
                         "TableName must be at least %d characters long and at most %d characters long",
                         NAME_SHORTEST, NAME_LONGEST);
    return true;
}

void check_enum(struct check *check, const char *value, const char *place, const char *words)
{
    for (const char *at = words + 1; value && *at; at += strspn(at, ", ]")) {
        size_t length = strcspn(at, ",]");
        if (length == strlen(value) && strncmp(at, value, length) == 0)
            return;
        at += length;
    }
    if (value)
        check_fail(check, value, place, "Member must satisfy enum value set: %s", words);
}

void check_range(struct check *check, const char *member, int64_t smallest, int64_t largest)
{
    int64_t value = json_integer(check->call->request, member, smallest);
    char place[PLACE_MAX], text[32];

    place_of(member, place);
    snprintf(text, sizeof text, "%lld", (long long)value);
    if (value < smallest)
        check_fail(check, text, place, "Member must have value greater than or equal to %lld",
                   (long long)smallest);
    if (value > largest)
        check_fail(check, text, place, "Member must have value less than or equal to %lld",
                   (long long)largest);
}

void check_capacity(struct check *check)
{
    check_enum(check, json_text(check->call->request, "ReturnConsumedCapacity"), "returnConsumedCapacity",
               "[INDEXES, TOTAL, NONE]");
}

void check_return_values(struct check *check)
{
    struct json_object *request = check->call->request;

    check_capacity(check);
    check_enum(check, json_text(request, "ReturnItemCollectionMetrics"), "returnItemCollectionMetrics",
               "[SIZE, NONE]");
    check_enum(check, json_text(request, "ReturnValues"), "returnValues",
               "[ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]");
    check_enum(check, json_text(request, "ReturnValuesOnConditionCheckFailure"),
               "returnValuesOnConditionCheckFailure", "[ALL_OLD, NONE]");
}

bool check_done(struct check *check)
{
    if (check->count == 0)
        return true;
    return call_fail(check->call, "ValidationException", "%d validation error%s detected: %s", check->count,
                     check->count > 1 ? "s" : "", check->text);
}

const char *check_table(const struct call *call)
{
    const char *name = json_text(call->request, "TableName");
    const char *part = name && strncmp(name, "arn:", 4) == 0 ? strstr(name, ":table/") : NULL;

    return part ? part + strlen(":table/") : name;
}
