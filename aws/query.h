/*
 * query: the parameters of a Query call, as application/x-www-form-urlencoded text. Additions that
 * pass the bound mark the text failed; the call then ends with ERROR_LIMIT.
 */
#ifndef SHAKETABLE_AWS_QUERY_H
#define SHAKETABLE_AWS_QUERY_H

#include "core/buf.h"

#include <stddef.h>
#include <stdint.h>

#define AWS_QUERY_MAX (1 << 20)

struct aws_query {
    struct buf text;
};

/* Percent-encodes all but the unreserved characters of RFC 3986; for paths as well. */
void aws_query_encode(struct buf *out, const char *text);
void aws_query_init(struct aws_query *query);
void aws_query_free(struct aws_query *query);
void aws_query_add(struct aws_query *query, const char *name, const char *value);
void aws_query_add_integer(struct aws_query *query, const char *name, int64_t value);
/* "TargetGroupArns.member" gives TargetGroupArns.member.1=…&TargetGroupArns.member.2=… */
void aws_query_add_list(struct aws_query *query, const char *name, const char *const *values, size_t count);
/* One member's field: add_indexed(q, "Actions.member", 1, "Type", "forward"). Counts from 1. */
void aws_query_add_indexed(struct aws_query *query, const char *list, size_t index, const char *field,
                           const char *value);

#endif
