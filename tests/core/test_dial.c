/* dial: each way in which a connection comes about or does not, and what is said of it. */
#include "core/dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/core/peer.h"
#include "tests/core/support.h"

#define AMPLE_MS 20000 /* a time-out that must not come, on a busy machine */
#define SHORT_MS 60    /* one that must */

struct outcome {
    struct dial *dial;
    struct dial_times times;
    enum dial_failure failure;
    struct error error;
};

static struct outcome open_with(const struct dial_options *options)
{
    struct outcome outcome = {.error = {.code = ERROR_NONE}};
    outcome.dial = dial_open(options, &outcome.times, &outcome.failure, &outcome.error);
    assert_true((outcome.dial != NULL) == (outcome.failure == DIAL_DONE));
    assert_true((outcome.dial != NULL) == (outcome.error.code == ERROR_NONE));
    return outcome;
}

static void expect_failure(const struct dial_options *options, enum dial_failure failure,
                           enum error_code code, const char *part)
{
    struct outcome outcome = open_with(options);
    if (outcome.failure != failure || outcome.error.code != code)
        print_error("failure %d, code %d: %s\n", (int)outcome.failure, (int)outcome.error.code,
                    outcome.error.message);
    assert_int_equal(outcome.failure, failure);
    assert_int_equal(outcome.error.code, code);
    assert_contains(outcome.error.message, part);
}

/* A listener that never accepts; `*full`: connections fill its queue, which a stranger's SYN must then
 * outwait. */
static int deaf_listener(uint16_t *port, int *fillers, size_t count)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(listener, 0), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &length), 0);
    *port = ntohs(at.sin_port);
    for (size_t i = 0; i < count; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        assert_true(connect(fillers[i], (struct sockaddr *)&at, sizeof at) == 0 || errno == EINPROGRESS);
    }
    return listener;
}

/* A socket with a port that nobody else gets, and that refuses. */
static int refusing_socket(uint16_t *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &length), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

/* ── TCP ─────────────────────────────────────────────────────────────────────────────────── */

static void echo(int fd, void *context)
{
    (void)context;
    char bytes[256];
    ssize_t got;
    while ((got = read(fd, bytes, sizeof bytes)) > 0)
        assert_int_equal(send(fd, bytes, (size_t)got, MSG_NOSIGNAL), got);
}

static void bytes_go_both_ways_and_phases_are_timed(void **state)
{
    (void)state;
    char text[16] = "";
    struct peer *peer = peer_start("127.0.0.1", echo, NULL);
    const struct dial_options options = {
        .host = "localhost", .port = peer_port(peer), .connect_timeout_ms = AMPLE_MS};
    struct outcome outcome = open_with(&options);
    assert_int_equal(outcome.failure, DIAL_DONE);
    assert_true(outcome.times.resolve_us > 0 && outcome.times.connect_us > 0);
    assert_int_equal(outcome.times.proxy_us, 0);
    assert_int_equal(outcome.times.tls_us, 0);
    assert_contains(dial_peer(outcome.dial), "127.0.0.1:");
    assert_true(dial_is_idle(outcome.dial));
    assert_true(dial_write(outcome.dial, "hello", 5, AMPLE_MS, NULL));
    assert_int_equal(dial_read(outcome.dial, text, 1, AMPLE_MS, NULL), 1);
    while (dial_is_idle(outcome.dial)) /* the rest may still be on its way */
        ;
    assert_int_equal(text[0], 'h');
    dial_end(outcome.dial);
    ssize_t got = 0;
    while ((got = dial_read(outcome.dial, text, sizeof text, AMPLE_MS, NULL)) > 0)
        ;
    assert_int_equal(got, 0);
    assert_false(dial_is_idle(outcome.dial));
    dial_close(outcome.dial);
    dial_close(NULL);
    peer_stop(peer);
}

static void what_cannot_be_reached_is_told_apart(void **state)
{
    (void)state;
    struct dial_options options = {.host = "127.0.0.1", .connect_timeout_ms = AMPLE_MS};
    int refusing = refusing_socket(&options.port);
    expect_failure(&options, DIAL_REFUSED, ERROR_NETWORK, "127.0.0.1:");
    expect_failure(&options, DIAL_REFUSED, ERROR_NETWORK, "Connection refused");
    options.host = "localhost";
    expect_failure(&options, DIAL_REFUSED, ERROR_NETWORK, "Connection refused");
    options.host = "::1"; /* refused, or a machine without IPv6 */
    expect_failure(&options, DIAL_REFUSED, ERROR_NETWORK, "[::1]:");
    options.host = "no-such-host.invalid";
    expect_failure(&options, DIAL_UNRESOLVED, ERROR_NETWORK, "no-such-host.invalid: ");
    options.host = "";
    expect_failure(&options, DIAL_UNRESOLVED, ERROR_INVALID, "no host's name");
    options.host = "with space";
    expect_failure(&options, DIAL_UNRESOLVED, ERROR_NETWORK, "with space: ");
    close(refusing);
}

static void silence_is_a_time_out_and_can_be_canceled(void **state)
{
    (void)state;
    int fillers[4];
    atomic_bool cancel = true;
    struct dial_options options = {.host = "127.0.0.1", .connect_timeout_ms = SHORT_MS};
    int listener = deaf_listener(&options.port, fillers, COUNT(fillers));
    expect_failure(&options, DIAL_CONNECT_TIMEOUT, ERROR_TIMEOUT, "no connection for 60 ms");
    options.connect_timeout_ms = AMPLE_MS;
    options.cancel = &cancel;
    expect_failure(&options, DIAL_CANCELED, ERROR_CANCELED, "canceled");
    for (size_t i = 0; i < COUNT(fillers); i++)
        close(fillers[i]);
    close(listener);
}

static void whoever_it_is_for_may_leave(void **state)
{
    (void)state;
    int fillers[4], caller[2];
    char byte;
    struct error error;
    struct dial_options options = {.host = "127.0.0.1", .connect_timeout_ms = AMPLE_MS};
    int listener = deaf_listener(&options.port, fillers, COUNT(fillers));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, caller), 0);
    options.caller_fd = caller[0];
    shutdown(caller[1], SHUT_WR);
    expect_failure(&options, DIAL_CANCELED, ERROR_CANCELED, "canceled");
    close(caller[0]);
    close(caller[1]);
    for (size_t i = 0; i < COUNT(fillers); i++)
        close(fillers[i]);
    close(listener);
    listener = deaf_listener(&options.port, fillers, 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, caller), 0);
    options.caller_fd = caller[0];
    struct outcome outcome = open_with(&options);
    assert_non_null(outcome.dial);
    assert_int_equal(write(caller[1], "", 1), 1); /* what it says is no leaving */
    assert_int_equal(dial_read(outcome.dial, &byte, 1, SHORT_MS, &error), -1);
    assert_int_equal(error.code, ERROR_TIMEOUT);
    close(caller[1]);
    assert_int_equal(dial_read(outcome.dial, &byte, 1, AMPLE_MS, &error), -1);
    assert_int_equal(error.code, ERROR_CANCELED);
    dial_close(outcome.dial);
    close(caller[0]);
    close(listener);
}

static void cancel_it(int fd, void *context)
{
    atomic_store((atomic_bool *)context, true);
    peer_wait_for_end(fd);
}

static void reading_ends_by_time_by_cancel_and_by_reset(void **state)
{
    (void)state;
    char byte;
    struct error error;
    atomic_bool cancel = false;
    atomic_bool unused = false;
    struct peer *silent = peer_start("127.0.0.1", cancel_it, &unused);
    struct peer *canceler = peer_start("127.0.0.1", cancel_it, &cancel);
    struct dial_options options = {
        .host = "127.0.0.1", .port = peer_port(silent), .connect_timeout_ms = AMPLE_MS};
    struct outcome outcome = open_with(&options);
    assert_int_equal(dial_read(outcome.dial, &byte, 1, SHORT_MS, &error), -1);
    assert_int_equal(error.code, ERROR_TIMEOUT);
    assert_contains(error.message, "no answer for 60 ms");
    dial_close(outcome.dial);
    options.port = peer_port(canceler);
    options.cancel = &cancel;
    while ((outcome = open_with(&options)).dial == NULL && !cancel)
        ;
    if (outcome.dial != NULL) /* else it was canceled while it was opened */
        assert_int_equal(dial_read(outcome.dial, &byte, 1, AMPLE_MS, &error), -1);
    assert_int_equal(outcome.dial != NULL ? error.code : outcome.error.code, ERROR_CANCELED);
    dial_close(outcome.dial);
    peer_stop(silent);
    peer_stop(canceler);
}

static void writing_ends_where_nobody_reads(void **state)
{
    (void)state;
    enum { MUCH = 32 << 20 };
    int unused;
    char *much = calloc(1, MUCH);
    struct error error;
    struct dial_options options = {.host = "127.0.0.1", .connect_timeout_ms = AMPLE_MS};
    int listener = deaf_listener(&options.port, &unused, 0);
    struct outcome outcome = open_with(&options);
    assert_non_null(outcome.dial);
    assert_false(dial_write(outcome.dial, much, MUCH, SHORT_MS, &error));
    assert_int_equal(error.code, ERROR_TIMEOUT);
    dial_close(outcome.dial);
    close(listener);
    free(much);
}

/* ── through a proxy ─────────────────────────────────────────────────────────────────────── */

struct proxy_script {
    const char *answer;
    char request[256];
};

static void act_as_proxy(int fd, void *context)
{
    struct proxy_script *script = context;
    peer_read_head(fd, script->request, sizeof script->request);
    peer_say(fd, script->answer);
    if (strstr(script->answer, "silence") == NULL)
        shutdown(fd, SHUT_WR);
    peer_wait_for_end(fd);
}

static void a_proxy_is_asked_for_a_tunnel(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        enum dial_failure failure;
        const char *part; /* of the error, or what stands behind the head */
    } cases[] = {
        {"HTTP/1.1 200 Connection established\r\n\r\nbehind", DIAL_DONE, "behind"},
        {"HTTP/1.0 200\r\nVia: x\r\n\r\n", DIAL_DONE, ""},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\nb", DIAL_DONE, "b"},
        {"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", DIAL_PROXY,
         "answers 403 to CONNECT [::2]:443"},
        {"HTTP/1.1 407 Who\r\n\r\n", DIAL_PROXY, "answers 407"},
        {"HTTP/1.1 101 Switching\r\n\r\n", DIAL_PROXY, "answers 101"},
        {"HTTP/2.0 200 OK\r\n\r\n", DIAL_PROXY, "no HTTP"},
        {"HTTP/1.1 2000 OK\r\n\r\n", DIAL_PROXY, "no HTTP"},
        {"HTTP/1.1 20", DIAL_PROXY, "closed"},
        {"SSH-2.0-silence\r\n", DIAL_PROXY, "no HTTP"},
        {"", DIAL_PROXY, "closed"},
        {"HTTP/1.1 200 OK\r\nX: silence", DIAL_CONNECT_TIMEOUT, "no answer of the proxy for"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char proxy[64];
        char text[64] = "";
        struct proxy_script script = {.answer = cases[i].answer};
        struct peer *peer = peer_start("127.0.0.1", act_as_proxy, &script);
        snprintf(proxy, sizeof proxy, "localhost:%u", peer_port(peer));
        bool late = cases[i].failure == DIAL_CONNECT_TIMEOUT;
        const struct dial_options options = {
            .host = "::2", .port = 443, .proxy = proxy, .connect_timeout_ms = late ? SHORT_MS : AMPLE_MS};
        struct outcome outcome = open_with(&options);
        assert_case(outcome.failure == cases[i].failure, cases[i].answer);
        for (size_t length = 0; outcome.dial != NULL;) {
            ssize_t got = dial_read(outcome.dial, text + length, sizeof text - length - 1, AMPLE_MS, NULL);
            if (got <= 0)
                break;
            length += (size_t)got;
        }
        if (outcome.dial != NULL)
            assert_string_equal(text, cases[i].part);
        else
            assert_contains(outcome.error.message, cases[i].part);
        dial_close(outcome.dial);
        peer_stop(peer);
        assert_string_equal(script.request, "CONNECT [::2]:443 HTTP/1.1\r\nHost: [::2]:443\r\n\r\n");
    }
}

static void a_proxy_can_be_refused_too(void **state)
{
    (void)state;
    char proxy[64];
    uint16_t port;
    int refusing = refusing_socket(&port);
    snprintf(proxy, sizeof proxy, "127.0.0.1:%u", port);
    struct dial_options options = {
        .host = "example.invalid", .port = 1, .proxy = proxy, .connect_timeout_ms = AMPLE_MS};
    expect_failure(&options, DIAL_REFUSED, ERROR_NETWORK, proxy);
    options.proxy = "nonsense";
    expect_failure(&options, DIAL_PROXY, ERROR_INVALID, "proxy");
    close(refusing);
}

/* ── TLS ─────────────────────────────────────────────────────────────────────────────────── */

struct tls_script {
    SSL_CTX *context;
    char alpn[16], name[64];
};

static void echo_over_tls(int fd, void *argument)
{
    struct tls_script *script = argument;
    SSL *ssl = SSL_new(script->context);
    char bytes[64];
    int got;
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1) {
        const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
        snprintf(script->name, sizeof script->name, "%s", name == NULL ? "" : name);
        while ((got = SSL_read(ssl, bytes, sizeof bytes)) > 0 && bytes[0] != '!')
            SSL_write(ssl, bytes, got);
        if (got <= 0)
            SSL_shutdown(ssl);
    }
    SSL_free(ssl);
}

static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_length,
                       const unsigned char *in, unsigned length, void *argument)
{
    (void)ssl;
    struct tls_script *script = argument;
    snprintf(script->alpn, sizeof script->alpn, "%.*s", (int)length - 1, (const char *)in + 1);
    *out = in + 1;
    *out_length = in[0];
    return SSL_TLSEXT_ERR_OK;
}

static char *ca_path(char path[64])
{
    snprintf(path, 64, "test_dial.%d.pem", (int)getpid());
    return path;
}

static void certificates_must_hold_for_the_host(void **state)
{
    (void)state;
    static const struct {
        const char *names, *host;
        int days;
        bool trusted;
        const char *part; /* of the error; NULL: it holds */
    } cases[] = {
        {"DNS:localhost", "localhost", 5, true, NULL},
        {"IP:127.0.0.1", "127.0.0.1", 5, true, NULL},
        {"DNS:localhost", "127.0.0.1", 5, true, "mismatch"},
        {"DNS:127.0.0.1", "127.0.0.1", 5, true, "mismatch"},
        {"DNS:*.localhost", "localhost", 5, true, "mismatch"},
        {"DNS:localhost", "localhost", -1, true, "expired"},
        {"DNS:localhost", "localhost", 5, false, "does not hold for localhost"},
    };
    char path[64];
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error error;
        struct tls_script script = {.context = peer_tls(ca_path(path), cases[i].names, cases[i].days)};
        SSL_CTX_set_alpn_select_cb(script.context, choose_alpn, &script);
        struct peer *peer = peer_start("127.0.0.1", echo_over_tls, &script);
        struct dial_trust *trust = dial_trust_new(cases[i].trusted ? path : NULL, &error);
        assert_non_null(trust);
        const struct dial_options options = {.host = cases[i].host,
                                             .port = peer_port(peer),
                                             .tls = true,
                                             .trust = trust,
                                             .connect_timeout_ms = AMPLE_MS};
        struct outcome outcome = open_with(&options);
        dial_trust_free(trust);
        if (cases[i].part == NULL) {
            char text[8] = "";
            assert_case(outcome.failure == DIAL_DONE, cases[i].names);
            assert_true(outcome.times.tls_us > 0);
            assert_true(dial_write(outcome.dial, "hello", 5, AMPLE_MS, NULL));
            assert_int_equal(dial_read(outcome.dial, text, 5, AMPLE_MS, NULL), 5);
            assert_string_equal(text, "hello");
            assert_true(dial_is_idle(outcome.dial));
            dial_end(outcome.dial);
            assert_int_equal(dial_read(outcome.dial, text, 5, AMPLE_MS, NULL), 0);
        } else {
            assert_case(outcome.failure == DIAL_UNTRUSTED, cases[i].part);
            assert_contains(outcome.error.message, cases[i].part);
        }
        dial_close(outcome.dial);
        peer_stop(peer);
        if (cases[i].part == NULL) {
            assert_string_equal(script.alpn, "http/1.1");
            assert_string_equal(script.name, cases[i].host[0] == 'l' ? "localhost" : "");
        }
        SSL_CTX_free(script.context);
        unlink(path);
    }
}

static void a_cut_is_no_end_of_tls(void **state)
{
    (void)state;
    char path[64];
    char byte;
    struct error error;
    struct tls_script script = {.context = peer_tls(ca_path(path), "DNS:localhost", 5)};
    struct peer *peer = peer_start("127.0.0.1", echo_over_tls, &script);
    const struct dial_options options = {.host = "localhost",
                                         .port = peer_port(peer),
                                         .tls = true,
                                         .ca_file = path,
                                         .connect_timeout_ms = AMPLE_MS};
    struct outcome outcome = open_with(&options);
    assert_non_null(outcome.dial);
    assert_true(dial_write(outcome.dial, "!", 1, AMPLE_MS, NULL)); /* it goes without a word */
    assert_int_equal(dial_read(outcome.dial, &byte, 1, AMPLE_MS, &error), -1);
    assert_int_equal(error.code, ERROR_NETWORK);
    assert_false(dial_is_idle(outcome.dial));
    dial_close(outcome.dial);
    peer_stop(peer);
    SSL_CTX_free(script.context);
    unlink(path);
}

static void speak_plainly(int fd, void *context)
{
    peer_say(fd, context);
    if (((const char *)context)[0] != '\0')
        peer_wait_for_end(fd);
}

static void what_is_no_tls_is_told(void **state)
{
    (void)state;
    struct peer *plain = peer_start("127.0.0.1", speak_plainly, "220 mail.example.org ESMTP\r\n");
    struct peer *closing = peer_start("127.0.0.1", speak_plainly, "");
    atomic_bool unused = false;
    struct peer *silent = peer_start("127.0.0.1", cancel_it, &unused);
    struct dial_options options = {
        .host = "127.0.0.1", .port = peer_port(plain), .tls = true, .connect_timeout_ms = AMPLE_MS};
    expect_failure(&options, DIAL_CUT, ERROR_NETWORK, "no TLS came about");
    options.port = peer_port(closing);
    expect_failure(&options, DIAL_CUT, ERROR_NETWORK, "no TLS came about");
    options.port = peer_port(silent);
    options.connect_timeout_ms = SHORT_MS;
    expect_failure(&options, DIAL_CONNECT_TIMEOUT, ERROR_TIMEOUT, "no TLS handshake for 60 ms");
    options.ca_file = "/no/such/file.pem";
    expect_failure(&options, DIAL_UNTRUSTED, ERROR_INVALID, "/no/such/file.pem");
    peer_stop(plain);
    peer_stop(closing);
    peer_stop(silent);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_go_both_ways_and_phases_are_timed),
        cmocka_unit_test(what_cannot_be_reached_is_told_apart),
        cmocka_unit_test(silence_is_a_time_out_and_can_be_canceled),
        cmocka_unit_test(whoever_it_is_for_may_leave),
        cmocka_unit_test(reading_ends_by_time_by_cancel_and_by_reset),
        cmocka_unit_test(writing_ends_where_nobody_reads),
        cmocka_unit_test(a_proxy_is_asked_for_a_tunnel),
        cmocka_unit_test(a_proxy_can_be_refused_too),
        cmocka_unit_test(certificates_must_hold_for_the_host),
        cmocka_unit_test(a_cut_is_no_end_of_tls),
        cmocka_unit_test(what_is_no_tls_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
