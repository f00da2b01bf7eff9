/* Any bytes as credential_process: words without blanks that were not quoted, all of them inside one text. */
#include "aws/words.h"
#include "tests/fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct aws_words words;
    struct error error = {0};
    char *line = malloc(size + 1);
    if (!line)
        return 0;
    memcpy(line, data, size);
    line[size] = '\0';
    if (aws_words_split(&words, line, &error)) {
        size_t total = 0;
        for (size_t i = 0; i < words.count; i++)
            total += strlen(words.list[i]);
        if (words.count == 0 || words.count > AWS_WORDS_MAX || total > strlen(line) ||
            words.list[words.count])
            abort();
    } else if (!*error.message || words.text) {
        abort();
    }
    aws_words_free(&words);
    free(line);
    return 0;
}
