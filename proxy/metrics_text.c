#include "config.h"

#include "proxy/metrics_text.h"

#include <stdio.h>

static const uint64_t nominal_us[] = {100,     200,      500,      1000,     2000,           5000,    10000,
                                      20000,   50000,    100000,   200000,   500000,         1000000, 2000000,
                                      5000000, 10000000, 20000000, 50000000, HIST_HIGHEST_US};
enum { LIMITS = sizeof nominal_us / sizeof nominal_us[0], NUMBER_MAX = 32 };

/* A histogram as Prometheus has it. */
struct cumulative {
    uint64_t up_to[LIMITS];
    uint64_t total;
    uint64_t sum_us;
};

/* ── numbers ─────────────────────────────────────────────────────────────────────────────── */

static uint64_t limit_us(size_t i)
{
    size_t index = hist_index(nominal_us[i]);
    uint64_t last = hist_index_lowest(index) + hist_index_width(index) - 1;
    return last < HIST_HIGHEST_US ? last : HIST_HIGHEST_US;
}

/* Microseconds in seconds, exactly, as OpenMetrics likes its numbers: 0.0001, 60.0. */
static void format_seconds(uint64_t us, char text[NUMBER_MAX])
{
    int length = snprintf(text, NUMBER_MAX, "%llu.%06llu", (unsigned long long)(us / 1000000),
                          (unsigned long long)(us % 1000000));
    while (text[length - 1] == '0' && text[length - 2] != '.')
        text[--length] = '\0';
}

static void accumulate(struct cumulative *all, const struct hist *hist)
{
    size_t index = 0;
    uint64_t count = 0;
    for (size_t i = 0; i < LIMITS; i++) {
        for (size_t last = hist_index(limit_us(i)); index <= last; index++)
            count += hist->counts[index];
        all->up_to[i] = count;
    }
    all->up_to[LIMITS - 1] -= hist->beyond; /* they stand in the last bucket */
    all->total = hist->total;
    all->sum_us = hist->sum_us;
}

static void take_off(struct cumulative *all, const struct cumulative *part)
{
    for (size_t i = 0; i < LIMITS; i++)
        all->up_to[i] -= part->up_to[i];
    all->total -= part->total;
    all->sum_us -= part->sum_us;
}

/* ── families ────────────────────────────────────────────────────────────────────────────── */

void metrics_family(const struct metrics_text *text, const char *name, const char *type, const char *unit,
                    const char *help)
{
    bool counter = type[0] == 'c';
    const char *suffix = counter && !text->open ? "_total" : "";
    buf_printf(text->out, "# HELP shaketable_%s%s %s\n# TYPE shaketable_%s%s %s\n", name, suffix, help, name,
               suffix, type);
    if (text->open && unit[0] != '\0')
        buf_printf(text->out, "# UNIT shaketable_%s %s\n", name, unit);
}

static void gauge(const struct metrics_text *text, const char *name, const char *unit, const char *help,
                  double value)
{
    metrics_family(text, name, "gauge", unit, help);
    buf_printf(text->out, "shaketable_%s %.9g\n", name, value);
}

void metrics_counter_value(const struct metrics_text *text, const char *name, const char *labels,
                           uint64_t value)
{
    buf_printf(text->out, "shaketable_%s_total%s %llu\n", name, labels, (unsigned long long)value);
}

static void counter(const struct metrics_text *text, const char *name, const char *help, uint64_t value)
{
    metrics_family(text, name, "counter", "", help);
    metrics_counter_value(text, name, "", value);
}

/* `label` is empty or `name="value"`. */
static void histogram_values(const struct metrics_text *text, const char *name, const char *label,
                             const struct cumulative *all)
{
    const char *comma = label[0] != '\0' ? "," : "";
    for (size_t i = 0; i < LIMITS; i++) {
        char limit[NUMBER_MAX];
        format_seconds(limit_us(i), limit);
        buf_printf(text->out, "shaketable_%s_bucket{%s%sle=\"%s\"} %llu\n", name, label, comma, limit,
                   (unsigned long long)all->up_to[i]);
    }
    buf_printf(text->out, "shaketable_%s_bucket{%s%sle=\"+Inf\"} %llu\n", name, label, comma,
               (unsigned long long)all->total);
    const char *opens = label[0] != '\0' ? "{" : "";
    const char *closes = label[0] != '\0' ? "}" : "";
    char sum[NUMBER_MAX];
    format_seconds(all->sum_us, sum);
    buf_printf(text->out, "shaketable_%s_sum%s%s%s %s\nshaketable_%s_count%s%s%s %llu\n", name, opens, label,
               closes, sum, name, opens, label, closes, (unsigned long long)all->total);
}

void metrics_labelled_histogram(const struct metrics_text *text, const char *name, const char *label,
                                const struct hist *hist)
{
    struct cumulative all;
    accumulate(&all, hist);
    histogram_values(text, name, label, &all);
}

static void histogram(const struct metrics_text *text, const char *name, const char *help,
                      const struct hist *hist)
{
    metrics_family(text, name, "histogram", "seconds", help);
    metrics_labelled_histogram(text, name, "", hist);
}

static void shared_histogram(const struct metrics_text *text, const char *name, const char *help,
                             const struct hist *of_all, const struct hist *of_control,
                             const struct hist *of_scoped)
{
    struct cumulative shares[STATS_SHARES];
    accumulate(&shares[STATS_CLEAN], of_all);
    accumulate(&shares[STATS_CONTROL], of_control);
    accumulate(&shares[STATS_SCOPED], of_scoped);
    take_off(&shares[STATS_CLEAN], &shares[STATS_CONTROL]);
    take_off(&shares[STATS_CLEAN], &shares[STATS_SCOPED]);
    metrics_family(text, name, "histogram", "seconds", help);
    for (int share = 0; share < STATS_SHARES; share++) {
        char label[NUMBER_MAX];
        snprintf(label, sizeof label, "share=\"%s\"", stats_share_names[share]);
        histogram_values(text, name, label, &shares[share]);
    }
}

/* ── what there is ───────────────────────────────────────────────────────────────────────── */

static void print_build(const struct metrics_text *text)
{
    metrics_family(text, text->open ? "build" : "build_info", text->open ? "info" : "gauge", "",
                   "The sidecar's version.");
    buf_printf(text->out, "shaketable_build_info{version=\"%s\"} 1\n", PACKAGE_VERSION);
}

static void print_requests(const struct metrics_text *text, const struct stats_sample *total)
{
    counter(text, "requests_started", "Requests that came in.", total->requests);
    counter(text, "requests_faulted", "Requests on which at least one fault acted.", total->faulted);
    metrics_family(
        text, "requests", "counter", "",
        "Requests that ended, by outcome, and by share: clean is while no faults are in force, control "
        "those that faults in force are not meant for, scoped those that they are meant for.");
    for (int outcome = 0; outcome < STATS_OUTCOMES; outcome++) {
        uint64_t of_control = total->control_outcomes[outcome];
        uint64_t of_scoped = total->scoped_outcomes[outcome];
        const uint64_t counts[STATS_SHARES] = {total->outcomes[outcome] - of_control - of_scoped, of_control,
                                               of_scoped};
        for (int share = 0; share < STATS_SHARES; share++) {
            char labels[96];
            snprintf(labels, sizeof labels, "{outcome=\"%s\",share=\"%s\"}", stats_outcome_names[outcome],
                     stats_share_names[share]);
            metrics_counter_value(text, "requests", labels, counts[share]);
        }
    }
    gauge(text, "requests_in_flight", "", "Requests without their response's first byte.",
          (double)total->in_flight);
    gauge(text, "messages_held", "", "Messages that wait for an injected delay.", (double)total->held);
}

static void print_traffic(const struct metrics_text *text, const struct stats_sample *total)
{
    counter(text, "connections_accepted", "Connections of clients.", total->connections_accepted);
    gauge(text, "connections_open", "", "Connections of clients now.", (double)total->connections_open);
    metrics_family(text, "transferred_bytes", "counter", "bytes",
                   "Bytes from (in) and to (out) clients and the upstream.");
    metrics_counter_value(text, "transferred_bytes", "{side=\"client\",direction=\"in\"}", total->bytes_in);
    metrics_counter_value(text, "transferred_bytes", "{side=\"client\",direction=\"out\"}", total->bytes_out);
    metrics_counter_value(text, "transferred_bytes", "{side=\"upstream\",direction=\"in\"}",
                          total->upstream_bytes_in);
    metrics_counter_value(text, "transferred_bytes", "{side=\"upstream\",direction=\"out\"}",
                          total->upstream_bytes_out);
    metrics_family(text, "tcp_retransmits", "counter", "",
                   "TCP segments sent again on the connections that were looked at.");
    metrics_counter_value(text, "tcp_retransmits", "{side=\"client\"}", total->client_retransmits);
    metrics_counter_value(text, "tcp_retransmits", "{side=\"upstream\"}", total->upstream_retransmits);
}

static void print_faults(const struct metrics_text *text, const struct stats_sample *total)
{
    const struct fault *fault = &total->faults;
    gauge(text, "faults_in_force", "", "1 while there are any.", fault_is_clean(fault) ? 0 : 1);
    gauge(text, "fault_intensity_ratio", "ratio", "How much of them the schedule has in force now.",
          total->intensity);
    gauge(text, "lease_seconds", "seconds", "What is left of the faults' lease; 0: there is none.",
          (double)total->lease_left_ms / 1000);
    gauge(text, "fault_latency_seconds", "seconds", "Mean delay in force.", fault->latency.mean_ms / 1000);
    gauge(text, "fault_jitter_seconds", "seconds", "Its jitter.", fault->latency.jitter_ms / 1000);
    gauge(text, "fault_loss_ratio", "ratio", "Share of segments lost.", fault->loss.percent / 100);
    gauge(text, "fault_error_ratio", "ratio", "Share of requests answered with an error.",
          fault->error.percent / 100);
    gauge(text, "fault_reset_ratio", "ratio", "Share of requests reset.", fault->reset.percent / 100);
    gauge(text, "fault_blackhole_ratio", "ratio", "Share of requests never answered.",
          fault->blackhole.percent / 100);
    gauge(text, "fault_bandwidth_bytes", "bytes", "Bytes a second of a connection, each way; 0: no limit.",
          (double)fault->bandwidth.bytes_per_s);
    gauge(text, "fault_total_bandwidth_bytes", "bytes", "Bytes a second of all together; 0: no limit.",
          (double)fault->bandwidth.total_bytes_per_s);
    gauge(text, "fault_slow_close_seconds", "seconds", "How much later a connection's end is passed on.",
          fault->slow_close.delay_ms / 1000);
    gauge(text, "fault_slice_bytes", "bytes", "Mean length of a write; 0: no slicing.",
          (double)fault->slice.bytes);
    gauge(text, "fault_limit_bytes", "bytes",
          "Bytes of responses after which a connection ends; 0: no limit.", (double)fault->limit.bytes);
    gauge(text, "fault_scope_ratio", "ratio", "Share of the matching requests that the faults are meant for.",
          fault->scope.percent / 100);
}

static void print_times(const struct metrics_text *text, const struct stats_sample *total)
{
    shared_histogram(text, "round_trip_seconds",
                     "Last byte of a request to the first byte of its response, as the client saw it.",
                     &total->round_trip, &total->control_round_trip, &total->scoped_round_trip);
    shared_histogram(text, "service_seconds", "The application's part of it.", &total->service,
                     &total->control_service, &total->scoped_service);
    histogram(text, "injected_asked_seconds", "Delays that the faults asked for.", &total->injected_asked);
    histogram(text, "injected_got_seconds", "Delays that were measured.", &total->injected_got);
    histogram(text, "lateness_seconds", "Measured less asked, of each.", &total->lateness);
    metrics_family(text, "outcome_seconds", "histogram", "seconds", "Last byte of a request to its outcome.");
    for (int outcome = 0; outcome < STATS_OUTCOMES; outcome++) {
        char label[64];
        if (outcome == STATS_BLACKHOLED)
            continue;
        snprintf(label, sizeof label, "outcome=\"%s\"", stats_outcome_names[outcome]);
        metrics_labelled_histogram(text, "outcome_seconds", label, &total->until[outcome]);
    }
    histogram(text, "connect_seconds", "From connect() to the upstream until connected.", &total->connect);
    metrics_family(text, "tcp_rtt_seconds", "histogram", "seconds",
                   "TCP's smoothed round trip on the connections that were looked at.");
    metrics_labelled_histogram(text, "tcp_rtt_seconds", "side=\"client\"", &total->client_rtt);
    metrics_labelled_histogram(text, "tcp_rtt_seconds", "side=\"upstream\"", &total->upstream_rtt);
}

bool metrics_text_print(struct buf *out, enum metrics_format format, const struct stats_sample *total,
                        const struct metrics_more *more)
{
    const struct metrics_text text = {out, format == METRICS_OPEN};
    print_build(&text);
    print_requests(&text, total);
    print_traffic(&text, total);
    print_faults(&text, total);
    print_times(&text, total);
    if (more->print)
        more->print(more->context, &text);
    if (text.open)
        buf_append_text(out, "# EOF\n");
    return !out->failed;
}

const char *metrics_text_type(enum metrics_format format)
{
    return format == METRICS_OPEN ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                  : "text/plain; version=0.0.4; charset=utf-8";
}
