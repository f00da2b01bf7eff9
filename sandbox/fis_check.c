#include "sandbox/fis_check.h"

#include "core/units.h"
#include "sandbox/fis.h"
#include "sandbox/fis_catalogue.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define DESCRIPTION_MAX 512
#define ROLE_MIN 20
#define ARN_MAX 2048
#define TAG_KEY_MAX 128
#define TAG_VALUE_MAX 256
#define VALUE_MAX 1024

/* --- what is kept ------------------------------------------------------------------------------- */

/* LocalStack's guide gives numbers where FIS has texts. */
static void make_texts(struct json_object *parameters)
{
    if (!json_object_is_type(parameters, json_type_object))
        return;
    struct json_object *texts = json_object_new_object();
    json_object_object_foreach(parameters, name, value)
    {
        bool is_bare = json_object_is_type(value, json_type_int) ||
                       json_object_is_type(value, json_type_double) ||
                       json_object_is_type(value, json_type_boolean);
        if (is_bare)
            json_put_text(texts, name, json_object_to_json_string(value));
    }
    json_object_object_foreach(texts, key, text)
    {
        json_put(parameters, key, json_object_get(text));
    }
    json_object_put(texts);
}

static void make_all_texts(struct json_object *map)
{
    if (!json_object_is_type(map, json_type_object))
        return;
    json_object_object_foreach(map, name, member)
    {
        (void)name;
        make_texts(json_map(member, "parameters"));
    }
}

static struct json_object *options_of(struct json_object *request, struct json_object *before)
{
    struct json_object *options = json_any(before, "experimentOptions"), *json = json_object_new_object();
    static const struct {
        const char *key, *missing;
    } members[] = {{"accountTargeting", "single-account"}, {"emptyTargetResolutionMode", "fail"}};

    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        struct json_object *given = json_any(json_map(request, "experimentOptions"), members[i].key);
        if (!given)
            given = json_any(options, members[i].key);
        json_put(json, members[i].key, given ? json_copy(given) : json_object_new_string(members[i].missing));
    }
    return json;
}

struct json_object *fis_template_body(struct json_object *request, struct json_object *before)
{
    static const char *const members[] = {"description",
                                          "targets",
                                          "actions",
                                          "stopConditions",
                                          "roleArn",
                                          "logConfiguration",
                                          "experimentReportConfiguration",
                                          "tags"};
    struct json_object *body = json_object_new_object();

    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        struct json_object *value = json_any(request, members[i]);
        if (!value)
            value = json_any(before, members[i]);
        if (value)
            json_put(body, members[i], json_copy(value));
    }
    if (!json_any(body, "targets"))
        json_put(body, "targets", json_object_new_object());
    if (!json_any(body, "tags"))
        json_put(body, "tags", json_object_new_object());
    json_put(body, "experimentOptions", options_of(request, before));
    json_put_integer(body, "targetAccountConfigurationsCount", 0);
    make_all_texts(json_any(body, "actions"));
    make_all_texts(json_any(body, "targets"));
    return body;
}

/* --- what it may be ----------------------------------------------------------------------------- */

static bool fail_missing(struct call *call, const char *member)
{
    return fis_invalid(call,
                       "1 validation error detected: Value null at '%s' failed to satisfy constraint: Member "
                       "must not be null",
                       member);
}

static bool check_text(struct call *call, struct json_object *body, const char *member, size_t least,
                       size_t most)
{
    const char *text = json_text(body, member);

    if (!text)
        return json_any(body, member) ? fis_invalid(call, "%s must be a text.", member)
                                      : fail_missing(call, member);
    if (strlen(text) < least)
        return fis_invalid(
            call,
            "1 validation error detected: Value '%.100s' at '%s' failed to satisfy constraint: "
            "Member must have length greater than or equal to %zu",
            text, member, least);
    if (strlen(text) > most)
        return fis_invalid(
            call,
            "1 validation error detected: Value '%.100s' at '%s' failed to satisfy constraint: "
            "Member must have length less than or equal to %zu",
            text, member, most);
    return true;
}

bool fis_check_name(struct call *call, const char *what, const char *name)
{
    size_t length = strlen(name), blanks = 0;

    while (blanks < length && isspace((unsigned char)name[blanks]))
        blanks++;
    if (length >= FIS_NAME_MAX || blanks == length)
        return fis_invalid(call, "The name of %s must have 1 to %d characters: \"%.80s\".", what,
                           FIS_NAME_MAX - 1, name);
    return true;
}

bool fis_check_tags(struct call *call, struct json_object *tags, bool own)
{
    if (!tags)
        return true;
    if (!json_object_is_type(tags, json_type_object))
        return fis_invalid(call, "tags must be a map of texts.");
    if (json_object_object_length(tags) > FIS_TAGS_MAX)
        return fis_invalid(call, "A resource can have at most %d tags.", FIS_TAGS_MAX);
    json_object_object_foreach(tags, key, value)
    {
        if (!json_object_is_type(value, json_type_string) || !*key || strlen(key) > TAG_KEY_MAX ||
            json_object_get_string_len(value) > TAG_VALUE_MAX)
            return fis_invalid(call,
                               "A tag has a key of 1 to %d characters and a text of at most %d: \"%.140s\".",
                               TAG_KEY_MAX, TAG_VALUE_MAX, key);
        if (own && strncmp(key, "aws:", 4) == 0)
            return fis_invalid(call, "Tag keys must not begin with aws:.");
    }
    return true;
}

/* arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME */
static bool is_alarm_arn(const char *arn, const char *region)
{
    static const char *const parts[] = {"arn", NULL, "cloudwatch", "", NULL, "alarm"};

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        size_t length = strcspn(arn, ":");
        const char *wanted = parts[i] && !*parts[i] ? region : parts[i];
        if (arn[length] != ':' || length == 0 ||
            (wanted && (strlen(wanted) != length || strncmp(arn, wanted, length) != 0)))
            return false;
        arn += length + 1;
    }
    return *arn != '\0';
}

static bool check_stop_condition(struct call *call, struct json_object *condition, const char *region)
{
    const char *source = json_text(condition, "source"), *value = json_text(condition, "value");

    if (!source)
        return fail_missing(call, "stopConditions.1.member.source");
    if (strcmp(source, "none") == 0)
        return !value || fis_invalid(call, "A stop condition of source none has no value.");
    if (strcmp(source, "aws:cloudwatch:alarm") != 0)
        return fis_invalid(call, "Invalid stop condition source: \"%.100s\".", source);
    if (!value)
        return fis_invalid(call,
                           "A stop condition of source aws:cloudwatch:alarm needs the ARN of an alarm.");
    if (!is_alarm_arn(value, region))
        return fis_invalid(call, "Invalid stop condition value: \"%.300s\" is not the ARN of an alarm in %s.",
                           value, region);
    return true;
}

static bool check_stop_conditions(struct call *call, struct json_object *body, const char *region)
{
    struct json_object *list = json_list(body, "stopConditions");

    if (!list)
        return json_any(body, "stopConditions") ? fis_invalid(call, "stopConditions must be a list.")
                                                : fail_missing(call, "stopConditions");
    if (json_length(list) > FIS_STOP_CONDITIONS_MAX)
        return fis_invalid(call, "A template can have at most %d stop conditions.", FIS_STOP_CONDITIONS_MAX);
    for (size_t i = 0; i < json_length(list); i++) {
        if (!check_stop_condition(call, json_item(list, i), region))
            return false;
    }
    return true;
}

static bool check_options(struct call *call, struct json_object *body)
{
    struct json_object *options = json_map(body, "experimentOptions");
    const char *targeting = json_text(options, "accountTargeting"),
               *empty = json_text(options, "emptyTargetResolutionMode");

    if (!targeting || (strcmp(targeting, "single-account") != 0 && strcmp(targeting, "multi-account") != 0))
        return fis_invalid(call, "1 validation error detected: Value at 'experimentOptions.accountTargeting' "
                                 "failed to satisfy constraint: Member must satisfy enum value set: "
                                 "[multi-account, single-account]");
    if (strcmp(targeting, "multi-account") == 0)
        return fis_invalid(call, "This region has a single account.");
    if (!empty || (strcmp(empty, "fail") != 0 && strcmp(empty, "skip") != 0))
        return fis_invalid(call,
                           "1 validation error detected: Value at "
                           "'experimentOptions.emptyTargetResolutionMode' failed to satisfy constraint: "
                           "Member must satisfy enum value set: [fail, skip]");
    return true;
}

static bool check_log(struct call *call, struct json_object *body)
{
    struct json_object *log = json_any(body, "logConfiguration");

    if (log && !json_object_is_type(log, json_type_object))
        return fis_invalid(call, "logConfiguration must be an object.");
    if (log && !json_object_is_type(json_any(log, "logSchemaVersion"), json_type_int))
        return fail_missing(call, "logConfiguration.logSchemaVersion");
    return true;
}

bool fis_check_template(struct call *call, struct json_object *body, const char *region)
{
    return check_text(call, body, "description", 1, DESCRIPTION_MAX) &&
           check_text(call, body, "roleArn", ROLE_MIN, ARN_MAX) &&
           check_stop_conditions(call, body, region) && check_options(call, body) && check_log(call, body) &&
           fis_check_tags(call, json_any(body, "tags"), true) &&
           fis_check_targets(call, json_any(body, "targets")) && fis_check_actions(call, body, region);
}

/* --- parameters --------------------------------------------------------------------------------- */

static bool has_word(const char *words, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = words; *at;) {
        size_t one = strcspn(at, " ");
        if (one == length && strncmp(at, word, length) == 0)
            return true;
        at += one + (at[one] == ' ');
    }
    return false;
}

bool fis_read_duration(const char *text, double *ms)
{
    return *text == 'P' && units_parse_duration(text, 1, "duration", ms, NULL);
}

static const char *what_it_must_be(const struct fis_parameter *parameter)
{
    switch (parameter->kind) {
    case FIS_DURATION:
        return "an ISO 8601 duration";
    case FIS_INTEGER:
        return "a whole number";
    case FIS_FLAG:
        return "true or false";
    case FIS_WORD:
        return "one of:";
    case FIS_TEXT:
        break;
    }
    return "a text of 1 to 1024 characters";
}

static bool value_is_good(const struct fis_parameter *parameter, const char *text)
{
    double ms = 0;
    int64_t number = 0;

    switch (parameter->kind) {
    case FIS_DURATION:
        return fis_read_duration(text, &ms) && ms >= (double)parameter->lowest * 1000 &&
               ms <= (double)parameter->highest * 1000;
    case FIS_INTEGER:
        return units_parse_integer(text, "", parameter->lowest, parameter->highest, &number, NULL);
    case FIS_FLAG:
        return has_word("true false True False", text);
    case FIS_WORD:
        return has_word(parameter->words, text);
    case FIS_TEXT:
        break;
    }
    return *text && strlen(text) <= VALUE_MAX;
}

static bool check_value(struct call *call, const char *where, const char *name,
                        const struct fis_parameter *parameter, const char *text)
{
    if (value_is_good(parameter, text))
        return true;
    if (parameter->kind == FIS_DURATION || parameter->kind == FIS_INTEGER)
        return fis_invalid(
            call,
            "Invalid value \"%.100s\" for parameter \"%s\" in %s \"%s\": it must be %s from %ld to %ld%s.",
            text, parameter->name, where, name, what_it_must_be(parameter), parameter->lowest,
            parameter->highest, parameter->kind == FIS_DURATION ? " seconds" : "");
    return fis_invalid(call, "Invalid value \"%.100s\" for parameter \"%s\" in %s \"%s\": it must be %s%s%s.",
                       text, parameter->name, where, name, what_it_must_be(parameter),
                       parameter->words ? " " : "", parameter->words ? parameter->words : "");
}

bool fis_check_parameters(struct call *call, const char *where, const char *name,
                          const struct fis_parameter *known, struct json_object *given)
{
    if (given && !json_object_is_type(given, json_type_object))
        return fis_invalid(call, "The parameters of %s \"%s\" must be a map of texts.", where, name);
    if (given) {
        json_object_object_foreach(given, key, value)
        {
            const struct fis_parameter *parameter = fis_find_parameter(known, key);
            if (!parameter)
                return fis_invalid(call, "Unexpected parameter \"%.80s\" found in %s \"%s\".", key, where,
                                   name);
            if (!json_object_is_type(value, json_type_string))
                return fis_invalid(call, "Parameter \"%s\" in %s \"%s\" must be a text.", key, where, name);
            if (!check_value(call, where, name, parameter, json_object_get_string(value)))
                return false;
        }
    }
    for (; known && known->name; known++) {
        if (known->required && !json_any(given, known->name))
            return fis_invalid(call, "Missing required parameter \"%s\" in %s \"%s\".", known->name, where,
                               name);
    }
    return true;
}
