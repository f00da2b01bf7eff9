/*
 * bench_http: `serve` | `relay PORT` | `load PORT CONNECTIONS SECONDS` | `writes CONNECTIONS`. See http.h.
 */
#include "tests/bench/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "serve") == 0)
        return http_serve();
    if (argc == 3 && strcmp(argv[1], "relay") == 0)
        return http_relay(atoi(argv[2]));
    if (argc == 5 && strcmp(argv[1], "load") == 0)
        return http_load(atoi(argv[2]), atoi(argv[3]), atof(argv[4]));
    if (argc == 3 && strcmp(argv[1], "writes") == 0)
        return http_writes(atoi(argv[2]));
    fprintf(stderr,
            "usage: bench_http serve | relay PORT | load PORT CONNECTIONS SECONDS | writes CONNECTIONS\n");
    return 2;
}
