/* Experiment: what all trainings of a run share: data in memory and one network; and regimes, how a line trains. */
#ifndef LT_PLAN_EXPERIMENT_H
#define LT_PLAN_EXPERIMENT_H

#include "config/settings.h"
#include "data/normalise.h"
#include "store/tensors.h"
#include "train/trainer.h"

typedef struct lt_experiment {
    const lt_settings *settings;
    const lt_services *services;
    lt_data            data;
    lt_normalisation   normalisation;
    lt_graph           graph;
    lt_tensors         weights;               /* of arch.weights, which fit the graph; none: states 0 are drawn */
    lt_digest          weights_digest;
} lt_experiment;

/* Loads and builds all of it. The settings and services outlive the experiment. */
ltc_status lt_experiment_open(const lt_settings *s, const lt_services *services, lt_experiment *e, ltc_error *err);
void lt_experiment_close(lt_experiment *e);   /* safe on a half-opened or zeroed one */

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
    bool                 goes_on;             /* from where the mask was drawn: steps is how many more */
} lt_regime;

/* Also asks the criterion and the network whether they can do what is configured, before anything is trained. */
ltc_status lt_regime_open(const lt_experiment *e, const lt_settings *s, lt_regime *r, ltc_error *err);

/* How the levels below a dense network of that regime are trained, by settings->retrain. */
ltc_status lt_regime_open_retrain(const lt_regime *dense, lt_regime *r, ltc_error *err);
void lt_regime_close(lt_regime *r);           /* safe on a zeroed one */

/* What a session is opened with, and what a trainer is, for a trial from 0; trials differ in what run.vary lists. */
lt_session_request lt_regime_session(const lt_regime *r);
lt_training lt_regime_training(const lt_regime *r, uint64_t trial);

/* State 0 of a trial: arch.weights, or drawn by the trial's key. */
void lt_regime_initial(const lt_regime *r, uint64_t trial, lt_state *s);

/* The key of a purpose (LT_KEY_*) in a trial; instance as identity has it. */
ltc_key lt_regime_key(const lt_regime *r, uint32_t purpose, uint64_t trial, uint64_t instance);

#endif
