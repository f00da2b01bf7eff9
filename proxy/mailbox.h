/*
 * mailbox: messages from one thread to another. Any thread posts; the owner's callback gets them in
 * order. A message belongs to the receiver once it is posted, until it posts it back.
 */
#ifndef SHAKETABLE_PROXY_MAILBOX_H
#define SHAKETABLE_PROXY_MAILBOX_H

#include <pthread.h>

struct message {
    struct message *next;
    int kind; /* the users' own */
};
typedef void mailbox_receive(void *context, struct message *message);
struct mailbox {
    pthread_mutex_t mutex;
    int fd; /* an eventfd: readable when something has arrived */
    struct message *first;
    struct message *last;
    mailbox_receive *receive;
    void *context;
};

/* 0 or a negative errno. */
int mailbox_init(struct mailbox *mailbox, mailbox_receive *receive, void *context);
void mailbox_post(struct mailbox *mailbox, struct message *message);
/* The owner's: hands out what has arrived. To be called when `fd` is readable. */
void mailbox_deliver(struct mailbox *mailbox);
/* Nobody may post any more. */
void mailbox_free(struct mailbox *mailbox);

#endif
