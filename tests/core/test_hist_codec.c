/*
 * Against vectors that another implementation made: data/hist_vectors.json, by
 * data/make_hist_vectors.mjs.
 */
#include "core/base64.h"
#include "core/hist.h"
#include "core/random.h"
#include "tests/core/support.h"

#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>
#include <zlib.h>

enum { HEADER_BYTES = 40 };

static struct json_object *document;

static int load(void **state)
{
    (void)state;
    char path[4096];
    const char *top = getenv("top_srcdir");
    snprintf(path, sizeof path, "%s/tests/core/data/hist_vectors.json", top ? top : ".");
    document = json_object_from_file(path);
    return document ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    json_object_put(document);
    return 0;
}

static struct json_object *get(struct json_object *vector, const char *key)
{
    struct json_object *value = NULL;
    assert_true(json_object_object_get_ex(vector, key, &value));
    return value;
}

static const char *get_text(struct json_object *vector, const char *key)
{
    return json_object_get_string(get(vector, key));
}

static bool is_of_our_layout(struct json_object *vector)
{
    return json_object_get_int64(get(vector, "lowest")) == 1 &&
           json_object_get_int64(get(vector, "highest")) == HIST_HIGHEST_US &&
           json_object_get_int64(get(vector, "figures")) == HIST_SIGNIFICANT;
}

/* Our histogram of the vector's values. */
static void record_counts(struct hist *hist, struct json_object *vector)
{
    struct json_object *counts = get(vector, "counts");
    hist_clear(hist);
    for (size_t i = 0; i < json_object_array_length(counts); i++) {
        struct json_object *pair = json_object_array_get_idx(counts, i);
        hist_record_n(hist, json_object_get_uint64(json_object_array_get_idx(pair, 0)),
                      json_object_get_uint64(json_object_array_get_idx(pair, 1)));
    }
}

static void decode_text(struct hist *hist, const char *text)
{
    struct error error = {0};
    hist_clear(hist);
    if (!hist_decode_base64_add(hist, text, strlen(text), &error))
        fail_msg("%s", error.message);
}

typedef void with_vector(struct json_object *vector);

static void for_each_vector(with_vector *run)
{
    struct json_object *vectors = get(document, "vectors");
    assert_true(json_object_array_length(vectors) >= 8);
    for (size_t i = 0; i < json_object_array_length(vectors); i++)
        run(json_object_array_get_idx(vectors, i));
}

static void check_decoding(struct json_object *vector)
{
    struct hist decoded, recorded;
    decode_text(&decoded, get_text(vector, "base64"));
    assert_int_equal(decoded.total, json_object_get_uint64(get(vector, "total")));
    if (is_of_our_layout(vector)) {
        record_counts(&recorded, vector);
        assert_memory_equal(decoded.counts, recorded.counts, sizeof recorded.counts);
        assert_int_equal(decoded.total, recorded.total);
    }
    struct hist plain;
    decode_text(&plain, get_text(vector, "plain"));
    assert_memory_equal(&plain, &decoded, sizeof plain);
}

static void decodes_what_another_implementation_encoded(void **state)
{
    (void)state;
    for_each_vector(check_decoding);
}

static void check_percentiles(struct json_object *vector)
{
    struct hist hist;
    decode_text(&hist, get_text(vector, "base64"));
    double figures = (double)json_object_get_int64(get(vector, "figures"));
    double unit = (double)json_object_get_int64(get(vector, "lowest"));
    struct json_object *percentiles = get(vector, "percentiles");
    for (size_t i = 0; i < json_object_array_length(percentiles); i++) {
        struct json_object *pair = json_object_array_get_idx(percentiles, i);
        double percentile = json_object_get_double(json_object_array_get_idx(pair, 0));
        double theirs =
            fmin(json_object_get_double(json_object_array_get_idx(pair, 1)), (double)HIST_HIGHEST_US);
        double ours = hist_percentile(&hist, percentile);
        /* As far off as their bucket and ours are wide. */
        double tolerance = theirs * (pow(10, -figures) + 1.0 / HIST_HALF) + 2 * unit;
        if (fabs(ours - theirs) > tolerance)
            fail_msg("%s: p%g is %g, theirs %g", get_text(vector, "name"), percentile, ours, theirs);
    }
}

static void percentiles_agree_with_the_other_implementations(void **state)
{
    (void)state;
    for_each_vector(check_percentiles);
}

static void blank(struct buf *bytes, size_t from, size_t length)
{
    memset(bytes->data + from, 0, length);
}

static void check_encoding(struct json_object *vector)
{
    if (!is_of_our_layout(vector))
        return;
    struct hist hist;
    struct buf ours, theirs;
    buf_init(&ours, 100000);
    buf_init(&theirs, 100000);
    record_counts(&hist, vector);
    assert_true(hist_encode(&hist, &ours));
    assert_true(base64_decode(get_text(vector, "plain"), strlen(get_text(vector, "plain")), &theirs));
    /* hdr-histogram-js writes 1 for the normalizing offset and the bits of a 1 for the ratio; the
     * original, as we, 0 and the double 1.0. Readers use neither. */
    static const unsigned char offset_and_ratio[2][8] = {{0, 0, 0, 0}, {0x3f, 0xf0}};
    assert_memory_equal(ours.data + 8, offset_and_ratio[0], 4);
    assert_memory_equal(ours.data + 32, offset_and_ratio[1], 8);
    struct buf *const both[] = {&ours, &theirs};
    for (size_t i = 0; i < 2; i++) {
        blank(both[i], 8, 4);
        blank(both[i], 32, 8);
    }
    assert_int_equal(ours.length, theirs.length);
    assert_memory_equal(ours.data, theirs.data, ours.length);
    buf_free(&ours);
    buf_free(&theirs);
}

static void encodes_the_same_bytes_as_the_other_implementation(void **state)
{
    (void)state;
    for_each_vector(check_encoding);
}

static void check_reencoding(struct json_object *vector)
{
    struct hist first, again;
    struct buf text;
    buf_init(&text, 100000);
    decode_text(&first, get_text(vector, "base64"));
    assert_true(hist_encode_base64(&first, &text));
    assert_memory_equal(buf_text(&text), "HISTF", 5);
    decode_text(&again, buf_text(&text));
    assert_memory_equal(again.counts, first.counts, sizeof first.counts);
    assert_int_equal(again.total, first.total);
    buf_free(&text);
}

static void ours_decodes_back_as_the_same(void **state)
{
    (void)state;
    for_each_vector(check_reencoding);
}

static void random_histograms_survive(void **state)
{
    (void)state;
    struct random random;
    struct hist hist, back;
    struct buf bytes;
    struct error error;
    random_seed(&random, 21);
    buf_init(&bytes, 100000);
    for (int round = 0; round < 200; round++) {
        hist_clear(&hist);
        for (uint64_t i = random_below(&random, 200); i > 0; i--)
            hist_record_n(&hist, random_next(&random) >> (38 + random_below(&random, 26)),
                          1 + (random_next(&random) >> (30 + random_below(&random, 34))));
        buf_reset(&bytes);
        hist_clear(&back);
        assert_true(round % 2 ? hist_encode(&hist, &bytes) : hist_encode_compressed(&hist, &bytes));
        assert_true(hist_decode_add(&back, bytes.data, bytes.length, &error));
        assert_memory_equal(back.counts, hist.counts, sizeof hist.counts);
        assert_int_equal(back.total, hist.total);
        if (hist.total > 0) {
            assert_int_equal(hist_index(back.min_us), hist_index(hist.min_us));
            assert_int_equal(hist_index(back.max_us), hist_index(hist.max_us));
            assert_true(fabs(hist_mean(&back) - hist_mean(&hist)) <= hist_mean(&hist) / HIST_HALF + 1);
        }
    }
    buf_free(&bytes);
}

static void a_count_may_need_nine_bytes(void **state)
{
    (void)state;
    struct hist hist, back;
    struct buf bytes;
    struct error error;
    buf_init(&bytes, 1000);
    hist_clear(&hist);
    hist_record_n(&hist, 0, INT64_MAX);
    assert_true(hist_encode(&hist, &bytes));
    assert_int_equal(bytes.length, HEADER_BYTES + 9);
    hist_clear(&back);
    assert_true(hist_decode_add(&back, bytes.data, bytes.length, &error));
    assert_memory_equal(&back, &hist, sizeof hist);
    /* Twice that still fits; a third time would wrap, and then nothing is added. */
    assert_true(hist_decode_add(&back, bytes.data, bytes.length, &error));
    hist = back;
    assert_false(hist_decode_add(&back, bytes.data, bytes.length, &error));
    assert_int_equal(error.code, ERROR_LIMIT);
    assert_memory_equal(&back, &hist, sizeof hist);
    buf_free(&bytes);
}

static void decoding_adds_to_what_is_there(void **state)
{
    (void)state;
    struct hist a, b, sum;
    struct buf bytes;
    struct error error;
    buf_init(&bytes, 10000);
    hist_clear(&a);
    hist_clear(&b);
    hist_record_n(&a, 100, 5);
    hist_record_n(&b, 100, 7);
    hist_record_n(&b, 30, 1);
    sum = a;
    hist_add(&sum, &b);
    assert_true(hist_encode_compressed(&b, &bytes));
    assert_true(hist_decode_add(&a, bytes.data, bytes.length, &error));
    assert_memory_equal(&a, &sum, sizeof sum);
    buf_free(&bytes);
}

static void values_above_our_top_are_beyond(void **state)
{
    (void)state;
    /* Highest 3600 s with three figures: index 2^17 − ... is far above a minute. */
    struct hist hist;
    struct buf bytes;
    struct error error;
    unsigned char header[HEADER_BYTES] = {0x1c, 0x84, 0x93, 0x13, 0, 0, 0, 4, 0,    0,   0, 0,
                                          0,    0,    0,    2,    0, 0, 0, 0, 0,    0,   0, 1,
                                          0,    0,    1,    0,    0, 0, 0, 0, 0x3f, 0xf0};
    /* −3000 zeros, then a 5: index 3000 begins at (3000 − 22·128) << 22, 771 s. */
    static const unsigned char payload[] = {0xef, 0x2e, 0x0a, 0x00};
    buf_init(&bytes, 1000);
    buf_append(&bytes, header, sizeof header);
    buf_append(&bytes, payload, sizeof payload);
    hist_clear(&hist);
    assert_true(hist_decode_add(&hist, bytes.data, bytes.length, &error));
    assert_int_equal(hist.total, 5);
    assert_int_equal(hist.beyond, 5);
    assert_int_equal(hist.min_us, HIST_HIGHEST_US);
    assert_int_equal(hist.max_us, HIST_HIGHEST_US);
    buf_free(&bytes);
}

/* Spoils the plain encoding of a small histogram at `at` and expects it to be refused. */
static void expect_refused(size_t at, unsigned char value, const char *why)
{
    struct hist hist, before;
    struct buf bytes;
    struct error error = {0};
    buf_init(&bytes, 1000);
    hist_clear(&hist);
    hist_record_n(&hist, 77, 3);
    hist_record_n(&hist, 3000, 300);
    before = hist;
    assert_true(hist_encode(&hist, &bytes));
    bytes.data[at] = (char)value;
    assert_false(hist_decode_add(&hist, bytes.data, bytes.length, &error));
    assert_int_equal(error.code, ERROR_INVALID);
    assert_contains(error.message, why);
    assert_memory_equal(&hist, &before, sizeof hist);
    buf_free(&bytes);
}

static void refuses_a_broken_header(void **state)
{
    (void)state;
    expect_refused(0, 0x1d, "V2");
    expect_refused(3, 0x15, "V2");
    expect_refused(4, 0x7f, "cut off");
    expect_refused(7, 0x70, "cut off");
    expect_refused(15, 6, "significant figures");
    expect_refused(12, 0x80, "significant figures");
    expect_refused(23, 0, "limits");
    expect_refused(16, 0x80, "limits");
    expect_refused(24, 0x80, "limits");
}

static void every_cut_is_refused(void **state)
{
    (void)state;
    struct hist hist, target, empty;
    struct buf plain, packed, text;
    struct error error;
    buf_init(&plain, 1000);
    buf_init(&packed, 1000);
    buf_init(&text, 1000);
    hist_clear(&hist);
    hist_clear(&empty);
    hist_record_n(&hist, 77, 300);
    hist_record_n(&hist, 3000, 5000);
    assert_true(hist_encode(&hist, &plain) && hist_encode_compressed(&hist, &packed) &&
                hist_encode_base64(&hist, &text));
    target = empty;
    for (size_t length = 0; length < plain.length; length++)
        assert_false(hist_decode_add(&target, plain.data, length, &error));
    for (size_t length = 0; length < packed.length; length++)
        assert_false(hist_decode_add(&target, packed.data, length, &error));
    for (size_t length = 0; length < text.length; length++)
        assert_false(hist_decode_base64_add(&target, text.data, length, &error));
    assert_memory_equal(&target, &empty, sizeof empty);
    buf_free(&plain);
    buf_free(&packed);
    buf_free(&text);
}

static void a_payload_that_ends_inside_a_count_is_refused(void **state)
{
    (void)state;
    struct hist hist;
    struct buf bytes;
    struct error error;
    buf_init(&bytes, 1000);
    hist_clear(&hist);
    hist_record_n(&hist, 0, 300);
    assert_true(hist_encode(&hist, &bytes));
    bytes.data[7] = 1; /* of the two bytes that the count takes */
    assert_false(hist_decode_add(&hist, bytes.data, bytes.length, &error));
    assert_contains(error.message, "in the middle of a count");
    buf_free(&bytes);
}

static void a_stream_that_inflates_without_end_is_refused(void **state)
{
    (void)state;
    enum { HUGE_BYTES = 16 * 1024 * 1024 };
    unsigned char *zeros = calloc(1, HUGE_BYTES);
    uLongf length = compressBound(HUGE_BYTES);
    unsigned char *bomb = calloc(1, 8 + length);
    assert_non_null(zeros);
    assert_non_null(bomb);
    memcpy(zeros, "\x1c\x84\x93\x13", 4);
    assert_int_equal(compress(bomb + 8, &length, zeros, HUGE_BYTES), Z_OK);
    memcpy(bomb, "\x1c\x84\x93\x14", 4);
    for (int i = 0; i < 4; i++)
        bomb[4 + i] = (unsigned char)(length >> (24 - 8 * i));
    struct hist hist;
    struct error error;
    hist_clear(&hist);
    assert_true(length < 100000);
    assert_false(hist_decode_add(&hist, bomb, 8 + length, &error));
    assert_contains(error.message, "zlib");
    free(zeros);
    free(bomb);
}

static void encoding_stops_at_the_bound(void **state)
{
    (void)state;
    struct hist hist;
    struct buf out;
    buf_init(&out, 20);
    hist_clear(&hist);
    assert_false(hist_encode(&hist, &out));
    assert_true(out.failed);
    buf_reset(&out);
    assert_false(hist_encode_compressed(&hist, &out));
    buf_reset(&out);
    assert_false(hist_encode_base64(&hist, &out));
    assert_true(out.failed);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_what_another_implementation_encoded),
        cmocka_unit_test(percentiles_agree_with_the_other_implementations),
        cmocka_unit_test(encodes_the_same_bytes_as_the_other_implementation),
        cmocka_unit_test(ours_decodes_back_as_the_same),
        cmocka_unit_test(random_histograms_survive),
        cmocka_unit_test(a_count_may_need_nine_bytes),
        cmocka_unit_test(decoding_adds_to_what_is_there),
        cmocka_unit_test(values_above_our_top_are_beyond),
        cmocka_unit_test(refuses_a_broken_header),
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(a_payload_that_ends_inside_a_count_is_refused),
        cmocka_unit_test(a_stream_that_inflates_without_end_is_refused),
        cmocka_unit_test(encoding_stops_at_the_bound),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
