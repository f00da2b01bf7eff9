/*
 * Any text as a URL: what is taken can be written down again, and means the same then.
 */
#include "aws/url.h"
#include "tests/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct aws_url url, again;
    static char text[AWS_URL_MAX * 2], written[AWS_URL_MAX * 2];
    if (size >= sizeof text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (!aws_url_parse(text, &url, NULL))
        return 0;
    if (url.target[0] != '/' || url.port == 0 || url.host[0] == '\0' || strpbrk(url.target, " \r\n#") ||
        strpbrk(url.host, "/@[] \r\n"))
        abort();
    snprintf(written, sizeof written, "%s://%s%s%s:%u%s", url.tls ? "https" : "http", url.ipv6 ? "[" : "",
             url.host, url.ipv6 ? "]" : "", url.port, url.target);
    if (!aws_url_parse(written, &again, NULL) || strcmp(url.host, again.host) != 0 ||
        url.port != again.port || url.tls != again.tls || url.ipv6 != again.ipv6)
        abort();
    return 0;
}
