/* Any bytes as an XML answer: read, walked, freed. */
#include "aws/xml.h"
#include "tests/fuzz.h"

#include <stdlib.h>
#include <string.h>

/* Every element has a name and a text, and the tree is no deeper than it may be. */
static void walk(const struct aws_xml *element, int depth)
{
    for (; element; element = element->next) {
        if (depth > AWS_XML_DEPTH_MAX || !*element->name || !element->text)
            abort();
        walk(element->first_child, depth + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error = {0};
    struct aws_xml *root = aws_xml_parse((const char *)data, size, &error);
    if (!root && !*error.message)
        abort();
    walk(root, 1);
    aws_xml_text(aws_xml_result(root), "Error/Code");
    aws_xml_integer(root, "A/B", 0);
    aws_xml_free(root);
    return 0;
}
