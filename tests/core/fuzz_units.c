/* Any text as a duration, a percentage, a rate, an address and a whole number. */
#include "core/units.h"
#include "tests/fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    double number;
    uint64_t rate;
    int64_t integer;
    char host[UNITS_HOST_MAX];
    char shown[UNITS_TEXT_MAX];
    uint16_t port;
    struct error error;
    if (units_parse_duration(text, 1, "x", &number, &error)) {
        if (!(number >= 0))
            abort();
        units_format_delay_ms(number, shown);
        units_format_us(number * 1000, shown);
    }
    if (units_parse_percent(text, "x", &number, &error)) {
        if (!(number >= 0 && number <= 100))
            abort();
        units_format_percent(number, shown);
    }
    if (units_parse_rate(text, "x", &rate, &error))
        units_format_rate(rate, shown);
    if (units_parse_address(text, "x", host, &port, &error) && strlen(host) >= size)
        abort();
    if (units_parse_integer(text, "x", -5, 1000, &integer, &error) && (integer < -5 || integer > 1000))
        abort();
    free(text);
    return 0;
}
