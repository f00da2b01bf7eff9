#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "core/fault.h"
#include "core/utf8.h"
#include "experiment/fis_faults.h"
#include "experiment/json.h"
#include "experiment/template_import.h"
#include "src/template.h"

#define OPTIONS_MAX 8192

/* A file that somebody else wrote: its names must do no harm where the line is pasted into a shell. */
static void print_quoted(struct buf *out, const char *option, const char *value)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=@%+-";
    char safe[CHOICES_GUARD_MAX];
    utf8_copy_plain(safe, sizeof safe, value, strlen(value));
    buf_printf(out, " %s ", option);
    if (safe[0] != '\0' && safe[strspn(safe, plain)] == '\0') {
        buf_append_text(out, safe);
        return;
    }
    buf_append_char(out, '\'');
    for (const char *at = safe; *at != '\0'; at++)
        if (*at == '\'')
            buf_append_text(out, "'\\''");
        else
            buf_append_char(out, *at);
    buf_append_char(out, '\'');
}

static void print_options(const struct template_import *import, struct buf *out)
{
    fis_faults_print_options(&import->fault, out);
    if (import->duration_ms > 0)
        buf_printf(out, " --duration %llds", (long long)import->duration_ms / 1000);
    if (import->cluster[0] != '\0') {
        print_quoted(out, "--cluster", import->cluster);
        print_quoted(out, "--service", import->service);
    }
    for (size_t i = 0; i < import->choices.guard_count; i++)
        print_quoted(out, "--guard", import->choices.guards[i]);
}

static struct json_object *report(const struct template *template, const struct template_import *import,
                                  const char *options)
{
    struct json_object *object = json_object_new_object(), *guards = json_object_new_array();
    json_put_text(object, "description", template->description);
    json_put_text(object, "cluster", import->cluster);
    json_put_text(object, "service", import->service);
    json_object_object_add(object, "faults", fault_to_json(&import->fault));
    json_put_integer(object, "duration_ms", import->duration_ms);
    for (size_t i = 0; i < import->choices.guard_count; i++)
        json_object_array_add(guards, json_object_new_string(import->choices.guards[i]));
    json_object_object_add(object, "guards", guards);
    json_put_text(object, "options", options);
    json_object_object_add(object, "left", template_refusals_json(&import->left));
    return object;
}

enum cli_exit template_command_import(const struct cli *cli)
{
    enum cli_exit status = CLI_FAILED;
    struct template *template = template_open(cli, &status);
    if (template == NULL)
        return status;
    struct template_import *import = calloc(1, sizeof *import);
    struct buf options;
    buf_init(&options, OPTIONS_MAX);
    if (import != NULL && template_import(template, import)) {
        status = CLI_DONE;
        print_options(import, &options);
        if (cli->json)
            cli_print_json(report(template, import, buf_text(&options)), true);
        else
            printf("%s\n", buf_text(&options));
        template_print_refusals(stderr, "shaketable: not taken over: ", &import->left);
    } else if (import != NULL) {
        status = CLI_USAGE;
        template_print_refusals(stderr, "shaketable: ", &import->left);
        fprintf(stderr, "shaketable: %s: no fault of it can be taken over\n", cli->words[2]);
    }
    buf_free(&options);
    free(import);
    template_release(template);
    return status;
}
