#include "aws/pager.h"

#include <string.h>

void aws_pager_init(struct aws_pager *pager)
{
    pager->token[0] = '\0';
    pager->remembered[0] = '\0';
    pager->pages = 0;
    pager->remember_at = 1;
}

bool aws_pager_next(struct aws_pager *pager, const char *token, const char *operation, bool *more,
                    struct error *error)
{
    *more = token && *token;
    if (!*more)
        return true;
    size_t length = strlen(token);
    pager->pages++;
    if (length >= sizeof pager->token)
        return error_set(error, ERROR_LIMIT, "%s: the page token is longer than %d bytes", operation,
                         AWS_PAGE_TOKEN_MAX);
    if (strcmp(token, pager->remembered) == 0)
        return error_set(error, ERROR_NETWORK, "%s: the endpoint gives the same page token again and again",
                         operation);
    if (pager->pages >= AWS_PAGES_MAX)
        return error_set(error, ERROR_LIMIT, "%s: more than %d pages", operation, AWS_PAGES_MAX);
    memcpy(pager->token, token, length + 1);
    if (pager->pages == pager->remember_at) {
        memcpy(pager->remembered, token, length + 1);
        pager->remember_at *= 2;
    }
    return true;
}
