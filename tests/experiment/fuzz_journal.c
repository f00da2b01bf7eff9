/* Any bytes as a journal; what is read is freed, and a way back that was read restores something; and it is
 * told to people. */
#include "experiment/journal.h"
#include "experiment/journal_story.h"
#include "tests/fuzz.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct journal_entry entry;
    if (size == 0)
        return 0;
    FILE *file = fmemopen((void *)(uintptr_t)data, size, "r");
    if (file == NULL)
        return 0;
    if (journal_entry_read(&entry, file) &&
        (entry.way_back.service_arn[0] == '\0' || entry.way_back.load_balancers == NULL))
        abort();
    journal_entry_free(&entry);
    rewind(file);
    free(journal_story_read(file));
    fclose(file);
    return 0;
}
