/* The role of the EC2 instance that we run on. */
#include "aws/given.h"
#include "aws/metadata.h"
#include "aws/source.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#define METADATA_ROLES "/latest/meta-data/iam/security-credentials/"
/* Keys that have expired already are good for a while longer: the service was not able to renew them, and
 * they are accepted by AWS all the same, as botocore has it. */
#define METADATA_EXTENSION_MS (20 * 60 * 1000)

static bool get_role(const struct aws_metadata *metadata, char role[AWS_METADATA_NAME_MAX])
{
    struct aws_http_answer answer;
    if (!aws_metadata_ask(metadata, "GET", METADATA_ROLES, metadata->token, &answer))
        return false;
    bool done = aws_metadata_word(&answer, role, AWS_METADATA_NAME_MAX) && !strchr(role, '/');
    aws_http_answer_free(&answer);
    return done;
}

static enum aws_found get_keys(const struct aws_metadata *metadata, const char *role, int64_t now_ms,
                               struct aws_credentials *credentials, struct error *error)
{
    struct aws_http_answer answer;
    char path[sizeof METADATA_ROLES + AWS_METADATA_NAME_MAX];
    snprintf(path, sizeof path, "%s%s", METADATA_ROLES, role);
    if (!aws_metadata_ask(metadata, "GET", path, metadata->token, &answer))
        return AWS_NOTHING;
    bool done =
        aws_given_read(buf_text(&answer.body), answer.body.length, AWS_GIVEN_ROLE, credentials, error);
    OPENSSL_cleanse(answer.body.data, answer.body.capacity);
    aws_http_answer_free(&answer);
    if (done && credentials->expires_at_ms < now_ms + METADATA_EXTENSION_MS / 2)
        credentials->expires_at_ms = now_ms + METADATA_EXTENSION_MS;
    return done ? AWS_FOUND : AWS_FAILED;
}

enum aws_found aws_source_metadata(const struct aws_source *source, struct aws_credentials *credentials,
                                   struct error *error)
{
    struct aws_metadata metadata;
    char role[AWS_METADATA_NAME_MAX];
    if (aws_metadata_is_disabled())
        return AWS_NOTHING;
    if (!aws_metadata_prepare(&metadata, source->settings, error))
        return AWS_FAILED;
    if (!source->transport)
        return AWS_LATER;
    metadata.transport = source->transport;
    metadata.cancel = source->cancel;
    bool there = aws_metadata_token(&metadata) && get_role(&metadata, role);
    OPENSSL_cleanse(metadata.token, there ? 0 : sizeof metadata.token);
    if (!there)
        return AWS_NOTHING;
    snprintf(credentials->source, sizeof credentials->source, "the instance's role %.200s", role);
    enum aws_found found = get_keys(&metadata, role, source->now_ms, credentials, error);
    OPENSSL_cleanse(metadata.token, sizeof metadata.token);
    return found;
}
