/* iam: SimulatePrincipalPolicy: what a role's policies decide about actions on resources. */
#include "sandbox/iam.h"
#include "sandbox/operations.h"
#include "sandbox/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACTION_MIN 3
#define ACTION_MAX 128
#define RESOURCE_MAX 2048
#define PAIRS_MAX 4000 /* actions times resources */
#define SEPARATOR '\n'

/* The name at the end of "arn:aws:iam::ACCOUNT:role/PATH/NAME"; NULL: it is not of that form. */
static const char *role_name(const char *arn)
{
    const char *role = strstr(arn, ":role/");

    if (strncmp(arn, "arn:aws:iam::", 13) != 0 || !role || !strrchr(role, '/')[1])
        return NULL;
    return strrchr(role, '/') + 1;
}

static const struct iam_role *find_source(struct region *region, struct call *call)
{
    const char *arn = iam_asked_text(call, "PolicySourceArn");
    const char *name = arn ? role_name(arn) : NULL;
    const struct iam_role *role = NULL;

    if (!arn)
        return NULL;
    if (!name) {
        call_fail(call, "InvalidInput",
                  "Invalid Entity Arn: %.300s does not clearly define entity type and name.", arn);
        return NULL;
    }
    role = iam_find_role(region, call, name);
    if (role && strcmp(role->arn, arn) != 0) {
        call_fail_status(call, 404, "NoSuchEntity", "The role with name %s cannot be found.", name);
        return NULL;
    }
    return role;
}

static bool check_names(struct call *call, struct json_object *list, const char *what, size_t shortest,
                        size_t longest)
{
    for (size_t i = 0; i < json_length(list); i++) {
        const char *text = json_text_at(list, i);
        if (strlen(text) < shortest || strlen(text) > longest || strchr(text, SEPARATOR))
            return call_fail(call, "ValidationError",
                             "1 validation error detected: Value '%.200s' at '%s' failed to satisfy "
                             "constraint: Member must have length between %zu and %zu",
                             text, what, shortest, longest);
    }
    return true;
}

static bool check_actions(struct call *call, struct json_object *actions)
{
    if (json_length(actions) == 0)
        return call_fail(call, "ValidationError",
                         "1 validation error detected: Value null at 'actionNames' failed to satisfy "
                         "constraint: Member must not be null");
    if (!check_names(call, actions, "actionNames", ACTION_MIN, ACTION_MAX))
        return false;
    for (size_t i = 0; i < json_length(actions); i++) {
        const char *action = json_text_at(actions, i), *colon = strchr(action, ':');
        if (!colon || colon == action || !colon[1] || strchr(action, '?'))
            return call_fail(call, "InvalidInput", "Invalid Action: %.128s.", action);
    }
    return true;
}

/* What is simulated here has no more than the role's own policies to go by. */
static bool check_rest(struct call *call)
{
    static const char *const beyond[] = {"PolicyInputList", "PermissionsBoundaryPolicyInputList",
                                         "ResourcePolicy", "CallerArn"};

    for (size_t i = 0; i < sizeof beyond / sizeof *beyond; i++) {
        if (json_any(call->request, beyond[i]))
            return call_fail(call, "InvalidInput", "This region simulates without %s.", beyond[i]);
    }
    return true;
}

/* The role's policies, parsed; they were found well formed when they were given. */
static struct json_object *read_policies(const struct iam_role *role)
{
    struct json_object *policies = json_object_new_array();
    char words[POLICY_WORDS_MAX];

    json_object_object_foreach(role->inline_policies, name, document)
    {
        (void)name;
        json_object_array_add(policies,
                              policy_parse(json_object_get_string(document), POLICY_OF_PERMISSIONS, words));
    }
    for (size_t i = 0; i < json_length(role->attached); i++)
        json_object_array_add(policies, policy_parse(iam_managed_document(json_text_at(role->attached, i)),
                                                     POLICY_OF_PERMISSIONS, words));
    return policies;
}

static struct json_object *evaluate(struct json_object *policies, const struct policy_question *question)
{
    struct json_object *result = json_object_new_object(), *missing = json_object_new_array();
    enum policy_decision decision = POLICY_IMPLICIT_DENY;

    for (size_t i = 0; i < json_length(policies); i++)
        decision = policy_decide(json_item(policies, i), question, decision, missing);
    json_put_text(result, "EvalActionName", question->action);
    json_put_text(result, "EvalResourceName", question->resource);
    json_put_text(result, "EvalDecision", policy_decision_name(decision));
    json_put(result, "MatchedStatements", json_object_new_array());
    json_put(result, "MissingContextValues", missing);
    return result;
}

/* Nothing is answered twice: a page continues behind the text that the last one ended with. */
static bool is_first(struct json_object *list, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(json_text_at(list, i), json_text_at(list, index)) == 0)
            return false;
    }
    return true;
}

/* Every action on every resource, as texts "ACTION\nRESOURCE" that pages can be made of. */
static struct json_object *make_pairs(struct json_object *actions, struct json_object *resources)
{
    struct json_object *pairs = json_object_new_array();
    size_t count = json_length(resources);
    char pair[ACTION_MAX + RESOURCE_MAX + 2];

    for (size_t i = 0; i < json_length(actions); i++) {
        for (size_t k = 0; k < (count ? count : 1); k++) {
            if (!is_first(actions, i) || !is_first(resources, k))
                continue;
            snprintf(pair, sizeof pair, "%s%c%s", json_text_at(actions, i), SEPARATOR,
                     count ? json_text_at(resources, k) : "*");
            json_append_text(pairs, pair);
        }
    }
    return pairs;
}

static void answer_pairs(struct call *call, const struct iam_role *role)
{
    struct json_object *pairs = json_list(call->response, "EvaluationResults");
    struct json_object *results = json_object_new_array(), *policies = read_policies(role);
    char action[ACTION_MAX + RESOURCE_MAX + 2];

    for (size_t i = 0; i < json_length(pairs); i++) {
        text_copy(action, sizeof action, json_text_at(pairs, i));
        char *separator = strchr(action, SEPARATOR);
        *separator = '\0';
        struct policy_question question = {.action = action,
                                           .resource = separator + 1,
                                           .context = json_list(call->request, "ContextEntries")};
        json_object_array_add(results, evaluate(policies, &question));
    }
    json_object_put(policies);
    json_put(call->response, "EvaluationResults", results);
}

bool iam_simulate_principal_policy(struct region *region, struct call *call)
{
    struct json_object *actions = json_list(call->request, "ActionNames"),
                       *resources = json_list(call->request, "ResourceArns");
    const struct iam_role *role = find_source(region, call);

    if (!role || !check_actions(call, actions) ||
        !check_names(call, resources, "resourceArns", 1, RESOURCE_MAX) || !check_rest(call))
        return false;
    if (json_length(actions) * (json_length(resources) + 1) > PAIRS_MAX)
        return call_fail(call, "InvalidInput", "More than %d actions on resources.", PAIRS_MAX);
    if (!iam_answer_page(call, make_pairs(actions, resources), "EvaluationResults", NULL))
        return false;
    answer_pairs(call, role);
    return true;
}
