#include "core/refusals.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "core/utf8.h"

static struct refusal *next(struct refusals *refusals)
{
    if (refusals->count < REFUSALS_MAX)
        return &refusals->items[refusals->count++];
    refusals->more++;
    return NULL;
}

bool refusals_add(struct refusals *refusals, const char *where, const char *format, ...)
{
    char why[REFUSAL_WHY_MAX * 2];
    struct refusal *refusal = next(refusals);
    if (refusal == NULL)
        return false;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    utf8_copy_plain(refusal->where, sizeof refusal->where, where, strlen(where));
    utf8_copy_plain(refusal->why, sizeof refusal->why, why, strlen(why));
    return false;
}

void refusals_take(struct refusals *refusals, const char *prefix, const struct refusals *from)
{
    char where[REFUSAL_WHERE_MAX * 2];
    for (size_t i = 0; i < from->count; i++) {
        snprintf(where, sizeof where, "%s%s%s", prefix, prefix[0] == '\0' ? "" : ": ", from->items[i].where);
        refusals_add(refusals, where, "%s", from->items[i].why);
    }
    refusals->more += from->more;
}

bool refusals_set_error(const struct refusals *refusals, struct error *error)
{
    struct buf text;
    buf_init(&text, (size_t)REFUSALS_MAX * sizeof(struct refusal) + 64);
    for (size_t i = 0; i < refusals->count; i++)
        buf_printf(&text, "%s%s: %s", i > 0 ? "; " : "", refusals->items[i].where, refusals->items[i].why);
    error_set(error, ERROR_REFUSED, "%s", buf_text(&text));
    buf_free(&text);
    return false;
}
