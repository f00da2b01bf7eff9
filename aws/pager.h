/*
 * pager: following page tokens to their end, and noticing when they have none.
 */
#ifndef SHAKETABLE_AWS_PAGER_H
#define SHAKETABLE_AWS_PAGER_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>

#define AWS_PAGES_MAX 20000
#define AWS_PAGE_TOKEN_MAX 8192

/* Remembers one earlier token, a later one each time the number of pages doubles, so that it comes
 * upon any cycle of tokens (Brent's algorithm). */
struct aws_pager {
    char token[AWS_PAGE_TOKEN_MAX]; /* of the next page; "" on the first */
    char remembered[AWS_PAGE_TOKEN_MAX];
    size_t pages;
    size_t remember_at;
};

void aws_pager_init(struct aws_pager *pager);
/* After a page: `token` is the next page's, "" (or NULL) on the last. *more tells whether there is one.
 * An error if tokens repeat, or don't end; `operation` is for its message. */
bool aws_pager_next(struct aws_pager *pager, const char *token, const char *operation, bool *more,
                    struct error *error);

#endif
