/* What the service calls, as what the faders act on. */
#include "ui/state.h"

#include "experiment/dependency.h"
#include "ui/state_parts.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

bool ui_state_dependencies(const struct ui_state *state, const struct model *model, char *text, size_t size)
{
    const struct model_experiment *experiment = &model->experiment;
    bool made = model_is_active(model) || experiment->phase == MODEL_PLANNED;
    if (made && ui_state_shows_experiment(state, model)) {
        snprintf(text, size, "%s", experiment->dependencies);
    } else {
        struct json_object *list = dependency_list(&state->choices);
        dependency_words(list, text, size);
        json_object_put(list);
    }
    return text[0] != '\0';
}

/* The words are the whole list; "none" empties it. */
bool dependency_take(struct turn *turn, const char *words, struct error *error)
{
    struct ui_state *state = turn->state;
    struct choices choices = state->choices;
    char text[UI_TEXT_MAX];
    choices.dependency_count = 0;
    if (words[0] == '\0')
        return error_set(error, ERROR_USAGE, "dependency dynamodb, or HOST:PORT, or none");
    for (const char *at = words; *at != '\0' && strcmp(words, "none") != 0; at += strspn(at, " ,")) {
        size_t length = strcspn(at, " ,");
        snprintf(text, sizeof text, "%.*s", (int)length, at);
        if (length > 0 && !choices_take_dependency(&choices, text, "dependency", error))
            return false;
        at += length;
    }
    if (choices.dependency_count > 0 && choices.engine == CHOICES_ENGINE_FIS)
        return error_set(error, ERROR_CONFLICT, "AWS FIS knows no dependency (E goes back to the sidecar)");
    state->choices = choices;
    struct json_object *list = dependency_list(&choices);
    dependency_words(list, text, sizeof text);
    json_object_put(list);
    if (text[0] == '\0')
        ui_state_notice(state, turn->now_ms, "the next plan: what comes to the service");
    else
        ui_state_notice(state, turn->now_ms, "the next plan: the service's calls to %s", text);
    return true;
}

size_t dependency_matches(const char *start, const char **matches, size_t most)
{
    static const char *const usual[] = {"none", "dynamodb", "s3", "sqs", "sns", "lambda", "secretsmanager"};
    size_t count = 0;
    if (start[0] == '\0') {
        for (; count < sizeof usual / sizeof usual[0] && count < most; count++)
            matches[count] = usual[count];
        return count;
    }
    if (strncmp("none", start, strlen(start)) == 0 && count < most)
        matches[count++] = "none";
    for (size_t i = 0; i < api_service_count && count < most; i++)
        if (strncmp(api_services[i].cli, start, strlen(start)) == 0)
            matches[count++] = api_services[i].cli;
    return count;
}
