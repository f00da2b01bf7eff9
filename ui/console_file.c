#include "ui/console_file.h"

#include "experiment/json.h"
#include "experiment/template_file.h"

static void import(struct ui_state *state, struct model *model, int64_t now_ms, struct ui_intents *out)
{
    struct error error = {0};
    struct template *template = template_file_read(state->file_path, &error);
    if (template == NULL)
        ui_state_notice(state, now_ms, "%s", error.message);
    else
        ui_state_import(state, model, template, now_ms, out);
    template_release(template);
}

static void export(struct ui_state *state, const struct model *model, int64_t now_ms)
{
    struct error error = {0};
    struct json_object *document = ui_state_export(state, model);
    if (document == NULL)
        return;
    bool has_role = json_text(document, "roleArn")[0] != '\0';
    if (template_file_write(state->file_path, document, &error))
        ui_state_notice(state, now_ms, "%.150s written%s", state->file_path,
                        has_role ? "" : "; it needs a roleArn: see :role");
    else
        ui_state_notice(state, now_ms, "%s", error.message);
    json_object_put(document);
}

void console_file_follow(struct ui_state *state, struct model *model, int64_t now_ms, struct ui_intents *out)
{
    enum ui_file_wish wish = state->file_wish;
    out->count = 0;
    state->file_wish = UI_FILE_NONE;
    if (wish == UI_FILE_IMPORT)
        import(state, model, now_ms, out);
    else if (wish == UI_FILE_EXPORT)
        export(state, model, now_ms);
}
