#include "core/options.h"

#include "tests/core/support.h"

#include <stdlib.h>

enum { KEY_NAME, KEY_LEVEL, KEY_QUIET, KEY_HELP, KEY_VERSION, KEY_OTHER };

static const struct option_spec first_specs[] = {
    {"name", OPTION_REQUIRED, "TEXT", "give it a name", KEY_NAME},
    {"level", OPTION_OPTIONAL, "N", "how much", KEY_LEVEL},
    {"quiet", OPTION_NONE, NULL, "say nothing", KEY_QUIET},
    {"help", OPTION_NONE, NULL, "show this text", KEY_HELP},
    {"version", OPTION_NONE, NULL, "show the version", KEY_VERSION},
    {NULL, OPTION_NONE, NULL, NULL, 0},
};
static const struct option_spec second_specs[] = {
    {"a-very-long-name-for-an-option", OPTION_REQUIRED, "VALUE",
     "a help text that is so long that it has to be broken into several lines, with \u00e9\u00e9\u00e9",
     KEY_OTHER},
    {NULL, OPTION_NONE, NULL, NULL, 0},
};

/* Writes down what it is given: "0=value;". */
static bool note(void *context, int key, const char *value, struct error *error)
{
    struct buf *out = context;
    if (value && strcmp(value, "bad") == 0)
        return error_set(error, ERROR_INVALID, "--name: bad");
    return buf_printf(out, "%d=%s;", key, value ? value : "-");
}

/* Splits the line at spaces ("_" is an empty argument) and parses it. */
static bool parse(const char *line, struct buf *out, struct error *error)
{
    char copy[256];
    char empty[] = "";
    char *argv[32] = {empty};
    int argc = 1;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
        argv[argc++] = strcmp(word, "_") == 0 ? empty : word;
    const struct options_table tables[] = {{first_specs, note, out, "General"},
                                           {second_specs, note, out, NULL}};
    const char *positional[2];
    size_t count = 0;
    error_clear(error);
    if (!options_parse(argc, argv, tables, COUNT(tables), positional, COUNT(positional), &count, error))
        return false;
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "<%s>", positional[i]);
    return true;
}

static void takes_options_and_arguments(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", ""},
        {"--name x", "0=x;"},
        {"--name=x", "0=x;"},
        {"--name=", "0=;"},
        {"--name _", "0=;"},
        {"--name=a=b", "0=a=b;"},
        {"--name -5", "0=-5;"},
        {"--name=--quiet", "0=--quiet;"},
        {"--quiet --quiet", "2=-;2=-;"},
        {"-h", "3=-;"},
        {"-V", "4=-;"},
        {"--help", "3=-;"},
        {"--level", "1=-;"},
        {"--level 5", "1=5;"},
        {"--level 2.5%", "1=2.5%;"},
        {"--level=many", "1=many;"},
        {"--level many", "1=-;<many>"},
        {"--level .", "1=-;<.>"},
        {"--level --quiet", "1=-;2=-;"},
        {"--level 5x", "1=-;<5x>"},
        {"a --quiet b", "2=-;<a><b>"},
        {"- --quiet", "2=-;<->"},
        {"-- --quiet -h", "<--quiet><-h>"},
        {"--quiet -- --", "2=-;<-->"},
        {"--a-very-long-name-for-an-option 1", "5=1;"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf out;
        struct error error;
        buf_init(&out, 1000);
        assert_case(parse(cases[i][0], &out, &error), cases[i][0]);
        assert_string_equal(buf_text(&out), cases[i][1]);
        buf_free(&out);
    }
}

static void says_what_is_wrong(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"--nmae x", "unknown option --nmae (did you mean --name?)"},
        {"--levle", "unknown option --levle (did you mean --level?)"},
        {"--versions", "unknown option --versions (did you mean --version?)"},
        {"--nam", "unknown option --nam (did you mean --name?)"},
        {"--nothing-like-it", "unknown option --nothing-like-it (see --help)"},
        {"--x=1", "unknown option --x (see --help)"},
        {"-x", "unknown option -x (see --help)"},
        {"-hV", "unknown option -hV (see --help)"},
        {"--name", "--name needs a value: --name TEXT"},
        {"--name --quiet", "--name needs a value: --name TEXT"},
        {"--quiet=1", "--quiet takes no value"},
        {"a b c", "unexpected argument 'c' (see --help)"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf out;
        struct error error;
        buf_init(&out, 1000);
        assert_case(!parse(cases[i][0], &out, &error), cases[i][0]);
        assert_string_equal(error.message, cases[i][1]);
        assert_int_equal(error.code, ERROR_USAGE);
        buf_free(&out);
    }
}

static void a_refused_value_ends_it(void **state)
{
    (void)state;
    struct buf out;
    struct error error;
    buf_init(&out, 1000);
    assert_false(parse("--quiet --name bad --quiet", &out, &error));
    assert_string_equal(error.message, "--name: bad");
    assert_string_equal(buf_text(&out), "2=-;");
    buf_free(&out);
}

static void help_is_aligned_and_fits_eighty_columns(void **state)
{
    (void)state;
    const struct options_table tables[] = {{first_specs, note, NULL, "General"},
                                           {second_specs, note, NULL, "More"}};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    options_print_help(out, tables, COUNT(tables));
    fclose(out);
    assert_string_equal(text, "General:\n"
                              "      --name TEXT  give it a name\n"
                              "      --level [N]  how much\n"
                              "      --quiet      say nothing\n"
                              "  -h, --help       show this text\n"
                              "  -V, --version    show the version\n"
                              "\n"
                              "More:\n"
                              "      --a-very-long-name-for-an-option VALUE\n"
                              "                   a help text that is so long that it has to be broken into\n"
                              "                   several lines, with \u00e9\u00e9\u00e9\n");
    free(text);
}

static void help_of_the_faults_fits_too(void **state)
{
    (void)state;
    const struct options_table table = {fault_option_specs, fault_options_take, NULL, "Faults"};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    options_print_help(out, &table, 1);
    fclose(out);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        assert_case(strlen(line) <= 80, line);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_options_and_arguments),
        cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(a_refused_value_ends_it),
        cmocka_unit_test(help_is_aligned_and_fits_eighty_columns),
        cmocka_unit_test(help_of_the_faults_fits_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
