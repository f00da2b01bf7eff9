#include "core/xml_text.h"

void xml_text(struct buf *out, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '<')
            buf_append_text(out, "&lt;");
        else if (c == '>')
            buf_append_text(out, "&gt;");
        else if (c == '&')
            buf_append_text(out, "&amp;");
        else if (c == '"')
            buf_append_text(out, "&quot;");
        else if (c < 0x20 && c != '\t' && c != '\n')
            buf_append_char(out, '?');
        else
            buf_append_char(out, (char)c);
    }
}
