#include "aws/sts.h"

#include "aws/given.h"
#include "aws/json.h"

#include <string.h>

bool sts_get_caller_identity(struct aws_client *client, struct sts_identity *identity, struct error *error)
{
    struct aws_xml *output = NULL;
    memset(identity, 0, sizeof *identity);
    if (!aws_call_query(client, AWS_STS, "GetCallerIdentity", NULL, &output, error))
        return false;
    const struct aws_xml *result = aws_xml_result(output);
    aws_copy_text(identity->account, sizeof identity->account, aws_xml_text(result, "Account"));
    aws_copy_text(identity->arn, sizeof identity->arn, aws_xml_text(result, "Arn"));
    aws_copy_text(identity->user_id, sizeof identity->user_id, aws_xml_text(result, "UserId"));
    aws_xml_free(output);
    return *identity->arn ||
           error_set(error, ERROR_NETWORK, "STS GetCallerIdentity: the answer from %s has no Arn",
                     aws_client_service_url(client, AWS_STS));
}

static void add_if(struct aws_query *query, const char *name, const char *value)
{
    if (value)
        aws_query_add(query, name, value);
}

bool sts_assume_role(struct aws_client *client, const struct sts_role *role,
                     struct aws_credentials *credentials, struct error *error)
{
    const char *operation = role->web_identity_token ? "AssumeRoleWithWebIdentity" : "AssumeRole";
    struct aws_query query;
    struct aws_xml *output = NULL;
    aws_query_init(&query);
    aws_query_add(&query, "RoleArn", role->arn);
    aws_query_add(&query, "RoleSessionName", role->session_name);
    add_if(&query, "ExternalId", role->external_id);
    add_if(&query, "SerialNumber", role->mfa_serial);
    add_if(&query, "TokenCode", role->mfa_code);
    add_if(&query, "WebIdentityToken", role->web_identity_token);
    if (role->duration_s > 0)
        aws_query_add_integer(&query, "DurationSeconds", role->duration_s);
    bool done = aws_call_query(client, AWS_STS, operation, &query, &output, error);
    aws_query_free(&query);
    if (!done)
        return false;
    const struct aws_xml *found = aws_xml_find(aws_xml_result(output), "Credentials");
    done = aws_credentials_take(credentials, aws_xml_text(found, "AccessKeyId"),
                                aws_xml_text(found, "SecretAccessKey"), aws_xml_text(found, "SessionToken"),
                                error);
    if (done && !aws_given_time(aws_xml_text(found, "Expiration"), &credentials->expires_at_ms))
        done = error_set(error, ERROR_NETWORK, "STS %s: the answer has no time of expiration", operation);
    aws_xml_free(output);
    return done;
}
