/*
 * metadata: what an EC2 instance tells of itself, by IMDSv2
 * (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html). The
 * service of the first version, without a token, is not asked. For its role's keys see source.h.
 */
#ifndef SHAKETABLE_AWS_METADATA_H
#define SHAKETABLE_AWS_METADATA_H

#include "aws/settings.h"
#include "aws/transport.h"
#include "core/error.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define AWS_METADATA_URL_MAX 1024
#define AWS_METADATA_TOKEN_MAX 512
#define AWS_METADATA_NAME_MAX 256

struct aws_metadata {
    const struct aws_transport *transport;
    const atomic_bool *cancel;
    char base[AWS_METADATA_URL_MAX];
    char token[AWS_METADATA_TOKEN_MAX + 64]; /* the header */
    int timeout_s, attempts;
};

bool aws_metadata_is_disabled(void);
/* Reads settings and environment; transport and cancel are to be set after it. */
bool aws_metadata_prepare(struct aws_metadata *metadata, const struct aws_settings *settings,
                          struct error *error);
/* Gets the token that all others need; false: there is nobody. */
bool aws_metadata_token(struct aws_metadata *metadata);
/* The whole answer of status 200 as text, to be freed; false: there is nobody, or nothing. */
bool aws_metadata_ask(const struct aws_metadata *metadata, const char *method, const char *path,
                      const char *header, struct aws_http_answer *answer);
/* Copies a name or a token: letters, digits and what stands in them, no line break. */
bool aws_metadata_word(const struct aws_http_answer *answer, char *word, size_t size);

/* The region that the instance is in; false where this is none, or where its metadata are switched off. Only
 * an instance is asked (or an endpoint that was configured), for at most the metadata's time-out. */
bool aws_metadata_region(const struct aws_settings *settings, char *region, size_t size);

#endif
