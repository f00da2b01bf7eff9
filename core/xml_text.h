/*
 * xml_text: text within an XML document.
 */
#ifndef SHAKETABLE_CORE_XML_TEXT_H
#define SHAKETABLE_CORE_XML_TEXT_H

#include "core/buf.h"

/* Appends it escaped; '?' stands for what XML 1.0 has no form for. */
void xml_text(struct buf *out, const char *text);

#endif
