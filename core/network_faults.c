#include "core/network_faults.h"

#include <math.h>

bool network_faults_has_latency(const struct fault *fault)
{
    return fault->latency.mean_ms > 0 || fault->latency.jitter_ms > 0;
}

static bool is_whole(double value)
{
    return value == floor(value);
}

/* What is no fault of packets at all. */
static void refuse_others(const struct fault *fault, const struct network_faults_words *words,
                          struct refusals *refusals)
{
    static const char blind[] = " faults packets and sees no requests in them";
    static const char unlimited[] = " has no limit of bandwidth";
    const struct {
        bool asked;
        const char *option, *why;
    } rows[] = {
        {fault->error.percent > 0, "--error", " does not answer requests on the tasks' behalf"},
        {fault->reset.percent > 0, "--reset", " resets no connections"},
        {fault->bandwidth.bytes_per_s > 0, "--bandwidth", unlimited},
        {fault->bandwidth.total_bytes_per_s > 0, "--bandwidth-total", unlimited},
        {fault->slow_close.delay_ms > 0, "--slow-close", " does not know a connection's end"},
        {fault->slice.bytes > 0, "--slice", " does not cut what is sent into pieces"},
        {fault->limit.bytes > 0, "--limit", " does not count a connection's bytes"},
        {fault->scope.path[0] != '\0', "--path", blind},
        {fault->scope.method[0] != '\0', "--method", blind},
        {fault->scope.header[0] != '\0', "--header", blind},
        {fault->scope.source[0] != '\0', "--source", words->source},
        {fault->schedule.start_ms > 0, "--start", "'s faults begin at once"},
        {fault->schedule.ramp_ms > 0, "--ramp", "'s faults do not grow"},
        {fault->schedule.duration_ms > 0, "--active", words->duration},
        {fault->seed != 0, "--seed", "'s chances can't be repeated"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].asked)
            refusals_add(refusals, rows[i].option, "%s%s", words->who, rows[i].why);
}

static void refuse_latency(const struct fault *fault, const char *who, struct refusals *refusals)
{
    if (fault->latency.jitter_ms > 0 && fault->latency.distribution != FAULT_UNIFORM)
        refusals_add(refusals, "--latency-distribution",
                     "%s's jitter is uniform, not %s: add --latency-distribution uniform", who,
                     fault_distribution_name(fault->latency.distribution));
    if (!is_whole(fault->latency.mean_ms))
        refusals_add(refusals, "--latency", "%s delays by whole milliseconds", who);
    if (!is_whole(fault->latency.jitter_ms))
        refusals_add(refusals, "--jitter", "%s's jitter has whole milliseconds", who);
}

static void refuse_loss(const struct fault *fault, const char *who, struct refusals *refusals)
{
    if (!is_whole(fault->loss.percent))
        refusals_add(refusals, "--loss", "%s loses whole percents of packets", who);
    if (fault->loss.burst != 1)
        refusals_add(refusals, "--loss-burst", "%s loses packets one by one", who);
}

static void refuse_blackhole(const struct fault *fault, const struct network_faults_words *words,
                             int64_t port, struct refusals *refusals)
{
    if (fault->blackhole.percent < 100)
        refusals_add(refusals, "--blackhole", "%s drops all traffic of a port, or none", words->who);
    if (fault->scope.percent < 100)
        refusals_add(refusals, "--percent", "%s's blackhole takes all connections, it has no %s", words->who,
                     words->percent);
    if (port <= 0)
        refusals_add(refusals, "--blackhole", "%s%s", words->who, words->no_port);
}

static void refuse_scope(const struct fault *fault, const struct network_faults_words *words,
                         struct refusals *refusals)
{
    if (fault->scope.direction != FAULT_RESPONSE)
        refusals_add(refusals, "--direction", "%s impairs what the tasks send: response", words->who);
    if (!is_whole(fault->scope.percent) || fault->scope.percent < 1)
        refusals_add(refusals, "--percent", "%s's %s is a whole number from 1 to 100", words->who,
                     words->percent);
}

void network_faults_refuse(const struct fault *fault, const struct network_faults_words *words, int64_t port,
                           struct refusals *refusals)
{
    refuse_others(fault, words, refusals);
    if (network_faults_has_latency(fault))
        refuse_latency(fault, words->who, refusals);
    if (fault->loss.percent > 0)
        refuse_loss(fault, words->who, refusals);
    if (fault->blackhole.percent > 0)
        refuse_blackhole(fault, words, port, refusals);
    else
        refuse_scope(fault, words, refusals);
}
