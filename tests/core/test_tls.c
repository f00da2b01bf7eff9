/* tls: who has a pinned key is let in, nobody else; and nothing is said before that. */
#include "core/tls.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <stdlib.h>

#include "tests/core/support.h"

#define HEX "0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789ABCDEF"

static EVP_PKEY *key;
static char pin[TLS_PIN_TEXT_MAX];
static struct tls_context *server_context;
static struct tls_context *client_context;

static struct tls_context *server_for(const char *pins_text)
{
    struct tls_pins pins;
    struct error error;
    assert_true(tls_pins_parse(pins_text, "pins", &pins, NULL));
    struct tls_context *context = tls_context_server(&pins, &error);
    assert_non_null(context);
    return context;
}

static int setup(void **state)
{
    (void)state;
    key = tls_key_new(NULL);
    assert_non_null(key);
    assert_true(tls_pin_of(key, pin));
    server_context = server_for(pin);
    client_context = tls_context_client(key, NULL);
    assert_non_null(client_context);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tls_context_free(server_context);
    tls_context_free(client_context);
    EVP_PKEY_free(key);
    return 0;
}

/* ── the list ────────────────────────────────────────────────────────────────────────────── */

static void pins_are_read_in_all_their_forms(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t count;
    } cases[] = {
        {HEX, 1},
        {"sha256:" HEX, 1},
        {HEX "," HEX, 2},
        {" " HEX " ,\tsha256:" HEX " ", 2},
    };
    struct tls_pins pins;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_case(tls_pins_parse(cases[i].text, "K", &pins, NULL), cases[i].text);
        assert_case(pins.count == cases[i].count, cases[i].text);
        assert_int_equal(pins.pins[pins.count - 1][0], 0x01);
        assert_int_equal(pins.pins[pins.count - 1][31], 0xef);
        assert_int_equal(pins.pins[pins.count - 1][14], 0xcd);
    }
}

static void what_is_no_list_of_pins_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        " ",
        ",",
        HEX ",",
        "," HEX,
        HEX ",," HEX,
        HEX " " HEX,
        HEX "0",
        "sha1:" HEX,
        "sha256:",
        "sha256:sha256:" HEX,
        "SHA256:" HEX,
        "0x" HEX,
        "00:11",
        HEX "\n",
        "g123456789abcdef0123456789ABCDEF0123456789abcdef0123456789ABCDEF",
    };
    struct tls_pins pins;
    struct error error;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_case(!tls_pins_parse(cases[i], "K", &pins, &error), cases[i]);
        assert_case(error.code == ERROR_USAGE && strncmp(error.message, "K: ", 3) == 0, cases[i]);
    }
}

static void pins_are_bounded(void **state)
{
    (void)state;
    char text[(TLS_PINS_MAX + 1) * sizeof HEX] = "";
    struct tls_pins pins;
    struct error error;
    for (size_t i = 0; i < TLS_PINS_MAX; i++)
        sprintf(text + strlen(text), "%s%s", i == 0 ? "" : ",", HEX);
    assert_true(tls_pins_parse(text, "K", &pins, NULL));
    assert_int_equal(pins.count, TLS_PINS_MAX);
    strcat(text, ",");
    assert_false(tls_pins_parse(text, "K", &pins, &error));
    assert_contains(error.message, "at most 16");
}

/* ── two ends ────────────────────────────────────────────────────────────────────────────── */

struct end {
    struct tls *tls;
    struct buf heard, wire;
};

static bool on_plain(void *context, const char *data, size_t length)
{
    struct end *end = context;
    assert_int_equal(tls_state(end->tls), TLS_OPEN);
    return buf_append(&end->heard, data, length);
}

static struct end end_of(struct tls_context *context)
{
    struct end end = {.tls = tls_new(context)};
    assert_non_null(end.tls);
    buf_init(&end.heard, 1 << 22);
    buf_init(&end.wire, 1 << 22);
    return end;
}

static void free_end(struct end *end)
{
    tls_free(end->tls);
    buf_free(&end->heard);
    buf_free(&end->wire);
}

/* Carries what the one has to say to the other, so many bytes at once. */
static size_t carry(struct end *from, struct end *to, size_t piece)
{
    size_t carried = 0;
    assert_true(tls_take(from->tls, &from->wire));
    while (from->wire.length > 0) {
        size_t length = from->wire.length < piece ? from->wire.length : piece;
        tls_receive(to->tls, from->wire.data, length, on_plain, to);
        buf_consume(&from->wire, length);
        carried += length;
    }
    return carried;
}

static void shake_hands(struct end *client, struct end *server, size_t piece)
{
    tls_receive(client->tls, "", 0, on_plain, client);
    while (carry(client, server, piece) + carry(server, client, piece) > 0)
        ;
}

static void the_console_is_let_in_however_it_arrives(void **state)
{
    (void)state;
    static const size_t pieces[] = {1, 7, 100, 65536};
    for (size_t i = 0; i < COUNT(pieces); i++) {
        struct end client = end_of(client_context), server = end_of(server_context);
        assert_false(tls_send(client.tls, "x", 1)); /* too early */
        shake_hands(&client, &server, pieces[i]);
        assert_int_equal(tls_state(client.tls), TLS_OPEN);
        assert_int_equal(tls_state(server.tls), TLS_OPEN);
        assert_true(tls_send(client.tls, "hello\n", 6));
        carry(&client, &server, pieces[i]);
        assert_string_equal(buf_text(&server.heard), "hello\n");
        char *much = malloc(300000);
        memset(much, 'x', 300000);
        assert_true(tls_send(server.tls, much, 300000));
        carry(&server, &client, pieces[i]);
        assert_int_equal(client.heard.length, 300000);
        assert_memory_equal(client.heard.data, much, 300000);
        free(much);
        free_end(&client);
        free_end(&server);
    }
}

static void it_is_one_of_several(void **state)
{
    (void)state;
    char text[3 * sizeof HEX + TLS_PIN_TEXT_MAX];
    snprintf(text, sizeof text, "%s,%s,sha256:%s", HEX, HEX, pin);
    struct tls_context *context = server_for(text);
    struct end client = end_of(client_context), server = end_of(context);
    shake_hands(&client, &server, 65536);
    assert_int_equal(tls_state(server.tls), TLS_OPEN);
    free_end(&client);
    free_end(&server);
    tls_context_free(context);
}

static void another_key_is_turned_away_before_it_is_heard(void **state)
{
    (void)state;
    EVP_PKEY *other = tls_key_new(NULL);
    struct tls_context *context = tls_context_client(other, NULL);
    struct end client = end_of(context), server = end_of(server_context);
    tls_receive(client.tls, "", 0, on_plain, &client);
    carry(&client, &server, 65536);
    carry(&server, &client, 65536);
    assert_int_equal(tls_state(client.tls), TLS_OPEN); /* it does not know yet */
    assert_true(tls_send(client.tls, "hello\n", 6));
    carry(&client, &server, 65536);
    assert_int_equal(tls_state(server.tls), TLS_FAILED);
    assert_int_equal(server.heard.length, 0);
    assert_string_equal(tls_problem(server.tls), "shows a key that is not the console's");
    assert_false(tls_send(server.tls, "x", 1));
    carry(&server, &client, 65536);
    assert_int_equal(tls_state(client.tls), TLS_FAILED);
    assert_true(tls_turned_away(client.tls));
    assert_false(tls_turned_away(server.tls));
    assert_contains(tls_problem(client.tls), "takes another console's key");
    free_end(&client);
    free_end(&server);
    tls_context_free(context);
    EVP_PKEY_free(other);
}

static void an_rsa_key_is_of_no_use(void **state)
{
    (void)state;
    EVP_PKEY *rsa = EVP_RSA_gen(2048);
    char rsa_pin[TLS_PIN_TEXT_MAX];
    struct error error;
    assert_true(tls_pin_of(rsa, rsa_pin));
    struct tls_context *server_of_rsa = server_for(rsa_pin); /* not even if it were pinned */
    struct tls_context *context = tls_context_client(rsa, &error);
    if (context != NULL) {
        struct end client = end_of(context), server = end_of(server_of_rsa);
        shake_hands(&client, &server, 65536);
        assert_int_equal(tls_state(server.tls), TLS_FAILED);
        free_end(&client);
        free_end(&server);
        tls_context_free(context);
    }
    tls_context_free(server_of_rsa);
    EVP_PKEY_free(rsa);
}

static void other_speech_fails_with_a_word(void **state)
{
    (void)state;
    static const char *const speeches[] = {
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "{\"op\":\"hello\"}\n{\"op\":\"hello\"}\n",
        "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
    };
    for (size_t i = 0; i < COUNT(speeches); i++) {
        struct end server = end_of(server_context);
        enum tls_state is = tls_receive(server.tls, speeches[i], strlen(speeches[i]), on_plain, &server);
        assert_case(is == TLS_FAILED, speeches[i]);
        assert_string_equal(tls_problem(server.tls), "does not speak TLS 1.3");
        assert_int_equal(server.heard.length, 0);
        free_end(&server);
    }
}

/* A record that says it is a handshake and never ends. */
static void who_says_too_much_before_it_is_known_fails(void **state)
{
    (void)state;
    char record[5 + 1000] = {0x16, 3, 1, 3, (char)0xe8, 1, 1, 0, 0};
    struct end server = end_of(server_context);
    size_t sent = 0;
    while (tls_state(server.tls) == TLS_SHAKING) {
        tls_receive(server.tls, record, sizeof record, on_plain, &server);
        memset(record + 5, 0, 4);
        sent += sizeof record;
        assert_true(sent < 2 * TLS_HANDSHAKE_BYTES_MAX);
    }
    assert_int_equal(tls_state(server.tls), TLS_FAILED);
    free_end(&server);
}

static void garbage_after_the_handshake_fails(void **state)
{
    (void)state;
    struct end client = end_of(client_context), server = end_of(server_context);
    shake_hands(&client, &server, 65536);
    assert_int_equal(tls_receive(server.tls, "{\"op\":\"clear\"}\n", 15, on_plain, &server), TLS_FAILED);
    assert_int_equal(server.heard.length, 0);
    assert_string_not_equal(tls_problem(server.tls), "");
    /* And it stays so. */
    assert_true(tls_send(client.tls, "hello\n", 6));
    carry(&client, &server, 65536);
    assert_int_equal(server.heard.length, 0);
    free_end(&client);
    free_end(&server);
}

/* One bit of what is sent is another: it is not heard. */
static void what_was_changed_on_the_way_is_not_heard(void **state)
{
    (void)state;
    struct end client = end_of(client_context), server = end_of(server_context);
    shake_hands(&client, &server, 65536);
    assert_true(tls_send(client.tls, "hello\n", 6));
    assert_true(tls_take(client.tls, &client.wire));
    client.wire.data[client.wire.length - 20] ^= 1;
    tls_receive(server.tls, client.wire.data, client.wire.length, on_plain, &server);
    assert_int_equal(tls_state(server.tls), TLS_FAILED);
    assert_int_equal(server.heard.length, 0);
    free_end(&client);
    free_end(&server);
}

/* What the one end said to a server is of no use to another: who stands in between can't pass it on. */
static void a_recorded_handshake_opens_nothing(void **state)
{
    (void)state;
    struct buf first, second;
    buf_init(&first, 65536);
    buf_init(&second, 65536);
    struct end client = end_of(client_context), server = end_of(server_context);
    tls_receive(client.tls, "", 0, on_plain, &client);
    assert_true(tls_take(client.tls, &first));
    tls_receive(server.tls, first.data, first.length, on_plain, &server);
    carry(&server, &client, 65536);
    assert_true(tls_take(client.tls, &second));
    struct end again = end_of(server_context);
    tls_receive(again.tls, first.data, first.length, on_plain, &again);
    tls_receive(again.tls, second.data, second.length, on_plain, &again);
    assert_int_equal(tls_state(again.tls), TLS_FAILED);
    tls_receive(server.tls, second.data, second.length, on_plain, &server);
    assert_int_equal(tls_state(server.tls), TLS_OPEN);
    buf_free(&first);
    buf_free(&second);
    free_end(&again);
    free_end(&client);
    free_end(&server);
}

static bool stop_at_once(void *context, const char *data, size_t length)
{
    (void)data;
    *(size_t *)context += length;
    return false;
}

static void reading_stops_when_told(void **state)
{
    (void)state;
    size_t heard = 0;
    struct end client = end_of(client_context), server = end_of(server_context);
    shake_hands(&client, &server, 65536);
    assert_true(tls_send(client.tls, "one\n", 4));
    assert_true(tls_send(client.tls, "two\n", 4));
    assert_true(tls_take(client.tls, &client.wire));
    tls_receive(server.tls, client.wire.data, client.wire.length, stop_at_once, &heard);
    assert_int_equal(heard, 4);
    free_end(&client);
    free_end(&server);
}

/* A connection of a client may outlive its context, as links do that are being closed. */
static void a_context_may_go_first(void **state)
{
    (void)state;
    struct tls_context *context = tls_context_client(key, NULL);
    struct end client = end_of(context), server = end_of(server_context);
    tls_context_free(context);
    shake_hands(&client, &server, 65536);
    assert_int_equal(tls_state(server.tls), TLS_OPEN);
    free_end(&client);
    free_end(&server);
    tls_free(NULL);
    tls_context_free(NULL);
}

int main(void)
{
#define WITH_KEY(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pins_are_read_in_all_their_forms),
        cmocka_unit_test(what_is_no_list_of_pins_is_refused),
        cmocka_unit_test(pins_are_bounded),
        WITH_KEY(the_console_is_let_in_however_it_arrives),
        WITH_KEY(it_is_one_of_several),
        WITH_KEY(another_key_is_turned_away_before_it_is_heard),
        WITH_KEY(an_rsa_key_is_of_no_use),
        WITH_KEY(other_speech_fails_with_a_word),
        WITH_KEY(who_says_too_much_before_it_is_known_fails),
        WITH_KEY(garbage_after_the_handshake_fails),
        WITH_KEY(what_was_changed_on_the_way_is_not_heard),
        WITH_KEY(a_recorded_handshake_opens_nothing),
        WITH_KEY(reading_stops_when_told),
        WITH_KEY(a_context_may_go_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
