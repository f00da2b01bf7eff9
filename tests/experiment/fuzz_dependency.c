/* Any text for --dependency, and behind a line's end any NO_PROXY list: an answer, and what was taken reads
 * back as it is kept. */
#include "experiment/dependency_task.h"
#include "tests/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void check(const struct dependency *dependency, const char *list)
{
    char kept[CHOICES_DEPENDENCY_MAX], again[CHOICES_DEPENDENCY_MAX], entry[64];
    struct dependency other;
    dependency_format(dependency, kept);
    if (!dependency_parse(kept, "x", &other, NULL))
        abort();
    dependency_format(&other, again);
    if (strcmp(kept, again) != 0 || other.service != dependency->service || other.port != dependency->port)
        abort();
    dependency_no_proxy_covers(list, dependency->host, dependency->port, entry, sizeof entry);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dependency dependency;
    struct error error = {0};
    char *text = malloc(size + 1), *list;
    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    list = strchr(text, '\n');
    if (list != NULL)
        *list++ = '\0';
    if (dependency_parse(text, "x", &dependency, &error))
        check(&dependency, list == NULL ? "" : list);
    else if (error.code != ERROR_USAGE || error.message[0] == '\0')
        abort();
    free(text);
    return 0;
}
