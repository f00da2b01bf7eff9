#include "aws/sts.h"

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
