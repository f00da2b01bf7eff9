/* UpdateExpression, and the paths of a ProjectionExpression. */
#include "sandbox/dynamodb_expression_parser.h"
#include "sandbox/dynamodb_value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const sections[] = {"SET", "REMOVE", "ADD", "DELETE"};

static void check_function(struct parser *parser, const struct expression *function)
{
    bool append = strcmp(function->name, "list_append") == 0;

    if (!append && strcmp(function->name, "if_not_exists") != 0) {
        parser_complain(parser, COMPLAINT_FUNCTION_NAME, "Invalid function name; function: %s",
                        function->name);
        return;
    }
    if (!parser_check_count(parser, function, 2))
        return;
    if (!append && ((const struct expression *)function->operands.items[0])->kind != EXPRESSION_PATH)
        parser_complain(parser, COMPLAINT_TYPE,
                        "Operator or function requires a document path; operator or function: %s",
                        function->name);
    for (size_t i = 0; append && i < 2; i++) {
        const char *type = parser_operand_type(function->operands.items[i]);
        if (type && strcmp(type, "L") != 0)
            parser_complain_type(parser, function->name, type);
    }
}

static struct expression *read_sum(struct parser *parser);

static struct expression *read_term(struct parser *parser)
{
    struct expression *inner = NULL;

    if (!lexer_is(&parser->lexer, "("))
        return parser_read_operand(parser);
    if (parser->depth >= EXPRESSION_DEPTH_MAX) {
        parser_complain(parser, COMPLAINT_SYNTAX, "The expression is nested too deeply");
        return NULL;
    }
    parser->depth++;
    lexer_advance(&parser->lexer);
    inner = read_sum(parser);
    parser->depth--;
    return inner && parser_expect(parser, ")") ? inner : NULL;
}

static struct expression *read_sum(struct parser *parser)
{
    struct expression *left = read_term(parser), *sum = NULL;
    bool minus = lexer_is(&parser->lexer, "-");

    if (!left || (!minus && !lexer_is(&parser->lexer, "+")))
        return left;
    lexer_advance(&parser->lexer);
    struct expression *right = read_term(parser);
    if (!right)
        return NULL;
    sum = parser_new(parser, EXPRESSION_SUM);
    snprintf(sum->name, sizeof sum->name, "%s", minus ? "-" : "+");
    list_add(&sum->operands, left);
    list_add(&sum->operands, right);
    for (size_t i = 0; i < 2; i++) {
        const char *type = parser_operand_type(sum->operands.items[i]);
        if (type && strcmp(type, "N") != 0)
            parser_complain_type(parser, sum->name, type);
    }
    return sum;
}

static const char *long_name(const char *type)
{
    static const char *const names[][2] = {{"S", "STRING"},  {"N", "NUMBER"},     {"B", "BINARY"},
                                           {"NULL", "NULL"}, {"BOOL", "BOOLEAN"}, {"L", "LIST"},
                                           {"M", "MAP"}};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i][0], type) == 0)
            return names[i][1];
    }
    return NULL;
}

/* ADD takes a number or a set, DELETE a set, and only as a ":value". */
static bool read_given(struct parser *parser, struct update_action *action)
{
    if (parser->lexer.current.kind != TOKEN_VALUE)
        return parser_syntax_error(parser);
    action->value = parser_read_operand(parser);
    const char *type = action->value ? parser_operand_type(action->value) : NULL;
    if (type && long_name(type) && !(action->kind == UPDATE_ADD && strcmp(type, "N") == 0))
        parser_complain(parser, COMPLAINT_TYPE,
                        "Incorrect operand type for operator or function; operator: %s, operand type: %s",
                        sections[action->kind], long_name(type));
    return action->value != NULL;
}

static bool read_action(struct parser *parser, struct update_action *action)
{
    if (!parser_read_path(parser, &action->path))
        return false;
    if (action->kind == UPDATE_REMOVE)
        return true;
    if (action->kind != UPDATE_SET)
        return read_given(parser, action);
    if (!parser_expect(parser, "="))
        return false;
    action->value = read_sum(parser);
    return action->value != NULL;
}

static bool read_section(struct parser *parser, enum update_kind kind, struct list *actions)
{
    do {
        struct update_action *action = memory_new(sizeof *action);
        list_add(&parser->set->memory, action);
        action->kind = kind;
        if (!read_action(parser, action))
            return false;
        list_add(actions, action);
    } while (lexer_take(&parser->lexer, ","));
    return true;
}

static void check_actions(struct parser *parser, const struct list *actions)
{
    const struct path **paths = memory_new((actions->count + 1) * sizeof(const struct path *));

    for (size_t i = 0; i < actions->count; i++)
        paths[i] = &((const struct update_action *)actions->items[i])->path;
    parser_check_overlap(parser, paths, actions->count);
    free(paths);
}

bool expression_read_update(struct expression_set *set, const char *text, size_t length, struct list *actions)
{
    struct parser parser;
    bool seen[4] = {false}, reading = true;

    if (!parser_init(&parser, set, check_function, text, length))
        return false;
    while (reading && parser.lexer.current.kind != TOKEN_END) {
        size_t kind = 0;
        while (kind < 4 && !lexer_is(&parser.lexer, sections[kind]))
            kind++;
        if (kind == 4)
            return parser_syntax_error(&parser);
        lexer_advance(&parser.lexer);
        if (seen[kind])
            parser_complain(&parser, COMPLAINT_SECTION,
                            "The \"%s\" section can only be used once in an update expression;",
                            sections[kind]);
        seen[kind] = true;
        reading = read_section(&parser, (enum update_kind)kind, actions);
    }
    if (actions->count == 0)
        parser_syntax_error(&parser);
    check_actions(&parser, actions);
    return parser_finish(&parser);
}

bool expression_read_projection(struct expression_set *set, const char *text, size_t length,
                                struct list *paths)
{
    struct parser parser;

    if (!parser_init(&parser, set, NULL, text, length))
        return false;
    do {
        struct path *path = memory_new(sizeof *path);
        list_add(&set->memory, path);
        if (!parser_read_path(&parser, path))
            return false;
        list_add(paths, path);
    } while (lexer_take(&parser.lexer, ","));
    parser_check_overlap(&parser, (const struct path *const *)paths->items, paths->count);
    return parser_finish(&parser);
}
