/* Any bytes as a policy: one that is taken can be asked anything, one that is refused says why. */
#include "sandbox/policy.h"
#include "tests/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void ask(struct json_object *policy, struct json_object *context)
{
    static const char *const actions[] = {"ecs:DescribeTasks", "sts:AssumeRole", "a:aaaaaaaaaaaaaaaaaaaac"};
    struct json_object *missing = json_object_new_array();

    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        struct policy_question question = {
            .action = actions[i], .resource = "arn:aws:ecs:us-east-1:1:task/c/1", .context = context};
        enum policy_decision decision = policy_decide(policy, &question, POLICY_IMPLICIT_DENY, missing);
        /* Whatever else is said, a deny stays one. */
        if (policy_decide(policy, &question, POLICY_EXPLICIT_DENY, NULL) != POLICY_EXPLICIT_DENY ||
            (decision == POLICY_EXPLICIT_DENY &&
             policy_decide(policy, &question, POLICY_ALLOWED, NULL) != POLICY_EXPLICIT_DENY))
            abort();
    }
    json_object_put(missing);
}

static void check(const char *text, enum policy_kind kind, struct json_object *context)
{
    char words[POLICY_WORDS_MAX];
    struct json_object *policy = policy_parse(text, kind, words);

    if (!policy && !*words)
        abort();
    if (policy)
        ask(policy, context);
    json_object_put(policy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    struct json_object *context =
        json_tokener_parse("[{\"ContextKeyName\":\"aws:SourceAccount\",\"ContextKeyValues\":[\"1\"]}]");

    if (text) {
        if (size > 0)
            memcpy(text, data, size);
        text[size] = '\0';
        check(text, POLICY_OF_PERMISSIONS, context);
        check(text, POLICY_OF_TRUST, NULL);
    }
    json_object_put(context);
    free(text);
    return 0;
}
