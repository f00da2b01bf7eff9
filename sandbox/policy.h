/*
 * policy: IAM's policy documents: whether one is well formed, in AWS's words where it is not, and what it
 * decides (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html).
 *
 * Evaluated are Effect, Action and NotAction (in any case, with * and ?), Resource and NotResource (with *
 * and ?), and of Condition the operators on texts, ARNs, truth values and Null, with IfExists. A statement
 * whose Condition has another operator, or asks for sets (ForAllValues:, ForAnyValue:), does not apply.
 * Variables (${aws:username}) stand for themselves.
 */
#ifndef SHAKETABLE_SANDBOX_POLICY_H
#define SHAKETABLE_SANDBOX_POLICY_H

#include "sandbox/json.h"

#include <stdbool.h>

#define POLICY_WORDS_MAX 256

enum policy_kind { POLICY_OF_PERMISSIONS, POLICY_OF_TRUST };
/* The document, which the caller owns; NULL: it is malformed, and `words` say how, as AWS does. */
struct json_object *policy_parse(const char *text, enum policy_kind kind, char words[POLICY_WORDS_MAX]);

enum policy_decision { POLICY_IMPLICIT_DENY, POLICY_ALLOWED, POLICY_EXPLICIT_DENY };
const char *policy_decision_name(enum policy_decision decision); /* "implicitDeny", … */

struct policy_question {
    const char *action, *resource;
    struct json_object *context; /* [{ContextKeyName, ContextKeyValues}]; NULL: none */
};
/* What `before`, the decision of the policies seen so far, becomes with this one: a deny beats all, an allow
 * beats nothing said. The keys of conditions that decided it because `context` lacks them go to the array
 * `missing`, each once; NULL: not wanted. `policy` was parsed by policy_parse. */
enum policy_decision policy_decide(struct json_object *policy, const struct policy_question *question,
                                   enum policy_decision before, struct json_object *missing);

/* Whether the whole text is what the pattern, with * and ?, stands for. */
bool policy_matches(const char *pattern, const char *text, bool ignores_case);
/* A member that is a text or an array of texts: how many, and one of them ("" for what is no text). */
size_t policy_texts(struct json_object *value);
const char *policy_text_at(struct json_object *value, size_t index);

/* policy_condition.c: whether a statement's Condition (NULL: none) holds; `missing` as above. */
bool policy_condition_holds(struct json_object *condition, struct json_object *context,
                            struct json_object *missing);

#endif
