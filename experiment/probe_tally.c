#include "experiment/probe_tally.h"

#include "core/units.h"
#include "experiment/json.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static const struct {
    const char *label, *key;
    double percentile;
} percentiles[] = {{"p50", "p50_ms", 50}, {"p90", "p90_ms", 90}, {"p99", "p99_ms", 99}};
#define PERCENTILES (sizeof percentiles / sizeof percentiles[0])

void probe_tally_init(struct probe_tally *tally)
{
    memset(tally, 0, sizeof *tally);
    hist_clear(&tally->total);
}

void probe_tally_add(struct probe_tally *tally, const struct probe_round *round)
{
    if (round->outcome == PROBE_CANCELED)
        return;
    tally->rounds++;
    tally->outcomes[round->outcome]++;
    if (round->outcome == PROBE_OK)
        hist_record(&tally->total, (uint64_t)round->total_us);
    else
        tally->failed++;
}

void probe_tally_print(const struct probe_tally *tally, struct buf *out)
{
    char text[UNITS_TEXT_MAX];
    buf_printf(out, "%" PRIu64 " round%s, %" PRIu64 " ok, %" PRIu64 " failed", tally->rounds,
               tally->rounds == 1 ? "" : "s", tally->rounds - tally->failed, tally->failed);
    const char *before = ": ";
    for (int i = PROBE_OK + 1; i < PROBE_OUTCOMES; i++) {
        if (tally->outcomes[i] == 0)
            continue;
        buf_printf(out, "%s%" PRIu64 " %s", before, tally->outcomes[i],
                   probe_outcome_words((enum probe_outcome)i));
        before = ", ";
    }
    buf_append_char(out, '\n');
    if (tally->total.total == 0)
        return;
    buf_append_text(out, "total of those that were ok:");
    for (size_t i = 0; i < PERCENTILES; i++) {
        units_format_us(hist_percentile(&tally->total, percentiles[i].percentile), text);
        buf_printf(out, "  %s %s", percentiles[i].label, text);
    }
    units_format_us((double)tally->total.max_us, text);
    buf_printf(out, "  max %s\n", text);
}

static double ms(double us)
{
    return round(us) / 1000.0;
}

struct json_object *probe_tally_json(const struct probe_tally *tally, const char *target)
{
    struct json_object *document = json_object_new_object();
    struct json_object *summary = json_object_new_object();
    struct json_object *failures = json_object_new_object();
    json_put_text(summary, "target", target);
    json_put_integer(summary, "rounds", (int64_t)tally->rounds);
    json_put_integer(summary, "ok", (int64_t)(tally->rounds - tally->failed));
    json_put_integer(summary, "failed", (int64_t)tally->failed);
    for (int i = PROBE_OK + 1; i < PROBE_OUTCOMES; i++)
        if (tally->outcomes[i] > 0)
            json_put_integer(failures, probe_outcome_name((enum probe_outcome)i),
                             (int64_t)tally->outcomes[i]);
    json_object_object_add(summary, "failures", failures);
    if (tally->total.total > 0) {
        struct json_object *total = json_object_new_object();
        for (size_t i = 0; i < PERCENTILES; i++)
            json_put_number(total, percentiles[i].key,
                            ms(hist_percentile(&tally->total, percentiles[i].percentile)));
        json_put_number(total, "max_ms", ms((double)tally->total.max_us));
        json_object_object_add(summary, "total", total);
    }
    json_object_object_add(document, "summary", summary);
    return document;
}
