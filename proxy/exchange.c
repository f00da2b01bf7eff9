#include "proxy/exchange.h"

#include "proxy/lane.h"

#include <stdlib.h>

struct exchange *exchange_new(void)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (exchange)
        exchange->references = 1;
    return exchange;
}

void exchange_hold(struct exchange *exchange)
{
    exchange->references++;
}

void exchange_drop(struct exchange *exchange)
{
    if (exchange && --exchange->references == 0)
        free(exchange);
}

uint64_t exchange_overspent_ns(const struct exchange *exchange)
{
    uint64_t latency = exchange->latency_ns[LANE_RESPONSE];
    uint64_t asked = exchange->asked_ns[LANE_REQUEST];
    if (latency == HEAP_NEVER || exchange->limited || exchange->blackholed || exchange->received_ns == 0 ||
        exchange->forwarded_ns < exchange->received_ns + asked)
        return 0;
    uint64_t over = exchange->forwarded_ns - exchange->received_ns - asked;
    return over < latency ? over : latency;
}
