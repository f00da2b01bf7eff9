#include "core/api_refusal.h"

#define REST_STATUS 403

static const struct {
    struct api_refusal_as json, query, ec2, s3;
} refusals[] = {
    [API_NO_SIGNATURE] = {{"MissingAuthenticationTokenException", 400},
                          {"MissingAuthenticationToken", 403},
                          {"AuthFailure", 401},
                          {"AccessDenied", 403}},
    [API_HALF_SIGNATURE] = {{"IncompleteSignatureException", 400},
                            {"IncompleteSignature", 400},
                            {"AuthFailure", 401},
                            {"AuthorizationHeaderMalformed", 400}},
    [API_UNKNOWN_KEY] = {{"UnrecognizedClientException", 400},
                         {"InvalidClientTokenId", 403},
                         {"AuthFailure", 401},
                         {"InvalidAccessKeyId", 403}},
    [API_WRONG_SIGNATURE] = {{"InvalidSignatureException", 400},
                             {"SignatureDoesNotMatch", 403},
                             {"AuthFailure", 401},
                             {"SignatureDoesNotMatch", 403}},
    [API_EXPIRED_SIGNATURE] = {{"InvalidSignatureException", 400},
                               {"SignatureDoesNotMatch", 403},
                               {"RequestExpired", 400},
                               {"RequestTimeTooSkewed", 403}},
};

struct api_refusal_as api_refusal_as(enum api_refusal refusal, enum api_protocol protocol, bool s3)
{
    switch (protocol) {
    case API_REST_JSON: /* JSON's words, with a status of its own */
        return (struct api_refusal_as){refusals[refusal].json.code, REST_STATUS};
    case API_JSON:
    case API_CBOR:
        return refusals[refusal].json;
    case API_EC2:
        return refusals[refusal].ec2;
    case API_REST_XML:
        return s3 ? refusals[refusal].s3 : refusals[refusal].query;
    case API_QUERY:
        break;
    }
    return refusals[refusal].query;
}
