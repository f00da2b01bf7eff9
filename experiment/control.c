#include "experiment/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/clock.h"
#include "experiment/guard.h"
#include "experiment/json.h"
#include "experiment/paths.h"
#include "experiment/report.h"

#define VISITORS_MAX 16
#define UNSENT_MAX (1024 * 1024)
#define READ_MAX 4096

struct visitor {
    struct control *control;
    uv_pipe_t pipe;
    struct line_reader reader;
    bool watching, closing;
    int64_t next_ms, interval_ms;
    char bytes[READ_MAX];
};

struct control {
    uv_pipe_t pipe;
    struct control_handlers handlers;
    char path[PATHS_MAX];
    struct visitor *visitors[VISITORS_MAX];
    int handles;
    bool closing;
};

static void free_when_let_go(struct control *control)
{
    if (control->closing && control->handles == 0)
        free(control);
}

static void on_visitor_closed(uv_handle_t *handle)
{
    struct visitor *visitor = handle->data;
    struct control *control = visitor->control;
    line_reader_free(&visitor->reader);
    free(visitor);
    control->handles--;
    free_when_let_go(control);
}

static void close_visitor(struct visitor *visitor)
{
    if (visitor->closing)
        return;
    visitor->closing = true;
    for (size_t i = 0; i < VISITORS_MAX; i++)
        if (visitor->control->visitors[i] == visitor)
            visitor->control->visitors[i] = NULL;
    uv_close((uv_handle_t *)&visitor->pipe, on_visitor_closed);
}

static void on_written(uv_write_t *request, int status)
{
    struct visitor *visitor = request->handle->data;
    free(request->data);
    free(request);
    if (status < 0 && status != UV_ECANCELED)
        close_visitor(visitor);
}

/* Takes over `document`. A visitor that does not read loses what it does not take. */
static void answer(struct visitor *visitor, struct json_object *document)
{
    const char *text =
        json_object_to_json_string_ext(document, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
    size_t length = strlen(text);
    uv_write_t *request = malloc(sizeof *request);
    char *copy = malloc(length + 1);
    bool room = uv_stream_get_write_queue_size((uv_stream_t *)&visitor->pipe) < UNSENT_MAX;
    if (request != NULL && copy != NULL && room && !visitor->closing) {
        memcpy(copy, text, length + 1);
        copy[length] = '\n'; /* the line's end takes the place of the text's */
        request->data = copy;
        uv_buf_t bytes = uv_buf_init(copy, (unsigned)length + 1);
        if (uv_write(request, (uv_stream_t *)&visitor->pipe, &bytes, 1, on_written) == 0)
            copy = NULL, request = NULL;
    }
    free(copy);
    free(request);
    json_object_put(document);
}

static void answer_error(struct visitor *visitor, const char *text)
{
    struct json_object *document = json_object_new_object();
    json_put_text(document, "error", text);
    answer(visitor, document);
}

static void answer_status(struct visitor *visitor)
{
    struct model *model = visitor->control->handlers.snapshot(visitor->control->handlers.context);
    if (model == NULL)
        return;
    answer(visitor, report_status(model));
    model_release(model);
}

static void send_intent(struct visitor *visitor, const struct intent *intent)
{
    visitor->control->handlers.intent(visitor->control->handlers.context, intent);
}

/* Those that there are, and these. */
static bool add_guards(struct visitor *visitor, const struct choices *added, struct error *error)
{
    struct intent intent = {.kind = INTENT_GUARDS};
    struct model *model = visitor->control->handlers.snapshot(visitor->control->handlers.context);
    bool done = true;
    if (model == NULL)
        return error_set(error, ERROR_SYSTEM, "out of memory");
    for (size_t i = 0; done && i < model->experiment.guard_count; i++)
        done = guard_add(&intent.choices, model->experiment.guards[i].text, error);
    for (size_t i = 0; done && i < added->guard_count; i++)
        done = guard_add(&intent.choices, added->guards[i], error);
    model_release(model);
    if (done)
        send_intent(visitor, &intent);
    return done;
}

static bool can_adjust(const struct visitor *visitor)
{
    struct model *model = visitor->control->handlers.snapshot(visitor->control->handlers.context);
    bool reached = model == NULL || model->experiment.reach != CHOICES_REACH_NONE;
    model_release(model);
    return reached;
}

static void adjust(struct visitor *visitor, const struct control_request *request)
{
    const struct intent intent = {.kind = INTENT_ADJUST, .fault = request->faults};
    struct error error;
    if (request->guards.guard_count > 0 && !add_guards(visitor, &request->guards, &error)) {
        answer_error(visitor, error.message);
        return;
    }
    if (request->has_faults && !can_adjust(visitor)) {
        answer_error(visitor,
                     "the sidecars can't be reached (reach none): their faults can't be changed while "
                     "they are live. Roll back, and inject anew");
        return;
    }
    if (request->has_faults)
        send_intent(visitor, &intent);
    answer_status(visitor);
}

static void watch(struct visitor *visitor, int64_t interval_ms)
{
    visitor->watching = true;
    visitor->interval_ms = interval_ms;
    visitor->next_ms = clock_ms() + interval_ms;
    answer_status(visitor);
}

static void roll_back(struct visitor *visitor)
{
    struct intent intent = {.kind = INTENT_ROLLBACK};
    fault_init(&intent.fault);
    send_intent(visitor, &intent);
    watch(visitor, CONTROL_WATCH_MS); /* until it is restored */
}

static bool on_line(void *context, char *line, size_t length)
{
    struct visitor *visitor = context;
    struct control_request request;
    struct error error;
    if (!control_request_parse(&request, line, length, &error))
        answer_error(visitor, error.message);
    else if (request.op == CONTROL_STATUS)
        answer_status(visitor);
    else if (request.op == CONTROL_WATCH)
        watch(visitor, request.interval_ms);
    else if (request.op == CONTROL_ADJUST)
        adjust(visitor, &request);
    else
        roll_back(visitor);
    return !visitor->closing;
}

static bool on_long_line(void *context)
{
    answer_error(context, "the line is too long");
    return true;
}

static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    (void)suggested;
    struct visitor *visitor = handle->data;
    *buffer = uv_buf_init(visitor->bytes, READ_MAX);
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
    struct visitor *visitor = stream->data;
    if (length < 0)
        close_visitor(visitor);
    else if (length > 0)
        line_reader_feed(&visitor->reader, buffer->base, (size_t)length, on_line, on_long_line, visitor);
}

static void on_visitor(uv_stream_t *stream, int status)
{
    struct control *control = stream->data;
    size_t place = 0;
    while (place < VISITORS_MAX && control->visitors[place] != NULL)
        place++;
    struct visitor *visitor = status == 0 ? calloc(1, sizeof *visitor) : NULL;
    if (visitor == NULL)
        return;
    visitor->control = control;
    uv_pipe_init(stream->loop, &visitor->pipe, 0);
    visitor->pipe.data = visitor;
    line_reader_init(&visitor->reader, CONTROL_LINE_MAX);
    control->handles++;
    if (place < VISITORS_MAX)
        control->visitors[place] = visitor;
    if (uv_accept(stream, (uv_stream_t *)&visitor->pipe) != 0 || place == VISITORS_MAX)
        close_visitor(visitor);
    else
        uv_read_start((uv_stream_t *)&visitor->pipe, on_allocate, on_read);
}

static void on_closed(uv_handle_t *handle)
{
    struct control *control = handle->data;
    control->handles--;
    free_when_let_go(control);
}

struct control *control_open(uv_loop_t *loop, const char *experiment, const struct control_handlers *handlers,
                             struct error *error)
{
    struct control *control = calloc(1, sizeof *control);
    if (control == NULL) {
        error_set(error, ERROR_SYSTEM, "out of memory");
        return NULL;
    }
    if (!paths_control_socket(experiment, control->path, error)) {
        free(control);
        return NULL;
    }
    if (strlen(control->path) >= sizeof((struct sockaddr_un *)NULL)->sun_path) {
        error_set(error, ERROR_SYSTEM, "the path %s is too long for a socket: set XDG_RUNTIME_DIR",
                  control->path); /* libuv 1.44 would cut it and bind another one */
        free(control);
        return NULL;
    }
    control->handlers = *handlers;
    unlink(control->path); /* the journal's lock says that nobody else runs this experiment */
    uv_pipe_init(loop, &control->pipe, 0);
    control->pipe.data = control;
    control->handles = 1;
    int status = uv_pipe_bind(&control->pipe, control->path);
    if (status == 0 && chmod(control->path, 0600) != 0) /* nobody can connect before it listens */
        status = uv_translate_sys_error(errno);
    if (status == 0)
        status = uv_listen((uv_stream_t *)&control->pipe, VISITORS_MAX, on_visitor);
    if (status != 0) {
        error_set(error, ERROR_SYSTEM, "cannot listen on %s: %s", control->path, uv_strerror(status));
        control_close(control);
        return NULL;
    }
    return control;
}

void control_tick(struct control *control, int64_t now_ms)
{
    for (size_t i = 0; i < VISITORS_MAX; i++) {
        struct visitor *visitor = control->visitors[i];
        if (visitor == NULL || !visitor->watching || now_ms < visitor->next_ms)
            continue;
        visitor->next_ms = now_ms + visitor->interval_ms;
        answer_status(visitor);
    }
}

void control_close(struct control *control)
{
    if (control == NULL)
        return;
    for (size_t i = 0; i < VISITORS_MAX; i++)
        if (control->visitors[i] != NULL) {
            answer_status(control->visitors[i]); /* the last word: how it ended */
            close_visitor(control->visitors[i]);
        }
    control->closing = true;
    unlink(control->path);
    uv_close((uv_handle_t *)&control->pipe, on_closed);
}
