#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/units.h"
#include "core/utf8.h"
#include "experiment/json.h"
#include "experiment/template_internal.h"

#define TYPE_MAX 128
#define TAG_KEY_MAX 128
#define TAG_VALUE_MAX 256
#define FILTER_PATH_MAX 256
#define FILTER_VALUE_MAX 128

/* Where something stands, for messages: "action slow: " and then the key. */
struct place {
    const char *kind, *name; /* "" at the top */
};

static const struct place top = {"", ""};

static bool wrong(struct place at, const char *key, struct error *error, const char *what)
{
    char name[TEMPLATE_SHOWN_MAX], shown[TEMPLATE_SHOWN_MAX];
    if (at.kind[0] == '\0')
        return error_set(error, ERROR_INVALID, "%s: %s", template_shown(key, shown), what);
    return error_set(error, ERROR_INVALID, "%s %s: %s: %s", at.kind, template_shown(at.name, name),
                     template_shown(key, shown), what);
}

static size_t characters(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xc0U) != 0x80;
    return count;
}

enum text_kind {
    WORD, /* no spaces but plain ones, no control characters: seeds name actions "Test action 1" */
    FREE  /* any text */
};

/* A text within limits, counted in characters. */
static bool check_text(const char *text, enum text_kind kind, size_t least, size_t most, struct place at,
                       const char *key, struct error *error)
{
    size_t count = characters(text), length = strlen(text);
    if (count < least && least == 1)
        return wrong(at, key, error, "must not be empty");
    if (count < least || count > most) {
        char what[64];
        snprintf(what, sizeof what, "must have %zu to %zu characters", least, most);
        return wrong(at, key, error, what);
    }
    if (kind == WORD && utf8_has_control(text, length))
        return wrong(at, key, error, "must not have control characters");
    return true;
}

/* The string's text, borrowed. */
static bool take_string(struct json_object *json, const char **text, struct place at, const char *key,
                        struct error *error)
{
    if (!json_object_is_type(json, json_type_string))
        return wrong(at, key, error, "must be a string");
    *text = json_object_get_string(json);
    if (strlen(*text) != (size_t)json_object_get_string_len(json))
        return wrong(at, key, error, "must not have a NUL in it");
    return true;
}

struct text_rule {
    const char *key;
    enum text_kind kind;
    size_t least, most;
    bool required;
};

static bool read_text(struct json_object *object, const struct text_rule *rule, const char **text,
                      struct place at, struct error *error)
{
    struct json_object *json = NULL;
    *text = "";
    if (!json_object_object_get_ex(object, rule->key, &json))
        return !rule->required || wrong(at, rule->key, error, "is missing");
    return take_string(json, text, at, rule->key, error) &&
           check_text(*text, rule->kind, rule->least, rule->most, at, rule->key, error);
}

/* NULL and true where it is not there. */
static bool read_container(struct json_object *object, const char *key, enum json_type type,
                           struct json_object **value, struct place at, struct error *error)
{
    *value = NULL;
    if (!json_object_object_get_ex(object, key, value))
        return true;
    if (!json_object_is_type(*value, type))
        return wrong(at, key, error, type == json_type_object ? "must be an object" : "must be an array");
    return true;
}

static bool too_many(struct place at, const char *key, size_t most, struct error *error)
{
    char what[64];
    snprintf(what, sizeof what, "more than %zu", most);
    return wrong(at, key, error, what);
}

/* Room for `count` things of a list; NULL without memory, or where there is none to hold. */
static bool make_room(void **items, size_t count, size_t size, struct error *error)
{
    *items = count == 0 ? NULL : calloc(count, size);
    return count == 0 || *items != NULL || error_set(error, ERROR_SYSTEM, "out of memory");
}

static bool read_texts(struct json_object *object, const struct text_rule *rule, size_t most_items,
                       struct template_texts *texts, struct place at, struct error *error)
{
    struct json_object *array;
    if (!read_container(object, rule->key, json_type_array, &array, at, error))
        return false;
    if (array == NULL)
        return !rule->required || wrong(at, rule->key, error, "is missing");
    size_t count = json_object_array_length(array);
    void *items;
    if (count > most_items)
        return too_many(at, rule->key, most_items, error);
    if (!make_room(&items, count, sizeof *texts->items, error))
        return false;
    texts->items = items;
    for (; texts->count < count; texts->count++) {
        const char **text = &texts->items[texts->count];
        if (!take_string(json_object_array_get_idx(array, texts->count), text, at, rule->key, error) ||
            !check_text(*text, rule->kind, rule->least, rule->most, at, rule->key, error))
            return false;
    }
    return true;
}

/* AWS takes texts only; LocalStack took numbers, and so do we. */
static struct json_object *as_string(struct json_object *object, const char *key, struct json_object *value)
{
    if (!json_object_is_type(value, json_type_int) && !json_object_is_type(value, json_type_double) &&
        !json_object_is_type(value, json_type_boolean))
        return value;
    struct json_object *text = json_object_new_string(json_object_get_string(value));
    json_object_object_add(object, key, text);
    return text;
}

struct pairs_rule {
    const char *key;
    size_t most, key_most, value_least, value_most;
    bool numbers; /* become texts */
};

static bool read_pairs(struct json_object *object, const struct pairs_rule *rule,
                       struct template_pairs *pairs, struct place at, struct error *error)
{
    struct json_object *map;
    void *items;
    if (!read_container(object, rule->key, json_type_object, &map, at, error))
        return false;
    if (map == NULL)
        return true;
    size_t count = (size_t)json_object_object_length(map);
    if (count > rule->most)
        return too_many(at, rule->key, rule->most, error);
    if (!make_room(&items, count, sizeof *pairs->items, error))
        return false;
    pairs->items = items;
    json_object_object_foreach(map, key, value)
    {
        struct template_pair *pair = &pairs->items[pairs->count];
        pair->key = key;
        if (rule->numbers)
            value = as_string(map, key, value);
        if (!check_text(key, WORD, 1, rule->key_most, at, rule->key, error) ||
            !take_string(value, &pair->value, at, key, error) ||
            !check_text(pair->value, FREE, rule->value_least, rule->value_most, at, key, error))
            return false;
        pairs->count++;
    }
    return true;
}

static bool read_action(struct template_action *action, struct json_object *json, struct error *error)
{
    static const struct text_rule id = {"actionId", WORD, 1, TEMPLATE_ID_MAX, true};
    static const struct text_rule description = {"description", FREE, 0, TEMPLATE_DESCRIPTION_MAX, false};
    static const struct text_rule after = {"startAfter", WORD, 1, TEMPLATE_NAME_MAX, false};
    static const struct pairs_rule parameters = {
        "parameters", TEMPLATE_PARAMETERS_MAX, TEMPLATE_NAME_MAX, 0, TEMPLATE_VALUE_MAX, true};
    static const struct pairs_rule targets = {"targets", TEMPLATE_TARGETS_MAX, TEMPLATE_NAME_MAX,
                                              1,         TEMPLATE_NAME_MAX,    false};
    const struct place at = {"action", action->name};
    return read_text(json, &id, &action->action_id, at, error) &&
           read_text(json, &description, &action->description, at, error) &&
           read_pairs(json, &parameters, &action->parameters, at, error) &&
           read_pairs(json, &targets, &action->targets, at, error) &&
           read_texts(json, &after, TEMPLATE_ACTIONS_MAX, &action->start_after, at, error);
}

static bool read_number_in(const char *text, const char *word, int64_t most, unsigned *number)
{
    char digits[16];
    size_t length = strlen(text), start = strlen(word);
    int64_t value;
    if (length <= start + 2 || strncmp(text, word, start) != 0 || text[start] != '(' ||
        text[length - 1] != ')' || length - start - 2 >= sizeof digits)
        return false;
    memcpy(digits, text + start + 1, length - start - 2);
    digits[length - start - 2] = '\0';
    if (!units_parse_integer(digits, "", 1, most, &value, NULL))
        return false;
    *number = (unsigned)value;
    return true;
}

static bool read_selection(struct template_target *target, struct place at, struct error *error)
{
    const char *mode = target->selection_mode;
    if (strcmp(mode, "ALL") == 0)
        target->selection = TEMPLATE_ALL;
    else if (read_number_in(mode, "COUNT", INT32_MAX, &target->selection_number))
        target->selection = TEMPLATE_COUNT;
    else if (read_number_in(mode, "PERCENT", 100, &target->selection_number))
        target->selection = TEMPLATE_PERCENT;
    else
        return wrong(at, "selectionMode", error, "must be ALL, COUNT(n) or PERCENT(n) with n from 1 to 100");
    return true;
}

static bool read_filters(struct template_target *target, struct json_object *json, struct place at,
                         struct error *error)
{
    static const struct text_rule path = {"path", WORD, 1, FILTER_PATH_MAX, true};
    static const struct text_rule values = {"values", WORD, 1, FILTER_VALUE_MAX, true};
    struct json_object *array;
    void *items;
    if (!read_container(json, "filters", json_type_array, &array, at, error))
        return false;
    size_t count = array == NULL ? 0 : json_object_array_length(array);
    if (count > TEMPLATE_FILTERS_MAX)
        return too_many(at, "filters", TEMPLATE_FILTERS_MAX, error);
    if (!make_room(&items, count, sizeof *target->filters, error))
        return false;
    target->filters = items;
    while (target->filter_count < count) {
        struct json_object *filter = json_object_array_get_idx(array, target->filter_count);
        struct template_filter *to = &target->filters[target->filter_count];
        if (!json_object_is_type(filter, json_type_object))
            return wrong(at, "filters", error, "each must be an object");
        target->filter_count++;
        if (!read_text(filter, &path, &to->path, at, error) ||
            !read_texts(filter, &values, TEMPLATE_VALUES_MAX, &to->values, at, error))
            return false;
    }
    return true;
}

static bool read_target(struct template_target *target, struct json_object *json, struct error *error)
{
    static const struct text_rule type = {"resourceType", WORD, 1, TYPE_MAX, true};
    static const struct text_rule mode = {"selectionMode", WORD, 1, TEMPLATE_NAME_MAX, true};
    static const struct text_rule arns = {"resourceArns", WORD, TEMPLATE_ARN_MIN, TEMPLATE_ARN_MAX, false};
    static const struct pairs_rule tags = {"resourceTags", TEMPLATE_TAGS_MAX, TAG_KEY_MAX, 0, TAG_VALUE_MAX,
                                           false};
    static const struct pairs_rule parameters = {
        "parameters", TEMPLATE_PARAMETERS_MAX, TEMPLATE_NAME_MAX, 1, TEMPLATE_VALUE_MAX, false};
    const struct place at = {"target", target->name};
    return read_text(json, &type, &target->resource_type, at, error) &&
           read_text(json, &mode, &target->selection_mode, at, error) && read_selection(target, at, error) &&
           read_texts(json, &arns, TEMPLATE_ARNS_MAX, &target->arns, at, error) &&
           read_pairs(json, &tags, &target->tags, at, error) && read_filters(target, json, at, error) &&
           read_pairs(json, &parameters, &target->parameters, at, error);
}

static bool read_actions(struct template *template, struct json_object *map, struct error *error)
{
    json_object_object_foreach(map, name, value)
    {
        if (template->action_count == TEMPLATE_ACTIONS_MAX)
            return too_many(top, "actions", TEMPLATE_ACTIONS_MAX, error);
        if (!check_text(name, WORD, 1, TEMPLATE_NAME_MAX, top, "an action's name", error))
            return false;
        struct template_action *action = &template->actions[template->action_count++];
        action->name = name;
        if (!json_object_is_type(value, json_type_object))
            return wrong(top, name, error, "an action must be an object");
        if (!read_action(action, value, error))
            return false;
    }
    return template->action_count > 0 || wrong(top, "actions", error, "there is none");
}

static bool read_targets(struct template *template, struct json_object *map, struct error *error)
{
    if (map == NULL)
        return true;
    json_object_object_foreach(map, name, value)
    {
        if (template->target_count == TEMPLATE_TARGETS_MAX)
            return too_many(top, "targets", TEMPLATE_TARGETS_MAX, error);
        if (!check_text(name, WORD, 1, TEMPLATE_NAME_MAX, top, "a target's name", error))
            return false;
        struct template_target *target = &template->targets[template->target_count++];
        target->name = name;
        if (!json_object_is_type(value, json_type_object))
            return wrong(top, name, error, "a target must be an object");
        if (!read_target(target, value, error))
            return false;
    }
    return true;
}

static bool read_stop(struct template_stop *stop, struct json_object *json, struct error *error)
{
    static const struct text_rule source = {"source", WORD, 1, TEMPLATE_NAME_MAX, true};
    static const struct text_rule value = {"value", WORD, TEMPLATE_ARN_MIN, TEMPLATE_ARN_MAX, false};
    const struct place at = {"stop", "condition"};
    const char *word;
    if (!json_object_is_type(json, json_type_object))
        return wrong(top, "stopConditions", error, "each must be an object");
    if (!read_text(json, &source, &word, at, error) || !read_text(json, &value, &stop->arn, at, error))
        return false;
    stop->is_alarm = strcmp(word, "aws:cloudwatch:alarm") == 0;
    if (!stop->is_alarm && strcmp(word, "none") != 0)
        return wrong(at, "source", error, "must be none or aws:cloudwatch:alarm");
    if (stop->is_alarm && strncmp(stop->arn, "arn:", 4) != 0)
        return wrong(at, "value", error, "must be the alarm's ARN");
    return true;
}

static bool read_stops(struct template *template, struct json_object *array, struct error *error)
{
    if (array == NULL)
        return wrong(top, "stopConditions", error, "is missing (write [{\"source\":\"none\"}] for none)");
    size_t count = json_object_array_length(array);
    if (count > TEMPLATE_STOPS_MAX)
        return too_many(top, "stopConditions", TEMPLATE_STOPS_MAX, error);
    for (size_t i = 0; i < count; i++)
        if (!read_stop(&template->stops[template->stop_count++], json_object_array_get_idx(array, i), error))
            return false;
    return true;
}

static bool read_option(struct json_object *options, const char *key, const char *no, const char *yes,
                        bool *is_yes, struct error *error)
{
    const struct text_rule rule = {key, WORD, 1, TEMPLATE_NAME_MAX, false};
    const struct place at = {"experiment", "options"};
    const char *word;
    char what[96];
    if (!read_text(options, &rule, &word, at, error))
        return false;
    *is_yes = strcmp(word, yes) == 0;
    if (word[0] == '\0' || *is_yes || strcmp(word, no) == 0)
        return true;
    snprintf(what, sizeof what, "must be %s or %s", no, yes);
    return wrong(at, key, error, what);
}

bool template_read(struct template *template, struct json_object *document, struct error *error)
{
    static const struct text_rule description = {"description", FREE, 1, TEMPLATE_DESCRIPTION_MAX, true};
    static const struct text_rule role = {"roleArn", WORD, TEMPLATE_ARN_MIN, TEMPLATE_ARN_MAX, false};
    static const struct pairs_rule tags = {"tags", TEMPLATE_TAGS_MAX, TAG_KEY_MAX, 0, TAG_VALUE_MAX, false};
    struct json_object *actions, *targets, *stops, *options;
    if (!read_text(document, &description, &template->description, top, error) ||
        !read_text(document, &role, &template->role_arn, top, error) ||
        !read_container(document, "actions", json_type_object, &actions, top, error) ||
        !read_container(document, "targets", json_type_object, &targets, top, error) ||
        !read_container(document, "stopConditions", json_type_array, &stops, top, error) ||
        !read_container(document, "experimentOptions", json_type_object, &options, top, error))
        return false;
    if (actions == NULL)
        return wrong(top, "actions", error, "is missing");
    return read_actions(template, actions, error) && read_targets(template, targets, error) &&
           read_stops(template, stops, error) && read_pairs(document, &tags, &template->tags, top, error) &&
           (options == NULL || (read_option(options, "accountTargeting", "single-account", "multi-account",
                                            &template->multi_account, error) &&
                                read_option(options, "emptyTargetResolutionMode", "fail", "skip",
                                            &template->empty_skips, error)));
}

void template_free_lists(struct template *template)
{
    for (size_t i = 0; i < template->action_count; i++) {
        free(template->actions[i].parameters.items);
        free(template->actions[i].targets.items);
        free((void *)template->actions[i].start_after.items);
    }
    for (size_t i = 0; i < template->target_count; i++) {
        struct template_target *target = &template->targets[i];
        for (size_t k = 0; k < target->filter_count; k++)
            free((void *)target->filters[k].values.items);
        free(target->filters);
        free((void *)target->arns.items);
        free(target->tags.items);
        free(target->parameters.items);
    }
    free(template->tags.items);
}
