#include "proxy/mailbox.h"

#include <string.h>

void mailbox_deliver(struct mailbox *mailbox)
{
    uv_mutex_lock(&mailbox->mutex);
    struct message *message = mailbox->first;
    mailbox->first = mailbox->last = NULL;
    uv_mutex_unlock(&mailbox->mutex);
    while (message) {
        struct message *next = message->next;
        message->next = NULL;
        mailbox->receive(mailbox->context, message);
        message = next;
    }
}

static void on_wake(uv_async_t *wake)
{
    mailbox_deliver(wake->data);
}

int mailbox_init(struct mailbox *mailbox, uv_loop_t *loop, mailbox_receive *receive, void *context)
{
    memset(mailbox, 0, sizeof *mailbox);
    mailbox->receive = receive;
    mailbox->context = context;
    int rc = uv_mutex_init(&mailbox->mutex);
    if (rc != 0)
        return rc;
    mailbox->wake.data = mailbox;
    return uv_async_init(loop, &mailbox->wake, on_wake);
}

void mailbox_post(struct mailbox *mailbox, struct message *message)
{
    message->next = NULL;
    uv_mutex_lock(&mailbox->mutex);
    if (mailbox->last)
        mailbox->last->next = message;
    else
        mailbox->first = message;
    mailbox->last = message;
    /* Within the lock, so that an owner that closes after its last message finds no sender left. */
    uv_async_send(&mailbox->wake);
    uv_mutex_unlock(&mailbox->mutex);
}

void mailbox_close(struct mailbox *mailbox)
{
    uv_mutex_lock(&mailbox->mutex);
    uv_close((uv_handle_t *)&mailbox->wake, NULL);
    uv_mutex_unlock(&mailbox->mutex);
}

void mailbox_free(struct mailbox *mailbox)
{
    uv_mutex_destroy(&mailbox->mutex);
}
