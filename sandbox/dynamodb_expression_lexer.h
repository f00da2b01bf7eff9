/*
 * dynamodb_expression_lexer: an expression's text as tokens, one ahead.
 */
#ifndef SHAKETABLE_SANDBOX_DYNAMODB_EXPRESSION_LEXER_H
#define SHAKETABLE_SANDBOX_DYNAMODB_EXPRESSION_LEXER_H

#include <stdbool.h>
#include <stddef.h>

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,   /* a keyword, a function or an attribute's name */
    TOKEN_NAME,   /* "#name" */
    TOKEN_VALUE,  /* ":value" */
    TOKEN_DIGITS, /* an index */
    TOKEN_SYMBOL, /* one of ( ) [ ] , . + - = <> < <= > >= */
    TOKEN_BAD,    /* a character that stands in no expression */
};
struct token {
    enum token_kind kind;
    const char *text; /* borrowed from the expression */
    size_t length;
};
struct lexer {
    const char *at, *end;
    struct token before, current;
};

void lexer_init(struct lexer *lexer, const char *text, size_t length);
/* Goes on to the next token. */
void lexer_advance(struct lexer *lexer);
/* Is the current token this symbol, or this keyword in any case? */
bool lexer_is(const struct lexer *lexer, const char *text);
/* The same; goes on if it is. */
bool lexer_take(struct lexer *lexer, const char *text);
/* The token behind the current one. */
struct token lexer_peek(const struct lexer *lexer);
/* Writes "token: "…", near: "…"": the token, and it among its neighbours. */
void lexer_describe(const struct lexer *lexer, char *text, size_t size);

#endif
