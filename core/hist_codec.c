/*
 * HdrHistogram's V2 encoding, after AbstractHistogram.encodeIntoByteBuffer and ZigZagEncoding of
 * HdrHistogram 2.1 (Gil Tene, public domain / BSD-2).
 */
#include "core/base64.h"
#include "core/hist.h"

#include <string.h>
#include <zlib.h>

enum {
    HEADER_BYTES = 40,
    COMPRESSED_HEADER_BYTES = 8,
    PLAIN_MAX = HEADER_BYTES + HIST_COUNTS * 9,
    TEXT_MAX = 64 * 1024,
    INFLATED_MAX = 1024 * 1024, /* bounds what a small, hostile stream may grow to */
    BASE64_MAX = 2 * INFLATED_MAX,
};
#define COOKIE_PLAIN UINT32_C(0x1c849303)
#define COOKIE_COMPRESSED UINT32_C(0x1c849304)
#define COOKIE_WORD_SIZE UINT32_C(0x10) /* the only one V2 knows */
#define COOKIE_WORD_MASK UINT32_C(0xf0)
#define RATIO_ONE UINT64_C(0x3ff0000000000000) /* the double 1.0 */

static void put_u32(unsigned char *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (unsigned char)(value >> (24 - 8 * i));
}

static void put_u64(unsigned char *to, uint64_t value)
{
    put_u32(to, (uint32_t)(value >> 32));
    put_u32(to + 4, (uint32_t)value);
}

static uint32_t get_u32(const unsigned char *from)
{
    return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

static uint64_t get_u64(const unsigned char *from)
{
    return (uint64_t)get_u32(from) << 32 | get_u32(from + 4);
}

/* ZigZag LEB128 of 64 bits in at most nine bytes: the ninth holds eight bits. */
static void put_zigzag(struct buf *out, int64_t value)
{
    uint64_t rest = ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
    unsigned char bytes[9];
    size_t length = 0;
    while (length < 8 && rest > 0x7f) {
        bytes[length++] = (unsigned char)(rest | 0x80);
        rest >>= 7;
    }
    bytes[length++] = (unsigned char)rest;
    buf_append(out, bytes, length);
}

/* Returns the bytes it took, 0 where the input ends too early. */
static size_t get_zigzag(const unsigned char *from, size_t length, int64_t *value)
{
    uint64_t raw = 0;
    for (size_t i = 0; i < length && i < 9; i++) {
        bool last = i == 8 || !(from[i] & 0x80);
        raw |= (uint64_t)(i == 8 ? from[i] : from[i] & 0x7f) << (7 * i);
        if (last) {
            *value = (int64_t)(raw >> 1) ^ -(int64_t)(raw & 1);
            return i + 1;
        }
    }
    return 0;
}

static size_t used_counts(const struct hist *hist)
{
    size_t used = HIST_COUNTS;
    while (used > 1 && hist->counts[used - 1] == 0)
        used--;
    return used;
}

bool hist_encode(const struct hist *hist, struct buf *out)
{
    unsigned char header[HEADER_BYTES] = {0};
    size_t start = out->length;
    if (!buf_append(out, header, sizeof header))
        return false;
    size_t used = used_counts(hist);
    for (size_t i = 0; i < used;) {
        size_t run = 0;
        while (i + run < used && hist->counts[i + run] == 0)
            run++;
        /* A single zero stands for itself, as in the original. */
        put_zigzag(out, run > 1 ? -(int64_t)run : (int64_t)hist->counts[i]);
        i += run > 1 ? run : 1;
    }
    if (out->failed)
        return false;
    put_u32(header, COOKIE_PLAIN | COOKIE_WORD_SIZE);
    put_u32(header + 4, (uint32_t)(out->length - start - HEADER_BYTES));
    put_u32(header + 12, HIST_SIGNIFICANT);
    put_u64(header + 16, 1);
    put_u64(header + 24, HIST_HIGHEST_US);
    put_u64(header + 32, RATIO_ONE);
    memcpy(out->data + start, header, sizeof header);
    return true;
}

/* Deflates into `out`, behind what is there. */
static bool deflate_into(const struct buf *plain, struct buf *out)
{
    /* A 4 KB window and small tables: the input is a few hundred bytes, ten times a second. */
    enum { WINDOW_BITS = 12, MEMORY_LEVEL = 5 };
    z_stream stream = {0};
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    uLong bound = deflateBound(&stream, (uLong)plain->length);
    bool done = false;
    if (buf_reserve(out, bound)) {
        stream.next_in = (Bytef *)plain->data;
        stream.avail_in = (uInt)plain->length;
        stream.next_out = (Bytef *)out->data + out->length;
        stream.avail_out = (uInt)bound;
        done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
        if (done) {
            out->length += stream.total_out;
            out->data[out->length] = '\0';
        }
    }
    deflateEnd(&stream);
    return done;
}

bool hist_encode_compressed(const struct hist *hist, struct buf *out)
{
    struct buf plain;
    buf_init(&plain, PLAIN_MAX);
    unsigned char header[COMPRESSED_HEADER_BYTES] = {0};
    size_t start = out->length;
    bool done =
        hist_encode(hist, &plain) && buf_append(out, header, sizeof header) && deflate_into(&plain, out);
    buf_free(&plain);
    if (!done) {
        out->failed = true;
        return false;
    }
    put_u32(header, COOKIE_COMPRESSED | COOKIE_WORD_SIZE);
    put_u32(header + 4, (uint32_t)(out->length - start - COMPRESSED_HEADER_BYTES));
    memcpy(out->data + start, header, sizeof header);
    return true;
}

bool hist_encode_base64(const struct hist *hist, struct buf *out)
{
    struct buf bytes;
    buf_init(&bytes, TEXT_MAX);
    bool done = hist_encode_compressed(hist, &bytes) && base64_encode(bytes.data, bytes.length, out);
    buf_free(&bytes);
    if (!done)
        out->failed = true;
    return done;
}

/* How the encoded histogram lays out its counts, which need not be as ours does. */
struct layout {
    unsigned unit_bits; /* the lowest value's magnitude */
    unsigned half_bits; /* of the count of values in half a bucket */
};

static bool read_layout(struct layout *layout, const unsigned char *header, struct error *error)
{
    uint32_t significant = get_u32(header + 12);
    uint64_t lowest = get_u64(header + 16);
    uint64_t highest = get_u64(header + 24);
    if (significant > 5)
        return error_set(error, ERROR_INVALID, "histogram: %u significant figures, at most 5 are possible",
                         (unsigned)significant);
    if (lowest < 1 || lowest > INT64_MAX / 2 || highest > INT64_MAX || highest < 2 * lowest)
        return error_set(error, ERROR_INVALID, "histogram: its limits are impossible");
    uint64_t resolution = 2;
    for (uint32_t i = 0; i < significant; i++)
        resolution *= 10;
    layout->unit_bits = 63U - (unsigned)__builtin_clzll(lowest);
    layout->half_bits = 0;
    while ((UINT64_C(2) << layout->half_bits) < resolution)
        layout->half_bits++;
    return true;
}

/* Records `count` values that lie in [lowest, lowest + width). */
static bool record_span(struct hist *hist, uint64_t lowest, uint64_t width, uint64_t count)
{
    uint64_t middle = lowest + width / 2;
    uint64_t highest = lowest + width - 1;
    uint64_t recorded = middle < HIST_HIGHEST_US ? middle : HIST_HIGHEST_US;
    uint64_t sum;
    if (__builtin_mul_overflow(recorded, count, &sum) || __builtin_add_overflow(hist->sum_us, sum, &sum) ||
        __builtin_add_overflow(hist->total, count, &sum))
        return false;
    uint64_t min_us = lowest < hist->min_us ? lowest : hist->min_us;
    uint64_t max_us = highest > hist->max_us ? highest : hist->max_us;
    hist_record_n(hist, middle, count);
    /* Within its span any value may have been the least or the greatest. */
    hist->min_us = min_us < HIST_HIGHEST_US ? min_us : HIST_HIGHEST_US;
    hist->max_us = max_us < HIST_HIGHEST_US ? max_us : HIST_HIGHEST_US;
    return true;
}

static bool record_index(struct hist *hist, const struct layout *layout, uint64_t index, uint64_t count,
                         struct error *error)
{
    uint64_t half = UINT64_C(1) << layout->half_bits;
    uint64_t bucket = index < 2 * half ? 0 : (index >> layout->half_bits) - 1;
    uint64_t shift = bucket + layout->unit_bits;
    if (shift + layout->half_bits + 1 > 62)
        return error_set(error, ERROR_INVALID, "histogram: more counts than its limits allow");
    uint64_t lowest = (index - bucket * half) << shift;
    if (!record_span(hist, lowest, UINT64_C(1) << shift, count))
        return error_set(error, ERROR_LIMIT, "histogram: its counts are too large to add up");
    return true;
}

static bool read_counts(struct hist *hist, const struct layout *layout, const unsigned char *data,
                        size_t length, struct error *error)
{
    /* Far above any real index (6 million), far below an overflow. */
    const uint64_t index_max = UINT64_C(1) << 32;
    uint64_t index = 0;
    while (length > 0) {
        int64_t count;
        size_t took = get_zigzag(data, length, &count);
        if (took == 0)
            return error_set(error, ERROR_INVALID, "histogram: cut off in the middle of a count");
        data += took;
        length -= took;
        if (count < -INT64_C(0x7fffffff) || index > index_max)
            return error_set(error, ERROR_INVALID, "histogram: more counts than its limits allow");
        if (count > 0 && !record_index(hist, layout, index, (uint64_t)count, error))
            return false;
        index += count < 0 ? (uint64_t)-count : 1;
    }
    return true;
}

/* All or nothing; a sum that would wrap is refused. */
static bool add_checked(struct hist *into, const struct hist *from, struct error *error)
{
    uint64_t sum;
    if (__builtin_add_overflow(into->total, from->total, &sum) ||
        __builtin_add_overflow(into->sum_us, from->sum_us, &sum))
        return error_set(error, ERROR_LIMIT, "histogram: its counts are too large to add up");
    hist_add(into, from);
    return true;
}

static bool decode_plain(struct hist *hist, const unsigned char *data, size_t length, struct error *error)
{
    if (length < HEADER_BYTES || (get_u32(data) & ~COOKIE_WORD_MASK) != COOKIE_PLAIN)
        return error_set(error, ERROR_INVALID, "histogram: not in HdrHistogram's V2 encoding");
    size_t payload = get_u32(data + 4);
    if (payload > length - HEADER_BYTES)
        return error_set(error, ERROR_INVALID, "histogram: cut off, %zu of %zu bytes", length - HEADER_BYTES,
                         payload);
    /* The normalizing offset (header + 8) only says where a shifted histogram keeps its counts in
     * memory, and the ratio (header + 32) is for floating-point ones: the counts are in order. */
    struct layout layout = {0};
    struct hist decoded;
    hist_clear(&decoded);
    return read_layout(&layout, data, error) &&
           read_counts(&decoded, &layout, data + HEADER_BYTES, payload, error) &&
           add_checked(hist, &decoded, error);
}

static bool inflate_into(struct buf *out, const unsigned char *data, size_t length)
{
    enum { STEP = 16 * 1024 };
    z_stream stream = {0};
    if (inflateInit(&stream) != Z_OK)
        return false;
    stream.next_in = (Bytef *)data;
    stream.avail_in = (uInt)length;
    int status = Z_OK;
    while (status == Z_OK) {
        Bytef step[STEP];
        stream.next_out = step;
        stream.avail_out = STEP;
        status = inflate(&stream, Z_NO_FLUSH);
        if (!buf_append(out, step, STEP - stream.avail_out))
            status = Z_MEM_ERROR;
    }
    inflateEnd(&stream);
    return status == Z_STREAM_END;
}

bool hist_decode_add(struct hist *hist, const void *data, size_t length, struct error *error)
{
    const unsigned char *bytes = data;
    if (length < COMPRESSED_HEADER_BYTES || length > BASE64_MAX)
        return error_set(error, ERROR_INVALID, "histogram: %zu bytes are none", length);
    if ((get_u32(bytes) & ~COOKIE_WORD_MASK) != COOKIE_COMPRESSED)
        return decode_plain(hist, bytes, length, error);
    size_t deflated = get_u32(bytes + 4);
    if (deflated > length - COMPRESSED_HEADER_BYTES)
        return error_set(error, ERROR_INVALID, "histogram: cut off, %zu of %zu bytes",
                         length - COMPRESSED_HEADER_BYTES, deflated);
    struct buf plain;
    buf_init(&plain, INFLATED_MAX);
    bool done = inflate_into(&plain, bytes + COMPRESSED_HEADER_BYTES, deflated);
    if (!done)
        error_set(error, ERROR_INVALID, "histogram: its zlib stream is broken or larger than %d bytes",
                  INFLATED_MAX);
    done = done && decode_plain(hist, (const unsigned char *)buf_text(&plain), plain.length, error);
    buf_free(&plain);
    return done;
}

bool hist_decode_base64_add(struct hist *hist, const char *text, size_t length, struct error *error)
{
    struct buf bytes;
    buf_init(&bytes, BASE64_MAX);
    bool done = base64_decode(text, length, &bytes);
    if (!done)
        error_set(error, ERROR_INVALID, "histogram: not base64");
    done = done && hist_decode_add(hist, buf_text(&bytes), bytes.length, error);
    buf_free(&bytes);
    return done;
}
