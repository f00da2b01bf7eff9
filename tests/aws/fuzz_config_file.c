/* Any bytes as ~/.aws/config. */
#include "aws/config_file.h"
#include "tests/fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct aws_config config;
    struct error error = {0};
    char nested[64];
    if (!aws_config_parse(&config, (const char *)data, size, "fuzz", &error)) {
        if (config.count != 0 || !*error.message)
            abort();
        return 0;
    }
    for (size_t i = 0; i < config.count; i++) {
        const struct aws_config_section *section = &config.sections[i];
        if (!aws_config_find(&config, NULL, section->name))
            abort();
        for (size_t j = 0; j < section->count; j++) {
            const char *key = section->entries[j].key;
            if (!*key || aws_config_get(section, key) != section->entries[j].value)
                abort();
            aws_config_nested(section->entries[j].value, "endpoint_url", nested, sizeof nested);
        }
    }
    aws_config_find(&config, "profile", "default");
    aws_config_find(&config, "services", "x");
    aws_config_free(&config);
    return 0;
}
