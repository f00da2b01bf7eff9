#include "aws/config_file.h"
#include "aws/list.h"
#include "core/buf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Where the parser is: which section and key a continuation belongs to. */
struct parser {
    struct aws_config *config;
    const char *name;
    size_t line;
    struct aws_config_section *section;
    struct aws_config_entry *entry;
    size_t indent; /* of the entry */
    struct error *error;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

/* Moves both ends inwards over blanks. */
static void trim(const char **start, const char **end)
{
    while (*start < *end && is_blank(**start))
        (*start)++;
    while (*end > *start && is_blank((*end)[-1]))
        (*end)--;
}

static bool fail(struct parser *parser, const char *what)
{
    return error_set(parser->error, ERROR_INVALID, "%s, line %zu: %s", parser->name, parser->line, what);
}

static bool no_memory(struct parser *parser)
{
    return error_set(parser->error, ERROR_SYSTEM, "%s: out of memory, or the file is too large",
                     parser->name);
}

static bool open_section(struct parser *parser, const char *start, const char *end)
{
    const char *close = end;
    while (close > start && *close != ']')
        close--;
    if (close <= start + 1)
        return fail(parser, "a section is written [name]");
    char *name = strndup(start + 1, (size_t)(close - start - 1));
    if (!name)
        return no_memory(parser);
    parser->entry = NULL;
    parser->indent = 0;
    for (size_t i = 0; i < parser->config->count; i++) {
        if (strcmp(parser->config->sections[i].name, name) == 0) {
            free(name);
            parser->section = &parser->config->sections[i];
            return true;
        }
    }
    struct aws_config *config = parser->config;
    struct aws_config_section *section = NULL;
    if (config->count < AWS_CONFIG_SECTIONS_MAX)
        section = aws_list_add(&config->sections, &config->count, &config->capacity, sizeof *section);
    if (!section) {
        free(name);
        return no_memory(parser);
    }
    section->name = name;
    parser->section = section;
    return true;
}

static struct aws_config_entry *entry_named(struct aws_config_section *section, const char *key)
{
    for (size_t i = 0; i < section->count; i++) {
        if (strcmp(section->entries[i].key, key) == 0)
            return &section->entries[i];
    }
    return NULL;
}

/* The entry of that key in the parser's section, made if need be. */
static struct aws_config_entry *take_entry(struct parser *parser, const char *start, size_t length)
{
    char *key = strndup(start, length);
    if (!key)
        return NULL;
    for (char *c = key; *c; c++) {
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    }
    struct aws_config_section *section = parser->section;
    struct aws_config_entry *entry = entry_named(section, key);
    if (!entry && section->count < AWS_CONFIG_ENTRIES_MAX) {
        entry = aws_list_add(&section->entries, &section->count, &section->capacity, sizeof *entry);
        if (entry) {
            entry->key = key;
            return entry;
        }
    }
    free(key);
    return entry;
}

static bool set_entry(struct parser *parser, const char *start, const char *end, size_t indent)
{
    const char *split = start;
    while (split < end && *split != '=' && *split != ':')
        split++;
    if (split == end)
        return fail(parser, "neither a section, nor key = value, nor a comment");
    const char *key_end = split, *value = split + 1;
    trim(&start, &key_end);
    trim(&value, &end);
    if (start == key_end)
        return fail(parser, "a key is missing before the =");
    if (!parser->section)
        return fail(parser, "a key before the first [section]");
    struct aws_config_entry *entry = take_entry(parser, start, (size_t)(key_end - start));
    char *copy = strndup(value, (size_t)(end - value));
    if (!entry || !copy) {
        free(copy);
        return no_memory(parser);
    }
    free(entry->value);
    entry->value = copy;
    parser->entry = entry;
    parser->indent = indent;
    return true;
}

static bool continue_entry(struct parser *parser, const char *start, const char *end)
{
    size_t old = strlen(parser->entry->value), more = (size_t)(end - start);
    if (old + more > AWS_CONFIG_VALUE_MAX)
        return fail(parser, "the value is too long");
    char *longer = realloc(parser->entry->value, old + more + 2);
    if (!longer)
        return no_memory(parser);
    longer[old] = '\n';
    memcpy(longer + old + 1, start, more);
    longer[old + 1 + more] = '\0';
    parser->entry->value = longer;
    return true;
}

static bool parse_line(struct parser *parser, const char *start, const char *end)
{
    const char *line = start;
    parser->line++;
    trim(&start, &end);
    size_t indent = (size_t)(start - line);
    if (start == end || *start == '#' || *start == ';')
        return true;
    if (memchr(start, '\0', (size_t)(end - start)))
        return fail(parser, "a NUL byte: this is not a text file");
    if (parser->entry && indent > parser->indent)
        return continue_entry(parser, start, end);
    if (*start == '[')
        return open_section(parser, start, end - 1);
    return set_entry(parser, start, end, indent);
}

bool aws_config_parse(struct aws_config *config, const char *text, size_t length, const char *name,
                      struct error *error)
{
    struct parser parser = {.config = config, .name = name, .error = error};
    const char *end = text + length;
    memset(config, 0, sizeof *config);
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        text += 3;
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *line_end = newline ? newline : end;
        if (!parse_line(&parser, text, line_end)) {
            aws_config_free(config);
            return false;
        }
        text = newline ? newline + 1 : end;
    }
    return true;
}

bool aws_config_load(struct aws_config *config, const char *path, struct error *error)
{
    struct buf text;
    char block[8192];
    size_t got;
    bool done = false;
    memset(config, 0, sizeof *config);
    FILE *file = fopen(path, "re");
    if (!file)
        return errno == ENOENT || errno == ENOTDIR || error_set_errno(error, "%s", path);
    buf_init(&text, AWS_CONFIG_SIZE_MAX);
    while ((got = fread(block, 1, sizeof block, file)) > 0)
        buf_append(&text, block, got);
    if (ferror(file))
        error_set_errno(error, "%s", path);
    else if (text.failed)
        error_set(error, ERROR_LIMIT, "%s is larger than %u bytes: not a configuration file", path,
                  AWS_CONFIG_SIZE_MAX);
    else
        done = aws_config_parse(config, buf_text(&text), text.length, path, error);
    fclose(file);
    buf_free(&text);
    return done;
}

void aws_config_free(struct aws_config *config)
{
    for (size_t i = 0; i < config->count; i++) {
        struct aws_config_section *section = &config->sections[i];
        for (size_t j = 0; j < section->count; j++) {
            free(section->entries[j].key);
            free(section->entries[j].value);
        }
        free(section->entries);
        free(section->name);
    }
    free(config->sections);
    memset(config, 0, sizeof *config);
}

/* True for `kind name`, `kind "name"` and `kind 'name'`. */
static bool is_named(const char *section, const char *kind, const char *name)
{
    size_t kind_length = strlen(kind), name_length = strlen(name);
    if (strncmp(section, kind, kind_length) != 0 || !is_blank(section[kind_length]))
        return false;
    const char *start = section + kind_length, *end = section + strlen(section);
    trim(&start, &end);
    if (end - start >= 2 && (*start == '"' || *start == '\'') && end[-1] == *start) {
        start++;
        end--;
    }
    return (size_t)(end - start) == name_length && memcmp(start, name, name_length) == 0;
}

const struct aws_config_section *aws_config_find(const struct aws_config *config, const char *kind,
                                                 const char *name)
{
    for (size_t i = 0; i < config->count; i++) {
        const struct aws_config_section *section = &config->sections[i];
        bool plain = !kind || (strcmp(kind, "profile") == 0 && strcmp(name, "default") == 0);
        if (plain && strcmp(section->name, name) == 0)
            return section;
        if (kind && is_named(section->name, kind, name))
            return section;
    }
    return NULL;
}

const char *aws_config_get(const struct aws_config_section *section, const char *key)
{
    for (size_t i = 0; section && i < section->count; i++) {
        if (strcmp(section->entries[i].key, key) == 0)
            return section->entries[i].value;
    }
    return NULL;
}

bool aws_config_nested(const char *value, const char *key, char *out, size_t size)
{
    if (!value || *value != '\n')
        return false;
    while (*value) {
        const char *start = value + 1, *end = start + strcspn(start, "\n");
        const char *equals = memchr(start, '=', (size_t)(end - start));
        value = end;
        if (!equals)
            continue;
        const char *key_end = equals, *text = equals + 1;
        trim(&start, &key_end);
        trim(&text, &end);
        size_t length = (size_t)(end - text);
        if ((size_t)(key_end - start) != strlen(key) || strncasecmp(start, key, strlen(key)) != 0)
            continue;
        if (length >= size)
            return false;
        memcpy(out, text, length);
        out[length] = '\0';
        return true;
    }
    return false;
}
