/* Owns the samples of one data set: reads them through a plug-in, fingerprints them, takes the validation
 * split and frees them. Called once a run, before anything trains. */
#include "data/data.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/holdout.h"
#include "data/reader.h"
#include "util/canon.h"
#include "util/text.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "samples and labels are fingerprinted as they lie in memory");

static const char *const split_names[LT_SPLITS] = {
    [LT_TRAIN] = "train", [LT_VALIDATION] = "validation", [LT_TEST] = "test",
};

const char *lt_split_name(uint32_t split)
{
    assert(split < LT_SPLITS);
    return split_names[split];
}

size_t lt_data_sample_bytes(const lt_data *d)
{
    size_t bytes = d->sample_type == LTC_F32 ? sizeof(float) : 1;
    for (uint32_t i = 0; i < d->rank; i++)
        bytes *= (size_t)d->dim[i];
    return bytes;
}

static float *copy_constants(lt_arena *a, const float *from, size_t n)
{
    float *copy = lt_arena_array(a, n, sizeof *copy);
    return copy ? memcpy(copy, from, n * sizeof *copy) : NULL;
}

static char **copy_names(lt_arena *a, const char *const *from, size_t n)
{
    char **copy = lt_arena_array(a, n, sizeof *copy);
    for (size_t i = 0; copy && i < n; i++)
        if (!(copy[i] = lt_arena_text(a, from[i])))
            return NULL;
    return copy;
}

/* The reader's description, which dies with it, into d, which lives on. */
static ltc_status copy_description(const ltc_dataset_info *in, lt_data *d, ltc_error *err)
{
    d->sample_type = in->sample_type;
    d->rank = in->rank;
    d->n_classes = in->n_classes;
    for (uint32_t i = 0; i < sizeof d->dim / sizeof d->dim[0]; i++)
        d->dim[i] = i < in->rank ? in->dim[i] : 1;
    if (in->class_name)
        d->class_name = copy_names(&d->arena, in->class_name, in->n_classes);
    if (in->mean) {
        d->published_mean = copy_constants(&d->arena, in->mean, (size_t)d->dim[0]);
        d->published_std = copy_constants(&d->arena, in->std, (size_t)d->dim[0]);
    }
    if (!in->class_name == !d->class_name && !in->mean == !d->published_mean && !in->std == !d->published_std)
        return LTC_OK;
    return ltc_fail(err, LTC_ENOMEM, "no memory for the names of %" PRIu32 " classes", in->n_classes);
}

static ltc_status read_split(const lt_reader *reader, uint32_t s, lt_data *d, ltc_error *err)
{
    const uint64_t n = reader->count[s];
    lt_split *split = &d->split[s];
    if (!n)
        return LTC_OK;
    *split = (lt_split){
        .n = n,
        .x = lt_array((size_t)n, reader->sample_bytes),
        .label = lt_array((size_t)n, sizeof *split->label),
    };
    if (!split->x || !split->label)
        return ltc_fail(err, LTC_ENOMEM, "no memory for %" PRIu64 " %s samples of %zu bytes", n,
                        lt_split_name(s), reader->sample_bytes);
    return lt_reader_read(reader, s, split->x, split->label, err);
}

/* What the bytes mean; their number follows from it, so that no two data sets give the same stream. */
static void print_layout(const lt_data *d, lt_text *t)
{
    lt_canon_int(t, "sample_type", d->sample_type);
    lt_canon_int(t, "n_classes", d->n_classes);
    lt_canon_int(t, "rank", d->rank);
    for (uint32_t i = 0; i < d->rank; i++)
        lt_canon_int(t, "dim", d->dim[i]);
    for (uint32_t s = 0; s < LT_SPLITS; s++)
        if (d->split[s].n)
            lt_canon_int(t, lt_split_name(s), (int64_t)d->split[s].n);
}

/* SHA-256 of the layout, then each split's samples, then its labels, in the order of LT_TRAIN ... LT_TEST
 * whatever the reader's own order is. */
static bool fingerprint(const lt_data *d, lt_digest *digest)
{
    const size_t bytes = lt_data_sample_bytes(d);
    lt_text layout = { 0 };
    lt_hasher *h = lt_hasher_create();
    if (!h)
        return false;
    print_layout(d, &layout);
    bool ok = !layout.failed && lt_hasher_add(h, layout.s, layout.n);
    for (const lt_split *s = d->split; ok && s < d->split + LT_SPLITS; s++)
        if (s->n)
            ok = lt_hasher_add(h, s->x, (size_t)s->n * bytes) &&
                 lt_hasher_add(h, s->label, (size_t)s->n * sizeof *s->label);
    lt_text_free(&layout);
    return lt_hasher_finish(h, digest) && ok;
}

static ltc_status take_validation(const lt_data_request *r, lt_data *d, ltc_error *err)
{
    const lt_services *to = r->services;
    if (!d->split[LT_VALIDATION].n)
        return lt_holdout_take(d, r->validation, r->key_split, err);
    if (r->validation && to->log)
        to->log(to->arg, LTC_LOG_INFO, r->reader->info.name,
                "the data set has a validation split of its own; none is taken from the training samples");
    return LTC_OK;
}

typedef ltc_status use_reader(const lt_reader *reader, lt_data *d, ltc_error *err);

static ltc_status describe(const lt_reader *reader, lt_data *d, ltc_error *err)
{
    return copy_description(&reader->info, d, err);
}

/* Before the first byte is read: an array that is larger than the memory is given out all the same, and
 * whoever fills it is killed. */
static ltc_status check_room(const lt_reader *reader, uint64_t memory, ltc_error *err)
{
    const double mib = 1024.0 * 1024.0;
    double bytes = 0;
    for (uint32_t s = 0; s < LT_SPLITS; s++)
        bytes += (double)reader->count[s] * (double)(reader->sample_bytes + sizeof(int32_t));
    if (!memory || bytes <= (double)memory)
        return LTC_OK;
    return ltc_fail(err, LTC_ENOMEM,
                    "no memory: the samples of the data set take %.1f MiB, and %.1f MiB are available",
                    bytes / mib, (double)memory / mib);
}

static ltc_status read_whole(const lt_reader *reader, lt_data *d, ltc_error *err)
{
    ltc_status st = describe(reader, d, err);
    if (!st)
        st = check_room(reader, reader->memory, err);
    for (uint32_t s = 0; s < LT_SPLITS && !st; s++)
        st = read_split(reader, s, d, err);
    return st;
}

/* Opens the reader for `use` and closes it at once: what it cached goes. d is for lt_data_free, whatever
 * happens. */
static ltc_status with_reader(const lt_data_request *r, use_reader *use, lt_data *d, ltc_error *err)
{
    lt_reader reader;
    *err = (ltc_error){ 0 };
    ltc_status st = lt_reader_open(r->reader, r->options, r->services, &reader, err);
    if (st)
        return st;
    st = use(&reader, d, err);
    lt_reader_close(&reader);
    return st;
}

static ltc_status hand_over(ltc_status st, lt_data *from, lt_data *data)
{
    if (st)
        lt_data_free(from);
    else
        *data = *from;
    return st;
}

ltc_status lt_data_load(const lt_data_request *r, lt_data *data, ltc_error *err)
{
    lt_data d = { 0 };
    ltc_status st = with_reader(r, read_whole, &d, err);
    if (!st && !fingerprint(&d, &d.digest))
        st = ltc_fail(err, LTC_EINTERNAL, "libcrypto cannot compute the SHA-256 of data set '%s'",
                      r->reader->info.name);
    if (!st)
        st = take_validation(r, &d, err);
    return hand_over(st, &d, data);
}

ltc_status lt_data_describe(const lt_data_request *r, lt_data *data, ltc_error *err)
{
    lt_data d = { 0 };
    return hand_over(with_reader(r, describe, &d, err), &d, data);
}

void lt_data_free(lt_data *d)
{
    for (lt_split *s = d->split; s < d->split + LT_SPLITS; s++) {
        free(s->x);
        free(s->label);
    }
    free(d->validation_index);
    lt_arena_free(&d->arena);
    *d = (lt_data){ 0 };
}

ltc_data_desc lt_data_desc(const lt_data *d, uint32_t split)
{
    const lt_split *s = &d->split[split];
    return (ltc_data_desc){
        .size = sizeof(ltc_data_desc), .sample_type = d->sample_type, .rank = d->rank, .dim = d->dim,
        .n = s->n, .x = s->x, .label = s->label,
    };
}

double lt_data_majority(const lt_data *d, uint32_t split)
{
    const lt_split *s = &d->split[split];
    uint64_t *count = lt_array(d->n_classes, sizeof *count), most = 0;
    for (uint64_t i = 0; count && i < s->n; i++) {
        const uint64_t here = ++count[s->label[i]];
        most = here > most ? here : most;
    }
    const bool counted = count && s->n;
    free(count);
    return counted ? (double)most / (double)s->n : (double)NAN;
}
