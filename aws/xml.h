/*
 * xml: an XML answer as a small tree of elements and their text; attributes are dropped, names lose
 * their namespace prefix. Depth, number of elements and size are bounded, and a document type
 * declaration is refused (no entities but XML's own five).
 */
#ifndef SHAKETABLE_AWS_XML_H
#define SHAKETABLE_AWS_XML_H

#include "core/error.h"

#include <stddef.h>
#include <stdint.h>

#define AWS_XML_SIZE_MAX (16U << 20)
#define AWS_XML_DEPTH_MAX 64
#define AWS_XML_ELEMENTS_MAX 500000

struct aws_xml {
    char *name;
    char *text; /* all character data directly inside, trimmed; "" if none */
    struct aws_xml *first_child;
    struct aws_xml *next; /* its sibling */
};

/* The root element; NULL on error (ERROR_INVALID, ERROR_LIMIT). Free the root, and nothing else. */
struct aws_xml *aws_xml_parse(const char *data, size_t length, struct error *error);
void aws_xml_free(struct aws_xml *root);

/* All of these take NULL for "no such element" and give NULL, "", or the default. */

/* The first child of that name, the next sibling of that name (NULL: any). */
const struct aws_xml *aws_xml_child(const struct aws_xml *element, const char *name);
const struct aws_xml *aws_xml_next(const struct aws_xml *element, const char *name);
/* Down a path of first children: "Error/Code". */
const struct aws_xml *aws_xml_find(const struct aws_xml *element, const char *path);
const char *aws_xml_text(const struct aws_xml *element, const char *path);
int64_t aws_xml_integer(const struct aws_xml *element, const char *path, int64_t missing);
/* <OpResponse><OpResult>: OpResult; the root itself where there is none (EC2). */
const struct aws_xml *aws_xml_result(const struct aws_xml *root);

#endif
