/* Rows of a split become the input's blocks: bytes or floats, normalised, cropped, mirrored and transposed in one
 * pass. */
#include "bytes.h"
#include "shuffle.h"

enum { PAD = 4 };                             /* CROP of ltcore/backend.h */

/* A row of pixels: n from `from` on of channel c. */
typedef struct pixels { const void *at; bool is_bytes; } pixels;

static size_t width_of(const cpu_gather *g)
{
    return g->is_bytes ? 1 : sizeof(float);
}

/* Row y of channel c of a sample as `cut` shows it, written to scratch: zeros outside of the image. */
static const void *cut_row(const cpu_gather *g, uint32_t row, uint32_t cut, int64_t c, int64_t y, char *to)
{
    const size_t width = width_of(g);
    const int64_t from = y + (int64_t)(cut & 0xff) - PAD, shift = (int64_t)(cut >> 8 & 0xff) - PAD;
    memset(to, 0, (size_t)g->w * width);
    if (from >= 0 && from < g->h) {
        const char *x = (const char *)g->x
                        + (size_t)((((int64_t)row * g->channels + c) * g->h + from) * g->w) * width;
        const int64_t left = shift < 0 ? -shift : 0, right = shift > 0 ? shift : 0;
        if (left + right < g->w)
            memcpy(to + (size_t)left * width, x + (size_t)right * width, (size_t)(g->w - left - right) * width);
    }
    if (cut >> 16)
        for (int64_t i = 0, j = g->w - 1; i < j; i++, j--) {
            char pixel[sizeof(float)];
            memcpy(pixel, to + (size_t)i * width, width);
            memcpy(to + (size_t)i * width, to + (size_t)j * width, width);
            memcpy(to + (size_t)j * width, pixel, width);
        }
    return to;
}

/* n <= 16 pixels from `i` on, normalised; the other lanes are anything. */
VEC_INLINE vec sixteen(const cpu_gather *g, int64_t c, const char *row, int64_t i, int64_t n)
{
    const char *x = row + (size_t)i * width_of(g);
    char some[CPU_LANES * sizeof(float)] = { 0 };
    if (n < CPU_LANES)
        x = memcpy(some, x, (size_t)n * width_of(g));
    if (!g->is_bytes)
        return (vec_load_any((const float *)(const void *)x) - vec_all(g->mean[c])) / vec_all(g->std[c]);
    if (!g->table)
        return vec_fma(vec_all(g->scale[c]), vec_of_bytes((const uint8_t *)x), vec_all(g->shift[c]));
    vec v;
    for (int k = 0; k < CPU_LANES; k++)
        v[k] = g->table[256 * c + (uint8_t)x[k]];
    return v;
}

/* The rows row[0..15] of n pixels each, element `first` of the samples, to `to` at stride ld. */
static void put_row(const cpu_gather *g, int64_t c, const char *const *row, int64_t n, int64_t block, int64_t first,
                    float *to, ptrdiff_t ld)
{
    for (int64_t i = 0; i < n; i += CPU_LANES) {
        const int64_t some = n - i < CPU_LANES ? n - i : CPU_LANES;
        vec x[CPU_LANES];
        float out[CPU_LANES * CPU_LANES] __attribute__((aligned(64)));
        for (int64_t k = 0; k < CPU_LANES; k++)
            x[k] = row[k] ? sixteen(g, c, row[k], i, some) : vec_zero();
        for (int64_t k = 0; g->rows && k < CPU_LANES; k++)
            memcpy(g->rows + (block * CPU_LANES + k) * g->ld_rows + first + i, &x[k], (size_t)some * sizeof(float));
        if (some == CPU_LANES) {
            transpose_16(x, to + i * ld, ld);
            continue;
        }
        transpose_16(x, out, CPU_LANES);
        for (int64_t k = 0; k < some; k++)
            vec_store(to + (i + k) * ld, vec_load(out + k * CPU_LANES));
    }
}

static void gather_line(const cpu_gather *g, int64_t block, int64_t c, int64_t y, int64_t n, float *to, ptrdiff_t ld)
{
    const size_t width = width_of(g);
    const char *row[CPU_LANES];
    for (int64_t k = 0; k < CPU_LANES; k++) {
        const int64_t b = block * CPU_LANES + k;
        const int64_t at = b < g->batch ? (((int64_t)g->sample[b] * g->channels + c) * g->h + y) * g->w : 0;
        if (b >= g->batch)
            row[k] = NULL;
        else if (g->cut)
            row[k] = cut_row(g, g->sample[b], g->cut[b], c, y, (char *)(g->scratch + k * g->w));
        else
            row[k] = (const char *)g->x + (size_t)at * width;
    }
    put_row(g, c, row, n, block, (c * g->h + y) * g->w, to, ld);
}

/* A value of rank 1 takes a channel's rows as one. */
void CPU_NAME(cpu_gather)(const cpu_gather *g, int64_t first, int64_t end)
{
    const cpu_view *v = g->to;
    const int64_t plane = g->h * g->w;
    const bool flat = v->channels == g->channels * plane && !g->cut;
    for (int64_t block = first; block < end; block++)
        for (int64_t c = 0; c < g->channels; c++) {
            if (flat)
                gather_line(g, block, c, 0, plane, cpu_at(v, block, c * plane), v->channel);
            for (int64_t y = 0; !flat && y < g->h; y++)
                gather_line(g, block, c, y, g->w,
                            v->channels == g->channels ? cpu_at(v, block, c) + y * v->row
                                                       : cpu_at(v, block, c * plane + y * g->w),
                            v->channels == g->channels ? CPU_LANES : v->channel);
        }
}
