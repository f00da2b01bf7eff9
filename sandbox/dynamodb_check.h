/*
 * dynamodb_check: what DynamoDB looks at in a request before anything else: that members are of the right
 * type (SerializationException), and within their limits (ValidationException, with all that is wrong in
 * one message).
 */
#ifndef SHAKETABLE_SANDBOX_DYNAMODB_CHECK_H
#define SHAKETABLE_SANDBOX_DYNAMODB_CHECK_H

#include "sandbox/call.h"

#include <stdbool.h>
#include <stdint.h>

#define CHECK_LIMIT_MAX 1000000000

struct check {
    struct call *call;
    int count;
    char text[CALL_MESSAGE_MAX];
};

/* False: a member has a wrong type, or is one of the legacy parameters that this region has not. */
bool check_members(struct call *call);
void check_init(struct check *check, struct call *call);
/* "Value '…' at 'PLACE' failed to satisfy constraint: …" */
void check_fail(struct check *check, const char *value, const char *place, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void check_not_null(struct check *check, const char *member);
/* The name of a table or an index at a place of the request: 3 to 255 of a few characters. */
void check_name(struct check *check, const char *name, const char *place);
void check_table_name(struct check *check);
/* The same where the operation is on a table, not on what is in it: looked at before all else. False: the
 * call has failed. */
bool check_table_first(struct call *call);
/* `words` as in the message: "[INDEXES, TOTAL, NONE]". */
void check_enum(struct check *check, const char *value, const char *place, const char *words);
void check_range(struct check *check, const char *member, int64_t smallest, int64_t largest);
void check_return_values(struct check *check);
void check_capacity(struct check *check);
/* False: the call has failed. */
bool check_done(struct check *check);
/* TableName, or the name in it where it is an ARN. */
const char *check_table(const struct call *call);

#endif
