#include "proxy/timetable.h"

#include "core/document.h"
#include "core/stats.h"
#include "core/units.h"

#include <json-c/json.h>
#include <string.h>

static bool parse_faults(const char *text, struct fault *fault, struct error *error)
{
    size_t length = strlen(text);
    if (length > STATS_REQUEST_MAX)
        return error_set(error, ERROR_LIMIT, "it is longer than %d bytes", STATS_REQUEST_MAX);
    fault_init(fault);
    struct json_object *json = document_parse(text, length, error);
    bool done = json && fault_from_json(fault, json, error);
    json_object_put(json);
    return done;
}

bool timetable_parse(const char *faults, const char *start, const char *deadline, struct timetable *timetable,
                     struct error *error)
{
    struct timetable read = {0};
    if (!parse_faults(faults, &read.fault, error))
        return error_prefix(error, "SHAKETABLE_FAULTS: ");
    if (start && start[0] != '\0' &&
        !units_parse_integer(start, "SHAKETABLE_START", 0, INT64_MAX, &read.start_ms, error))
        return false;
    if (!deadline || deadline[0] == '\0')
        return error_set(error, ERROR_INVALID,
                         "SHAKETABLE_DEADLINE is missing: faults without an end are not taken");
    if (!units_parse_integer(deadline, "SHAKETABLE_DEADLINE", 1, INT64_MAX, &read.deadline_ms, error))
        return false;
    if (read.deadline_ms <= read.start_ms)
        return error_set(error, ERROR_INVALID, "SHAKETABLE_DEADLINE: it is not after SHAKETABLE_START");
    if (read.start_ms > 0 && read.deadline_ms - read.start_ms > STATS_LEASE_MAX_MS)
        return error_set(error, ERROR_LIMIT, "SHAKETABLE_DEADLINE: it is more than %d h after the start",
                         STATS_LEASE_MAX_MS / 3600000);
    *timetable = read;
    return true;
}
