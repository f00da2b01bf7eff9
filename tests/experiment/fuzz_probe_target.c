/* Any text as a probe's target, as the proxy of the environment, or as what needs none. First byte: which.
 * What is taken can be written as a request's head, and dialled. */
#include "experiment/probe_target.h"
#include "tests/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void need(bool condition)
{
    if (!condition)
        abort();
}

static void check_host(const char *host, uint16_t port)
{
    need(host[0] != '\0' && port != 0 && strpbrk(host, " \r\n\t/@[]") == NULL);
}

static void be_a_target(const char *text)
{
    struct probe_target target;
    struct error error = {.code = ERROR_NONE};
    if (!probe_target_parse(&target, text, "probe", &error)) {
        need(error.code == ERROR_USAGE && strncmp(error.message, "probe: ", 7) == 0);
        return;
    }
    if (target.kind == PROBE_DYNAMODB)
        need(strlen(target.table) >= 3 && strpbrk(target.table, "\"\\ \r\n") == NULL);
    else
        check_host(target.host, target.port);
    if (target.kind == PROBE_HTTP)
        need(target.path[0] == '/' && strpbrk(target.path, " \r\n\t#") == NULL);
}

static void be_the_environment(const char *text, bool proxy)
{
    char chosen[PROBE_AUTHORITY_MAX], host[UNITS_HOST_MAX];
    uint16_t port;
    struct error error = {.code = ERROR_NONE};
    setenv("https_proxy", proxy ? text : "http://p:1", 1);
    setenv("no_proxy", proxy ? "" : text, 1);
    if (!probe_proxy_choose(true, "a.b.example", 443, chosen, &error)) {
        need(proxy && error.code == ERROR_USAGE && strncmp(error.message, "https_proxy: ", 13) == 0);
    } else if (chosen[0] != '\0') {
        need(units_parse_address(chosen, "p", host, &port, NULL));
        check_host(host, port);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = size == 0 ? NULL : malloc(size);
    if (text == NULL)
        return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    if (data[0] == 'p')
        be_the_environment(text, true);
    else if (data[0] == 'n')
        be_the_environment(text, false);
    else
        be_a_target(text);
    free(text);
    return 0;
}
