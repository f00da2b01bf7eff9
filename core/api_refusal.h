/*
 * api_refusal: how AWS refuses a call for its signature, in each protocol: botocore's and the services'
 * answers.
 */
#ifndef SHAKETABLE_CORE_API_REFUSAL_H
#define SHAKETABLE_CORE_API_REFUSAL_H

#include "core/api_services.h"

enum api_refusal {
    API_NO_SIGNATURE,
    API_HALF_SIGNATURE,
    API_UNKNOWN_KEY,
    API_WRONG_SIGNATURE,
    API_EXPIRED_SIGNATURE,
};

struct api_refusal_as {
    const char *code;
    int status;
};
/* `s3`: S3's own codes. */
struct api_refusal_as api_refusal_as(enum api_refusal refusal, enum api_protocol protocol, bool s3);

#endif
