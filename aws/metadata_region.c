#include "aws/http.h"
#include "aws/metadata.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool file_begins(const char *path, const char *text)
{
    char found[64] = "";
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    bool read = fgets(found, sizeof found, file) != NULL;
    fclose(file);
    return read && strncasecmp(found, text, strlen(text)) == 0;
}

bool aws_metadata_region(const struct aws_settings *settings, char *region, size_t size)
{
    struct aws_metadata metadata;
    struct aws_http_answer answer;
    bool likely = aws_settings_environment("AWS_EC2_METADATA_SERVICE_ENDPOINT") ||
                  file_begins("/sys/class/dmi/id/sys_vendor", "Amazon EC2") ||
                  file_begins("/sys/hypervisor/uuid", "ec2");
    if (!likely || aws_metadata_is_disabled() || !aws_metadata_prepare(&metadata, settings, NULL))
        return false;
    struct aws_http_pool *pool = aws_http_pool_open(settings->ca_bundle);
    const struct aws_transport transport = aws_http_transport(pool);
    metadata.transport = &transport;
    bool done =
        pool && aws_metadata_token(&metadata) &&
        aws_metadata_ask(&metadata, "GET", "/latest/meta-data/placement/region", metadata.token, &answer);
    if (done) {
        done = aws_metadata_word(&answer, region, size);
        aws_http_answer_free(&answer);
    }
    aws_http_pool_close(pool);
    return done;
}
