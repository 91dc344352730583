/* What every backend refuses of the core's requests, in the same words. Each says the few facts that a
 * request is held against; what it refuses beyond is its own. Called by the adapter of op tables, and by the
 * backends cpu and cuda. */
#ifndef LTS_REQUEST_H
#define LTS_REQUEST_H

#include <ltcore/backend.h>

enum { LTS_MOST_SPLITS = 16 };                /* of a program */

/* What a backend can promise, and the most that it takes. */
typedef struct lts_limits { uint32_t caps, replicas, batch; } lts_limits;

/* The second, once the graph is known to be whole. */
ltc_status lts_request_compile(const ltc_compile_req *r, const lts_limits *most, ltc_error *err);
ltc_status lts_request_augment(const ltc_compile_req *r, ltc_error *err);

/* Copies the description of a split, whose dim is then dim [4]. */
ltc_status lts_request_data(const ltc_data_desc *from, ltc_data_desc *to, int64_t *dim, ltc_error *err);
ltc_status lts_request_bind(uint32_t split, ltc_error *err);

/* A piece of state, as put and get name it. content: of what is put; a piece that is not kept (of a
 * parameter that is not trained, a second slot of SGD) may only be put as what it reads as,
 * lts_state_none in every byte. */
typedef struct lts_state_name { uint32_t what, replica, param; } lts_state_name;

ltc_status lts_request_state(const ltc_graph *g, uint32_t replicas, const lts_state_name *x, size_t bytes,
                             ltc_error *err);
ltc_status lts_request_content(const lts_state_name *x, const void *src, size_t bytes, bool kept,
                               ltc_error *err);
uint8_t    lts_state_none(uint32_t what);

/* has_value [replicas][n_params]: which have been put. */
ltc_status lts_request_ready(const ltc_graph *g, uint32_t replicas, const bool *has_value, ltc_error *err);

/* A program and the split that is asked for. rows: of the split, if it is bound. */
typedef struct lts_terms {
    bool     ready, bound;
    uint32_t replicas, batch, augment;
    uint64_t rows;
} lts_terms;

ltc_status lts_request_train(const lts_terms *t, const ltc_train_req *r, ltc_error *err);
ltc_status lts_request_eval(const lts_terms *t, const ltc_eval_req *r, ltc_error *err);

#endif
