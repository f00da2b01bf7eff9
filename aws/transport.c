#include "aws/transport.h"

void aws_http_answer_free(struct aws_http_answer *answer)
{
    buf_free(&answer->body);
}
