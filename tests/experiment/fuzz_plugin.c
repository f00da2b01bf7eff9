/* Any text as what session-manager-plugin says: its version, or that its port is open. */
#include "experiment/plugin.h"
#include "tests/fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (text == NULL)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    if (plugin_hides_token(text) && (text[0] < '1' || text[0] > '9') && text[0] != '0')
        abort();
    if (plugin_is_open(text, 15001) && strstr(text, "15001") == NULL)
        abort();
    free(text);
    return 0;
}
