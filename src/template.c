#include "src/template.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "core/buf.h"
#include "experiment/json.h"
#include "src/commands.h"

#define WORD 1 /* of the command line: what is to be done; the file comes next */
#define FILE_WORD 2
#define READ_BYTES 8192

static const struct word {
    const char *name;
    bool takes_file;
    unsigned groups; /* options that it takes */
    enum cli_exit (*run)(const struct cli *cli);
} words[] = {
    {"export", false, CLI_TARGET | CLI_FAULTS | CLI_EXPERIMENT | CLI_GUARDS | CLI_ENGINE,
     template_command_export},
    {"import", true, 0, template_command_import},
    {"check", true, CLI_TARGET | CLI_ENGINE, template_command_check},
    {"run", true, CLI_TARGET | CLI_EXPERIMENT | CLI_GUARDS | CLI_ENGINE, template_command_run},
};
#define WORDS (sizeof words / sizeof words[0])

static bool read_all(FILE *file, const char *name, struct buf *text, struct error *error)
{
    char part[READ_BYTES];
    size_t length;
    while ((length = fread(part, 1, sizeof part, file)) > 0)
        if (!buf_append(text, part, length))
            return error_set(error, ERROR_INVALID, "%.200s: longer than %d KB", name,
                             TEMPLATE_LENGTH_MAX / 1024);
    return !ferror(file) || error_set_errno(error, "%.200s", name);
}

static bool read_file(const char *name, struct buf *text, struct error *error)
{
    static const char scheme[] = "file://";
    if (strcmp(name, "-") == 0)
        return read_all(stdin, "standard input", text, error);
    if (strncmp(name, scheme, sizeof scheme - 1) == 0)
        name += sizeof scheme - 1;
    FILE *file = fopen(name, "re");
    if (file == NULL)
        return error_set_errno(error, "%.200s", name);
    bool done = read_all(file, name, text, error);
    fclose(file);
    return done;
}

struct template *template_open(const struct cli *cli, enum cli_exit *status)
{
    struct buf text;
    struct error error = {0};
    struct template *template = NULL;
    const char *name = cli->words[FILE_WORD];
    buf_init(&text, TEMPLATE_LENGTH_MAX);
    if (read_file(name, &text, &error)) {
        template = template_parse(buf_text(&text), text.length, &error);
        if (template == NULL)
            error_prefix(&error, "%.200s: ", name);
    }
    buf_free(&text);
    if (template == NULL)
        *status = cli_fail(&error, error.code == ERROR_INVALID ? CLI_USAGE : CLI_FAILED);
    return template;
}

void template_print_refusals(FILE *out, const char *prefix, const struct refusals *refusals)
{
    for (size_t i = 0; i < refusals->count; i++)
        fprintf(out, "%s%s: %s\n", prefix, refusals->items[i].where, refusals->items[i].why);
    if (refusals->more > 0)
        fprintf(out, "%sand %zu more\n", prefix, refusals->more);
}

struct json_object *template_refusals_json(const struct refusals *refusals)
{
    struct json_object *array = json_object_new_array();
    for (size_t i = 0; i < refusals->count; i++) {
        struct json_object *object = json_object_new_object();
        json_put_text(object, "what", refusals->items[i].where);
        json_put_text(object, "why", refusals->items[i].why);
        json_object_array_add(array, object);
    }
    return array;
}

static const struct word *find_word(const struct cli *cli, struct error *error)
{
    for (size_t i = 0; cli->word_count > WORD && i < WORDS; i++)
        if (strcmp(words[i].name, cli->words[WORD]) == 0)
            return &words[i];
    error_set(error, ERROR_USAGE,
              "template what? export, import, check or run; see shaketable template --help");
    return NULL;
}

static bool check_line(const struct cli *cli, const struct word *word, struct error *error)
{
    static const struct {
        unsigned group;
        const char *example;
    } options[] = {{CLI_TARGET, "cluster"},
                   {CLI_FAULTS, "latency"},
                   {CLI_EXPERIMENT, "duration"},
                   {CLI_GUARDS, "guard"},
                   {CLI_ENGINE, "engine"}};
    if (word->takes_file && cli->word_count <= FILE_WORD)
        return error_set(error, ERROR_USAGE, "template %s: which file? - is standard input", word->name);
    if (!word->takes_file && cli->word_count > FILE_WORD)
        return error_set(error, ERROR_USAGE, "template %s: %.60s is one word too many", word->name,
                         cli->words[FILE_WORD]);
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if ((cli->given & ~word->groups & options[i].group) != 0)
            return error_set(error, ERROR_USAGE, "template %s takes no option like --%s", word->name,
                             options[i].example);
    return true;
}

enum cli_exit command_template(const struct cli *cli)
{
    struct error error;
    const struct word *word = find_word(cli, &error);
    if (word == NULL || !check_line(cli, word, &error))
        return cli_fail(&error, CLI_USAGE);
    return word->run(cli);
}
