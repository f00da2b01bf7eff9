/*
 * iam: IAM's roles, their trust, their permissions and their tags. One account, and so the same in whatever
 * region is asked. They are described and simulated; nothing in the region is refused by them: any key may
 * do anything here. No users, groups, instance profiles, permissions boundaries or customer's own managed
 * policies.
 */
#ifndef SHAKETABLE_SANDBOX_IAM_H
#define SHAKETABLE_SANDBOX_IAM_H

#include "sandbox/call.h"
#include "sandbox/region.h"

#include <stdbool.h>

/* AWS's quotas, and the bounds of its API. */
#define IAM_ROLES_MAX 1000
#define IAM_ROLE_NAME_MAX 64
#define IAM_POLICY_NAME_MAX 128
#define IAM_PATH_MAX 512
#define IAM_TRUST_MAX 2048   /* characters of a trust policy that are no blanks */
#define IAM_INLINE_MAX 10240 /* the same of all inline policies of a role */
#define IAM_ATTACHED_MAX 10
#define IAM_TAGS_MAX 50
#define IAM_ID_MAX 22
#define IAM_DESCRIPTION_MAX 1000
#define IAM_PAGE 100
#define IAM_PAGE_MAX 1000

struct iam_role {
    char name[IAM_ROLE_NAME_MAX + 1];
    char path[IAM_PATH_MAX + 1];
    char arn[REGION_ARN_MAX];
    char id[IAM_ID_MAX];
    char description[IAM_DESCRIPTION_MAX + 1];
    int session_s; /* MaxSessionDuration */
    double created;
    struct json_object *trust;           /* the document as it was given, a text */
    struct json_object *inline_policies; /* {NAME: document, a text} */
    struct json_object *attached;        /* [ARN] */
    struct json_object *tags;            /* [{Key, Value}] */
};

void iam_role_free(struct iam_role *role);
/* NULL: there is none of that name; `call`, unless NULL, has failed then. */
struct iam_role *iam_find_role(struct region *region, struct call *call, const char *name);
/* The role that the request's RoleName says; NULL: the call has failed. */
struct iam_role *iam_asked_role(struct region *region, struct call *call);

/* The request's member `key`, "RoleName" or "PolicyName"; NULL: it is missing or is no name, and the call has
 * failed. */
const char *iam_asked_name(struct call *call, const char *key, size_t longest);
/* A member that must be there; NULL: it is missing, and the call has failed. */
const char *iam_asked_text(struct call *call, const char *key);
/* The characters of a document that count for the quotas. */
size_t iam_size(const char *document);
/* A list's page, as IAM has it: with IsTruncated. Takes `items`; see call_answer_page. */
bool iam_answer_page(struct call *call, struct json_object *items, const char *list_key,
                     const char *identity);
/* response[key] = the document as IAM writes it, percent-encoded. */
void iam_put_document(struct json_object *json, const char *key, const char *document);

/* iam_managed.c: the document of one of AWS's managed policies; NULL: not one of those known here. */
const char *iam_managed_document(const char *arn);

#endif
