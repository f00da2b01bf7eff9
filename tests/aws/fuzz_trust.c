/* Any bytes as a trust policy: it is read, or it is none; and nobody is let in by what is no policy. */
#include "aws/iam.h"
#include "tests/fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    enum iam_trust trust = iam_trust_of(text, "fis.amazonaws.com");
    if (trust > IAM_TRUST_UNREADABLE || (!strstr(text, "Statement") && trust != IAM_TRUST_UNREADABLE &&
                                         !strchr(text, '\\'))) /* a key may be spelled with escapes */
        abort();
    free(text);
    return 0;
}
