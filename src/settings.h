/**
 * settings.h - from what was asked for to what will be done.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "service.h"

/** Ranges of the settings; option_row.c and settings.c share them. */
#define SETTINGS_WORKERS_MAX 1024
#define SETTINGS_REACTORS_MAX 64
#define SETTINGS_CONNECTIONS_MAX 10000000
#define SETTINGS_BACKLOG_MAX 65535
#define SETTINGS_ACCEPT_RATE_MAX 1000000
#define SETTINGS_BUDGET_MIN (1u << 20)
#define SETTINGS_BUDGET_MAX (SIZE_MAX / 4 + 1)
#define SETTINGS_REPLY_MAX (1u << 30)
#define SETTINGS_STACK_MIN (64u << 10)
#define SETTINGS_STACK_MAX (1u << 30)
#define SETTINGS_DRAIN_MS_MAX 3600000
#define SETTINGS_SIGNAL_MAX 64
#define SETTINGS_TIMEOUT_MS_MAX 86400000
#define SETTINGS_RATE_MAX (1u << 30)
#define SETTINGS_OUTPUT_MIN (4u << 10)
#define SETTINGS_OUTPUT_MAX (1u << 30)

/**
 * settings_kept(config):
 * Return how many descriptors the server keeps for all but its connections:
 * listeners, what each reactor has, clients that are being refused.
 * Thread: any.
 */
uint64_t settings_kept(const throng_config *config);

/**
 * settings_connections(descriptors, config):
 * Return how many connections fit into a limit of open descriptors; 0 if the
 * server itself does not. Thread: any.
 */
uint64_t settings_connections(uint64_t descriptors,
    const throng_config *config);

/**
 * settings_apply(service, config, handler):
 * Check `config` and fill in `service` with it, limits of the machine
 * included. On failure write one line to the log and return an error.
 * Thread: any.
 */
throng_error settings_apply(struct service *service,
    const throng_config *config, const throng_handler *handler);

#endif /* SETTINGS_H */
