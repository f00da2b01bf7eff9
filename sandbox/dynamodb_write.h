/*
 * dynamodb_write: what all operations that write one item share.
 */
#ifndef SHAKETABLE_SANDBOX_DYNAMODB_WRITE_H
#define SHAKETABLE_SANDBOX_DYNAMODB_WRITE_H

#include "sandbox/dynamodb_request.h"

/* The members' types and limits; `member` must be there. False: the call has failed. */
bool write_check(struct call *call, const char *member);
/* False: the condition does not hold for the item (NULL: there is none), and the call has failed. */
bool write_admit(const struct request *request, struct json_object *old);
/* ConsumedCapacity, where it was asked for. */
void write_answer_capacity(struct call *call, const struct table *table, struct json_object *old,
                           struct json_object *fresh);

#endif
