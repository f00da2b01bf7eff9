/*
 * dynamodb_schema: CreateTable's request, checked and made a table.
 */
#ifndef SHAKETABLE_SANDBOX_DYNAMODB_SCHEMA_H
#define SHAKETABLE_SANDBOX_DYNAMODB_SCHEMA_H

#include "sandbox/dynamodb_table.h"

#define SCHEMA_ATTRIBUTES_MAX 64
#define SCHEMA_LOCAL_MAX 5
#define SCHEMA_GLOBAL_MAX 20
#define SCHEMA_PROJECTED_MAX 20 /* NonKeyAttributes of an index */

/* False: the call has failed. */
bool schema_check(struct call *call);
/* Of a request that was checked; the table has its keys and its indexes, but no name, ARN or description.
 * NULL: the call has failed. The caller owns it. */
struct table *schema_make_table(struct call *call);

#endif
