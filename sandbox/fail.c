#include "sandbox/fail.h"

#include "sandbox/memory.h"
#include "sandbox/region.h"
#include "sandbox/throttle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fail_init(struct fail *fail)
{
    memset(fail, 0, sizeof *fail);
    pthread_mutex_init(&fail->mutex, NULL);
}

void fail_destroy(struct fail *fail)
{
    pthread_mutex_destroy(&fail->mutex);
}

static bool add(struct fail *fail, const char *text, struct error *error)
{
    struct fail_spec spec;

    if (!fail_spec_parse(&spec, text, error))
        return false;
    if (fail->count == FAIL_SPECS_MAX)
        return error_set(error, ERROR_LIMIT, "--fail: at most %d", FAIL_SPECS_MAX);
    fail->items[fail->count].spec = spec;
    fail->items[fail->count++].calls = 0;
    return true;
}

bool fail_add(struct fail *fail, const char *text, struct error *error)
{
    pthread_mutex_lock(&fail->mutex);
    bool done = add(fail, text, error);
    pthread_mutex_unlock(&fail->mutex);
    return done;
}

static void take_over(struct fail *fail, const struct fail *fresh)
{
    pthread_mutex_lock(&fail->mutex);
    fail->count = fresh->count;
    memcpy(fail->items, fresh->items, sizeof fail->items);
    fail->operation_count = 0;
    pthread_mutex_unlock(&fail->mutex);
}

bool fail_set(struct fail *fail, const char *lines, struct error *error)
{
    struct fail *fresh = memory_new(sizeof *fresh);
    bool done = true;

    while (done && *lines) {
        char text[FAIL_SPEC_MAX];
        size_t length = strcspn(lines, "\r\n");
        if (length >= sizeof text) {
            done = error_set(error, ERROR_USAGE, "--fail: '%.40s…' is too long", lines);
        } else if (length > 0) {
            memcpy(text, lines, length);
            text[length] = '\0';
            done = add(fresh, text, error);
        }
        lines += length + (lines[length] != '\0');
    }
    if (done)
        take_over(fail, fresh);
    free(fresh);
    return done;
}

static void count_operation(struct fail *fail, const struct call *call)
{
    char name[sizeof fail->operations[0].name];
    size_t i = 0;

    snprintf(name, sizeof name, "%s:%s", call->service, call->operation);
    while (i < fail->operation_count && strcmp(fail->operations[i].name, name) != 0)
        i++;
    if (i == FAIL_COUNTS_MAX)
        return;
    if (i == fail->operation_count) {
        text_copy(fail->operations[i].name, sizeof fail->operations[i].name, name);
        fail->operations[i].calls = 0;
        fail->operation_count++;
    }
    fail->operations[i].calls++;
}

static bool matches(const struct fail_spec *spec, const struct call *call)
{
    return (strcmp(spec->service, "*") == 0 || strcmp(spec->service, call->service) == 0) &&
           (strcmp(spec->operation, "*") == 0 || strcmp(spec->operation, call->operation) == 0);
}

static bool holds(const struct fail_spec *spec, unsigned calls)
{
    return spec->first == 0 || calls == spec->first || (spec->onwards && calls > spec->first);
}

enum fail_how fail_decide(struct fail *fail, const struct call *call, int *delay_ms)
{
    enum fail_how how = FAIL_NOT;

    pthread_mutex_lock(&fail->mutex);
    count_operation(fail, call);
    for (size_t i = 0; i < fail->count; i++) {
        const struct fail_spec *spec = &fail->items[i].spec;
        if (!matches(spec, call))
            continue;
        fail->items[i].calls++;
        if (how == FAIL_NOT && holds(spec, fail->items[i].calls)) {
            how = spec->how;
            *delay_ms = spec->delay_ms;
        }
    }
    pthread_mutex_unlock(&fail->mutex);
    return how;
}

void fail_print(struct fail *fail, struct buf *out)
{
    struct json_object *json = json_object_new_object(), *specs = json_object_new_array(),
                       *calls = json_object_new_object();

    pthread_mutex_lock(&fail->mutex);
    for (size_t i = 0; i < fail->count; i++) {
        char text[FAIL_SPEC_MAX];
        fail_spec_print(&fail->items[i].spec, text);
        json_append_text(specs, text);
    }
    for (size_t i = 0; i < fail->operation_count; i++)
        json_put_integer(calls, fail->operations[i].name, fail->operations[i].calls);
    pthread_mutex_unlock(&fail->mutex);
    json_put(json, "fail", specs);
    json_put(json, "calls", calls);
    json_print_canonical(json, out);
    buf_append_char(out, '\n');
    json_object_put(json);
}

static void refuse(struct call *call)
{
    static const struct {
        const char *code;
        int status;
    } as[] = {
        [CALL_JSON] = {"AccessDeniedException", 400}, [CALL_CBOR] = {"AccessDeniedException", 400},
        [CALL_QUERY] = {"AccessDenied", 403},         [CALL_EC2] = {"UnauthorizedOperation", 403},
        [CALL_REST] = {"AccessDeniedException", 403},
    };

    call_fail_status(call, as[call->protocol].status, as[call->protocol].code,
                     "User: %s is not authorized to perform: %s:%s because no "
                     "identity-based policy allows the %s:%s action",
                     call->caller, call->service, call->operation, call->service, call->operation);
}

void fail_answer(struct call *call, enum fail_how how)
{
    static const char *const codes[] = {[CALL_JSON] = "ServerException",
                                        [CALL_CBOR] = "InternalServiceFault",
                                        [CALL_QUERY] = "InternalFailure",
                                        [CALL_EC2] = "InternalError",
                                        [CALL_REST] = "InternalServerException"};

    if (how == FAIL_REFUSE)
        refuse(call);
    else if (how == FAIL_THROTTLE)
        throttle_refuse(call);
    else
        call_fail_status(call, 500, codes[call->protocol], "The service encountered an internal error.");
}
