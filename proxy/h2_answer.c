/*
 * Answers that are ours. A gRPC call gets its status in a response of trailers only, as a server
 * gives it that fails before it has anything to say (gRPC over HTTP/2, "Trailers-Only").
 */
#include "proxy/h2_internal.h"

#include "core/clock.h"
#include "proxy/local.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GRPC_UNAVAILABLE 14

static bool is_injected(const struct h2_stream *stream)
{
    return !stream->exchange->refused && !stream->failed;
}

/* gRPC over HTTP/2, "Percent-Byte-Encoded". */
static void append_encoded(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte >= ' ' && byte <= '~' && byte != '%')
            buf_append_char(out, *text);
        else
            buf_printf(out, "%%%02X", byte);
    }
}

static const char *words_for(const struct h2_stream *stream)
{
    const struct exchange *exchange = stream->exchange;
    if (exchange->refused)
        return "The application behind shaketable-proxy refuses connections.\n";
    if (stream->failed)
        return "The application behind shaketable-proxy does not speak HTTP/2.\n";
    return stream->h2->worker->fault.error.body;
}

/* Whose answer this is, and the headers that were asked for. True if one is its content's type. */
static bool add_headers(struct h2_fields *fields, const struct h2_stream *stream)
{
    const struct fault *fault = &stream->h2->worker->fault;
    bool typed = false;
    if (!is_injected(stream)) {
        h2_fields_add_text(fields, "x-shaketable", stream->failed ? "upstream failed" : "upstream refused");
        return false;
    }
    h2_fields_add_text(fields, "x-shaketable-injected", "error");
    for (unsigned i = 0; i < fault->error.header_count; i++) {
        char name[FAULT_HEADER_NAME_MAX + 1] = "";
        const char *value;
        size_t length;
        if (!fault_header_split(fault->error.headers[i], false, &length, &value))
            continue;
        for (size_t at = 0; at < length; at++)
            name[at] = (char)tolower((unsigned char)fault->error.headers[i][at]);
        typed = typed || strcmp(name, "content-type") == 0;
        if (!stream->grpc || strcmp(name, "content-type") != 0)
            h2_fields_add_text(fields, name, value);
    }
    return typed;
}

static void put(struct h2_stream *stream, struct h2_fields *fields, uint64_t latency_ns, bool ends,
                uint64_t now_ns)
{
    struct h2_piece *piece = fields->failed ? NULL : h2_fields_pack(fields, H2_PIECE_HEAD);
    if (piece) {
        piece->first = true;
        piece->ends = ends;
        piece->latency_ns = latency_ns;
    }
    stream->pipes[LANE_RESPONSE].complete = ends;
    h2_pipe_put(&stream->pipes[LANE_RESPONSE], piece, 0, now_ns);
}

static void answer_grpc(struct h2_stream *stream, struct h2_fields *fields, const char *words,
                        uint64_t latency_ns, uint64_t now_ns)
{
    char number[16];
    struct buf message;
    size_t length = strlen(words);
    buf_init(&message, 3 * FAULT_BODY_MAX + 256);
    append_encoded(&message, words);
    /* A line's end says nothing in a header. */
    if (length > 0 && words[length - 1] == '\n' && message.length >= 3)
        message.data[message.length - 3] = '\0';
    snprintf(number, sizeof number, "%d",
             is_injected(stream) ? decision_grpc_status(&stream->h2->worker->fault) : GRPC_UNAVAILABLE);
    h2_fields_add_text(fields, ":status", "200");
    h2_fields_add_text(fields, "content-type", "application/grpc");
    h2_fields_add_text(fields, "grpc-status", number);
    h2_fields_add_text(fields, "grpc-message", buf_text(&message));
    add_headers(fields, stream);
    buf_free(&message);
    put(stream, fields, latency_ns, true, now_ns);
}

static void answer_http(struct h2_stream *stream, struct h2_fields *fields, const char *words,
                        uint64_t latency_ns, uint64_t now_ns)
{
    char number[16];
    char length[24];
    size_t count = strlen(words);
    bool body = !stream->exchange->head && count > 0;
    snprintf(number, sizeof number, "%d", stream->exchange->status);
    snprintf(length, sizeof length, "%zu", count);
    h2_fields_add_text(fields, ":status", number);
    if (!add_headers(fields, stream))
        h2_fields_add_text(fields, "content-type", "text/plain");
    h2_fields_add_text(fields, "content-length", length);
    put(stream, fields, latency_ns, !body, now_ns);
    if (!body)
        return;
    struct h2_pipe *response = &stream->pipes[LANE_RESPONSE];
    struct h2_piece *piece = malloc(sizeof *piece + count + 1);
    if (piece) {
        *piece = (struct h2_piece){
            .kind = H2_PIECE_DATA, .latency_ns = latency_ns, .length = (uint32_t)count, .ends = true};
        memcpy(piece->bytes, words, count + 1);
    }
    response->complete = true;
    h2_pipe_put(response, piece, 0, now_ns);
}

void h2_answer(struct h2_stream *stream, uint64_t latency_ns)
{
    struct h2_fields fields = {0};
    char phrase[LOCAL_PHRASE_MAX];
    uint64_t now = clock_ns();
    const char *words = words_for(stream);
    if (words[0] == '\0') {
        snprintf(phrase, sizeof phrase, "%s%s", local_phrase(stream->exchange->status),
                 stream->grpc ? "" : "\n");
        words = phrase;
    }
    h2_fields_reset(&fields);
    if (stream->grpc)
        answer_grpc(stream, &fields, words, latency_ns, now);
    else
        answer_http(stream, &fields, words, latency_ns, now);
    h2_fields_free(&fields);
    /* A request that has not ended is told that its rest is not wanted (RFC 9113, 8.1). */
    struct h2_piece *piece = calloc(1, sizeof *piece);
    if (piece) {
        piece->kind = H2_PIECE_RESET;
        piece->code = NGHTTP2_NO_ERROR;
        piece->latency_ns = latency_ns;
    }
    h2_pipe_put(&stream->pipes[LANE_RESPONSE], piece, 0, now);
}

void h2_answer_request_complete(struct h2_stream *stream, uint64_t now_ns)
{
    struct h2_piece *piece = stream->pipes[LANE_RESPONSE].pieces;
    if (!piece || !piece->first || piece->release_ns == HEAP_NEVER || piece->release_ns <= now_ns)
        return;
    /* It was to wait since the head came; it is measured from the request's end. */
    uint64_t left = piece->release_ns - now_ns;
    for (struct h2_piece *each = piece; each; each = each->next) {
        each->arrived_ns = now_ns;
        each->latency_ns = left;
    }
    stream->exchange->asked_ns[LANE_RESPONSE] = left;
}
