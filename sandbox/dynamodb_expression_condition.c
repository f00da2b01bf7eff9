/* Conditions: OR binds less than AND, AND less than NOT, NOT less than a comparison. */
#include "sandbox/dynamodb_expression_parser.h"
#include "sandbox/dynamodb_value.h"

#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 160

static struct expression *read_or(struct parser *parser);

static bool is_operand(const struct expression *expression)
{
    return expression->kind == EXPRESSION_PATH || expression->kind == EXPRESSION_VALUE ||
           (expression->kind == EXPRESSION_FUNCTION && strcmp(expression->name, "size") == 0);
}

static bool complain_of_use(struct parser *parser, const struct expression *function)
{
    return parser_complain(parser, COMPLAINT_FUNCTION_USE,
                           "The function is not allowed to be used this way in an expression; function: %s",
                           function->name);
}

static void check_path_operand(struct parser *parser, const struct expression *function)
{
    const struct expression *operand = function->operands.items[0];

    if (operand->kind != EXPRESSION_PATH)
        parser_complain(parser, COMPLAINT_TYPE,
                        "Operator or function requires a document path; operator or function: %s",
                        function->name);
}

static void check_attribute_type(struct parser *parser, const struct expression *function)
{
    static const char *const types[] = {"B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M"};
    const struct expression *operand = function->operands.items[1];
    const char *type = parser_operand_type(operand);

    if (!type || strcmp(type, "S") != 0) {
        parser_complain_type(parser, function->name, type ? type : "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}");
        return;
    }
    const char *name = json_text(operand->value, "S");
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(types[i], name) == 0)
            return;
    }
    parser_complain(
        parser, COMPLAINT_TYPE,
        "Invalid attribute type name found; type: %.*s, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
        SHOWN_MAX, name);
}

static bool same_path(const struct expression *a, const struct expression *b)
{
    char left[SHOWN_MAX], right[SHOWN_MAX];

    if (a->kind != EXPRESSION_PATH || b->kind != EXPRESSION_PATH)
        return false;
    parser_print_path(&a->path, left, sizeof left);
    parser_print_path(&b->path, right, sizeof right);
    return strcmp(left, right) == 0;
}

static void check_distinct(struct parser *parser, const char *name, const struct list *operands)
{
    char first[SHOWN_MAX];

    if (operands->count != 2 || !same_path(operands->items[0], operands->items[1]))
        return;
    parser_print_path(&((const struct expression *)operands->items[0])->path, first, sizeof first);
    parser_complain(parser, COMPLAINT_DISTINCT,
                    "The first operand must be distinct from the remaining operands for this operator or "
                    "function; operator: %s, first operand: %s",
                    name, first);
}

static void check_types(struct parser *parser, const struct expression *function, const char *refused)
{
    for (size_t i = 0; i < function->operands.count; i++) {
        const char *type = parser_operand_type(function->operands.items[i]);
        char word[16];
        snprintf(word, sizeof word, " %s ", type ? type : "-");
        if (strstr(refused, word))
            parser_complain_type(parser, function->name, type);
    }
}

static void check_function(struct parser *parser, const struct expression *function)
{
    static const struct {
        const char *name;
        size_t operands;
    } known[] = {{"attribute_exists", 1}, {"attribute_not_exists", 1},
                 {"attribute_type", 2},   {"begins_with", 2},
                 {"contains", 2},         {"size", 1}};
    size_t which = 0;

    while (which < sizeof known / sizeof *known && strcmp(known[which].name, function->name) != 0)
        which++;
    if (which == sizeof known / sizeof *known) {
        parser_complain(parser, COMPLAINT_FUNCTION_NAME, "Invalid function name; function: %s",
                        function->name);
        return;
    }
    for (size_t i = 0; i < function->operands.count; i++) {
        const struct expression *operand = function->operands.items[i];
        if (operand->kind == EXPRESSION_FUNCTION && !is_operand(operand))
            complain_of_use(parser, operand);
    }
    if (!parser_check_count(parser, function, known[which].operands))
        return;
    check_distinct(parser, function->name, &function->operands);
    if (strncmp(function->name, "attribute_", strlen("attribute_")) == 0)
        check_path_operand(parser, function);
    if (strcmp(function->name, "attribute_type") == 0)
        check_attribute_type(parser, function);
    else if (strcmp(function->name, "begins_with") == 0)
        check_types(parser, function, " N BOOL NULL M L SS NS BS ");
    else if (strcmp(function->name, "size") == 0)
        check_types(parser, function, " N BOOL NULL ");
}

static bool add_operand(struct parser *parser, struct expression *expression)
{
    struct expression *operand = parser_read_operand(parser);

    if (!operand)
        return false;
    if (!is_operand(operand))
        complain_of_use(parser, operand);
    list_add(&expression->operands, operand);
    return true;
}

/* "S:text", for a message. */
static void show_value(struct json_object *value, char *text, size_t size)
{
    struct json_object *inner = NULL;
    const char *type = value_type(value, &inner);

    snprintf(text, size, "%s:%s", type, json_object_get_string(inner));
}

static void check_bounds(struct parser *parser, const struct expression *between)
{
    const struct expression *lower = between->operands.items[1], *upper = between->operands.items[2];
    char low[SHOWN_MAX], high[SHOWN_MAX];
    int order = 0;

    if (!lower->value || !upper->value)
        return;
    show_value(lower->value, low, sizeof low);
    show_value(upper->value, high, sizeof high);
    bool same = strcmp(value_type(lower->value, NULL), value_type(upper->value, NULL)) == 0;
    if (same && (!value_compare(lower->value, upper->value, &order) || order <= 0))
        return;
    parser_complain(
        parser, COMPLAINT_TYPE,
        "The BETWEEN operator requires %s; lower bound operand: AttributeValue: {%s}, upper bound operand: "
        "AttributeValue: {%s}",
        same ? "upper bound to be greater than or equal to lower bound"
             : "same data type for lower and upper bounds",
        low, high);
}

/* Only what has an order can stand beside <, <=, > and >=. */
static void check_comparison(struct parser *parser, const struct expression *comparison)
{
    check_distinct(parser, comparison->name, &comparison->operands);
    if (*comparison->name == '=' || strcmp(comparison->name, "<>") == 0)
        return;
    for (size_t i = 0; i < comparison->operands.count; i++) {
        const struct expression *operand = comparison->operands.items[i];
        const char *type = parser_operand_type(operand);
        if (!type || strcmp(type, "S") == 0 || strcmp(type, "N") == 0 || strcmp(type, "B") == 0)
            continue;
        parser_complain_type(parser, comparison->name, type);
    }
}

static struct expression *read_between(struct parser *parser, struct expression *left)
{
    struct expression *between = parser_new(parser, EXPRESSION_BETWEEN);

    snprintf(between->name, sizeof between->name, "BETWEEN");
    list_add(&between->operands, left);
    if (!add_operand(parser, between) || !parser_expect(parser, "AND") || !add_operand(parser, between))
        return NULL;
    check_bounds(parser, between);
    return between;
}

static struct expression *read_in(struct parser *parser, struct expression *left)
{
    struct expression *in = parser_new(parser, EXPRESSION_IN);

    snprintf(in->name, sizeof in->name, "IN");
    list_add(&in->operands, left);
    if (!parser_expect(parser, "("))
        return NULL;
    do {
        if (!add_operand(parser, in))
            return NULL;
    } while (lexer_take(&parser->lexer, ","));
    if (in->operands.count - 1 > EXPRESSION_OPERANDS_MAX)
        parser_complain(parser, COMPLAINT_OPERANDS,
                        "Too many operands for operator or function; operator or function: IN, maximum "
                        "number of operands: %d",
                        EXPRESSION_OPERANDS_MAX);
    return parser_expect(parser, ")") ? in : NULL;
}

static struct expression *read_comparison(struct parser *parser, struct expression *left)
{
    struct expression *comparison = parser_new(parser, EXPRESSION_COMPARE);
    const struct token *token = &parser->lexer.current;

    snprintf(comparison->name, sizeof comparison->name, "%.*s", (int)token->length, token->text);
    lexer_advance(&parser->lexer);
    list_add(&comparison->operands, left);
    if (!add_operand(parser, comparison))
        return NULL;
    check_comparison(parser, comparison);
    return comparison;
}

static bool is_comparator(const struct parser *parser)
{
    static const char *const comparators[] = {"=", "<>", "<", "<=", ">", ">="};

    for (size_t i = 0; i < sizeof comparators / sizeof *comparators; i++) {
        if (lexer_is(&parser->lexer, comparators[i]))
            return true;
    }
    return false;
}

static struct expression *read_parentheses(struct parser *parser)
{
    struct expression *inner = read_or(parser);

    if (!inner || !parser_expect(parser, ")"))
        return NULL;
    if (inner->in_parentheses)
        parser_complain(parser, COMPLAINT_PARENTHESES, "The expression has redundant parentheses;");
    inner->in_parentheses = true;
    return inner;
}

static struct expression *read_condition(struct parser *parser)
{
    struct expression *left =
        lexer_take(&parser->lexer, "(") ? read_parentheses(parser) : parser_read_operand(parser);

    if (!left)
        return NULL;
    bool compared =
        is_comparator(parser) || lexer_is(&parser->lexer, "BETWEEN") || lexer_is(&parser->lexer, "IN");
    if (compared && left->kind == EXPRESSION_FUNCTION && !is_operand(left))
        complain_of_use(parser, left);
    else if (compared && !is_operand(left)) {
        parser_syntax_error(parser);
        return NULL;
    }
    if (is_comparator(parser))
        return read_comparison(parser, left);
    if (lexer_take(&parser->lexer, "BETWEEN"))
        return read_between(parser, left);
    if (lexer_take(&parser->lexer, "IN"))
        return read_in(parser, left);
    if (left->kind == EXPRESSION_FUNCTION && is_operand(left))
        complain_of_use(parser, left);
    /* "(a) = :b" is one, so that what is in parentheses is looked at where they end. */
    if ((left->kind == EXPRESSION_PATH || left->kind == EXPRESSION_VALUE) && !lexer_is(&parser->lexer, ")")) {
        parser_syntax_error(parser);
        return NULL;
    }
    return left;
}

static struct expression *read_not(struct parser *parser)
{
    struct expression *condition = NULL;

    if (parser->depth >= EXPRESSION_DEPTH_MAX) {
        parser_complain(parser, COMPLAINT_SYNTAX, "The expression is nested too deeply");
        return NULL;
    }
    parser->depth++;
    if (lexer_take(&parser->lexer, "NOT")) {
        struct expression *inner = read_not(parser);
        if (inner) {
            condition = parser_new(parser, EXPRESSION_NOT);
            list_add(&condition->operands, inner);
        }
    } else {
        condition = read_condition(parser);
    }
    parser->depth--;
    return condition;
}

/* A run of the same operator is one node: a long chain is not a deep tree. */
static struct expression *read_run(struct parser *parser, enum expression_kind kind, const char *word,
                                   struct expression *(*read_one)(struct parser *parser))
{
    struct expression *run = NULL, *one = read_one(parser);

    while (one && lexer_take(&parser->lexer, word)) {
        if (!run) {
            run = parser_new(parser, kind);
            list_add(&run->operands, one);
        }
        one = read_one(parser);
        if (one)
            list_add(&run->operands, one);
    }
    return one && run ? run : one;
}

static struct expression *read_and(struct parser *parser)
{
    return read_run(parser, EXPRESSION_AND, "AND", read_not);
}

static struct expression *read_or(struct parser *parser)
{
    return read_run(parser, EXPRESSION_OR, "OR", read_and);
}

/* A path or a value in parentheses got through where only a comparison could follow. */
static bool is_condition(const struct expression *expression)
{
    if (expression->kind == EXPRESSION_PATH || expression->kind == EXPRESSION_VALUE)
        return false;
    if (expression->kind != EXPRESSION_AND && expression->kind != EXPRESSION_OR &&
        expression->kind != EXPRESSION_NOT)
        return true;
    for (size_t i = 0; i < expression->operands.count; i++) {
        if (!is_condition(expression->operands.items[i]))
            return false;
    }
    return true;
}

struct expression *expression_read_condition(struct expression_set *set, const char *text, size_t length)
{
    struct parser parser;
    struct expression *condition = NULL;

    if (!parser_init(&parser, set, check_function, text, length))
        return NULL;
    condition = read_or(&parser);
    if (condition && !is_condition(condition))
        parser_syntax_error(&parser);
    return condition && parser_finish(&parser) ? condition : NULL;
}
