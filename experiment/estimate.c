#include "experiment/estimate.h"

#include "experiment/json.h"

#define MINIMUM_DEFAULT 100
#define MAXIMUM_DEFAULT 200

static int percent_or(struct json_object *configuration, const char *key, int missing)
{
    return configuration != NULL && json_object_object_get_ex(configuration, key, NULL)
               ? (int)json_integer(configuration, key)
               : missing;
}

void estimate_read_service(struct estimate *estimate, struct json_object *service)
{
    struct json_object *configuration = json_object_of(service, "deploymentConfiguration");
    estimate->desired = (int)json_integer(service, "desiredCount");
    estimate->minimum_percent = percent_or(configuration, "minimumHealthyPercent", MINIMUM_DEFAULT);
    estimate->maximum_percent = percent_or(configuration, "maximumPercent", MAXIMUM_DEFAULT);
}

int64_t estimate_deployment(const struct estimate *estimate)
{
    int64_t desired = estimate->desired;
    int64_t lowest = (desired * estimate->minimum_percent + 99) / 100;
    int64_t highest = desired * estimate->maximum_percent / 100;
    int64_t batch = (highest > desired ? highest - desired : 0) + (lowest < desired ? desired - lowest : 0);
    if (desired <= 0)
        return 0;
    if (batch <= 0)
        batch = 1; /* it can't be done; the preflight says so */
    if (batch > desired)
        batch = desired;
    int64_t batches = (desired + batch - 1) / batch;
    return batches * (estimate->start_ms + estimate->healthy_ms + estimate->drain_ms);
}
