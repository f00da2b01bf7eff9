#include "proxy/exchange.h"

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
