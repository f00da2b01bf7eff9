/*
 * dynamodb_expression_parser: what the parsers of conditions and of updates share. An error is noted and
 * parsing ends; a complaint is about the meaning: parsing goes on, and the one of the lowest rank is told.
 */
#ifndef SHAKETABLE_SANDBOX_DYNAMODB_EXPRESSION_PARSER_H
#define SHAKETABLE_SANDBOX_DYNAMODB_EXPRESSION_PARSER_H

#include "sandbox/dynamodb_expression.h"
#include "sandbox/dynamodb_expression_lexer.h"

enum complaint {
    COMPLAINT_SYNTAX,
    COMPLAINT_PARENTHESES,
    COMPLAINT_FUNCTION_NAME,
    COMPLAINT_FUNCTION_USE,
    COMPLAINT_RESERVED,
    COMPLAINT_SECTION,
    COMPLAINT_REFERENCE,
    COMPLAINT_OVERLAP,
    COMPLAINT_OPERANDS,
    COMPLAINT_DISTINCT,
    COMPLAINT_TYPE,
    COMPLAINT_NONE,
};

struct parser;
/* Complains of a function that is not this kind of expression's, or of its operands. */
typedef void parser_function_check(struct parser *parser, const struct expression *function);

struct parser {
    struct lexer lexer;
    struct expression_set *set;
    parser_function_check *check;
    int depth;
};

/* False where the text is empty or too long. */
bool parser_init(struct parser *parser, struct expression_set *set, parser_function_check *check,
                 const char *text, size_t length);
/* True if the whole text was read, and nothing was complained of. */
bool parser_finish(struct parser *parser);
/* Both return false, so that `return parser_syntax_error(…)` reads well. */
bool parser_syntax_error(struct parser *parser);
bool parser_complain(struct parser *parser, enum complaint complaint, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool parser_expect(struct parser *parser, const char *symbol);

struct expression *parser_new(struct parser *parser, enum expression_kind kind);
bool parser_read_path(struct parser *parser, struct path *path);
/* ":value", a path or a function of operands; NULL: error. */
struct expression *parser_read_operand(struct parser *parser);
/* NULL for what has none before there is an item. */
const char *parser_operand_type(const struct expression *operand);
/* "[a, [0], b]" */
void parser_print_path(const struct path *path, char *text, size_t size);
/* Complains where one of the paths is the beginning of another. */
void parser_check_overlap(struct parser *parser, const struct path *const *paths, size_t count);
/* Complains where a function has another number of operands, and returns false. */
bool parser_check_count(struct parser *parser, const struct expression *function, size_t count);
bool parser_complain_type(struct parser *parser, const char *name, const char *type);

#endif
