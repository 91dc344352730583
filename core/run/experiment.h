/* Experiment: settings made real: data in memory, a network, a device, and for each trial its training. */
#ifndef LT_RUN_EXPERIMENT_H
#define LT_RUN_EXPERIMENT_H

#include "config/settings.h"
#include "data/normalise.h"
#include "train/trainer.h"

typedef struct lt_experiment {
    const lt_settings *settings;
    lt_data            data;
    lt_normalisation   normalisation;
    lt_graph           graph;
    ltc_optimizer      optimizer;
    lt_schedule        schedule;
    lt_device          device;
    uint64_t           steps_per_epoch, steps, evaluate_every;
} lt_experiment;

/* Loads and builds all of it. The settings and services outlive the experiment. */
ltc_status lt_experiment_open(const lt_settings *s, const lt_services *services, lt_experiment *e, ltc_error *err);
void lt_experiment_close(lt_experiment *e);   /* safe on a half-opened or zeroed one */

/* What a session is opened with. */
lt_session_request lt_experiment_session(const lt_experiment *e);

/* The training of a trial, from 0; trials differ in what run.vary lists. */
lt_training lt_experiment_training(const lt_experiment *e, uint64_t trial);

/* The key of a purpose (LT_KEY_*) in a trial. */
ltc_key lt_experiment_key(const lt_experiment *e, uint32_t purpose, uint64_t trial);

#endif
