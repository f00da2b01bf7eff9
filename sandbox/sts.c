#include "sandbox/operations.h"

bool sts_get_caller_identity(struct region *region, struct call *call)
{
    (void)region;
    json_put_format(call->response, "Arn", "arn:aws:iam::%s:user/%s", REGION_ACCOUNT, call->access_key);
    json_put_format(call->response, "UserId", "AIDA%s", call->access_key);
    json_put_text(call->response, "Account", REGION_ACCOUNT);
    return true;
}
