/* From rows of a split to the graph's input: normalisation, cropping, mirroring. Called by
 * programs and probes. */
#ifndef LTS_SAMPLE_H
#define LTS_SAMPLE_H

#include <ltcore/backend.h>

/* How the samples of a split become input. Everything is borrowed but dim. */
typedef struct lts_samples {
    const void    *x;
    const int32_t *label;
    uint64_t n;
    int64_t  dim[4];                          /* [channels][height][width], or [elements][1][1] */
    size_t   count;                           /* elements of a sample */
    const ltc_input *input;
} lts_samples;

/* Do the split, the input and the graph go together? rank 1 to 3; labels below the number of logits. */
ltc_status lts_samples_open(lts_samples *s, const ltc_data_desc *data, const ltc_input *input,
                            const ltc_graph *graph, ltc_error *err);

/* How one row is cut out; {4, 4, 0} leaves it as it is. */
typedef struct lts_cut { uint32_t down, right, mirror; } lts_cut;

/* What augment (LTC_AUGMENT_*) draws for number i of the key's stream. */
lts_cut lts_cut_draw(uint32_t augment, ltc_key key, uint64_t i);

/* One sample, as float[count]. */
void lts_sample_get(const lts_samples *s, uint64_t row, lts_cut cut, float *x);

#endif
