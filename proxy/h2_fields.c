/*
 * Header lists: gathered as they are decoded, then packed into one piece of memory.
 */
#include "proxy/h2_internal.h"

#include <stdlib.h>
#include <string.h>

/* RFC 9113, 6.5.2: what a field counts for beyond its bytes. */
#define FIELD_OVERHEAD 32

void h2_fields_reset(struct h2_fields *fields)
{
    fields->list.maximum = H2_FIELDS_MAX * sizeof(struct h2_field);
    fields->text.maximum = H2_HEAD_MAX;
    buf_reset(&fields->list);
    buf_reset(&fields->text);
    fields->size = 0;
    fields->failed = false;
}

void h2_fields_free(struct h2_fields *fields)
{
    buf_free(&fields->list);
    buf_free(&fields->text);
}

void h2_fields_add(struct h2_fields *fields, const void *name, size_t name_length, const void *value,
                   size_t value_length, uint8_t flags)
{
    struct h2_field field = {(uint32_t)name_length, (uint32_t)value_length,
                             (uint8_t)(flags & NGHTTP2_NV_FLAG_NO_INDEX)};
    fields->size += name_length + value_length + FIELD_OVERHEAD;
    if (fields->failed || fields->size > H2_HEAD_MAX) {
        fields->failed = true;
        return;
    }
    fields->failed = !buf_append(&fields->list, &field, sizeof field) ||
                     !buf_append(&fields->text, name, name_length) || !buf_append_char(&fields->text, '\0') ||
                     !buf_append(&fields->text, value, value_length) || !buf_append_char(&fields->text, '\0');
}

void h2_fields_add_text(struct h2_fields *fields, const char *name, const char *value)
{
    h2_fields_add(fields, name, strlen(name), value, strlen(value), NGHTTP2_NV_FLAG_NONE);
}

static struct h2_field field_at(const char *list, size_t index)
{
    struct h2_field field;
    memcpy(&field, list + index * sizeof field, sizeof field);
    return field;
}

bool h2_fields_next(const struct h2_fields *fields, struct h2_cursor *cursor)
{
    if ((cursor->index + 1) * sizeof(struct h2_field) > fields->list.length)
        return false;
    cursor->field = field_at(fields->list.data, cursor->index++);
    cursor->name = fields->text.data + cursor->at;
    cursor->value = cursor->name + cursor->field.name_length + 1;
    cursor->at += cursor->field.name_length + cursor->field.value_length + 2;
    return true;
}

const char *h2_fields_find(const struct h2_fields *fields, const char *name)
{
    struct h2_cursor cursor = {0};
    while (h2_fields_next(fields, &cursor))
        if (strcmp(cursor.name, name) == 0)
            return cursor.value;
    return NULL;
}

struct h2_piece *h2_fields_pack(const struct h2_fields *fields, enum h2_piece_kind kind)
{
    size_t length = fields->list.length + fields->text.length;
    struct h2_piece *piece = malloc(sizeof *piece + length);
    if (!piece)
        return NULL;
    *piece = (struct h2_piece){.kind = kind,
                               .length = (uint32_t)length,
                               .count = (uint32_t)(fields->list.length / sizeof(struct h2_field))};
    if (piece->count == 0)
        return piece;
    memcpy(piece->bytes, fields->list.data, fields->list.length);
    memcpy(piece->bytes + fields->list.length, fields->text.data, fields->text.length);
    return piece;
}

size_t h2_fields_unpack(struct h2_piece *piece, nghttp2_nv *list)
{
    char *at = piece->bytes + piece->count * sizeof(struct h2_field);
    for (size_t i = 0; i < piece->count; i++) {
        struct h2_field field = field_at(piece->bytes, i);
        list[i] = (nghttp2_nv){(uint8_t *)at, (uint8_t *)at + field.name_length + 1, field.name_length,
                               field.value_length, field.flags};
        at += field.name_length + field.value_length + 2;
    }
    return piece->count;
}
