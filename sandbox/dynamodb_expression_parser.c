#include "sandbox/dynamodb_expression_parser.h"

#include "sandbox/dynamodb_reserved.h"
#include "sandbox/dynamodb_value.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_MAX 200 /* bytes of a name or a path in a message */

static void note_unused(struct expression_set *set, struct json_object *given)
{
    if (!given)
        return;
    json_object_object_foreach(given, name, member)
    {
        (void)member;
        json_put(set->unused, name, NULL);
    }
}

void expression_set_init(struct expression_set *set, struct json_object *names, struct json_object *values)
{
    *set = (struct expression_set){.names = names, .values = values, .unused = json_object_new_object()};
    note_unused(set, names);
    note_unused(set, values);
}

void expression_set_free(struct expression_set *set)
{
    for (size_t i = 0; i < set->trees.count; i++)
        list_free(&((struct expression *)set->trees.items[i])->operands);
    for (size_t i = 0; i < set->memory.count; i++)
        free(set->memory.items[i]);
    list_free(&set->trees);
    list_free(&set->memory);
    json_object_put(set->unused);
}

bool expression_check_unused(struct expression_set *set)
{
    struct json_object *given[] = {set->names, set->values};
    static const char *const kinds[] = {"Names", "Values"};

    for (size_t i = 0; i < 2; i++) {
        char keys[SHOWN_MAX] = "";
        size_t at = 0;
        if (!given[i])
            continue;
        json_object_object_foreach(given[i], name, member)
        {
            (void)member;
            if (!json_object_object_get_ex(set->unused, name, NULL) || at >= sizeof keys - 1)
                continue;
            at += (size_t)snprintf(keys + at, sizeof keys - at, "%s%s", at ? ", " : "", name);
        }
        if (at > 0) {
            snprintf(set->message, sizeof set->message,
                     "Value provided in ExpressionAttribute%s unused in expressions: keys: {%s}", kinds[i],
                     keys);
            return false;
        }
    }
    return true;
}

static void *take(struct parser *parser, size_t size)
{
    void *memory = memory_new(size);

    list_add(&parser->set->memory, memory);
    return memory;
}

bool parser_init(struct parser *parser, struct expression_set *set, parser_function_check *check,
                 const char *text, size_t length)
{
    *parser = (struct parser){.set = set, .check = check};
    set->rank = COMPLAINT_NONE;
    lexer_init(&parser->lexer, text, length);
    if (length == 0)
        return parser_complain(parser, COMPLAINT_SYNTAX, "The expression can not be empty;");
    if (length > EXPRESSION_LENGTH_MAX)
        return parser_complain(parser, COMPLAINT_SYNTAX,
                               "Expression size has exceeded the maximum allowed size; expression size: %zu",
                               length);
    return true;
}

bool parser_finish(struct parser *parser)
{
    if (parser->set->rank != COMPLAINT_SYNTAX && parser->lexer.current.kind != TOKEN_END)
        parser_syntax_error(parser);
    return parser->set->rank == COMPLAINT_NONE;
}

bool parser_complain(struct parser *parser, enum complaint complaint, const char *format, ...)
{
    struct expression_set *set = parser->set;
    va_list arguments;

    if ((int)complaint >= set->rank)
        return false;
    set->rank = (int)complaint;
    va_start(arguments, format);
    vsnprintf(set->message, sizeof set->message, format, arguments);
    va_end(arguments);
    return false;
}

bool parser_syntax_error(struct parser *parser)
{
    char where[EXPRESSION_MESSAGE_MAX - 32];

    lexer_describe(&parser->lexer, where, sizeof where);
    return parser_complain(parser, COMPLAINT_SYNTAX, "Syntax error; %s", where);
}

bool parser_expect(struct parser *parser, const char *symbol)
{
    return lexer_take(&parser->lexer, symbol) || parser_syntax_error(parser);
}

struct expression *parser_new(struct parser *parser, enum expression_kind kind)
{
    struct expression *expression = take(parser, sizeof *expression);

    expression->kind = kind;
    list_add(&parser->set->trees, expression);
    return expression;
}

/* --- references and paths --------------------------------------------------------------------- */

static char *copy_token(struct parser *parser)
{
    const struct token *token = &parser->lexer.current;
    char *text = take(parser, token->length + 1);

    memcpy(text, token->text, token->length);
    return text;
}

/* What a "#name" or a ":value" stands for; NULL: nothing, and that was complained of. */
static struct json_object *refer(struct parser *parser, struct json_object *given, const char *name,
                                 const char *used_in)
{
    struct json_object *found = json_any(given, name);
    const char *what = *name == '#' ? "name" : "value";

    if (found)
        json_object_object_del(parser->set->unused, name);
    else
        parser_complain(parser, COMPLAINT_REFERENCE,
                        "An expression attribute %s used in %s is not defined; attribute %s: %.*s", what,
                        used_in, what, SHOWN_MAX, name);
    return found;
}

static const char *read_name(struct parser *parser)
{
    const struct token *token = &parser->lexer.current;
    const char *name = copy_token(parser);

    if (token->kind == TOKEN_NAME) {
        struct json_object *meant = refer(parser, parser->set->names, name, "the document path");
        if (meant)
            name = json_object_get_string(meant);
    } else if (reserved_word(token->text, token->length)) {
        parser_complain(parser, COMPLAINT_RESERVED,
                        "Attribute name is a reserved keyword; reserved keyword: %.*s", SHOWN_MAX, name);
    }
    lexer_advance(&parser->lexer);
    return name;
}

static bool read_index(struct parser *parser, struct path_step *step)
{
    const struct token *token = &parser->lexer.current;

    if (token->kind != TOKEN_DIGITS)
        return parser_syntax_error(parser);
    for (size_t i = 0; i < token->length; i++) {
        if (step->index >= EXPRESSION_INDEX_MAX / 10)
            return parser_complain(parser, COMPLAINT_SYNTAX,
                                   "List index is not within the allowable range; index: [%.*s]",
                                   (int)(token->length < SHOWN_MAX ? token->length : SHOWN_MAX), token->text);
        step->index = step->index * 10 + (unsigned)(token->text[i] - '0');
    }
    lexer_advance(&parser->lexer);
    return parser_expect(parser, "]");
}

static bool is_name(const struct parser *parser)
{
    enum token_kind kind = parser->lexer.current.kind;

    return kind == TOKEN_WORD || kind == TOKEN_NAME;
}

/* The steps grow by one at a time: paths are short. */
static struct path_step *add_step(struct parser *parser, struct path *path)
{
    struct path_step *steps = take(parser, (path->count + 1) * sizeof *steps);

    if (path->count)
        memcpy(steps, path->steps, path->count * sizeof *steps);
    path->steps = steps;
    return &steps[path->count++];
}

bool parser_read_path(struct parser *parser, struct path *path)
{
    *path = (struct path){0};
    if (!is_name(parser))
        return parser_syntax_error(parser);
    add_step(parser, path)->name = read_name(parser);
    while (lexer_is(&parser->lexer, ".") || lexer_is(&parser->lexer, "[")) {
        if (path->count > EXPRESSION_DEPTH_MAX)
            return parser_complain(parser, COMPLAINT_SYNTAX,
                                   "The document path has too many nesting elements; nesting levels: %zu",
                                   path->count);
        struct path_step *step = add_step(parser, path);
        if (lexer_take(&parser->lexer, "[")) {
            if (!read_index(parser, step))
                return false;
            continue;
        }
        lexer_advance(&parser->lexer);
        if (!is_name(parser))
            return parser_syntax_error(parser);
        step->name = read_name(parser);
    }
    return true;
}

void parser_print_path(const struct path *path, char *text, size_t size)
{
    size_t at = (size_t)snprintf(text, size, "[");

    for (size_t i = 0; i < path->count && at < size; i++) {
        const struct path_step *step = &path->steps[i];
        const char *separator = i ? ", " : "";
        at += step->name ? (size_t)snprintf(text + at, size - at, "%s%s", separator, step->name)
                         : (size_t)snprintf(text + at, size - at, "%s[%u]", separator, step->index);
    }
    if (at < size)
        snprintf(text + at, size - at, "]");
}

static void complain_of_paths(struct parser *parser, const struct path *a, const struct path *b)
{
    char first[SHOWN_MAX], second[SHOWN_MAX];

    for (size_t i = 0; i < a->count && i < b->count; i++) {
        const struct path_step *left = &a->steps[i], *right = &b->steps[i];
        bool conflict = !left->name != !right->name;
        if (!conflict && (left->name ? strcmp(left->name, right->name) != 0 : left->index != right->index))
            return;
        if (!conflict)
            continue;
        parser_print_path(a, first, sizeof first);
        parser_print_path(b, second, sizeof second);
        parser_complain(parser, COMPLAINT_OVERLAP,
                        "Two document paths conflict with each other; must remove or rewrite one of these "
                        "paths; path one: %s, path two: %s",
                        first, second);
        return;
    }
    parser_print_path(a, first, sizeof first);
    parser_print_path(b, second, sizeof second);
    parser_complain(parser, COMPLAINT_OVERLAP,
                    "Two document paths overlap with each other; must remove or rewrite one of these paths; "
                    "path one: %s, path two: %s",
                    first, second);
}

void parser_check_overlap(struct parser *parser, const struct path *const *paths, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++)
            complain_of_paths(parser, paths[j], paths[i]);
    }
}

/* --- operands --------------------------------------------------------------------------------- */

static struct expression *read_function(struct parser *parser)
{
    struct expression *function = parser_new(parser, EXPRESSION_FUNCTION);
    const struct token *token = &parser->lexer.current;

    if (token->length >= sizeof function->name)
        parser_complain(parser, COMPLAINT_FUNCTION_NAME, "Invalid function name; function: %.*s",
                        (int)(token->length < SHOWN_MAX ? token->length : SHOWN_MAX), token->text);
    snprintf(function->name, sizeof function->name, "%.*s",
             (int)(token->length < sizeof function->name ? token->length : sizeof function->name - 1),
             token->text);
    lexer_advance(&parser->lexer);
    lexer_advance(&parser->lexer); /* the parenthesis, which was looked at before */
    do {
        struct expression *operand = parser_read_operand(parser);
        if (!operand)
            return NULL;
        list_add(&function->operands, operand);
    } while (lexer_take(&parser->lexer, ","));
    if (!parser_expect(parser, ")"))
        return NULL;
    if (parser->check)
        parser->check(parser, function);
    return function;
}

bool parser_check_count(struct parser *parser, const struct expression *function, size_t count)
{
    if (function->operands.count == count)
        return true;
    return parser_complain(parser, COMPLAINT_OPERANDS,
                           "Incorrect number of operands for operator or function; operator or function: %s, "
                           "number of operands: %zu",
                           function->name, function->operands.count);
}

bool parser_complain_type(struct parser *parser, const char *name, const char *type)
{
    return parser_complain(parser, COMPLAINT_TYPE,
                           "Incorrect operand type for operator or function; operator or function: %s, "
                           "operand type: %s",
                           name, type);
}

static struct expression *read_value(struct parser *parser)
{
    struct expression *operand = parser_new(parser, EXPRESSION_VALUE);
    const char *name = copy_token(parser);

    operand->value = refer(parser, parser->set->values, name, "expression");
    lexer_advance(&parser->lexer);
    return operand;
}

static bool is_keyword(const struct parser *parser)
{
    static const char *const words[] = {"AND", "OR",     "NOT", "BETWEEN", "IN",
                                        "SET", "REMOVE", "ADD", "DELETE"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (lexer_is(&parser->lexer, words[i]))
            return true;
    }
    return false;
}

struct expression *parser_read_operand(struct parser *parser)
{
    struct token next = lexer_peek(&parser->lexer);
    struct expression *operand = NULL;

    if (parser->depth >= EXPRESSION_DEPTH_MAX) {
        parser_complain(parser, COMPLAINT_SYNTAX, "The expression is nested too deeply");
        return NULL;
    }
    parser->depth++;
    if (parser->lexer.current.kind == TOKEN_VALUE) {
        operand = read_value(parser);
    } else if (is_keyword(parser)) {
        parser_syntax_error(parser);
    } else if (parser->lexer.current.kind == TOKEN_WORD && next.kind == TOKEN_SYMBOL && *next.text == '(') {
        operand = read_function(parser);
    } else {
        struct path path;
        if (parser_read_path(parser, &path)) {
            operand = parser_new(parser, EXPRESSION_PATH);
            operand->path = path;
        }
    }
    parser->depth--;
    return operand;
}

const char *parser_operand_type(const struct expression *operand)
{
    if (operand->kind == EXPRESSION_VALUE)
        return operand->value ? value_type(operand->value, NULL) : NULL;
    if (operand->kind == EXPRESSION_SUM)
        return "N";
    if (operand->kind == EXPRESSION_FUNCTION && strcmp(operand->name, "size") == 0)
        return "N";
    if (operand->kind == EXPRESSION_FUNCTION && strcmp(operand->name, "list_append") == 0)
        return "L";
    return NULL;
}
