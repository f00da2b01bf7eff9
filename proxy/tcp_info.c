#include "proxy/tcp_info.h"

#include "proxy/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

static void look_at(int fd, uint32_t *before, struct hist *rtt, uint64_t *retransmits)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0)
        return;
    /* 0: nothing was acknowledged yet. */
    if (info.tcpi_rtt > 0)
        hist_record(rtt, info.tcpi_rtt);
    /* Without sign, so that a count that went round adds up all the same. */
    *retransmits += (uint32_t)(info.tcpi_total_retrans - *before);
    *before = info.tcpi_total_retrans;
}

void tcp_info_sample(struct worker *worker, uint64_t now_ns)
{
    struct stats_sample *interval = &worker->interval;
    if (now_ns - worker->looked_at_ns < TCP_INFO_INTERVAL_NS)
        return;
    worker->looked_at_ns = now_ns;
    const struct connection *first = NULL;
    for (unsigned i = 0; i < TCP_INFO_CONNECTIONS; i++) {
        struct connection *connection = worker->looked_at ? worker->looked_at : worker->connections;
        if (!connection || connection == first)
            return;
        if (!first)
            first = connection;
        worker->looked_at = connection->next;
        if (connection->closing)
            continue;
        look_at(connection->client.watch.fd, &connection->retransmits[LANE_RESPONSE], &interval->client_rtt,
                &interval->client_retransmits);
        if (connection->upstream.watch.fd >= 0 && !connection->connecting)
            look_at(connection->upstream.watch.fd, &connection->retransmits[LANE_REQUEST],
                    &interval->upstream_rtt, &interval->upstream_retransmits);
    }
}
