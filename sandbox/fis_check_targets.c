/* fis_check_targets: a template's targets. */
#include "core/units.h"
#include "sandbox/fis.h"
#include "sandbox/fis_catalogue.h"
#include "sandbox/fis_check.h"

#include <stdio.h>
#include <string.h>

#define ARN_MIN 20
#define ARN_MAX 2048
#define COUNT_MAX 100000
#define PATH_MAX_LENGTH 256

bool fis_read_selection(const char *mode, long *number, bool *percent)
{
    char digits[16] = "";
    int end = 0;
    int64_t value = 0;

    *number = 100;
    *percent = true;
    if (strcmp(mode, "ALL") == 0)
        return true;
    *percent = strncmp(mode, "PERCENT(", 8) == 0;
    if ((!*percent && strncmp(mode, "COUNT(", 6) != 0) ||
        sscanf(mode + (*percent ? 8 : 6), "%15[0-9])%n", digits, &end) != 1 || end == 0 ||
        mode[(*percent ? 8 : 6) + end] ||
        !units_parse_integer(digits, "", 1, *percent ? 100 : COUNT_MAX, &value, NULL))
        return false;
    *number = (long)value;
    return true;
}

static bool check_arns(struct call *call, const char *name, struct json_object *arns)
{
    if (arns && !json_object_is_type(arns, json_type_array))
        return fis_invalid(call, "The resourceArns of target \"%s\" must be a list.", name);
    if (json_length(arns) > FIS_ARNS_MAX)
        return fis_invalid(call,
                           "1 validation error detected: Value at 'targets.%s.member.resourceArns' failed to "
                           "satisfy constraint: Member must have length less than or equal to %d",
                           name, FIS_ARNS_MAX);
    for (size_t i = 0; i < json_length(arns); i++) {
        const char *arn = json_text_at(arns, i);
        if (strncmp(arn, "arn:", 4) != 0 || strlen(arn) < ARN_MIN || strlen(arn) > ARN_MAX)
            return fis_invalid(call, "Invalid ARN \"%.200s\" in target \"%s\".", arn, name);
    }
    return true;
}

static bool check_filter(struct call *call, const char *name, struct json_object *filter)
{
    const char *path = json_text(filter, "path");
    struct json_object *values = json_list(filter, "values");

    if (!path || !*path || strlen(path) > PATH_MAX_LENGTH || json_length(values) == 0)
        return fis_invalid(call, "A filter of target \"%s\" needs a path and values.", name);
    for (size_t i = 0; i < json_length(values); i++) {
        if (!*json_text_at(values, i))
            return fis_invalid(call, "The values of filter \"%s\" of target \"%s\" must be texts.", path,
                               name);
    }
    return true;
}

static bool check_filters(struct call *call, const char *name, struct json_object *filters)
{
    if (filters && !json_object_is_type(filters, json_type_array))
        return fis_invalid(call, "The filters of target \"%s\" must be a list.", name);
    for (size_t i = 0; i < json_length(filters); i++) {
        if (!check_filter(call, name, json_item(filters, i)))
            return false;
    }
    return true;
}

static size_t members(struct json_object *map)
{
    return json_object_is_type(map, json_type_object) ? (size_t)json_object_object_length(map) : 0;
}

/* ARNs stand alone; tags, filters and parameters narrow each other down. */
static bool check_ways(struct call *call, const char *name, struct json_object *target)
{
    size_t arns = json_length(json_any(target, "resourceArns")),
           tags = members(json_any(target, "resourceTags")),
           filters = json_length(json_any(target, "filters")),
           parameters = members(json_any(target, "parameters"));

    if (arns > 0 && tags > 0)
        return fis_invalid(call, "Target \"%s\" must not specify both resourceArns and resourceTags.", name);
    if (arns > 0 && (filters > 0 || parameters > 0))
        return fis_invalid(call, "Target \"%s\" must not specify both resourceArns and %s.", name,
                           filters > 0 ? "filters" : "parameters");
    if (arns + tags + filters + parameters == 0)
        return fis_invalid(
            call, "Target \"%s\" must specify resourceArns, resourceTags, filters or parameters.", name);
    return true;
}

static bool check_target(struct call *call, const char *name, struct json_object *target)
{
    const char *id = json_text(target, "resourceType"), *mode = json_text(target, "selectionMode");
    const struct fis_resource_type *type = id ? fis_resource_type(id) : NULL;
    long number = 0;
    bool percent = false;

    if (!fis_check_name(call, "a target", name))
        return false;
    if (!id || !mode)
        return fis_invalid(
            call,
            "1 validation error detected: Value null at 'targets.%s.member.%s' failed to satisfy "
            "constraint: Member must not be null",
            name, id ? "selectionMode" : "resourceType");
    if (!type)
        return fis_invalid(call, "Invalid resource type \"%.130s\" in target \"%s\".", id, name);
    if (!fis_read_selection(mode, &number, &percent))
        return fis_invalid(call,
                           "Invalid selection mode \"%.64s\" in target \"%s\": ALL, COUNT(n) or PERCENT(n).",
                           mode, name);
    return check_arns(call, name, json_any(target, "resourceArns")) &&
           fis_check_tags(call, json_any(target, "resourceTags"), false) &&
           check_filters(call, name, json_any(target, "filters")) &&
           fis_check_parameters(call, "target", name, type->parameters, json_any(target, "parameters")) &&
           check_ways(call, name, target);
}

bool fis_check_targets(struct call *call, struct json_object *targets)
{
    if (!json_object_is_type(targets, json_type_object))
        return fis_invalid(call, "targets must be a map of targets.");
    json_object_object_foreach(targets, name, target)
    {
        if (!check_target(call, name, target))
            return false;
    }
    return true;
}
