/*
 * query_json: the structures of a Query service as JSON, for those that must be kept key for key (the
 * actions of a listener's rule): an answer's XML into JSON, and JSON into a call's parameters. Both follow
 * the Query protocol of AWS: a list is an element whose children are all called `member`, and NAME.member.1,
 * NAME.member.2 in a call.
 *
 * An element without children is a string ("" where it is empty: the protocol doesn't tell an empty list
 * from an empty text, and leaves either out of a call).
 */
#ifndef SHAKETABLE_AWS_QUERY_JSON_H
#define SHAKETABLE_AWS_QUERY_JSON_H

#include "aws/query.h"
#include "aws/xml.h"

struct json_object;

/* Owned by the caller; NULL for NULL. */
struct json_object *aws_xml_to_json(const struct aws_xml *element);
/* Adds each member of the object; true and false as AWS spells them. Deeper than AWS's own structures go, or
 * a name that is too long, marks the query's text failed. */
void aws_query_add_json(struct aws_query *query, struct json_object *object);

#endif
