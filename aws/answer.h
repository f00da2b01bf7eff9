/*
 * answer: what AWS said, from the bytes of an HTTP answer: its error's code and message in either
 * protocol, and what they mean to us.
 */
#ifndef SHAKETABLE_AWS_ANSWER_H
#define SHAKETABLE_AWS_ANSWER_H

#include "aws/http.h"
#include "aws/service.h"
#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>

#define AWS_ANSWER_MESSAGE_MAX 640
#define AWS_ANSWER_EXCERPT_MAX 120

/* An error that AWS answered with. */
struct aws_answer_error {
    char code[ERROR_REASON_MAX];
    char message[AWS_ANSWER_MESSAGE_MAX]; /* "" if it gave none */
};

/* False if the answer is not an error in the form of the service's protocol. */
bool aws_answer_read_error(const struct aws_http_answer *answer, enum aws_service service,
                           struct aws_answer_error *out);
/* Our code for AWS's. */
enum error_code aws_answer_code(const struct aws_answer_error *answer, long http_status);

/* The beginning of any bytes as one line of printable text, "…" where it was cut. */
void aws_answer_excerpt(const void *data, size_t length, char text[AWS_ANSWER_EXCERPT_MAX]);

/* Sets the error for an error answer: "ECS UpdateService: ClientException: …". `credentials_source` is
 * named where the credentials are what is wrong. Returns false. */
bool aws_answer_set_error(struct error *error, const struct aws_answer_error *answer, long http_status,
                          enum aws_service service, const char *operation, const char *credentials_source);

#endif
