#include "sandbox/dynamodb_expression_lexer.h"

#include "core/utf8.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SHOWN_MAX 200 /* bytes of the text in a message */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static size_t word_length(const char *at, const char *end)
{
    const char *start = at;

    while (at < end && (is_letter(*at) || is_digit(*at)))
        at++;
    return (size_t)(at - start);
}

static struct token scan(const char *at, const char *end)
{
    while (at < end && is_space(*at))
        at++;
    struct token token = {TOKEN_SYMBOL, at, 1};
    if (at == end)
        return (struct token){TOKEN_END, end, 0};
    if (is_letter(*at)) {
        token.kind = TOKEN_WORD;
        token.length = word_length(at, end);
    } else if (is_digit(*at)) {
        token.kind = TOKEN_DIGITS;
        while (at + token.length < end && is_digit(at[token.length]))
            token.length++;
    } else if (*at == '#' || *at == ':') {
        token.length = 1 + word_length(at + 1, end);
        token.kind = token.length == 1 ? TOKEN_BAD : *at == '#' ? TOKEN_NAME : TOKEN_VALUE;
    } else if (end - at > 1 &&
               (memcmp(at, "<>", 2) == 0 || memcmp(at, "<=", 2) == 0 || memcmp(at, ">=", 2) == 0)) {
        token.length = 2;
    } else if (*at == '\0' || !strchr("()[],.+-=<>", *at)) {
        token.kind = TOKEN_BAD;
        token.length = utf8_next(at, (size_t)(end - at));
        token.length += token.length == 0;
    }
    return token;
}

void lexer_init(struct lexer *lexer, const char *text, size_t length)
{
    *lexer = (struct lexer){.at = text, .end = text + length, .before = {TOKEN_END, text, 0}};
    lexer->current = scan(lexer->at, lexer->end);
}

void lexer_advance(struct lexer *lexer)
{
    lexer->before = lexer->current;
    lexer->at = lexer->current.text + lexer->current.length;
    lexer->current = scan(lexer->at, lexer->end);
}

bool lexer_is(const struct lexer *lexer, const char *text)
{
    const struct token *token = &lexer->current;

    return (token->kind == TOKEN_SYMBOL || token->kind == TOKEN_WORD) && token->length == strlen(text) &&
           strncasecmp(token->text, text, token->length) == 0;
}

bool lexer_take(struct lexer *lexer, const char *text)
{
    bool is = lexer_is(lexer, text);

    if (is)
        lexer_advance(lexer);
    return is;
}

struct token lexer_peek(const struct lexer *lexer)
{
    return scan(lexer->current.text + lexer->current.length, lexer->end);
}

void lexer_describe(const struct lexer *lexer, char *text, size_t size)
{
    const struct token *token = &lexer->current;
    struct token next = lexer_peek(lexer);
    const char *from = lexer->before.length ? lexer->before.text : token->text;
    char shown[SHOWN_MAX], near[SHOWN_MAX];

    if (token->kind == TOKEN_END)
        snprintf(shown, sizeof shown, "<EOF>");
    else
        utf8_copy(shown, sizeof shown, token->text, token->length);
    utf8_copy(near, sizeof near, from, (size_t)(next.text + next.length - from));
    /* A name that stands at the very end has blanks behind it, but not in the message. */
    for (size_t length = strlen(near); length > 0 && is_space(near[length - 1]); length--)
        near[length - 1] = '\0';
    snprintf(text, size, "token: \"%s\", near: \"%s\"", shown, near);
}
