#include "core/fault.h"
#include "core/units.h"
#include "core/utf8.h"

#include <string.h>

enum { DESCRIPTION_MAX = 4096 };

static void describe_part(struct buf *out, const char *what, const char *amount)
{
    buf_printf(out, "%s%s %s", out->length ? ", " : "", what, amount);
}

static bool describe_percent(struct buf *out, const char *what, double percent)
{
    if (percent <= 0)
        return false;
    char amount[UNITS_TEXT_MAX];
    units_format_percent(percent, amount);
    describe_part(out, what, amount);
    return true;
}

static void describe_bytes(struct buf *out, const char *what, uint64_t bytes)
{
    char amount[UNITS_TEXT_MAX];
    units_format_rate(bytes, amount);
    amount[strcspn(amount, "/")] = '\0';
    describe_part(out, what, amount);
}

static void describe_delay(struct buf *out, const char *what, double ms)
{
    char amount[UNITS_TEXT_MAX];
    units_format_delay_ms(ms, amount);
    describe_part(out, what, amount);
}

static void describe_delays(const struct fault *fault, struct buf *out)
{
    char amount[UNITS_TEXT_MAX];
    if (fault->latency.mean_ms > 0 || fault->latency.jitter_ms > 0)
        describe_delay(out, "latency", fault->latency.mean_ms);
    if (fault->latency.jitter_ms > 0) {
        units_format_delay_ms(fault->latency.jitter_ms, amount);
        buf_printf(out, " ± %s", amount);
    }
    if (describe_percent(out, "loss", fault->loss.percent) && fault->loss.burst > 1) {
        units_format_number(fault->loss.burst, amount);
        buf_printf(out, " (in runs of %s)", amount);
    }
}

static void describe_failures(const struct fault *fault, struct buf *out)
{
    if (describe_percent(out, "errors", fault->error.percent))
        buf_printf(out, " (%d)", fault->error.status);
    if (describe_percent(out, "resets", fault->reset.percent) && fault->reset.at != FAULT_AT_REQUEST)
        buf_append_text(out, fault->reset.at == FAULT_AT_ACCEPT ? " (at accept)" : " (within responses)");
    if (describe_percent(out, "blackhole", fault->blackhole.percent) &&
        fault->blackhole.per == FAULT_PER_CONNECTION)
        buf_append_text(out, " of connections");
}

static void describe_streams(const struct fault *fault, struct buf *out)
{
    char amount[UNITS_TEXT_MAX];
    if (fault->bandwidth.bytes_per_s > 0) {
        units_format_rate(fault->bandwidth.bytes_per_s, amount);
        describe_part(out, "bandwidth", amount);
    }
    if (fault->bandwidth.total_bytes_per_s > 0) {
        units_format_rate(fault->bandwidth.total_bytes_per_s, amount);
        describe_part(out, "bandwidth in all", amount);
    }
    if (fault->slow_close.delay_ms > 0)
        describe_delay(out, "slow close", fault->slow_close.delay_ms);
    if (fault->slice.bytes > 0)
        describe_bytes(out, "slices of", fault->slice.bytes);
    if (fault->slice.bytes > 0 && fault->slice.delay_ms > 0) {
        units_format_delay_ms(fault->slice.delay_ms, amount);
        buf_printf(out, " every %s", amount);
    }
    if (fault->limit.bytes > 0)
        describe_bytes(out, "connections end after", fault->limit.bytes);
}

static void describe_scope(const struct fault *fault, struct buf *out)
{
    if (fault->scope.percent < 100) {
        char share[UNITS_TEXT_MAX];
        units_format_percent(fault->scope.percent, share);
        buf_printf(out, ", on %s of requests", share);
    }
    if (fault->scope.direction != FAULT_RESPONSE)
        buf_printf(out, ", direction %s", fault_direction_name(fault->scope.direction));
    if (fault->scope.method[0])
        buf_printf(out, ", method %s", fault->scope.method);
    if (fault->scope.path[0])
        buf_printf(out, ", path %s", fault->scope.path);
    if (fault->scope.header[0])
        buf_printf(out, ", header %s", fault->scope.header);
    if (fault->scope.source[0])
        buf_printf(out, ", from %s", fault->scope.source);
    if (fault->scope.health_checks)
        buf_append_text(out, ", health checks too");
}

static void describe_schedule(const struct fault *fault, struct buf *out)
{
    if (fault->schedule.start_ms > 0)
        describe_delay(out, "after", fault->schedule.start_ms);
    if (fault->schedule.ramp_ms > 0)
        describe_delay(out, "growing over", fault->schedule.ramp_ms);
    if (fault->schedule.duration_ms > 0)
        describe_delay(out, "for", fault->schedule.duration_ms);
}

void fault_describe(const struct fault *fault, char *text, size_t size)
{
    if (fault_is_clean(fault)) {
        utf8_copy(text, size, "no faults", strlen("no faults"));
        return;
    }
    struct buf out;
    buf_init(&out, DESCRIPTION_MAX);
    describe_delays(fault, &out);
    describe_failures(fault, &out);
    describe_streams(fault, &out);
    describe_scope(fault, &out);
    describe_schedule(fault, &out);
    utf8_copy(text, size, buf_text(&out), out.length);
    buf_free(&out);
}
