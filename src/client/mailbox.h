/**
 * mailbox.h - the sink of the prompt: what the connections' threads have to
 * say, kept until the thread that owns the terminal shows it.
 *
 * Text comes out ready to be shown: a line each, the label before it, and
 * bytes that are control characters or no UTF-8 as \xHH, so that no server
 * can steer the terminal.
 */
#ifndef CLIENT_MAILBOX_H
#define CLIENT_MAILBOX_H

#include "bytes.h"
#include "sink.h"
#include "wakeup.h"

struct mailbox;

/**
 * mailbox_new(wakeup):
 * Make an empty one; `wakeup` is signalled when something comes in, or a
 * connection came or went. Return what goes back with mailbox_free(), or NULL
 * if memory is short. Thread: main.
 */
struct mailbox *mailbox_new(const struct wakeup *wakeup);

/**
 * mailbox_free(mailbox):
 * Free it; NULL is allowed. Thread: main.
 */
void mailbox_free(struct mailbox *mailbox);

/**
 * mailbox_sink(mailbox):
 * Return the sink, valid until mailbox_free(). A reply waits while too much
 * has not been taken. Thread: any.
 */
const struct sink *mailbox_sink(const struct mailbox *mailbox);

/**
 * mailbox_take(mailbox, replies, notices):
 * Append what came in to the two, replies and notices apart, and empty the
 * mailbox. Thread: main.
 */
void mailbox_take(struct mailbox *mailbox, struct bytes *replies,
    struct bytes *notices);

/**
 * mailbox_close(mailbox):
 * Nothing will be taken any more: drop what comes, let nobody wait. Thread:
 * main.
 */
void mailbox_close(struct mailbox *mailbox);

#endif /* CLIENT_MAILBOX_H */
