/* The host: services that the core lends to one instance of a plug-in. */
#ifndef LT_PLUGIN_HOST_H
#define LT_PLUGIN_HOST_H

#include <ltcore/plugin.h>

#include "util/team.h"

/* Where the services lead. Any member may be NULL: nothing is logged, nothing is cancelled, nothing is kept,
 * chunks run one after another. */
typedef struct lt_services {
    void (*log)(void *arg, int level, const char *module, const char *sentence);      /* [any] */
    bool (*cancelled)(void *arg);                                                     /* [any] */
    void *arg;
    const char *cache;                        /* directory for what can be made again; outlives the hosts */
    lt_team *team;                            /* the whole process's, so that threads know of each other */
    uint64_t memory;                          /* bytes that it may take; 0: not known */
} lt_services;

/* LTC_ECANCELLED, if nobody cancelled, is a plug-in's failure like any other: LTC_EINTERNAL.
 * Other statuses stay. */
ltc_status lt_services_settle(const lt_services *s, ltc_status st);

/* A host for an instance of the module called `name`, of `host_size` published bytes; it outlives the
 * instance. */
ltc_status lt_host_create(const lt_services *s, const char *name, uint32_t kind_abi, uint32_t host_size,
                          const ltc_probe *probe, ltc_host **host, ltc_error *err);
void lt_host_destroy(ltc_host *h);

#endif
