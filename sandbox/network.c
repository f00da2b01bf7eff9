#include "sandbox/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define FIRST 16
#define COUNT 230
#define CLAIM_PORT 4567
#define PROBE_HOST 0x01fa /* x.x.1.250: no load balancer, no task */
#define PORTS_TRIED 50
#define PORT_STEP 101

static int bind_at(unsigned number, unsigned host, uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port),
                                  .sin_addr.s_addr = htonl(127U << 24 | number << 16 | host)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

int network_claim(unsigned *number, struct error *error)
{
    unsigned start = 0;

    if (getrandom(&start, sizeof start, 0) != (ssize_t)sizeof start)
        start = (unsigned)getpid();
    for (unsigned i = 0; i < COUNT; i++) {
        *number = FIRST + (start + i) % COUNT;
        int fd = bind_at(*number, 1, CLAIM_PORT);
        if (fd >= 0)
            return fd;
    }
    error_set(error, ERROR_LIMIT,
              "no loopback network is free between 127.%d.0.0 and 127.%d.0.0; is another program "
              "listening on port %d of every address?",
              FIRST, FIRST + COUNT - 1, CLAIM_PORT);
    return -1;
}

uint16_t network_pick_port(unsigned number, uint16_t preferred)
{
    for (int i = 0; i < PORTS_TRIED; i++) {
        uint16_t port = (uint16_t)(preferred + i * PORT_STEP);
        int fd = bind_at(number, PROBE_HOST, port);
        if (fd >= 0) {
            close(fd);
            return port;
        }
    }
    return preferred;
}
