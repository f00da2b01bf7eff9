#include "core/stats.h"

#include "core/document.h"
#include "core/utf8.h"

#include <json-c/json.h>
#include <string.h>

enum { TYPE_MAX = 32, BASE64_TEXT_MAX = 64 * 1024 };
#define COUNT(array) (sizeof(array) / sizeof *(array))

const char *const stats_outcome_names[STATS_OUTCOMES] = {
    [STATS_ANSWERED] = "answered",
    [STATS_INJECTED_ERROR] = "injected_error",
    [STATS_RESET] = "reset",
    [STATS_BLACKHOLED] = "blackholed",
    [STATS_CLIENT_GONE] = "client_gone",
    [STATS_UPSTREAM_REFUSED] = "upstream_refused",
    [STATS_UPSTREAM_FAILED] = "upstream_failed",
};

static bool put_integer(struct json_object *json, const char *key, int64_t value)
{
    return document_put(json, key, json_object_new_int64(value));
}

static bool put_count(struct json_object *json, const char *key, uint64_t value)
{
    return document_put(json, key, json_object_new_uint64(value));
}

static bool put_text(struct json_object *json, const char *key, const char *text)
{
    return document_put(json, key, document_new_text(text));
}

/* Prints the line if all went well so far; frees the object in any case. */
static bool finish(struct json_object *json, bool done, struct buf *out)
{
    done = done && document_print(json, out) && buf_append_char(out, '\n');
    json_object_put(json);
    if (!done)
        out->failed = true;
    return done;
}

static struct json_object *words_to_json(const char *words)
{
    struct json_object *array = json_object_new_array();
    bool done = array != NULL;
    for (words += strspn(words, " "); done && *words; words += strspn(words, " ")) {
        size_t length = strcspn(words, " ");
        struct json_object *word = json_object_new_string_len(words, (int)length);
        done = word && json_object_array_add(array, word) == 0;
        words += length;
    }
    if (done)
        return array;
    json_object_put(array);
    return NULL;
}

bool stats_hello_print(const struct stats_hello *hello, struct buf *out)
{
    struct json_object *json = json_object_new_object();
    bool done = put_text(json, "type", "hello") && put_integer(json, "protocol", STATS_PROTOCOL) &&
                put_text(json, "version", hello->version) && put_text(json, "id", hello->id) &&
                put_text(json, "task", hello->task) &&
                document_put(json, "capabilities", words_to_json(hello->capabilities)) &&
                put_integer(json, "pid", hello->pid) &&
                (hello->slow_ms == 0 || put_integer(json, "slow_ms", hello->slow_ms));
    return finish(json, done, out);
}

bool stats_ack_print(const struct stats_ack *ack, struct buf *out)
{
    struct json_object *json = json_object_new_object();
    bool done = put_text(json, "type", "ack") && put_integer(json, "id", ack->id) &&
                put_integer(json, "applied", ack->applied_ms) && put_integer(json, "released", ack->released);
    return finish(json, done, out);
}

bool stats_problem_print(const struct stats_problem *problem, struct buf *out)
{
    /* What it quotes came from outside, and it will be shown on a terminal. */
    char message[ERROR_MESSAGE_MAX];
    utf8_copy_plain(message, sizeof message, problem->message, strlen(problem->message));
    struct json_object *json = json_object_new_object();
    bool done = put_text(json, "type", "error") && put_integer(json, "id", problem->id) &&
                put_text(json, "code", problem->code) && put_text(json, "message", message);
    return finish(json, done, out);
}

static struct json_object *pair_to_json(const char *a_key, uint64_t a, const char *b_key, uint64_t b)
{
    struct json_object *json = json_object_new_object();
    if (put_count(json, a_key, a) && put_count(json, b_key, b))
        return json;
    json_object_put(json);
    return NULL;
}

static struct json_object *outcomes_to_json(const uint64_t outcomes[STATS_OUTCOMES])
{
    struct json_object *json = json_object_new_object();
    for (int i = 0; i < STATS_OUTCOMES; i++) {
        if (!put_count(json, stats_outcome_names[i], outcomes[i])) {
            json_object_put(json);
            return NULL;
        }
    }
    return json;
}

/* Left out where there is nothing to count, as in all frames of a sidecar that is clean. */
static bool put_share(struct json_object *json, const char *key, const uint64_t outcomes[STATS_OUTCOMES])
{
    for (int i = 0; i < STATS_OUTCOMES; i++)
        if (outcomes[i] > 0)
            return document_put(json, key, outcomes_to_json(outcomes));
    return true;
}

static bool put_histogram(struct json_object *json, const char *key, const struct hist *hist)
{
    if (hist->total == 0)
        return true;
    struct buf text;
    buf_init(&text, BASE64_TEXT_MAX);
    bool done = hist_encode_base64(hist, &text) && put_text(json, key, buf_text(&text));
    buf_free(&text);
    return done;
}

static struct json_object *histograms_to_json(const struct stats_sample *sample)
{
    struct json_object *json = json_object_new_object();
    for (size_t i = 0; i < STATS_HISTOGRAMS; i++) {
        const struct stats_histogram *histogram = &stats_histograms[i];
        if (!put_histogram(json, histogram->key, stats_histogram_in(sample, histogram))) {
            json_object_put(json);
            return NULL;
        }
    }
    return json;
}

bool stats_sample_print(const struct stats_sample *sample, struct buf *out)
{
    struct json_object *json = json_object_new_object();
    bool done =
        put_text(json, "type", "stats") && put_count(json, "sequence", sample->sequence) &&
        put_integer(json, "interval_ms", sample->interval_ms) &&
        document_put(json, "faults", fault_to_json(&sample->faults)) &&
        document_put(json, "intensity", document_new_number(sample->intensity)) &&
        put_text(json, "set_by", sample->set_by) &&
        put_integer(json, "lease_left_ms", sample->lease_left_ms) &&
        document_put(
            json, "connections",
            pair_to_json("open", sample->connections_open, "accepted", sample->connections_accepted)) &&
        put_count(json, "in_flight", sample->in_flight) && put_count(json, "held", sample->held) &&
        put_count(json, "requests", sample->requests) && put_count(json, "faulted", sample->faulted) &&
        document_put(json, "bytes", pair_to_json("in", sample->bytes_in, "out", sample->bytes_out)) &&
        document_put(json, "upstream_bytes",
                     pair_to_json("in", sample->upstream_bytes_in, "out", sample->upstream_bytes_out)) &&
        document_put(
            json, "retransmits",
            pair_to_json("client", sample->client_retransmits, "upstream", sample->upstream_retransmits)) &&
        document_put(json, "outcomes", outcomes_to_json(sample->outcomes)) &&
        put_share(json, "control_outcomes", sample->control_outcomes) &&
        put_share(json, "scoped_outcomes", sample->scoped_outcomes) &&
        document_put(json, "histograms", histograms_to_json(sample));
    return finish(json, done, out);
}

/* An array of words, joined by spaces. */
static bool read_words(struct json_object *array, const char *key, char *words, size_t size,
                       struct error *error)
{
    size_t used = 0;
    words[0] = '\0';
    for (size_t i = 0; i < json_object_array_length(array); i++) {
        struct json_object *word = json_object_array_get_idx(array, i);
        if (!json_object_is_type(word, json_type_string))
            return error_set(error, ERROR_INVALID, "%s: must be an array of strings", key);
        const char *text = json_object_get_string(word);
        size_t length = (size_t)json_object_get_string_len(word);
        if (length == 0 || strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-") != length)
            return error_set(error, ERROR_INVALID, "%s: must be an array of words", key);
        if (used + 1 + length >= size)
            return error_set(error, ERROR_INVALID, "%s: is too long", key);
        if (used)
            words[used++] = ' ';
        memcpy(words + used, text, length);
        used += length;
        words[used] = '\0';
    }
    return true;
}

static bool read_hello(struct stats_hello *hello, struct json_object *json, struct error *error)
{
    int64_t protocol = 0;
    struct json_object *capabilities = NULL;
    *hello = (struct stats_hello){0};
    const struct document_field fields[] = {
        {"protocol", DOCUMENT_INTEGER, &protocol, 0, true},
        {"version", DOCUMENT_TEXT, hello->version, sizeof hello->version, true},
        {"id", DOCUMENT_TEXT, hello->id, sizeof hello->id, true},
        {"task", DOCUMENT_TEXT, hello->task, sizeof hello->task, false},
        {"capabilities", DOCUMENT_ARRAY, &capabilities, 0, false},
        {"pid", DOCUMENT_INTEGER, &hello->pid, 0, false},
        {"slow_ms", DOCUMENT_INTEGER, &hello->slow_ms, 0, false},
    };
    if (!document_read(json, "", fields, COUNT(fields), true, error))
        return false;
    if (protocol != STATS_PROTOCOL)
        return error_set(error, ERROR_INVALID, "protocol: the sidecar speaks version %lld, we speak %d",
                         (long long)protocol, STATS_PROTOCOL);
    return !capabilities ||
           read_words(capabilities, "capabilities", hello->capabilities, sizeof hello->capabilities, error);
}

static bool read_ack(struct stats_ack *ack, struct json_object *json, struct error *error)
{
    *ack = (struct stats_ack){0};
    const struct document_field fields[] = {
        {"id", DOCUMENT_INTEGER, &ack->id, 0, true},
        {"applied", DOCUMENT_INTEGER, &ack->applied_ms, 0, true},
        {"released", DOCUMENT_INTEGER, &ack->released, 0, false},
    };
    return document_read(json, "", fields, COUNT(fields), true, error);
}

static bool read_problem(struct stats_problem *problem, struct json_object *json, struct error *error)
{
    *problem = (struct stats_problem){0};
    const struct document_field fields[] = {
        {"id", DOCUMENT_INTEGER, &problem->id, 0, false},
        {"code", DOCUMENT_TEXT, problem->code, sizeof problem->code, true},
        {"message", DOCUMENT_TEXT, problem->message, sizeof problem->message, true},
    };
    return document_read(json, "", fields, COUNT(fields), true, error);
}

static bool read_pair(struct json_object *json, const char *where, const char *a_key, uint64_t *a,
                      const char *b_key, uint64_t *b, struct error *error)
{
    const struct document_field fields[] = {
        {a_key, DOCUMENT_UNSIGNED, a, 0, false},
        {b_key, DOCUMENT_UNSIGNED, b, 0, false},
    };
    return !json || document_read(json, where, fields, COUNT(fields), true, error);
}

static bool read_outcomes(struct json_object *json, const char *where, uint64_t outcomes[STATS_OUTCOMES],
                          struct error *error)
{
    struct document_field fields[STATS_OUTCOMES];
    for (int i = 0; i < STATS_OUTCOMES; i++)
        fields[i] =
            (struct document_field){stats_outcome_names[i], DOCUMENT_UNSIGNED, &outcomes[i], 0, false};
    return !json || document_read(json, where, fields, STATS_OUTCOMES, true, error);
}

static bool read_histogram(struct json_object *json, const char *key, struct hist *hist, struct error *error)
{
    struct json_object *text;
    if (!json_object_object_get_ex(json, key, &text))
        return true;
    if (!json_object_is_type(text, json_type_string))
        return error_set(error, ERROR_INVALID, "histograms.%s: must be a string", key);
    return hist_decode_base64_add(hist, json_object_get_string(text),
                                  (size_t)json_object_get_string_len(text), error) ||
           error_prefix(error, "histograms.%s: ", key);
}

static bool read_histograms(struct stats_sample *sample, struct json_object *json, struct error *error)
{
    for (size_t i = 0; json && i < STATS_HISTOGRAMS; i++) {
        const struct stats_histogram *histogram = &stats_histograms[i];
        if (!read_histogram(json, histogram->key, stats_histogram_of(sample, histogram), error))
            return false;
    }
    return true;
}

static bool read_sample(struct stats_sample *sample, struct json_object *json, struct error *error)
{
    stats_sample_clear(sample);
    struct json_object *faults = NULL, *connections = NULL, *bytes = NULL, *upstream_bytes = NULL,
                       *retransmits = NULL, *outcomes = NULL, *control = NULL, *scoped = NULL,
                       *histograms = NULL;
    const struct document_field fields[] = {
        {"sequence", DOCUMENT_UNSIGNED, &sample->sequence, 0, true},
        {"interval_ms", DOCUMENT_INTEGER, &sample->interval_ms, 0, true},
        {"faults", DOCUMENT_OBJECT, &faults, 0, true},
        {"intensity", DOCUMENT_NUMBER, &sample->intensity, 0, false},
        {"set_by", DOCUMENT_TEXT, sample->set_by, sizeof sample->set_by, false},
        {"lease_left_ms", DOCUMENT_INTEGER, &sample->lease_left_ms, 0, false},
        {"connections", DOCUMENT_OBJECT, &connections, 0, false},
        {"in_flight", DOCUMENT_UNSIGNED, &sample->in_flight, 0, false},
        {"held", DOCUMENT_UNSIGNED, &sample->held, 0, false},
        {"requests", DOCUMENT_UNSIGNED, &sample->requests, 0, false},
        {"faulted", DOCUMENT_UNSIGNED, &sample->faulted, 0, false},
        {"bytes", DOCUMENT_OBJECT, &bytes, 0, false},
        {"upstream_bytes", DOCUMENT_OBJECT, &upstream_bytes, 0, false},
        {"retransmits", DOCUMENT_OBJECT, &retransmits, 0, false},
        {"outcomes", DOCUMENT_OBJECT, &outcomes, 0, false},
        {"control_outcomes", DOCUMENT_OBJECT, &control, 0, false},
        {"scoped_outcomes", DOCUMENT_OBJECT, &scoped, 0, false},
        {"histograms", DOCUMENT_OBJECT, &histograms, 0, false},
    };
    if (!document_read(json, "", fields, COUNT(fields), true, error))
        return false;
    if (!(sample->intensity >= 0 && sample->intensity <= 1))
        return error_set(error, ERROR_INVALID, "intensity: must be from 0 to 1");
    if (sample->interval_ms < 0 || sample->lease_left_ms < 0)
        return error_set(error, ERROR_INVALID, "%s: must not be negative",
                         sample->interval_ms < 0 ? "interval_ms" : "lease_left_ms");
    if (!fault_from_json(&sample->faults, faults, error))
        return error_prefix(error, "faults: ");
    return read_pair(connections, "connections", "open", &sample->connections_open, "accepted",
                     &sample->connections_accepted, error) &&
           read_pair(bytes, "bytes", "in", &sample->bytes_in, "out", &sample->bytes_out, error) &&
           read_pair(upstream_bytes, "upstream_bytes", "in", &sample->upstream_bytes_in, "out",
                     &sample->upstream_bytes_out, error) &&
           read_pair(retransmits, "retransmits", "client", &sample->client_retransmits, "upstream",
                     &sample->upstream_retransmits, error) &&
           read_outcomes(outcomes, "outcomes", sample->outcomes, error) &&
           read_outcomes(control, "control_outcomes", sample->control_outcomes, error) &&
           read_outcomes(scoped, "scoped_outcomes", sample->scoped_outcomes, error) &&
           read_histograms(sample, histograms, error);
}

static bool read_frame(struct stats_frame *frame, struct json_object *json, struct error *error)
{
    char type[TYPE_MAX] = "";
    const struct document_field field = {"type", DOCUMENT_TEXT, type, sizeof type, true};
    if (!document_read(json, "", &field, 1, true, error))
        return false;
    if (strcmp(type, "hello") == 0) {
        frame->type = STATS_FRAME_HELLO;
        return read_hello(&frame->hello, json, error);
    }
    if (strcmp(type, "ack") == 0) {
        frame->type = STATS_FRAME_ACK;
        return read_ack(&frame->ack, json, error);
    }
    if (strcmp(type, "stats") == 0) {
        frame->type = STATS_FRAME_STATS;
        return read_sample(&frame->sample, json, error);
    }
    if (strcmp(type, "error") == 0) {
        frame->type = STATS_FRAME_ERROR;
        return read_problem(&frame->problem, json, error);
    }
    return error_set(error, ERROR_INVALID, "type: '%s' is none of hello, ack, stats, error", type);
}

bool stats_frame_parse(struct stats_frame *frame, const char *line, size_t length, struct error *error)
{
    struct json_object *json = document_parse(line, length, error);
    bool done = json && read_frame(frame, json, error);
    json_object_put(json);
    return done;
}
