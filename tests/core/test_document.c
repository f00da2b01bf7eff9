#include "core/document.h"

#include "tests/core/support.h"

#include <json-c/json.h>
#include <math.h>

static struct json_object *parse(const char *text, struct error *error)
{
    error_clear(error);
    return document_parse(text, strlen(text), error);
}

static void takes_an_object_and_nothing_else(void **state)
{
    (void)state;
    static const char *const good[] = {"{}", " {\"a\":1} \n", "{\"a\":{\"b\":[1,2,{}]}}"};
    static const char *const bad[] = {
        "",
        " ",
        "1",
        "null",
        "[]",
        "\"text\"",
        "{",
        "{\"a\":1",
        "{\"a\":}",
        "{}x",
        "{} {}",
        "{\"a\":'b'}",
        "{\"a\":1,}",
        "{a:1}",
        "{\"a\":1}]",
        "\xef\xbb\xbf{}",
        "{\"a\":\"\xff\"}",
        "{\"a\":tru}",
        "{\"a\":\"\x80\"}",
        "// x\n{}",
    };
    struct error error;
    for (size_t i = 0; i < COUNT(good); i++) {
        struct json_object *json = parse(good[i], &error);
        assert_case(json != NULL, good[i]);
        json_object_put(json);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_case(parse(bad[i], &error) == NULL, bad[i]);
        assert_case(error.code == ERROR_INVALID && error.message[0], bad[i]);
    }
}

/* Not a matter of course: json-c 0.18's strict mode refuses it. */
static void tells_where_it_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *text, *byte, *line;
    } rows[] = {
        {"{\"a\":}", "at byte 5", "line 1, column 6"},
        {"{\n \"a\": x}", "at byte 8", "line 2, column 7"},
        {"{\"\xc3\xa4\":\n\"\xf0\x9f\x8c\x8a\" x}", "at byte 14", "line 2, column 5"},
        {"{\"a\":", "ends too early", "ends too early"},
        {"{\"a\":\"\xff\"}", "not UTF-8", "not UTF-8"},
    };
    struct error error;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_null(document_parse(rows[i].text, strlen(rows[i].text), &error));
        assert_contains(error.message, rows[i].byte);
        assert_null(document_parse_lines(rows[i].text, strlen(rows[i].text), &error));
        assert_contains(error.message, rows[i].line);
    }
    struct json_object *object = document_parse_lines("{}", 2, &error);
    assert_non_null(object);
    json_object_put(object);
}

static void takes_text_in_every_script(void **state)
{
    (void)state;
    static const char *const texts[] = {"größe", "€", "\xf0\x9f\x98\x80 und \xf4\x8f\xbf\xbf",
                                        "\xc2\x80\xdf\xbf\xe0\xa0\x80", "\xef\xbf\xbf\xf0\x90\x80\x80"};
    struct error error;
    for (size_t i = 0; i < COUNT(texts); i++) {
        char text[256];
        snprintf(text, sizeof text, "{\"%s\":\"%s\"}", texts[i], texts[i]);
        struct json_object *json = parse(text, &error), *value = NULL;
        assert_case(json != NULL, texts[i]);
        assert_case(json_object_object_get_ex(json, texts[i], &value), texts[i]);
        assert_string_equal(json_object_get_string(value), texts[i]);
        json_object_put(json);
    }
    assert_null(parse("{\"a\":\"\xc3\"}", &error));
    assert_non_null(strstr(error.message, "UTF-8"));
    assert_null(parse("{\"a\":1}\xc3\xa9", &error));
}

static void refuses_a_nul_and_what_hides_behind_it(void **state)
{
    (void)state;
    struct error error;
    assert_null(document_parse("{}\0{}", 5, &error));
    assert_null(document_parse("{}\0", 3, &error));
}

static void refuses_deep_nesting(void **state)
{
    (void)state;
    char text[100000];
    struct error error;
    memset(text, '[', sizeof text);
    memcpy(text, "{\"a\":", 5);
    assert_null(document_parse(text, sizeof text, &error));
    assert_int_equal(error.code, ERROR_INVALID);
}

struct values {
    double number;
    int64_t integer;
    uint64_t natural;
    bool boolean;
    char text[8];
    struct json_object *object, *array;
};

static bool read_values(struct values *values, const char *text, bool open, struct error *error)
{
    const struct document_field fields[] = {
        {"number", DOCUMENT_NUMBER, &values->number, 0, false},
        {"integer", DOCUMENT_INTEGER, &values->integer, 0, false},
        {"natural", DOCUMENT_UNSIGNED, &values->natural, 0, false},
        {"boolean", DOCUMENT_BOOLEAN, &values->boolean, 0, false},
        {"text", DOCUMENT_TEXT, values->text, sizeof values->text, false},
        {"body", DOCUMENT_BODY, values->text, sizeof values->text, false},
        {"object", DOCUMENT_OBJECT, &values->object, 0, false},
        {"array", DOCUMENT_ARRAY, &values->array, 0, false},
    };
    struct json_object *json = parse(text, error);
    bool done = json && document_read(json, "top", fields, COUNT(fields), open, error);
    json_object_put(json);
    return done;
}

static void reads_every_kind(void **state)
{
    (void)state;
    struct values values = {0};
    struct error error;
    assert_true(read_values(&values,
                            "{\"number\":-1.5e3,\"integer\":-9223372036854775808,"
                            "\"natural\":18446744073709551615,\"boolean\":true,\"text\":\"h\\u00e9llo\","
                            "\"object\":{},\"array\":[]}",
                            false, &error));
    assert_true(values.number == -1500);
    assert_true(values.integer == INT64_MIN);
    assert_true(values.natural == UINT64_MAX);
    assert_true(values.boolean);
    assert_string_equal(values.text, "h\u00e9llo");
    assert_non_null(values.object);
    assert_non_null(values.array);
    assert_true(read_values(&values, "{\"number\":7,\"body\":\"a\\nb\"}", false, &error));
    assert_true(values.number == 7);
    assert_string_equal(values.text, "a\nb");
}

static void a_wrong_value_names_its_key(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"{\"number\":\"1\"}", "top.number: must be a number"},
        {"{\"number\":null}", "top.number: must be a number"},
        {"{\"number\":true}", "top.number: must be a number"},
        {"{\"number\":NaN}", "top.number: must be a finite number"},
        {"{\"number\":Infinity}", "top.number: must be a finite number"},
        {"{\"number\":-Infinity}", "top.number: must be a finite number"},
        {"{\"number\":1e999}", "top.number: must be a finite number"},
        {"{\"integer\":1.0}", "top.integer: must be a whole number"},
        {"{\"integer\":9223372036854775808}", "top.integer: is too large"},
        {"{\"natural\":-1}", "top.natural: must not be negative"},
        {"{\"natural\":[1]}", "top.natural: must be a whole number"},
        {"{\"boolean\":1}", "top.boolean: must be true or false"},
        {"{\"text\":1}", "top.text: must be a string"},
        {"{\"text\":\"12345678\"}", "top.text: is too long"},
        {"{\"text\":\"a\\u0000b\"}", "top.text: must be text"},
        {"{\"text\":\"a\\u001b\"}", "top.text: must not have control characters"},
        {"{\"text\":\"\\u0085\"}", "top.text: must not have control characters"},
        {"{\"body\":\"a\\u0000b\"}", "top.body: must be text"},
        {"{\"object\":[]}", "top.object: must be an object"},
        {"{\"object\":null}", "top.object: must be an object"},
        {"{\"array\":{}}", "top.array: must be an array"},
        {"{\"nobody\":1}", "top.nobody: unknown key"},
        {"{\"a\\u001b[2J\":1}", "top.a?[2J: unknown key"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct values values = {0};
        struct error error;
        assert_case(!read_values(&values, cases[i].text, false, &error), cases[i].text);
        assert_string_equal(error.message, cases[i].message);
        assert_int_equal(error.code, ERROR_INVALID);
    }
}

/* json-c refuses them from 0.17 on and takes the nearest that fits before. */
static void numbers_beyond_64_bits_never_wrap(void **state)
{
    (void)state;
    struct values values = {0};
    struct error error;
    if (read_values(&values, "{\"natural\":18446744073709551616}", false, &error))
        assert_true(values.natural == UINT64_MAX);
    if (read_values(&values, "{\"integer\":-9223372036854775809}", false, &error))
        assert_true(values.integer == INT64_MIN);
    assert_false(read_values(&values, "{\"integer\":18446744073709551616}", false, &error));
}

static void an_open_object_may_have_other_keys(void **state)
{
    (void)state;
    struct values values = {0};
    struct error error;
    assert_true(read_values(&values, "{\"nobody\":1,\"integer\":3}", true, &error));
    assert_int_equal(values.integer, 3);
}

static void the_last_of_two_equal_keys_counts(void **state)
{
    (void)state;
    struct values values = {0};
    struct error error;
    assert_true(read_values(&values, "{\"integer\":1,\"integer\":2}", false, &error));
    assert_int_equal(values.integer, 2);
}

static void a_required_key_must_be_there(void **state)
{
    (void)state;
    int64_t value = 0;
    const struct document_field field = {"id", DOCUMENT_INTEGER, &value, 0, true};
    struct error error;
    struct json_object *json = parse("{}", &error);
    assert_false(document_read(json, "", &field, 1, false, &error));
    assert_string_equal(error.message, "id: is missing");
    json_object_put(json);
}

static void text_is_written_safely(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1000);
    struct json_object *json = json_object_new_object();
    assert_true(document_put(json, "text", document_new_text("a/\"\n\xff\u00e9")));
    assert_true(document_put(json, "number", document_new_number(0.1)));
    assert_false(document_put(json, "none", NULL));
    assert_true(document_print(json, &out));
    assert_string_equal(buf_text(&out), "{\"text\":\"a/\\\"\\n?\u00e9\",\"number\":0.1}");
    json_object_put(json);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_an_object_and_nothing_else),
        cmocka_unit_test(tells_where_it_is_wrong),
        cmocka_unit_test(takes_text_in_every_script),
        cmocka_unit_test(refuses_a_nul_and_what_hides_behind_it),
        cmocka_unit_test(refuses_deep_nesting),
        cmocka_unit_test(reads_every_kind),
        cmocka_unit_test(a_wrong_value_names_its_key),
        cmocka_unit_test(numbers_beyond_64_bits_never_wrap),
        cmocka_unit_test(an_open_object_may_have_other_keys),
        cmocka_unit_test(the_last_of_two_equal_keys_counts),
        cmocka_unit_test(a_required_key_must_be_there),
        cmocka_unit_test(text_is_written_safely),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
