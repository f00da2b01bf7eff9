#include "proxy/mailbox.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

int mailbox_init(struct mailbox *mailbox, mailbox_receive *receive, void *context)
{
    memset(mailbox, 0, sizeof *mailbox);
    mailbox->receive = receive;
    mailbox->context = context;
    mailbox->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (mailbox->fd < 0)
        return -errno;
    return -pthread_mutex_init(&mailbox->mutex, NULL);
}

void mailbox_post(struct mailbox *mailbox, struct message *message)
{
    message->next = NULL;
    pthread_mutex_lock(&mailbox->mutex);
    bool wake = mailbox->first == NULL;
    if (mailbox->last)
        mailbox->last->next = message;
    else
        mailbox->first = message;
    mailbox->last = message;
    pthread_mutex_unlock(&mailbox->mutex);
    if (wake)
        eventfd_write(mailbox->fd, 1);
}

void mailbox_deliver(struct mailbox *mailbox)
{
    eventfd_t count;
    /* Emptied first: what is posted from here on wakes anew. */
    eventfd_read(mailbox->fd, &count);
    pthread_mutex_lock(&mailbox->mutex);
    struct message *message = mailbox->first;
    mailbox->first = mailbox->last = NULL;
    pthread_mutex_unlock(&mailbox->mutex);
    while (message) {
        struct message *next = message->next;
        message->next = NULL;
        mailbox->receive(mailbox->context, message);
        message = next;
    }
}

void mailbox_free(struct mailbox *mailbox)
{
    close(mailbox->fd);
    pthread_mutex_destroy(&mailbox->mutex);
}
