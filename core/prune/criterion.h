/* Criterion: one instance of a mask plug-in, and the structs lent to it. For selection.c alone.
 *
 * Every struct is lent in the size that the plug-in was built for; it sees the weights that it asked for and
 * no others; and the floating-point mode after a call is what it was before. All [serial]. */
#ifndef LT_PRUNE_CRITERION_H
#define LT_PRUNE_CRITERION_H

#include "prune/probing.h"
#include "prune/selection.h"

typedef struct lt_criterion {
    const lt_module *module;
    ltc_host        *host;
    void            *self;
    uint32_t         flags, n_params;         /* flags: this instance's */
    lt_probing       probing;                 /* for those that ask for it */
    ltc_mask_env    *env;                     /* lent, like the next two */
    char            *tensor;                  /* [n_params] at `stride`; zero: not eligible */
    size_t           stride;
    const ltc_mask_tensor **list;             /* [n_params]: room for what select is given */
    uint8_t        **mask;                    /* [n_params]: likewise */
} lt_criterion;

/* Refuses what this core cannot serve: channels, flags of a later core. */
ltc_status lt_criterion_open(const lt_module *m, const void *options, const lt_services *services,
                             lt_criterion *c, ltc_error *err);
void lt_criterion_close(lt_criterion *c);

/* Lends it the request's eligible tensors and weights; a kind of weights that it reads and the request does
 * not have is an error. Once, before all that follows. */
ltc_status lt_criterion_show(lt_criterion *c, const lt_selection_request *r, ltc_error *err);

/* The densities that it is told from here on. */
void lt_criterion_aim(lt_criterion *c, double now, double goal);

/* Lets it look at everything eligible once, if it wants to; before any score and any selection. */
ltc_status lt_criterion_prepare(const lt_criterion *c, ltc_error *err);

/* The score of each element of parameter p, finite wherever it is alive. */
ltc_status lt_criterion_score(const lt_criterion *c, uint32_t p, float *score, ltc_error *err);

/* The masks of the parameters that `chosen` [n_params] marks, into mask[p]: 0 and 1, a subset of the
 * selection so far. How many it kept is the caller's to check. */
ltc_status lt_criterion_select(const lt_criterion *c, const uint8_t *chosen, uint8_t *const *mask,
                               ltc_error *err);

#endif
