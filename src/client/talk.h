/**
 * talk.h - the two directions of a connected link, in one loop.
 */
#ifndef CLIENT_TALK_H
#define CLIENT_TALK_H

#include <stdbool.h>

struct link;

/**
 * talk_turn(link):
 * Send what may be sent or wait for what may happen next, and do it: one turn
 * of the loop. Return false when the link has to end; the reason is in the
 * link, or empty if it was asked to end. Thread: the link's.
 */
bool talk_turn(struct link *link);

#endif /* CLIENT_TALK_H */
