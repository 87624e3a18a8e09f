/**
 * server.h - what the daemon around a server knows of it beyond throng.h.
 */
#ifndef SERVER_H
#define SERVER_H

#include "log.h"
#include "throng.h"

/**
 * server_log(server):
 * Return the server's log, which is there as long as the server is.
 * Thread: any.
 */
const struct log *server_log(const throng_server *server);

/**
 * server_holds(server):
 * Return about how many bytes its connections hold, with what each takes by
 * itself. Thread: any, while the server is there.
 */
size_t server_holds(const throng_server *server);

/**
 * server_unlink(server):
 * Remove the names of its local sockets, as throng_free() would: for a
 * process that ends without it. Thread: any, while the server is there.
 */
void server_unlink(const throng_server *server);

#endif /* SERVER_H */
