/*
 * The door to the stats sockets on TCP: TLS, and what is done about strangers. They get little time and
 * memory, and as many of them as come, they can't keep the console out: one too many drops one of those from
 * wherever most come from.
 */
#include "proxy/client.h"

#include "core/clock.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define BUCKETS 256

static bool is_stranger(const struct client *client)
{
    return client->standing != STANDING_KNOWN && !client->closing;
}

/* ── what is said of them ────────────────────────────────────────────────────────────────── */

static void print_peer(const struct sockaddr_storage *peer, char *text, size_t size)
{
    char host[INET6_ADDRSTRLEN] = "?";
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)peer;
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)peer;
    if (peer->ss_family == AF_INET6) {
        uv_ip6_name(v6, host, sizeof host);
        snprintf(text, size, "[%s]:%u", host, ntohs(v6->sin6_port));
    } else {
        uv_ip4_name(v4, host, sizeof host);
        snprintf(text, size, "%s:%u", host, ntohs(v4->sin_port));
    }
}

/* At most one line a CONTROL_REFUSAL_MS; the next one counts those in between. */
static void say_refused(struct client *client, const char *why)
{
    struct control *control = client->control;
    char peer[INET6_ADDRSTRLEN + 16];
    uint64_t now = clock_ns();
    if (control->refused_ns != 0 && now - control->refused_ns < CONTROL_REFUSAL_MS * 1000000ULL) {
        control->refused_unsaid++;
        return;
    }
    print_peer(&client->peer, peer, sizeof peer);
    fprintf(stderr, "shaketable-proxy: stats socket: refused %s: it %s", peer, why);
    if (control->refused_unsaid > 0)
        fprintf(stderr, " (and %llu others since the last such line)",
                (unsigned long long)control->refused_unsaid);
    fprintf(stderr, "\n");
    control->refused_ns = now;
    control->refused_unsaid = 0;
}

/* ── too many of them ────────────────────────────────────────────────────────────────────── */

/* An IPv6 peer has a whole /64 to come from. */
static size_t bucket_of(const struct client *client)
{
    unsigned char bytes[8] = {0};
    uint32_t hash = 2166136261U;
    if (client->peer.ss_family == AF_INET6)
        memcpy(bytes, &((const struct sockaddr_in6 *)&client->peer)->sin6_addr, 8);
    else
        memcpy(bytes, &((const struct sockaddr_in *)&client->peer)->sin_addr, 4);
    for (size_t i = 0; i < sizeof bytes; i++) /* FNV-1a */
        hash = (hash ^ bytes[i]) * 16777619U;
    return (hash ^ hash >> 16) % BUCKETS;
}

/* Refused ones go first; then the oldest, for a console is done within a round trip. Who has said something
 * is worth no more than who has not: anybody can say something. */
static bool goes_before(const struct client *one, const struct client *other)
{
    bool refused = one->standing == STANDING_REFUSED, other_refused = other->standing == STANDING_REFUSED;
    return refused != other_refused ? refused : one->serial < other->serial;
}

static void drop_one(struct control *control)
{
    unsigned counts[BUCKETS] = {0};
    size_t most = 0;
    struct client *victim = NULL;
    for (const struct client *client = control->clients; client; client = client->next)
        if (is_stranger(client))
            counts[bucket_of(client)]++;
    for (size_t i = 1; i < BUCKETS; i++)
        if (counts[i] > counts[most])
            most = i;
    for (struct client *client = control->clients; client; client = client->next)
        if (is_stranger(client) && bucket_of(client) == most && (!victim || goes_before(client, victim)))
            victim = client;
    if (!victim)
        return;
    if (victim->standing != STANDING_REFUSED)
        say_refused(victim, "had not proved a key when too many others came");
    client_close(victim);
}

/* ── one of them ─────────────────────────────────────────────────────────────────────────── */

static void on_time_over(uv_timer_t *timer)
{
    struct client *client = timer->data;
    if (client->standing != STANDING_REFUSED)
        say_refused(client,
                    client->standing == STANDING_SILENT ? "says nothing" : "does not finish its handshake");
    client_close(client);
}

void client_tls_begin(struct client *client)
{
    struct control *control = client->control;
    int size = sizeof client->peer;
    uv_tcp_getpeername(&client->socket.tcp, (struct sockaddr *)&client->peer, &size);
    client->standing = STANDING_SILENT;
    if (++control->strangers > CONTROL_STRANGERS_MAX)
        drop_one(control);
    uv_tcp_nodelay(&client->socket.tcp, 1);
    uv_tcp_keepalive(&client->socket.tcp, 1, CONTROL_KEEPALIVE_S);
    uv_timer_start(&client->timer, on_time_over, CONTROL_HANDSHAKE_MS, 0);
}

static void flush(struct client *client)
{
    struct buf out;
    buf_init(&out, CONTROL_QUEUE_MAX);
    if (!tls_take(client->tls, &out))
        client_close(client);
    else if (out.length > 0 && !client->closing)
        client_write(client, &out);
    buf_free(&out);
}

/* It gets the alert before the connection ends: with bytes of its own left unread here it would see a reset
 * instead. */
static void refuse(struct client *client)
{
    say_refused(client, tls_problem(client->tls));
    client->standing = STANDING_REFUSED;
    flush(client);
    int fd = -1;
    if (!client->closing && uv_fileno(&client->socket.handle, &fd) == 0)
        shutdown(fd, SHUT_WR);
}

static void throw_away(struct client *client, size_t length)
{
    client->thrown_away += length;
    if (client->thrown_away > CONTROL_THROWN_AWAY_MAX)
        client_close(client);
}

static bool on_plain(void *context, const char *data, size_t length)
{
    struct client *client = context;
    if (client->standing != STANDING_KNOWN) {
        client->control->strangers--;
        uv_timer_stop(&client->timer);
        client_admit(client);
    }
    return !client->closing && client_take(client, data, length);
}

void client_tls_receive(struct client *client, const char *bytes, size_t length)
{
    if (client->standing == STANDING_REFUSED) {
        throw_away(client, length);
        return;
    }
    if (client->standing == STANDING_SILENT) {
        client->standing = STANDING_STRANGER;
        client->tls = tls_new(client->control->tls);
    }
    if (!client->tls) {
        client_close(client);
        return;
    }
    enum tls_state state = tls_receive(client->tls, bytes, length, on_plain, client);
    if (client->closing)
        return;
    if (state == TLS_OPEN && client->standing != STANDING_KNOWN && !on_plain(client, "", 0))
        return;
    if (state == TLS_FAILED && client->standing != STANDING_KNOWN) {
        refuse(client);
        return;
    }
    flush(client);
    if (state == TLS_FAILED || state == TLS_ENDED)
        client_close(client);
}

void client_tls_send(struct client *client, const struct buf *text)
{
    if (tls_send(client->tls, text->data, text->length))
        flush(client);
    else
        client_close(client);
}
