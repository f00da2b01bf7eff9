/*
 * control: a running experiment's door for other terminals of the same user: a Unix socket (mode 0600,
 * see paths_control_socket), JSON, one object a line.
 *   → {"op":"status"} {"op":"watch","interval_ms":1000} {"op":"adjust","faults":{…},"guards":["…"]}
 *     {"op":"rollback"}; adjust takes faults, guards to be added, or both
 *   ← the status document (report.h), or {"error":"…"}; after watch one an interval until the end.
 */
#ifndef SHAKETABLE_EXPERIMENT_CONTROL_H
#define SHAKETABLE_EXPERIMENT_CONTROL_H

#include "core/error.h"
#include "experiment/model.h"

#include <stdbool.h>
#include <uv.h>

#define CONTROL_LINE_MAX 65536
#define CONTROL_WATCH_MS 1000 /* when no interval is named, or one below the next */
#define CONTROL_WATCH_MIN_MS 100
#define CONTROL_WATCH_MAX_MS 3600000

/* ── what is asked ────────────────────────────────────────────────────────────────────────── */
enum control_op { CONTROL_STATUS, CONTROL_WATCH, CONTROL_ADJUST, CONTROL_ROLLBACK };
struct control_request {
    enum control_op op;
    int64_t interval_ms; /* watch: within its limits */
    bool has_faults;
    struct fault faults;   /* adjust: checked */
    struct choices guards; /* adjust: those to be added; each parses */
};
/* The error's message is one for the visitor. */
bool control_request_parse(struct control_request *request, const char *line, size_t length,
                           struct error *error);

/* ── the experiment's side, on the session's loop ─────────────────────────────────────────── */
struct control;
struct control_handlers {
    void *context;
    void (*intent)(void *context, const struct intent *intent);
    /* A snapshot, retained for the caller. */
    struct model *(*snapshot)(void *context);
};
/* NULL with an error; the experiment goes on without a door then. */
struct control *control_open(uv_loop_t *loop, const char *experiment, const struct control_handlers *handlers,
                             struct error *error);
/* Sends the watchers what is due. */
void control_tick(struct control *control, int64_t now_ms);
/* The socket file goes at once, the handles when libuv has let go. */
void control_close(struct control *control);

/* ── the other terminal's side, blocking ──────────────────────────────────────────────────── */
struct control_client;
/* ERROR_NOT_FOUND: no process runs that experiment. */
struct control_client *control_connect(const char *experiment, struct error *error);
bool control_send(struct control_client *client, const char *line, struct error *error);
/* The next line without its end, owned by the client until the next call; NULL at the end or on an error
 * (code ERROR_NONE at the end). Waits at most `timeout_ms`, < 0: for ever. */
const char *control_read(struct control_client *client, int timeout_ms, struct error *error);
void control_disconnect(struct control_client *client);

#endif
