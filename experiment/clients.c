#include "experiment/clients.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/units.h"
#include "experiment/link.h"

struct client {
    struct clients *all;
    char cluster[MODEL_NAME_MAX];
    char service[MODEL_NAME_MAX];
    char stats[64];
    struct link *link;
    struct series *series;
};

struct clients {
    uv_loop_t *loop;
    void (*changed)(void *context);
    void *context;
    struct stats_frame *scratch;
    struct client *given; /* by hand; NULL: none */
    size_t count;
    struct client *items[CLIENTS_MAX];
};

static void on_changed(void *context, struct link *link)
{
    struct client *client = context;
    series_set_problem(client->series, link_state(link) == LINK_LOST ? link_problem(link) : "");
    client->all->changed(client->all->context);
}

static void on_sample(void *context, struct link *link, const struct stats_sample *sample)
{
    (void)link;
    struct client *client = context;
    series_add(client->series, sample, clock_epoch_ms());
    client->all->changed(client->all->context);
}

static void on_ack(void *context, struct link *link, const struct stats_ack *ack)
{
    (void)context; /* nothing is ever set there */
    (void)link;
    (void)ack;
}

static void on_problem(void *context, struct link *link, const struct stats_problem *problem)
{
    (void)link;
    struct client *client = context;
    series_set_problem(client->series, problem->message);
}

struct clients *clients_new(uv_loop_t *loop, void (*changed)(void *context), void *context)
{
    struct clients *all = calloc(1, sizeof *all);
    struct stats_frame *scratch = calloc(1, sizeof *scratch);
    if (all == NULL || scratch == NULL) {
        free(all);
        free(scratch);
        return NULL;
    }
    all->loop = loop;
    all->changed = changed;
    all->context = context;
    all->scratch = scratch;
    return all;
}

static void drop(struct client *client)
{
    link_close(client->link);
    series_free(client->series);
    free(client);
}

void clients_free(struct clients *all)
{
    if (all == NULL)
        return;
    for (size_t i = 0; i < all->count; i++)
        drop(all->items[i]);
    if (all->given != NULL)
        drop(all->given);
    free(all->scratch);
    free(all);
}

bool clients_read_address(const char *text, const char *name, char host[UNITS_HOST_MAX], uint16_t *port,
                          struct error *error)
{
    unsigned char address[sizeof(struct in6_addr)];
    if (strncmp(text, "tcp:", 4) != 0)
        return error_set(error, ERROR_USAGE, "%s: '%.80s' is not tcp:ADDRESS:PORT", name, text);
    if (!units_parse_address(text + 4, name, host, port, error)) {
        if (error != NULL)
            error->code = ERROR_USAGE;
        return false;
    }
    if (*port == 0 || (inet_pton(AF_INET, host, address) != 1 && inet_pton(AF_INET6, host, address) != 1))
        return error_set(error, ERROR_USAGE, "%s: '%.80s' is not a numeric address with a port", name, text);
    return true;
}

/* NULL: no memory, or no address. */
static struct client *open_client(struct clients *all, const char *stats, const char *cluster,
                                  const char *service, struct error *error)
{
    char host[UNITS_HOST_MAX];
    uint16_t port;
    if (!clients_read_address(stats, "client-stats", host, &port, error))
        return NULL;
    struct client *client = calloc(1, sizeof *client);
    if (client == NULL) {
        error_set(error, ERROR_SYSTEM, "out of memory");
        return NULL;
    }
    client->all = all;
    snprintf(client->cluster, sizeof client->cluster, "%s", cluster);
    snprintf(client->service, sizeof client->service, "%s", service);
    snprintf(client->stats, sizeof client->stats, "%s", stats);
    client->series = series_new(MODEL_SOURCE_CLIENTS, cluster, service);
    const struct link_handlers handlers = {
        .context = client,
        .changed = on_changed,
        .sample = on_sample,
        .ack = on_ack,
        .problem = on_problem,
        .scratch = all->scratch,
    };
    if (client->series != NULL)
        client->link = link_open(all->loop, host, port, CLIENTS_INTERVAL_MS, NULL, &handlers, error);
    if (client->link != NULL)
        return client;
    drop(client);
    return NULL;
}

static void add(struct clients *all, const char *cluster, const struct model_service *service)
{
    struct client *client = all->count == CLIENTS_MAX || service->client_stats[0] == '\0'
                                ? NULL
                                : open_client(all, service->client_stats, cluster, service->name, NULL);
    if (client != NULL)
        all->items[all->count++] = client;
}

bool clients_give(struct clients *all, const char *address, struct error *error)
{
    struct client *client = address[0] == '\0' ? NULL : open_client(all, address, "", "", error);
    if (client == NULL && address[0] != '\0')
        return false;
    if (all->given != NULL)
        drop(all->given);
    all->given = client;
    return true;
}

struct series *clients_given(const struct clients *all)
{
    return all->given == NULL ? NULL : all->given->series;
}

static struct client *find(const struct clients *all, const char *cluster, const char *service)
{
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->items[i]->service, service) == 0 && strcmp(all->items[i]->cluster, cluster) == 0)
            return all->items[i];
    return NULL;
}

static bool is_current(const struct client *client, const struct model_inventory *inventory)
{
    for (size_t i = 0; i < inventory->cluster_count; i++)
        for (size_t j = 0; j < inventory->clusters[i]->service_count; j++) {
            const struct model_service *service = inventory->clusters[i]->services[j];
            if (strcmp(inventory->clusters[i]->name, client->cluster) == 0 &&
                strcmp(service->name, client->service) == 0)
                return strcmp(service->client_stats, client->stats) == 0;
        }
    return false;
}

void clients_reconcile(struct clients *all, const struct model_inventory *inventory)
{
    if (inventory->loading == MODEL_FAILED)
        return; /* what could not be read says nothing about who has left */
    size_t kept = 0, count = all->count;
    for (size_t i = 0; i < count; i++) {
        if (is_current(all->items[i], inventory))
            all->items[kept++] = all->items[i];
        else
            drop(all->items[i]);
    }
    all->count = kept;
    for (size_t i = 0; i < inventory->cluster_count; i++)
        for (size_t j = 0; j < inventory->clusters[i]->service_count; j++) {
            const struct model_service *service = inventory->clusters[i]->services[j];
            if (service->client_stats[0] != '\0' &&
                find(all, inventory->clusters[i]->name, service->name) == NULL)
                add(all, inventory->clusters[i]->name, service);
        }
}

struct series *clients_find(const struct clients *all, const char *cluster, const char *service)
{
    const struct client *client = find(all, cluster, service);
    return client == NULL ? NULL : client->series;
}

static void mark(struct series *series, int64_t now_ms, const char *text, bool take_baseline)
{
    series_mark(series, now_ms, text);
    if (take_baseline)
        series_take_baseline(series);
    series_restart_window(series, now_ms);
}

void clients_mark(struct clients *all, int64_t now_ms, const char *text, bool take_baseline)
{
    for (size_t i = 0; i < all->count; i++)
        mark(all->items[i]->series, now_ms, text, take_baseline);
    if (all->given != NULL)
        mark(all->given->series, now_ms, text, take_baseline);
}

void clients_advance(struct clients *all, int64_t now_ms)
{
    for (size_t i = 0; i < all->count; i++)
        series_advance(all->items[i]->series, now_ms);
    if (all->given != NULL)
        series_advance(all->given->series, now_ms);
}
