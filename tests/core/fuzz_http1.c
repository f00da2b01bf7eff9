/* Any bytes as what a server, or a proxy, answers. First byte: which, and how the request was made. Read
 * whole or in pieces they must say the same; a proxy's head is taken off, and not a byte more. */
#include "core/dial_internal.h"
#include "core/http1.h"
#include "tests/fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SIZE_USED_MAX 65536 /* what fits into a socket's buffer */
#define PIECES_MAX 100      /* likewise */
#define TIMEOUT_MS 10000

enum { AS_PROXY = 1, AS_HEAD = 2, WITH_SINK = 4 };

struct line {
    struct dial *dial;
    int other;
};

static void need(bool condition)
{
    if (!condition)
        abort();
}

/* A connection whose other side has said all that it will; each packet is read by itself. */
static struct line answered(const uint8_t *data, size_t size, size_t piece)
{
    int pair[2];
    struct line line = {.dial = calloc(1, sizeof *line.dial)};
    need(line.dial != NULL &&
         socketpair(AF_UNIX, (piece < size ? SOCK_SEQPACKET : SOCK_STREAM) | SOCK_CLOEXEC, 0, pair) == 0);
    while (size > 0) {
        size_t length = size < piece ? size : piece;
        need(write(pair[1], data, length) == (ssize_t)length);
        data += length;
        size -= length;
    }
    shutdown(pair[1], SHUT_WR);
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    line.dial->fd = pair[0];
    line.other = pair[1];
    snprintf(line.dial->peer, sizeof line.dial->peer, "peer");
    return line;
}

static void hang_up(struct line line)
{
    dial_close(line.dial);
    close(line.other);
}

/* ── an HTTP answer ──────────────────────────────────────────────────────────────────────── */

struct seen {
    uint64_t hash; /* of the body */
    size_t length;
    int heads;
};

static bool see_head(void *context, const struct http1_answer *answer)
{
    struct seen *seen = context;
    need(answer->status >= 200 && seen->length == 0);
    seen->heads++;
    return true;
}

static bool see_body(void *context, const char *data, size_t length)
{
    struct seen *seen = context;
    seen->length += length;
    while (length-- > 0)
        seen->hash = (seen->hash ^ (unsigned char)*data++) * UINT64_C(1099511628211);
    return true;
}

static bool ask(const uint8_t *data, size_t size, size_t piece, int how, struct http1_answer *answer,
                struct seen *seen)
{
    static const struct http1_header host[] = {{"Host", "h"}};
    const struct http1_request request = {
        .method = (how & AS_HEAD) != 0 ? "HEAD" : "GET", .target = "/", .headers = host, .header_count = 1};
    const struct http1_sink sink = {.context = seen, .head = see_head, .body = see_body};
    struct error error = {.code = ERROR_NONE};
    struct line line = answered(data, size, piece);
    *seen = (struct seen){.hash = 0};
    bool done = http1_exchange(line.dial, &request, TIMEOUT_MS, (how & WITH_SINK) != 0 ? &sink : NULL, answer,
                               &error);
    need(done ? error.code == ERROR_NONE && answer->status >= 200
              : (error.code == ERROR_INVALID || error.code == ERROR_NETWORK) && !answer->keeps_alive);
    hang_up(line);
    if ((how & WITH_SINK) == 0)
        see_body(seen, buf_text(&answer->body), answer->body.length);
    for (size_t i = 0; i < answer->header_count; i++)
        need(http1_header_find(answer, answer->headers[i].name) != NULL &&
             strlen(answer->headers[i].value) < HTTP1_HEAD_MAX);
    return done;
}

static void be_a_server(const uint8_t *data, size_t size, int how)
{
    struct http1_answer whole, pieces;
    struct seen seen_whole, seen_pieces;
    bool done = ask(data, size, size + 1, how, &whole, &seen_whole);
    bool again = ask(data, size, size / PIECES_MAX + 1, how, &pieces, &seen_pieces);
    need(done == again && whole.status == pieces.status && whole.header_count == pieces.header_count &&
         seen_whole.length == seen_pieces.length && seen_whole.hash == seen_pieces.hash &&
         seen_whole.heads == seen_pieces.heads);
    for (size_t i = 0; i < whole.header_count; i++)
        need(strcmp(whole.headers[i].name, pieces.headers[i].name) == 0 &&
             strcmp(whole.headers[i].value, pieces.headers[i].value) == 0);
    http1_answer_free(&whole);
    http1_answer_free(&pieces);
}

/* ── a proxy's ───────────────────────────────────────────────────────────────────────────── */

static void be_a_proxy(const uint8_t *data, size_t size)
{
    static char rest[SIZE_USED_MAX + 1];
    struct error error = {.code = ERROR_NONE};
    struct line line = answered(data, size, size + 1);
    enum dial_failure failure = dial_ask_proxy(line.dial, "host", 443, TIMEOUT_MS, &error);
    need(failure == DIAL_DONE ? error.code == ERROR_NONE
                              : failure == DIAL_PROXY && error.code == ERROR_NETWORK);
    if (failure == DIAL_DONE) {
        size_t length = 0;
        ssize_t got;
        while ((got = dial_read(line.dial, rest + length, sizeof rest - length, TIMEOUT_MS, NULL)) > 0)
            length += (size_t)got;
        need(got == 0 && length + 4 <= size && memcmp(rest, data + size - length, length) == 0 &&
             memcmp(data + size - length - 4, "\r\n\r\n", 4) == 0);
    }
    hang_up(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > SIZE_USED_MAX)
        return 0;
    if ((data[0] & AS_PROXY) != 0)
        be_a_proxy(data + 1, size - 1);
    else
        be_a_server(data + 1, size - 1, data[0]);
    return 0;
}
