/*
 * mailbox: messages from one thread to another's loop. Any thread posts; the owner's callback gets
 * them in order. A message belongs to the receiver once it is posted, until it posts it back.
 */
#ifndef SHAKETABLE_PROXY_MAILBOX_H
#define SHAKETABLE_PROXY_MAILBOX_H

#include <uv.h>

struct message {
    struct message *next;
    int kind; /* the users' own */
};
typedef void mailbox_receive(void *context, struct message *message);
struct mailbox {
    uv_async_t wake;
    uv_mutex_t mutex;
    struct message *first;
    struct message *last;
    mailbox_receive *receive;
    void *context;
};

/* 0 or a libuv error. */
int mailbox_init(struct mailbox *mailbox, uv_loop_t *loop, mailbox_receive *receive, void *context);
void mailbox_post(struct mailbox *mailbox, struct message *message);
/* Hands out what has arrived, without waiting for the loop. */
void mailbox_deliver(struct mailbox *mailbox);
/* Closes the handle; nobody may post any more. */
void mailbox_close(struct mailbox *mailbox);
/* After the loop has run out. */
void mailbox_free(struct mailbox *mailbox);

#endif
