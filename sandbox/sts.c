#include "sandbox/operations.h"
#include "sandbox/task_keys.h"

bool sts_get_caller_identity(struct region *region, struct call *call)
{
    const struct task *task = task_keys_find(region, call->access_key);
    char user_id[128];

    if (task) {
        task_keys_user_id(region, task, user_id, sizeof user_id);
        json_put_text(call->response, "UserId", user_id);
    } else {
        json_put_format(call->response, "UserId", "AIDA%s", call->access_key);
    }
    json_put_text(call->response, "Arn", call->caller);
    json_put_text(call->response, "Account", REGION_ACCOUNT);
    return true;
}
