/*
 * wire: the forms in which calls come and go: a Query form becomes JSON, a response becomes JSON, CBOR,
 * Query XML or EC2 XML, an error the error of that protocol.
 */
#ifndef SHAKETABLE_SANDBOX_WIRE_H
#define SHAKETABLE_SANDBOX_WIRE_H

#include "core/buf.h"
#include "sandbox/call.h"

#include <stdbool.h>
#include <stddef.h>

#define WIRE_PARAMETERS_MAX 2000
#define WIRE_DEPTH_MAX 10
#define WIRE_KEY_MAX 512
#define WIRE_ANSWER_MAX (16 << 20) /* bytes of a response body */

/* "Action=X&Tags.member.1.Key=a" to {"Action":"X","Tags":[{"Key":"a"}]}: all values are texts, `member`
 * is dropped, numbered members become arrays in the order of their numbers. NULL for a form that is
 * malformed or beyond the bounds. The caller owns the result. */
struct json_object *wire_read_form(const char *form, size_t length);
/* A JSON object (an empty body counts as {}); NULL if it is anything else. */
struct json_object *wire_read_json(const char *text, size_t length);

/* The body of the call's answer, response or error, in its protocol. */
bool wire_write(const struct call *call, struct buf *out);
const char *wire_content_type(const struct call *call);

#endif
