#include "core/options.h"

#include "core/nearest.h"
#include "core/utf8.h"

#include <string.h>

enum {
    NAME_LENGTH_MAX = 48,
    HELP_WIDTH = 80,
    HELP_COLUMN_MAX = 32, /* longer names have their help below them */
    HELP_GAP = 2,
};

struct found {
    const struct options_table *table;
    const struct option_spec *spec;
};

static struct found find_option(const struct options_table *tables, size_t table_count, const char *name,
                                size_t length)
{
    for (size_t i = 0; i < table_count; i++) {
        for (const struct option_spec *spec = tables[i].specs; spec->name; spec++) {
            if (strlen(spec->name) == length && memcmp(spec->name, name, length) == 0)
                return (struct found){&tables[i], spec};
        }
    }
    return (struct found){0};
}

static bool unknown_option(const struct options_table *tables, size_t table_count, const char *name,
                           size_t length, struct error *error)
{
    struct nearest near;
    nearest_begin(&near, name, length);
    for (size_t i = 0; i < table_count; i++)
        for (const struct option_spec *spec = tables[i].specs; spec->name; spec++)
            nearest_offer(&near, spec->name, strlen(spec->name));
    int shown = length < NAME_LENGTH_MAX ? (int)length : NAME_LENGTH_MAX;
    if (near.found)
        return error_set(error, ERROR_USAGE, "unknown option --%.*s (did you mean --%s?)", shown, name,
                         near.found);
    return error_set(error, ERROR_USAGE, "unknown option --%.*s (see --help)", shown, name);
}

/* An optional value that stands by itself must look like a number or a percentage; anything else
 * is the next argument. */
static bool is_number(const char *text)
{
    size_t digits = strspn(text, "0123456789.");
    return digits > 0 && strcmp(text, ".") != 0 && (text[digits] == '\0' || strcmp(text + digits, "%") == 0);
}

/* Finds the option's value; `*at` moves on where it is an argument of its own. */
static bool find_value(const struct option_spec *spec, const char *attached, int argc, char **argv, int *at,
                       const char **value, struct error *error)
{
    *value = attached;
    if (spec->argument == OPTION_NONE)
        return !attached || error_set(error, ERROR_USAGE, "--%s takes no value", spec->name);
    if (attached)
        return true;
    const char *next = *at + 1 < argc ? argv[*at + 1] : NULL;
    if (spec->argument == OPTION_OPTIONAL) {
        if (!next || !is_number(next))
            return true;
    } else if (!next || strncmp(next, "--", 2) == 0) {
        return error_set(error, ERROR_USAGE, "--%s needs a value: --%s %s", spec->name, spec->name,
                         spec->value_name ? spec->value_name : "VALUE");
    }
    *value = next;
    ++*at;
    return true;
}

static bool parse_long(int argc, char **argv, int *at, const char *name, const struct options_table *tables,
                       size_t table_count, struct error *error)
{
    const char *equals = strchr(name, '=');
    size_t length = equals ? (size_t)(equals - name) : strlen(name);
    struct found found = find_option(tables, table_count, name, length);
    if (!found.spec)
        return unknown_option(tables, table_count, name, length, error);
    const char *value;
    return find_value(found.spec, equals ? equals + 1 : NULL, argc, argv, at, &value, error) &&
           found.table->take(found.table->context, found.spec->key, value, error);
}

bool options_parse(int argc, char **argv, const struct options_table *tables, size_t table_count,
                   const char **positional, size_t positional_max, size_t *positional_count,
                   struct error *error)
{
    size_t count = 0;
    bool ended = false;
    for (int i = 1; i < argc; i++) {
        const char *argument = argv[i];
        bool option = !ended && argument[0] == '-' && argument[1] != '\0';
        if (!option) {
            if (count == positional_max)
                return error_set(error, ERROR_USAGE, "unexpected argument '%s' (see --help)", argument);
            positional[count++] = argument;
            continue;
        }
        if (strcmp(argument, "--") == 0) {
            ended = true;
            continue;
        }
        const char *name = argument + 2;
        if (strcmp(argument, "-h") == 0)
            name = "help";
        else if (strcmp(argument, "-V") == 0)
            name = "version";
        else if (argument[1] != '-')
            return error_set(error, ERROR_USAGE, "unknown option %s (see --help)", argument);
        if (!parse_long(argc, argv, &i, name, tables, table_count, error))
            return false;
    }
    if (positional_count)
        *positional_count = count;
    return true;
}

static size_t text_width(const char *text, size_t length)
{
    size_t width = 0;
    while (length > 0) {
        size_t step = utf8_next(text, length);
        step = step ? step : 1;
        text += step;
        length -= step;
        width++;
    }
    return width;
}

/* "-h, --help", "    --latency DURATION"; returns its width. */
static size_t format_name(const struct option_spec *spec, char *text, size_t size)
{
    const char *letter = strcmp(spec->name, "help") == 0      ? "-h, "
                         : strcmp(spec->name, "version") == 0 ? "-V, "
                                                              : "    ";
    const char *value = spec->value_name ? spec->value_name : "VALUE";
    if (spec->argument == OPTION_NONE)
        snprintf(text, size, "  %s--%s", letter, spec->name);
    else if (spec->argument == OPTION_OPTIONAL)
        snprintf(text, size, "  %s--%s [%s]", letter, spec->name, value);
    else
        snprintf(text, size, "  %s--%s %s", letter, spec->name, value);
    return text_width(text, strlen(text));
}

/* The help text, broken at spaces to stay within the width; the cursor stands at `column`. */
static void print_wrapped(FILE *out, const char *text, size_t column)
{
    size_t at = column;
    while (*text) {
        size_t length = strcspn(text, " ");
        size_t width = text_width(text, length);
        if (at > column && at + 1 + width > HELP_WIDTH) {
            fprintf(out, "\n%*s", (int)column, "");
            at = column;
        } else if (at > column) {
            fputc(' ', out);
            at++;
        }
        fwrite(text, 1, length, out);
        at += width;
        text += length;
        while (*text == ' ')
            text++;
    }
    fputc('\n', out);
}

static size_t help_column(const struct options_table *tables, size_t table_count)
{
    char name[2 * NAME_LENGTH_MAX];
    size_t column = 0;
    for (size_t i = 0; i < table_count; i++) {
        for (const struct option_spec *spec = tables[i].specs; spec->name; spec++) {
            size_t width = format_name(spec, name, sizeof name) + HELP_GAP;
            if (width > column && width <= HELP_COLUMN_MAX)
                column = width;
        }
    }
    return column ? column : HELP_COLUMN_MAX;
}

void options_print_help(FILE *out, const struct options_table *tables, size_t table_count)
{
    size_t column = help_column(tables, table_count);
    for (size_t i = 0; i < table_count; i++) {
        if (tables[i].title)
            fprintf(out, "%s%s:\n", i ? "\n" : "", tables[i].title);
        for (const struct option_spec *spec = tables[i].specs; spec->name; spec++) {
            char name[2 * NAME_LENGTH_MAX];
            size_t width = format_name(spec, name, sizeof name);
            fputs(name, out);
            if (width + HELP_GAP > column) {
                fputc('\n', out);
                width = 0;
            }
            fprintf(out, "%*s", (int)(column - width), "");
            print_wrapped(out, spec->help, column);
        }
    }
}
