/*
 * Where a connection turns out to be HTTP/2's.
 */
#include "proxy/connection.h"

#include "core/clock.h"
#include "proxy/h2.h"

static void take_over(struct connection *connection, const char *data, size_t length)
{
    struct buf heads[LANES];
    connection->h2 = h2_new(connection);
    if (!connection->h2) {
        connection_doom(connection, DOOM_MEMORY);
        return;
    }
    if (!connection->refused)
        timers_cancel(&connection->worker->loop.timers, &connection->timer);
    for (int i = 0; i < LANES; i++) {
        heads[i] = connection->heads[i];
        buf_init(&connection->heads[i], heads[i].maximum);
        connection->raw[i] = true;
    }
    connection_raw_bytes(connection, LANE_REQUEST, heads[LANE_REQUEST].data, heads[LANE_REQUEST].length);
    connection_raw_bytes(connection, LANE_REQUEST, data, length);
    connection_raw_bytes(connection, LANE_RESPONSE, heads[LANE_RESPONSE].data, heads[LANE_RESPONSE].length);
    for (int i = 0; i < LANES; i++)
        buf_free(&heads[i]);
}

bool connection_try_h2(struct connection *connection, const char *data, size_t length)
{
    struct buf *head = &connection->heads[LANE_REQUEST];
    if (connection->began || connection->raw[LANE_RESPONSE] || connection->worker->upstream->only)
        return false;
    switch (h2_find_preface(head->data, head->length, data, length)) {
    case H2_PREFACE_NO:
        return false;
    case H2_PREFACE_PARTLY:
        return buf_append(head, data, length);
    case H2_PREFACE_WHOLE:
        break;
    }
    take_over(connection, data, length);
    return true;
}

bool connection_keep_settings(struct connection *connection, const char *data, size_t length)
{
    struct buf *head = &connection->heads[LANE_RESPONSE];
    struct buf *request = &connection->heads[LANE_REQUEST];
    if (connection->began || connection->worker->upstream->only ||
        h2_find_preface(request->data, request->length, NULL, 0) == H2_PREFACE_NO ||
        !h2_may_be_settings(head->data, head->length, data, length) || !buf_append(head, data, length))
        return false;
    return timers_set(&connection->worker->loop.timers, &connection->timer,
                      clock_ns() + CONNECTION_SETTINGS_WAIT_NS);
}

void connection_release_settings(struct connection *connection)
{
    if (connection->began || connection->heads[LANE_RESPONSE].length == 0)
        return;
    connection_make_raw(connection, LANE_RESPONSE);
    connection_make_raw(connection, LANE_REQUEST);
}
