/*
 * aws_chunked: bodies that come in signed pieces (x-amz-content-sha256: STREAMING-…), as S3's clients send
 * them (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html). Pure.
 */
#ifndef SHAKETABLE_PROXY_AWS_CHUNKED_H
#define SHAKETABLE_PROXY_AWS_CHUNKED_H

#include "core/buf.h"

#include <stdbool.h>
#include <stddef.h>

#define AWS_CHUNKED_TRAILERS_MAX 8

/* The headers behind the last piece (checksums); their texts lie in the body's own memory. */
struct aws_chunked_trailers {
    struct {
        const char *name, *value;
    } items[AWS_CHUNKED_TRAILERS_MAX];
    size_t count;
};

/* Puts the pieces together, in place. The signatures of the pieces are not looked at. False: it is not of
 * that form, or ends early; the body is then of no use. */
bool aws_chunked_decode(struct buf *body, struct aws_chunked_trailers *trailers);

#endif
