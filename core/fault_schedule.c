#include "core/fault.h"

double fault_intensity(const struct fault *fault, double elapsed_ms)
{
    double since = elapsed_ms - fault->schedule.start_ms;
    if (since < 0 || (fault->schedule.duration_ms > 0 && since >= fault->schedule.duration_ms))
        return 0;
    return since < fault->schedule.ramp_ms ? since / fault->schedule.ramp_ms : 1;
}

/* A limit that is beyond what may be asked for is none. */
static uint64_t widen(uint64_t limit, double intensity, uint64_t most)
{
    double wide = intensity > 0 ? (double)limit / intensity : (double)most + 1;
    return limit == 0 || wide > (double)most ? 0 : (uint64_t)wide;
}

void fault_scale(struct fault *scaled, const struct fault *asked, double intensity)
{
    *scaled = *asked;
    if (intensity >= 1)
        return;
    scaled->latency.mean_ms *= intensity;
    scaled->latency.jitter_ms *= intensity;
    scaled->loss.percent *= intensity;
    scaled->error.percent *= intensity;
    scaled->reset.percent *= intensity;
    scaled->blackhole.percent *= intensity;
    scaled->slow_close.delay_ms *= intensity;
    scaled->slice.delay_ms *= intensity;
    scaled->slice.bytes = widen(asked->slice.bytes, intensity, FAULT_SLICE_MAX);
    scaled->limit.bytes = widen(asked->limit.bytes, intensity, FAULT_LIMIT_MAX);
    scaled->bandwidth.bytes_per_s = widen(asked->bandwidth.bytes_per_s, intensity, FAULT_BANDWIDTH_MAX);
    scaled->bandwidth.total_bytes_per_s =
        widen(asked->bandwidth.total_bytes_per_s, intensity, FAULT_BANDWIDTH_MAX);
}
