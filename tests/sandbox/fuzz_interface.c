/* What an interface reads from outside: a container's texts, and the documents of its local route. */
#include "core/buf.h"
#include "sandbox/egress.h"
#include "sandbox/interface_local.h"
#include "sandbox/interface_rules.h"
#include "sandbox/wire.h"
#include "tests/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX (1 << 20)

static bool visit(void *context, const char *host, uint16_t port, char into[EGRESS_PLACE_MAX])
{
    (void)context;
    if (strlen(host) >= EGRESS_HOST_MAX || port == 0)
        abort();
    snprintf(into, EGRESS_PLACE_MAX, "%s:%u", host, port);
    return (port & 1) != 0;
}

/* Replacing each place by itself, with its port, may add a port and change nothing a second time. */
static void rewrite(const char *text)
{
    struct buf once, twice;

    buf_init(&once, TEXT_MAX);
    buf_init(&twice, TEXT_MAX);
    if (egress_rewrite(text, visit, NULL, &once) && egress_rewrite(buf_text(&once), visit, NULL, &twice) &&
        strcmp(buf_text(&once), buf_text(&twice)) != 0)
        abort();
    buf_free(&once);
    buf_free(&twice);
}

static void merge(const char *text, size_t size)
{
    struct json_object *json = wire_read_json(text, size), *peers = json_tokener_parse("[\"127.5.1.1\"]");
    struct interface_fault faults[INTERFACE_KINDS] = {{.kind = INTERFACE_LATENCY}};
    bool running[INTERFACE_KINDS] = {false};
    struct interface_fault fault;
    struct fault *merged = malloc(sizeof *merged);
    const struct interface_point points[] = {
        {.ingress = true, .port = 80, .host = "127.5.2.1", .peers = peers},
        {.port = 80, .host = "127.5.1.1", .service = EGRESS_AWS}};

    if (merged && json && interface_fault_read(json, &fault, NULL)) {
        faults[fault.kind] = fault;
        running[fault.kind] = true;
        for (size_t i = 0; i < 2; i++)
            interface_merge(faults, running, &points[i], merged);
    }
    free(merged);
    json_object_put(peers);
    json_object_put(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    if (!text)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    rewrite(text);
    merge(text, size);
    free(text);
    return 0;
}
