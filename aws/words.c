#include "aws/words.h"

#include <stdlib.h>
#include <string.h>

struct splitter {
    const char *in;
    char *out;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* What stands between quotes, the opening one already taken. False: it isn't closed. */
static bool take_quoted(struct splitter *splitter, char quote)
{
    for (; *splitter->in && *splitter->in != quote; splitter->in++) {
        /* Between double quotes a backslash stands for itself, but before " and \. */
        if (quote == '"' && *splitter->in == '\\' && (splitter->in[1] == '"' || splitter->in[1] == '\\'))
            splitter->in++;
        *splitter->out++ = *splitter->in;
    }
    return *splitter->in++ == quote;
}

static bool take_word(struct splitter *splitter, struct error *error)
{
    while (*splitter->in && !is_blank(*splitter->in)) {
        char c = *splitter->in++;
        if (c == '\'' || c == '"') {
            if (!take_quoted(splitter, c))
                return error_set(error, ERROR_INVALID, "a quote is not closed");
        } else if (c == '\\' && !*splitter->in) {
            return error_set(error, ERROR_INVALID, "a backslash stands at the end");
        } else {
            *splitter->out++ = c == '\\' ? *splitter->in++ : c;
        }
    }
    *splitter->out++ = '\0';
    return true;
}

bool aws_words_split(struct aws_words *words, const char *line, struct error *error)
{
    memset(words, 0, sizeof *words);
    words->text = malloc(strlen(line) + 2); /* no word is longer than what it is made of */
    if (!words->text)
        return error_set(error, ERROR_SYSTEM, "out of memory");
    struct splitter splitter = {line, words->text};
    bool done = true;
    for (;;) {
        while (is_blank(*splitter.in))
            splitter.in++;
        if (!*splitter.in)
            break;
        done = words->count < AWS_WORDS_MAX || error_set(error, ERROR_INVALID, "it has too many words");
        if (!done)
            break;
        words->list[words->count++] = splitter.out;
        done = take_word(&splitter, error);
        if (!done)
            break;
    }
    if (done && words->count == 0)
        done = error_set(error, ERROR_INVALID, "it is empty");
    if (!done)
        aws_words_free(words);
    return done;
}

void aws_words_free(struct aws_words *words)
{
    free(words->text);
    memset(words, 0, sizeof *words);
}
