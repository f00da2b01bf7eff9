/* fis_read: FIS's JSON into plain values. No calls. */
#include "aws/fis.h"
#include "aws/json.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

bool fis_status_is_final(const char *status)
{
    static const char *const final[] = {"completed", "stopped", "failed", "cancelled"};
    for (size_t i = 0; i < sizeof final / sizeof final[0]; i++)
        if (strcmp(status, final[i]) == 0)
            return true;
    return false;
}

const char *fis_tag(struct json_object *raw, const char *key)
{
    return aws_json_text(aws_json_object(raw, "tags"), key);
}

/* Why it failed stands in the reason, and where in the error. */
static void read_reason(struct fis_experiment *out, struct json_object *state)
{
    struct json_object *error = aws_json_object(state, "error");
    const char *reason = aws_json_text(state, "reason"), *code = aws_json_text(error, "code"),
               *location = aws_json_text(error, "location");
    char text[2 * FIS_REASON_MAX];
    snprintf(text, sizeof text, "%.512s%s%.128s%s%.200s%s", reason, *code ? " (" : "", code,
             *location ? " at " : "", *code ? location : "", *code ? ")" : "");
    aws_copy_text(out->reason, sizeof out->reason, text);
}

static void read_action(struct fis_action_state *out, const char *name, struct json_object *raw)
{
    struct json_object *state = aws_json_object(raw, "state");
    aws_copy_text(out->name, sizeof out->name, name);
    aws_json_copy(out->action_id, sizeof out->action_id, raw, "actionId");
    aws_json_copy(out->status, sizeof out->status, state, "status");
    aws_json_copy(out->reason, sizeof out->reason, state, "reason");
    out->started_ms = aws_json_ms(raw, "startTime");
    out->ended_ms = aws_json_ms(raw, "endTime");
}

void fis_read_experiment(struct fis_experiment *out, struct json_object *raw)
{
    struct json_object *state = aws_json_object(raw, "state"), *actions = aws_json_object(raw, "actions");
    memset(out, 0, sizeof *out);
    aws_json_copy(out->id, sizeof out->id, raw, "id");
    aws_json_copy(out->template_id, sizeof out->template_id, raw, "experimentTemplateId");
    aws_json_copy(out->status, sizeof out->status, state, "status");
    read_reason(out, state);
    out->created_ms = aws_json_ms(raw, "creationTime");
    out->started_ms = aws_json_ms(raw, "startTime");
    out->ended_ms = aws_json_ms(raw, "endTime");
    if (actions == NULL)
        return;
    json_object_object_foreach(actions, name, action)
    {
        if (out->action_count < FIS_ACTIONS_MAX)
            read_action(&out->actions[out->action_count++], name, action);
    }
}
