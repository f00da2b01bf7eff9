/*
 * given: keys as programs and services give them, in JSON: credential_process
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html), the container's and
 * the instance's endpoints, the SSO portal; and the times in them.
 */
#ifndef SHAKETABLE_AWS_GIVEN_H
#define SHAKETABLE_AWS_GIVEN_H

#include "aws/credentials.h"
#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AWS_GIVEN_SIZE_MAX (128U << 10)

enum aws_given_form {
    AWS_GIVEN_PROCESS, /* {"Version":1,"AccessKeyId",…,"SessionToken","Expiration"}; the last two may lack */
    AWS_GIVEN_ROLE,    /* {"AccessKeyId","SecretAccessKey","Token","Expiration"}, container and instance */
    AWS_GIVEN_SSO,     /* {"roleCredentials":{"accessKeyId",…,"expiration":MILLISECONDS}} */
};

/* credentials->source is to be set already. ERROR_DENIED says what is missing; it never quotes a value. */
bool aws_given_read(const char *text, size_t length, enum aws_given_form form,
                    struct aws_credentials *credentials, struct error *error);
/* ISO 8601: "2026-01-31T10:00:00Z", "…+00:00", "…UTC", with or without a fraction; without a zone it is UTC.
 */
bool aws_given_time(const char *text, int64_t *epoch_ms);

#endif
