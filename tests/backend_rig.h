/* A backend under test: loaded from its file, with data, a program, and its state put in. Every call must
 * succeed, else the test fails with the backend's sentence. */
#ifndef LT_TESTS_BACKEND_RIG_H
#define LT_TESTS_BACKEND_RIG_H

#include <ltcore/backend.h>

/* Bytes drawn from a stream, with labels: what a split is in these tests. */
typedef struct lt_split {
    ltc_data_desc desc;
    int64_t  dim[3];
    uint8_t *x;
    int32_t *label;
} lt_split;
lt_split *lt_split_new(int64_t channels, int64_t height, int64_t width, uint64_t n, int32_t classes,
                       uint64_t seed);
void      lt_split_free(lt_split *s);

/* (byte - 128) / 64 in every channel; exact in float. */
const ltc_input *lt_byte_input(void);

typedef struct lt_rig {
    const ltc_backend_ops *ops;
    const ltc_graph *graph;
    uint32_t batch;
    uint64_t rows;                            /* of the split */
    void *file, *dev, *prog, *data;
    char  log[512];                           /* what the backend last said to its host */
    ltc_host host;
} lt_rig;

/* ops NULL: of the plug-in `name`, from the build directory. n = 1 split, bound as split 0. */
void lt_rig_open(lt_rig *rig, const char *name, const ltc_backend_ops *ops, const lt_split *split);
void lt_rig_open_with(lt_rig *rig, const char *name, const ltc_backend_ops *ops, const lt_split *split,
                      const ltc_host *host);                      /* NULL: the rig's own,
                                                                   * which has no threads */
void lt_rig_compile(lt_rig *rig, const ltc_graph *graph, const ltc_optimizer *o, uint32_t batch,
                    uint32_t augment);
void lt_rig_start(lt_rig *rig, float *const *value);              /* puts all values, then ready */
void lt_rig_release(lt_rig *rig);
void lt_rig_close(lt_rig *rig);

void lt_rig_put(lt_rig *rig, uint32_t what, uint32_t param, const void *src);
void lt_rig_get(lt_rig *rig, uint32_t what, uint32_t param, void *dst);

/* Steps first .. first + n - 1 at rate lr: step s takes rows (s batch + i) mod the split.
 * loss may be NULL. */
uint64_t lt_rig_train(lt_rig *rig, uint64_t first, uint32_t n, float lr, float *loss, uint32_t *correct);

/* Sum of losses over [first, first + count). */
double lt_rig_eval(lt_rig *rig, uint64_t first, uint64_t count, uint64_t *correct);

/* All of the state in one block of bytes, for comparison: values, masks, slots of every
 * parameter, the clock. */
size_t lt_rig_state_bytes(const lt_rig *rig);
void   lt_rig_state(lt_rig *rig, void *bytes);
void   lt_rig_state_put(lt_rig *rig, const void *bytes);

#endif
