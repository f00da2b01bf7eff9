#include "experiment/fis_tags.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "aws/ecs.h"
#include "aws/fis.h"
#include "core/clock.h"
#include "experiment/json.h"

static bool add(struct json_object *tags, const char *key, const char *value, struct error *error)
{
    if (strlen(value) > FIS_TAG_VALUE_MAX)
        return error_set(error, ERROR_REFUSED, "%.300s is too long for a tag of FIS's", value);
    json_put_text(tags, key, value);
    return true;
}

bool fis_tags_add(struct json_object *tags, const struct way_back *way_back, struct error *error)
{
    char deadline[CLOCK_TEXT_MAX], times[64];
    clock_format_utc(way_back->deadline_ms, deadline, sizeof deadline);
    snprintf(times, sizeof times, "%" PRId64 " %" PRId64, way_back->created_ms, way_back->deadline_ms);
    return add(tags, WAY_BACK_LABEL_EXPERIMENT, way_back->experiment, error) &&
           add(tags, WAY_BACK_LABEL_OPERATOR, way_back->operator_name, error) &&
           add(tags, WAY_BACK_LABEL_DEADLINE, deadline, error) && add(tags, FIS_TAG_TIMES, times, error) &&
           (way_back->service_arn[0] == '\0' || (add(tags, FIS_TAG_CLUSTER, way_back->cluster_arn, error) &&
                                                 add(tags, FIS_TAG_SERVICE, way_back->service_arn, error)));
}

static void copy(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from);
}

bool fis_tags_read(struct json_object *raw, const char *region, const char *endpoint,
                   struct way_back *way_back)
{
    const char *id = fis_tag(raw, WAY_BACK_LABEL_EXPERIMENT);
    memset(way_back, 0, sizeof *way_back);
    if (id[0] == '\0' || strlen(id) >= sizeof way_back->experiment)
        return false;
    copy(way_back->experiment, sizeof way_back->experiment, id);
    copy(way_back->operator_name, sizeof way_back->operator_name, fis_tag(raw, WAY_BACK_LABEL_OPERATOR));
    copy(way_back->region, sizeof way_back->region, region);
    copy(way_back->endpoint, sizeof way_back->endpoint, endpoint);
    copy(way_back->cluster_arn, sizeof way_back->cluster_arn, fis_tag(raw, FIS_TAG_CLUSTER));
    copy(way_back->service_arn, sizeof way_back->service_arn, fis_tag(raw, FIS_TAG_SERVICE));
    copy(way_back->cluster, sizeof way_back->cluster, ecs_short_name(way_back->cluster_arn));
    copy(way_back->service, sizeof way_back->service, ecs_short_name(way_back->service_arn));
    if (sscanf(fis_tag(raw, FIS_TAG_TIMES), "%" SCNd64 " %" SCNd64, &way_back->created_ms,
               &way_back->deadline_ms) != 2)
        way_back->created_ms = way_back->deadline_ms = 0;
    way_back->fis = json_object_new_object();
    return true;
}
