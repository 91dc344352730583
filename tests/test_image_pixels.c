/* Claims about decoding: what becomes of the pixels of every kind of PNG and JPEG file. The files are made
 * here. */
#include "suite.h"

#include <png.h>
#include <unistd.h>
#include <zlib.h>

#include <ltcore/rng.h>

#include "image_rig.h"

enum { HEIGHT = 7, WIDTH = 5, PIXELS = HEIGHT * WIDTH };

/* Kinds of PNG, each of every depth that it may have. */
static const struct { int colour, depth; } kinds[] = {
    { PNG_COLOR_TYPE_GRAY, 1 },        { PNG_COLOR_TYPE_GRAY, 2 },     { PNG_COLOR_TYPE_GRAY, 4 },
    { PNG_COLOR_TYPE_GRAY, 8 },        { PNG_COLOR_TYPE_GRAY, 16 },    { PNG_COLOR_TYPE_GRAY_ALPHA, 8 },
    { PNG_COLOR_TYPE_GRAY_ALPHA, 16 }, { PNG_COLOR_TYPE_PALETTE, 1 },  { PNG_COLOR_TYPE_PALETTE, 2 },
    { PNG_COLOR_TYPE_PALETTE, 4 },     { PNG_COLOR_TYPE_PALETTE, 8 },  { PNG_COLOR_TYPE_RGB, 8 },
    { PNG_COLOR_TYPE_RGB, 16 },        { PNG_COLOR_TYPE_RGB_ALPHA, 8 }, { PNG_COLOR_TYPE_RGB_ALPHA, 16 },
};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

/* A picture of random samples, opaque. */
typedef struct drawn {
    png_picture picture;
    uint16_t    sample[PIXELS * PNG_SAMPLES_MAX];
    uint8_t     palette[256 * 3];
} drawn;

static void draw(int colour, int depth, int interlaced, drawn *d)
{
    const ltc_key key = { 3, (uint64_t)(colour * 64 + depth * 2 + interlaced) };
    const int samples = png_samples(colour);
    const uint32_t top = 1u << depth;
    for (uint32_t i = 0; i < (uint32_t)(PIXELS * samples); i++) {
        const bool alpha = colour & PNG_COLOR_MASK_ALPHA && i % (uint32_t)samples == (uint32_t)samples - 1;
        d->sample[i] = (uint16_t)(alpha ? top - 1 : ltc_rand_below(key, i, top));
    }
    for (uint32_t i = 0; i < sizeof d->palette; i++)
        d->palette[i] = (uint8_t)ltc_rand_below(key, 10000 + i, 256);
    d->picture = (png_picture){
        .width = WIDTH,
        .height = HEIGHT,
        .colour = colour,
        .depth = depth,
        .interlaced = interlaced,
        .clear = -1,
        .sample = d->sample,
        .palette = d->palette,
        .n_palette = colour == PNG_COLOR_TYPE_PALETTE ? (int)top : 0,
    };
}

/* The nearest byte to v of [0, 2^depth). */
static unsigned to_byte(unsigned v, int depth)
{
    const unsigned top = (1u << depth) - 1;
    return (2 * 255 * v + top) / (2 * top);
}

static unsigned colour_of(const drawn *d, size_t pixel, size_t c)
{
    const png_picture *p = &d->picture;
    const size_t samples = (size_t)png_samples(p->colour);
    if (p->n_palette)
        return d->palette[3 * d->sample[pixel] + c];
    return to_byte(d->sample[pixel * samples + (samples >= 3 ? c : 0)], p->depth);
}

/* R, G, B as they are; or 0.299 R + 0.587 G + 0.114 B with coefficients of 16 bits. A grey picture is
 * itself. */
static unsigned expected(const drawn *d, size_t pixel, size_t c, bool grey)
{
    const unsigned r = colour_of(d, pixel, 0), g = colour_of(d, pixel, 1), b = colour_of(d, pixel, 2);
    const unsigned luma = (19595 * r + 38470 * g + 7471 * b + 32768) / 65536;
    if (!grey)
        return c == 0 ? r : c == 1 ? g : b;
    return d->picture.colour & PNG_COLOR_MASK_COLOR ? luma : r;
}

static void check_kind(int colour, int depth, int interlaced, int64_t grey)
{
    char folder[256], path[512];
    drawn d;
    lt_data data;
    make_folder(folder);
    write_four(folder, HEIGHT, WIDTH);
    draw(colour, depth, interlaced, &d);
    write_png(in_folder(path, folder, "train/cat/1.png"), &d.picture);
    image_rig rig = { .path = folder, .grey = grey };
    if (check_loads(&rig, &data)) {
        const uint8_t *x = data.split[LT_TRAIN].x;
        int wrong = 0;
        CU_ASSERT(data.rank == 3 && data.dim[0] == (grey ? 1 : 3) && data.dim[1] == HEIGHT &&
                  data.dim[2] == WIDTH);
        for (size_t i = 0; i < PIXELS * (size_t)data.dim[0]; i++)
            wrong += x[i] != expected(&d, i % PIXELS, i / PIXELS, grey);
        if (wrong)
            fprintf(stderr, "\ncolour type %d, depth %d, interlaced %d: %d wrong\n", colour, depth,
                    interlaced, wrong);
        CU_ASSERT_EQUAL(wrong, 0);
        lt_data_free(&data);
    }
    remove_folder(folder);
}

static void every_kind_of_png_has_its_pixels(void)
{
    for (size_t i = 0; i < N_KINDS; i++)
        for (int how = 0; how < 4; how++)
            check_kind(kinds[i].colour, kinds[i].depth, how & 1, how >> 1);
}

static void transparency_is_refused_where_it_is_seen(void)
{
    static const struct { int colour, depth, at, value, clear, n_alpha; const char *says;
    } cases[] = {
        { PNG_COLOR_TYPE_RGB_ALPHA, 8, 4 * 17 + 3, 254, -1, 0,
          "row 3, column 2 is transparent (alpha 254 of 255)" },
        { PNG_COLOR_TYPE_GRAY_ALPHA, 16, 1, 0, -1, 0, "row 0, column 0 is transparent (alpha 0 of 255)" },
        { PNG_COLOR_TYPE_GRAY, 8, 34, 99, 99, 0, "transparent" },
        { PNG_COLOR_TYPE_PALETTE, 8, 34, 1, -1, 2, "row 6, column 4 is transparent (alpha 7 of 255)" },
        { PNG_COLOR_TYPE_PALETTE, 8, 34, 3, -1, 2, NULL }, /* the transparent colours are not used */
        { PNG_COLOR_TYPE_GRAY, 8, 34, 98, 99, 0, NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char folder[256], path[512];
        const uint8_t alpha[2] = { 0, 7 };
        drawn d;
        lt_data data;
        make_folder(folder);
        write_four(folder, HEIGHT, WIDTH);
        draw(cases[i].colour, cases[i].depth, 0, &d);
        for (int k = 0; k < PIXELS && png_samples(cases[i].colour) == 1; k++)
            d.sample[k] = (uint16_t)(100 + k);
        d.sample[cases[i].at] = (uint16_t)cases[i].value;
        d.picture.clear = cases[i].clear, d.picture.alpha = alpha, d.picture.n_alpha = cases[i].n_alpha;
        write_png(in_folder(path, folder, "train/dog/1.png"), &d.picture);
        image_rig rig = { .path = folder };
        if (cases[i].says)
            check_refused(&rig, LTC_EUNSUPPORTED, cases[i].says);
        else if (check_loads(&rig, &data))
            lt_data_free(&data);
        remove_folder(folder);
    }
}

static void check_jpeg(int channels, bool progressive, bool subsampled)
{
    char folder[256], path[512];
    uint8_t pixel[16 * 16 * 3];
    lt_data data;
    make_folder(folder);
    write_four(folder, 16, 16);
    draw_smooth(channels, pixel);
    const jpeg_picture p = { 16, 16, channels, progressive, subsampled, pixel };
    write_jpeg(in_folder(path, folder, "train/cat/1.png"), &p);       /* its first bytes say what it is */
    uint8_t *own = read_jpeg(path);
    image_rig rig = { .path = folder };
    if (check_loads(&rig, &data)) {
        const uint8_t *x = data.split[LT_TRAIN].x;
        int far = 0, other = 0;
        for (int i = 0; i < 256 * 3; i++) {
            const int got = x[i % 3 * 256 + i / 3], meant = pixel[channels == 1 ? i / 3 : i];
            other += got != own[i];
            far += abs(got - meant) > 6;
        }
        CU_ASSERT_EQUAL(other, 0);
        CU_ASSERT_EQUAL(far, 0);
        lt_data_free(&data);
    }
    free(own);
    remove_folder(folder);
}

static void jpeg_pixels_are_libjpegs_own_and_near_the_drawn_ones(void)
{
    for (int how = 0; how < 4; how++) {
        check_jpeg(3, how & 1, how & 2);
        check_jpeg(1, how & 1, false);
    }
}

static void cmyk_is_refused_in_words(void)
{
    char folder[256], path[512];
    uint8_t pixel[16 * 16 * 4] = { 0 };
    const jpeg_picture p = { 16, 16, 4, false, false, pixel };
    make_folder(folder);
    write_four(folder, 16, 16);
    write_jpeg(in_folder(path, folder, "train/dog/1.jpg"), &p);
    image_rig rig = { .path = folder };
    check_refused(&rig, LTC_EUNSUPPORTED, "train/dog/1.jpg: it is stored in four inks (CMYK)");
    remove_folder(folder);
}

int main(void)
{
    static const lt_test claims[] = {
        { "every kind of PNG has its pixels", every_kind_of_png_has_its_pixels },
        { "transparency is refused where it is seen", transparency_is_refused_where_it_is_seen },
        { "JPEG pixels are libjpeg's own and near the drawn ones",
          jpeg_pixels_are_libjpegs_own_and_near_the_drawn_ones },
        { "CMYK is refused in words", cmyk_is_refused_in_words },
    };
    const int failed = lt_suite_run("image_pixels", claims, sizeof claims / sizeof claims[0]);
    lt_registry_close(image_registry);
    return failed;
}
