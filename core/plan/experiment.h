/* Experiment: data in memory, one network, one backend: what the lines of a run have in common unless they
 * set it apart; and regimes, how a line trains on an experiment. */
#ifndef LT_PLAN_EXPERIMENT_H
#define LT_PLAN_EXPERIMENT_H

#include "config/settings.h"
#include "data/normalise.h"
#include "store/tensors.h"
#include "train/trainer.h"

/* What every key of an experiment's actions needs, computed once (identity.h). */
typedef struct lt_identity {
    lt_digest   graph, data, input;           /* data: with the split; input: the normalisation's table */
    const char *backend;                      /* the device's identity; outlives this */
} lt_identity;

typedef struct lt_experiment {
    const lt_settings *settings;              /* set before it is opened; both outlive it */
    const lt_services *services;
    const char        *key, *data_key;        /* of lt_experiments */
    lt_data            data;
    bool               borrows;               /* the data are another experiment's, which outlives this one */
    uint32_t           replicas;              /* how many any of its programs may have; 0: nobody asked */
    lt_normalisation   normalisation;
    lt_graph           graph;
    lt_tensors         weights;               /* of arch.weights, which fit the graph; none:
                                               * states 0 are drawn */
    lt_digest          weights_digest;
    char               backend[512];          /* the device's identity; workers open devices of their own */
    lt_identity        identity;
} lt_experiment;

/* Loads and builds all of it, and asks the backend who it is. data_of: one that reads the same data;
 * NULL: they are loaded. */
ltc_status lt_experiment_open(lt_experiment *e, const lt_experiment *data_of, ltc_error *err);
void lt_experiment_close(lt_experiment *e);   /* safe on a half-opened or zeroed one */

/* Those of all lines of a run, each once. */
typedef struct lt_experiments {
    lt_experiment *v;                         /* [n] */
    uint32_t      *of_line;                   /* [settings->n_lines] */
    uint32_t       n, pad;
    lt_arena       arena;                     /* of their keys */
} lt_experiments;

/* Which line needs which: settings and services alone are set, nothing is loaded. */
ltc_status lt_experiments_list(const lt_settings *s, const lt_services *services, lt_experiments *x,
                               ltc_error *err);

/* Opens each of them. */
ltc_status lt_experiments_open(const lt_settings *s, const lt_services *services, lt_experiments *x,
                               ltc_error *err);
void lt_experiments_close(lt_experiments *x); /* safe on a half-opened or zeroed one */

/* How a line trains, in steps: the dense network, or by retrain the levels below it. */
typedef struct lt_regime {
    const lt_experiment *experiment;
    const lt_settings   *settings;            /* the variant's */
    ltc_optimizer        optimizer;
    lt_schedule          schedule;
    lt_digest            criterion;           /* SHA-256 of the criterion's file, as it was loaded */
    uint32_t             criterion_flags;     /* LTC_NEED_*; 0: nothing is pruned */
    uint32_t             n_layers;
    uint32_t            *layer;               /* [n_layers] parameters to prune, in the network's order */
    uint64_t             batch, steps_per_epoch, steps, evaluate_every;
    uint64_t             rewind_to, draw_at;  /* of the dense network's steps */
    uint64_t             check_every;         /* likewise, of an early bird; 0: it is none */
    bool                 goes_on;             /* from where the mask was drawn: steps is how many more */
} lt_regime;

/* Also asks the criterion and the network whether they can do what is configured, before
 * anything is trained. */
ltc_status lt_regime_open(const lt_experiment *e, const lt_settings *s, lt_regime *r, ltc_error *err);

/* How the levels below a dense network of that regime are trained, by settings->retrain. */
ltc_status lt_regime_open_retrain(const lt_regime *dense, lt_regime *r, ltc_error *err);
void lt_regime_close(lt_regime *r);           /* safe on a zeroed one */

/* What is compiled, and what a trainer is, for a trial from 0; trials differ in what run.vary lists. */
lt_program_request lt_regime_program(const lt_regime *r);
lt_training lt_regime_training(const lt_regime *r, uint64_t trial);

/* May trainings of both ride in one program? They may differ in all that a program knows nothing of, such as
 * the learning rate or the mask; and they are evaluated equally often, so that nobody waits for another's. */
bool lt_regime_fits(const lt_regime *a, const lt_regime *b);

/* State 0 of a trial: arch.weights, or drawn by the trial's key. */
void lt_regime_initial(const lt_regime *r, uint64_t trial, lt_state *s);

/* The key of a purpose (LT_KEY_*) in a trial; instance as identity has it. */
ltc_key lt_regime_key(const lt_regime *r, uint32_t purpose, uint64_t trial, uint64_t instance);

#endif
