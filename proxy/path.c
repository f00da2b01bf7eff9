#include "proxy/path.h"

#include <linux/tcp.h> /* netinet/tcp.h knows nothing of tcpi_min_rtt */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define CONTROL_NAME_MAX 16 /* TCP_CA_NAME_MAX of the kernel */

/* What is not known goes by its losses, as nearly all do. */
static enum sample_control look_at_control(int fd)
{
    char name[CONTROL_NAME_MAX + 1] = "";
    socklen_t size = CONTROL_NAME_MAX;
    if (getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &size) != 0)
        return SAMPLE_CUBIC;
    if (strncmp(name, "bbr", 3) == 0)
        return SAMPLE_BBR;
    return strcmp(name, "reno") == 0 ? SAMPLE_RENO : SAMPLE_CUBIC;
}

struct sample_path path_look(int fd, bool theirs)
{
    struct tcp_info info = {0};
    enum sample_control control = look_at_control(fd);
    socklen_t size = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || info.tcpi_rtt == 0)
        return (struct sample_path){SAMPLE_NS_PER_MS, SAMPLE_NS_PER_MS, control};
    uint64_t smoothed = info.tcpi_rtt;
    uint64_t least = info.tcpi_min_rtt < smoothed ? info.tcpi_min_rtt : smoothed;
    return (struct sample_path){
        .rtt_ns = least * 1000, .smoothed_ns = (theirs ? least : smoothed) * 1000, .control = control};
}
