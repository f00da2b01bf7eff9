/*
 * template_internal: what the files of template share, and nobody else.
 */
#ifndef SHAKETABLE_EXPERIMENT_TEMPLATE_INTERNAL_H
#define SHAKETABLE_EXPERIMENT_TEMPLATE_INTERNAL_H

#include "experiment/template.h"

/* Reads what is known of the document into the template, whose texts are the document's; checks each value by
 * itself. Numbers among an action's parameters become texts in the document. On error what was read so far
 * has to be freed. */
bool template_read(struct template *template, struct json_object *document, struct error *error);
void template_free_lists(struct template *template);
/* How it all hangs together: names, order, and the actions that are known. */
bool template_check(const struct template *template, struct error *error);

/* A text as an error may show it. */
#define TEMPLATE_SHOWN_MAX 96
const char *template_shown(const char *text, char shown[TEMPLATE_SHOWN_MAX]);

#endif
