/* Synthetic: a learnable data set without files, for tests and for a first run. Every sample is a function of
 * (seed, split, number) alone: the pattern of its class plus noise, both constant on the cells of a coarse
 * grid, so that a linear model, a multilayer perceptron and a convolution all find something. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include <ltcore/dataset.h>
#include <ltcore/rng.h>

enum { TRAIN, TEST, N_SPLITS };
enum { GRID_MAX = 7 };                        /* cells along an axis; a shorter one has a cell a pixel */
enum { AS_U8, AS_FLOAT };                     /* option type */

typedef struct synthetic_options {
    int64_t classes, channels, height, width, train, test, type, seed;
    double  noise;
} synthetic_options;

static const char *const types[] = { "u8", "float", NULL };
static const ltc_opt synthetic_table[] = {
    LTC_INT(synthetic_options, classes, 10, 2, 1000, "classes; sample i is of class i mod classes"),
    LTC_INT(synthetic_options, channels, 1, 1, 64, "channels of a sample"),
    LTC_INT(synthetic_options, height, 28, 1, 1024, "rows of a sample"),
    LTC_INT(synthetic_options, width, 28, 1, 1024, "columns of a sample"),
    LTC_INT(synthetic_options, train, 10000, 1, 100000000, "training samples"),
    LTC_INT(synthetic_options, test, 2000, 1, 100000000, "test samples"),
    LTC_REAL(synthetic_options, noise, 0.35, 0, 100,
             "spread of the noise, as a share of the length of a class's pattern; 0: all samples of a class "
             "are equal"),
    LTC_ENUM(synthetic_options, type, AS_U8, types, "type of a sample's elements"),
    LTC_INT(synthetic_options, seed, 1, 0, INT64_MAX, "which data set of this kind"),
};
static const ltc_schema synthetic_schema = LTC_SCHEMA(synthetic_options, synthetic_table);

/* A byte is 128 + 40 z, z being of mean 0 and standard deviation 1: three deviations on either side fit. */
static const float byte_mean = 128, byte_std = 40;

typedef struct synthetic {
    const synthetic_options *o;
    int64_t    dim[3], grid[2];               /* C, H, W; rows and columns of cells */
    size_t     cells;                         /* of all channels */
    float      noise, scale;                  /* z = (pattern + noise * normal) * scale */
    float     *pattern;                       /* [classes][cells] */
    float     *mean, *std;                    /* [channels] */
    ltc_split  split[N_SPLITS];
} synthetic;

/* Streams of this data set: 0 draws the patterns, 1 + s the noise of split s. */
static ltc_key stream(const synthetic *d, uint64_t id)
{
    const ltc_key root = { (uint64_t)d->o->seed, 0x73796e7468657469 };      /* "syntheti": not the core's */
    return ltc_key_fold(root, id);
}

static void measure(const synthetic_options *o, synthetic *d)
{
    d->o = o;
    d->dim[0] = o->channels, d->dim[1] = o->height, d->dim[2] = o->width;
    for (int axis = 0; axis < 2; axis++)
        d->grid[axis] = d->dim[1 + axis] < GRID_MAX ? d->dim[1 + axis] : GRID_MAX;
    d->cells = (size_t)(d->dim[0] * d->grid[0] * d->grid[1]);
    d->noise = (float)(o->noise * sqrt((double)d->cells)); /* that is a pattern's length, on average */
    d->scale = (float)(1 / sqrt(1 + (double)d->noise * (double)d->noise));
    d->split[TRAIN] = (ltc_split){ "train", (uint64_t)o->train };
    d->split[TEST] = (ltc_split){ "test", (uint64_t)o->test };
}

static void fill(synthetic *d)
{
    const ltc_key key = stream(d, 0);
    for (size_t i = 0; i < (size_t)d->o->classes * d->cells; i++)
        d->pattern[i] = ltc_rand_normal(key, i);
    for (int64_t c = 0; c < d->dim[0]; c++) {
        d->mean[c] = d->o->type == AS_U8 ? byte_mean / 255 : 0;
        d->std[c] = d->o->type == AS_U8 ? byte_std / 255 : 1;
    }
}

static void synthetic_close(void *self)
{
    synthetic *d = self;
    free(d->pattern);
    free(d->mean);
    free(d->std);
    free(d);
}

static ltc_status synthetic_open(const ltc_host *h, const void *opts, void **self, ltc_error *err)
{
    const synthetic_options *o = opts;
    synthetic *d = calloc(1, sizeof *d);
    (void)h;
    if (!d)
        return ltc_fail(err, LTC_ENOMEM, "no memory to open the data set");
    measure(o, d);
    d->pattern = calloc((size_t)o->classes * d->cells, sizeof *d->pattern);
    d->mean = calloc((size_t)o->channels, sizeof *d->mean);
    d->std = calloc((size_t)o->channels, sizeof *d->std);
    if (!d->pattern || !d->mean || !d->std) {
        synthetic_close(d);
        return ltc_fail(err, LTC_ENOMEM, "no memory for the patterns of %" PRId64 " classes", o->classes);
    }
    fill(d);
    *self = d;
    return LTC_OK;
}

static ltc_status synthetic_info(const void *self, ltc_dataset_info *info, ltc_error *err)
{
    const synthetic *d = self;
    (void)err;
    info->sample_type = d->o->type == AS_U8 ? LTC_U8 : LTC_F32;
    info->rank = 3;
    info->dim = d->dim;
    info->n_classes = (uint32_t)d->o->classes;
    info->n_splits = N_SPLITS;
    info->split = d->split;
    info->mean = d->mean;
    info->std = d->std;
    return LTC_OK;
}

static uint8_t to_byte(float z)
{
    const float v = byte_mean + byte_std * z + 0.5f;
    return v < 0 ? 0 : v < 256 ? (uint8_t)v : 255;
}

/* One cell's value to the pixels of the cell: those whose place, scaled to the grid, falls on it. */
static void paint(const synthetic *d, int64_t c, int64_t gy, int64_t gx, float z, void *x, size_t sample)
{
    const int64_t H = d->dim[1], W = d->dim[2], rows = d->grid[0], columns = d->grid[1];
    const size_t at = sample * (size_t)(d->dim[0] * H * W);
    for (int64_t y = (gy * H + rows - 1) / rows; y < ((gy + 1) * H + rows - 1) / rows; y++)
        for (int64_t u = (gx * W + columns - 1) / columns; u < ((gx + 1) * W + columns - 1) / columns; u++) {
            const size_t i = at + (size_t)((c * H + y) * W + u);
            if (d->o->type == AS_U8)
                ((uint8_t *)x)[i] = to_byte(z);
            else
                ((float *)x)[i] = z;
        }
}

static void draw(const synthetic *d, ltc_key key, const float *pattern, void *x, size_t sample)
{
    size_t cell = 0;
    for (int64_t c = 0; c < d->dim[0]; c++)
        for (int64_t gy = 0; gy < d->grid[0]; gy++)
            for (int64_t gx = 0; gx < d->grid[1]; gx++, cell++)
                paint(d, c, gy, gx, (pattern[cell] + d->noise * ltc_rand_normal(key, cell)) * d->scale, x,
                      sample);
}

static ltc_status synthetic_read(const void *self, uint32_t split, uint64_t first, uint64_t count, void *x,
                                 int32_t *label, ltc_error *err)
{
    const synthetic *d = self;
    if (split >= N_SPLITS || first > d->split[split].count || count > d->split[split].count - first)
        return ltc_fail(err, LTC_EINVAL, "split %" PRIu32 " has no samples %" PRIu64 " to %" PRIu64, split,
                        first, first + count);
    const ltc_key key = stream(d, 1 + split);
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t class = (first + i) % (uint64_t)d->o->classes;
        label[i] = (int32_t)class;
        draw(d, ltc_key_fold(key, first + i), d->pattern + class * d->cells, x, (size_t)i);
    }
    return LTC_OK;
}

static const ltc_dataset_ops synthetic_ops = {
    LTC_DATASET_OPS,
    .open = synthetic_open, .close = synthetic_close, .info = synthetic_info, .read = synthetic_read,
};
static const ltc_module synthetic_module = {
    LTC_MODULE(LTC_DATASET, synthetic_ops), .name = "synthetic", .version = "1.0",
    .summary = "patterns in noise, drawn and not read; for tests and first runs",
    .schema = &synthetic_schema,
};
LTC_PLUGIN(&synthetic_module);
