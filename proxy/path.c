#include "proxy/path.h"

#include <linux/tcp.h> /* netinet/tcp.h knows nothing of tcpi_min_rtt */
#include <netinet/in.h>
#include <sys/socket.h>

struct sample_path path_look(int fd, bool theirs)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || info.tcpi_rtt == 0)
        return (struct sample_path){SAMPLE_NS_PER_MS, SAMPLE_NS_PER_MS};
    uint64_t smoothed = info.tcpi_rtt;
    uint64_t least = info.tcpi_min_rtt < smoothed ? info.tcpi_min_rtt : smoothed;
    return (struct sample_path){.rtt_ns = least * 1000, .smoothed_ns = (theirs ? least : smoothed) * 1000};
}
