/*
 * api_rules: faults of single AWS APIs. A rule says which calls it means, and delays them or makes them fail.
 * It comes from outside in either of LocalStack's two forms: the parameters of AWS FIS's actions
 * localstack:generic:api-error and localstack:generic:latency, or a fault of its Chaos API.
 */
#ifndef SHAKETABLE_CORE_API_RULES_H
#define SHAKETABLE_CORE_API_RULES_H

#include "core/api_services.h"
#include "core/error.h"
#include "core/random.h"

#include <stdbool.h>
#include <stddef.h>

struct json_object;

#define API_RULES_MAX 200
#define API_LATENCY_MAX_MS 600000
#define API_SERVICE_MAX 64
#define API_REGION_MAX 64
#define API_CODE_MAX 64

struct api_rule {
    char service[API_SERVICE_MAX];     /* a signing name; "": all */
    char operation[API_OPERATION_MAX]; /* "": all */
    char region[API_REGION_MAX];       /* "": all */
    double percent; /* of the calls that it means: that fail, or that wait if it only delays */
    int latency_ms; /* of one that fails: before the answer, of all that it means */
    int status;     /* HTTP; 0: it only delays */
    char code[API_CODE_MAX];
    const char *message; /* a constant */
};

struct api_rules {
    struct api_rule items[API_RULES_MAX];
    size_t count;
};

/* True when it means such calls. */
bool api_rule_matches(const struct api_rule *rule, const char *service, const char *operation,
                      const char *region);
/* The first that does; NULL: none. */
const struct api_rule *api_rules_first(const struct api_rules *rules, const char *service,
                                       const char *operation, const char *region);
/* What it does to one call, by its chances. */
struct api_effect {
    int delay_ms;
    bool fails;
};
struct api_effect api_rule_roll(const struct api_rule *rule, struct random *random);

/* api_rules_read.c. ERROR_INVALID says what is wrong: a member that is not known, a service that AWS does not
 * have, an operation that the service does not have (where that is known), a number out of its range. */
/* Of an action's parameters, which may be texts or numbers. `region` is the experiment's. */
bool api_rule_read_parameters(struct api_rule *rule, bool is_latency, struct json_object *parameters,
                              const char *region, struct error *error);
/* Of one of the Chaos API's faults. */
bool api_rule_read_fault(struct api_rule *rule, struct json_object *fault, struct error *error);
/* Of either form, by the members that it has; one with none of its own is the Chaos API's. Parameters that
 * have neither an exception nor an errorCode, but a latency or latencyMilliseconds, only delay, and may have
 * a percentage. */
bool api_rule_read(struct api_rule *rule, struct json_object *object, struct error *error);
/* {"latency":1500}, of all calls. */
bool api_effects_read(int *latency_ms, struct json_object *effects, struct error *error);
/* "service=dynamodb,operation=GetItem,percentage=50" as an object of texts, for api_rule_read; the caller
 * owns it. NULL: error. */
struct json_object *api_rule_parse(const char *text, struct error *error);

#endif
