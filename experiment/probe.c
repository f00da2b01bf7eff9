#include "experiment/probe.h"

#include "core/clock.h"
#include "core/dial.h"
#include "core/http1.h"
#include "experiment/probe_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ── a probe ─────────────────────────────────────────────────────────────────────────────── */

/* Where a table is: its endpoint's URL is read like any other. */
static bool find_table(struct probe *probe, const struct aws_options *aws, struct error *error)
{
    char table[PROBE_TABLE_MAX];
    memcpy(table, probe->target.table, sizeof table);
    probe->aws = aws_client_open(aws, error);
    if (probe->aws == NULL)
        return false;
    aws_client_set_cancel(probe->aws, probe->options.cancel);
    const char *url = aws_client_service_url(probe->aws, AWS_DYNAMODB);
    if (!probe_target_parse(&probe->target, url, "DynamoDB's endpoint", error))
        return false;
    probe->target.kind = PROBE_DYNAMODB;
    memcpy(probe->target.table, table, sizeof table);
    snprintf(probe->name, sizeof probe->name, "dynamodb:%s at %s", table, url);
    return true;
}

static void make_name(struct probe *probe)
{
    const struct probe_target *target = &probe->target;
    const char *scheme = target->kind == PROBE_TCP ? "tcp" : target->tls ? "https" : "http";
    snprintf(probe->name, sizeof probe->name, "%s://%s%s", scheme, target->authority, target->path);
}

/* A region or a local stand-in on this machine is never behind a proxy: as all our calls to AWS have it. */
static bool is_local(const char *host)
{
    return strncmp(host, "127.", 4) == 0 || strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0;
}

static bool choose_way(struct probe *probe, struct error *error)
{
    const struct probe_target *target = &probe->target;
    if (target->kind == PROBE_TCP || (target->kind == PROBE_DYNAMODB && is_local(target->host)))
        return true;
    return probe_proxy_choose(target->tls, target->host, target->port, probe->proxy, error);
}

static bool read_trust(struct probe *probe, struct error *error)
{
    const char *bundle = probe->aws != NULL ? aws_client_ca_bundle(probe->aws) : getenv("AWS_CA_BUNDLE");
    if (!probe->target.tls)
        return true;
    probe->trust = dial_trust_new(bundle, error);
    return probe->trust != NULL ||
           (bundle != NULL && bundle[0] != '\0' && error_prefix(error, "AWS_CA_BUNDLE: "));
}

struct probe *probe_open(const struct probe_target *target, const struct probe_options *options,
                         const struct aws_options *aws, struct error *error)
{
    struct probe *probe = calloc(1, sizeof *probe);
    if (probe == NULL) {
        error_set(error, ERROR_SYSTEM, "out of memory");
        return NULL;
    }
    probe->target = *target;
    probe->options = *options;
    make_name(probe);
    if ((target->kind != PROBE_DYNAMODB || find_table(probe, aws, error)) && choose_way(probe, error) &&
        read_trust(probe, error))
        return probe;
    probe_close(probe);
    return NULL;
}

void probe_close(struct probe *probe)
{
    if (probe == NULL)
        return;
    dial_trust_free(probe->trust);
    aws_client_close(probe->aws);
    free(probe);
}

const char *probe_name(const struct probe *probe)
{
    return probe->name;
}

/* ── one round ───────────────────────────────────────────────────────────────────────────── */

static int64_t since_us(uint64_t began_us)
{
    return (int64_t)(clock_us() - began_us);
}

/* A connection, new or kept; NULL: the round has failed. */
static struct dial *get_connection(const struct probe *probe, struct probe_line *line,
                                   struct probe_round *round)
{
    char proxy_host[UNITS_HOST_MAX];
    const struct probe_target *target = &probe->target;
    struct dial_options options = {.host = target->host,
                                   .port = target->port,
                                   .tls = target->tls,
                                   .trust = probe->trust,
                                   .proxy = probe->proxy,
                                   .connect_timeout_ms = probe->options.connect_timeout_ms,
                                   .cancel = probe->options.cancel};
    struct dial_times times;
    enum dial_failure failure;
    struct error error = {.code = ERROR_NONE};
    if (line->dial != NULL && dial_is_idle(line->dial)) {
        round->reused = true;
        return line->dial;
    }
    probe_line_close(line);
    if (!target->tls && probe->proxy[0] != '\0') { /* it is asked, by the whole URL, instead of the host */
        units_parse_address(probe->proxy, "proxy", proxy_host, &options.port, NULL);
        options.host = proxy_host;
        options.proxy = NULL;
    }
    line->dial = dial_open(&options, &times, &failure, &error);
    round->resolve_us = times.resolve_us;
    round->connect_us = times.connect_us;
    round->proxy_us = times.proxy_us;
    round->tls_us = times.tls_us;
    if (line->dial == NULL)
        probe_judge_dial(probe, failure, &error, round);
    return line->dial;
}

static void exchange(const struct probe *probe, struct dial *dial, const struct http1_request *request,
                     uint64_t began_us, struct probe_round *round, bool *keeps)
{
    struct http1_answer answer;
    struct error error = {.code = ERROR_NONE};
    int64_t before_us = since_us(began_us);
    bool answered = http1_exchange(dial, request, probe->options.read_timeout_ms, NULL, &answer, &error);
    if (answer.first_byte_us > 0)
        round->first_byte_us =
            answer.first_byte_us > answer.sent_us ? answer.first_byte_us - answer.sent_us : 1;
    round->total_us = answered ? before_us + answer.total_us : since_us(began_us);
    round->status = answer.status;
    *keeps = answered && answer.keeps_alive;
    if (!answered)
        probe_judge_exchange(probe, &error, round);
    else if (probe->target.kind == PROBE_DYNAMODB)
        probe_judge_aws(&answer, round);
    else
        probe_judge_status(round);
    http1_answer_free(&answer);
}

/* The whole URL where a proxy is asked, else the path (RFC 9112, 3.2). */
static void choose_request_target(const struct probe *probe, char *text, size_t size)
{
    const struct probe_target *target = &probe->target;
    bool absolute = !target->tls && probe->proxy[0] != '\0';
    snprintf(text, size, "%s%s%s", absolute ? "http://" : "", absolute ? target->authority : "",
             target->path);
}

static void ask(const struct probe *probe, struct probe_line *line, bool keep, const struct aws_signed *sign,
                const char *body, struct probe_round *round)
{
    char text[PROBE_PATH_MAX + PROBE_AUTHORITY_MAX + 8];
    struct http1_header headers[AWS_SIGNED_HEADERS_MAX + 3];
    size_t count = 0;
    uint64_t began_us = clock_us();
    struct dial *dial = get_connection(probe, line, round);
    round->total_us = since_us(began_us);
    if (dial == NULL || probe->target.kind == PROBE_TCP)
        return;
    for (size_t i = 0; sign != NULL && i < sign->count; i++)
        headers[count++] = (struct http1_header){sign->headers[i].name, sign->headers[i].value};
    if (sign == NULL)
        headers[count++] = (struct http1_header){"Host", probe->target.authority};
    headers[count++] = (struct http1_header){"User-Agent", "shaketable-probe"};
    if (!keep)
        headers[count++] = (struct http1_header){"Connection", "close"};
    choose_request_target(probe, text, sizeof text);
    const struct http1_request request = {.method = sign != NULL ? "POST" : "GET",
                                          .target = text,
                                          .headers = headers,
                                          .header_count = count,
                                          .body = body,
                                          .body_length = strlen(body)};
    bool keeps;
    exchange(probe, dial, &request, began_us, round, &keeps);
    if (!keeps)
        probe_line_close(line);
}

void probe_run(struct probe *probe, struct probe_line *line, struct probe_round *round)
{
    struct probe_line own = {.dial = NULL};
    bool keep = line != NULL;
    uint64_t number = round->number;
    *round = (struct probe_round){.number = number, .at_ms = clock_epoch_ms()};
    if (!keep)
        line = &own;
    if (probe->target.kind == PROBE_DYNAMODB) {
        char body[PROBE_TABLE_MAX + 64];
        struct aws_signed sign;
        if (probe_sign(probe, body, sizeof body, &sign, round))
            ask(probe, line, keep, &sign, body, round);
        aws_signed_free(&sign);
    } else {
        ask(probe, line, keep, NULL, "", round);
    }
    probe_line_close(&own);
    if (round->outcome == PROBE_OK)
        probe_tell_ok(round);
}

void probe_line_close(struct probe_line *line)
{
    dial_close(line->dial);
    line->dial = NULL;
}
