/* Writes images through libpng and libjpeg. Their errors end the test. */
#include "image_files.h"

#include <CUnit/CUnit.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jpeglib.h>
#include <png.h>

char *in_folder(char to[512], const char *folder, const char *name)
{
    snprintf(to, 512, "%.250s/%.250s", folder, name);
    return to;
}

int png_samples(int colour)
{
    return (colour & PNG_COLOR_MASK_COLOR && !(colour & PNG_COLOR_MASK_PALETTE) ? 3 : 1) +
           (colour & PNG_COLOR_MASK_ALPHA ? 1 : 0);
}

/* Samples of one row, packed as PNG has them: the most significant bits first. */
static void pack_row(const png_picture *p, uint32_t y, uint8_t *row)
{
    const size_t n = (size_t)p->width * (size_t)png_samples(p->colour), depth = (size_t)p->depth;
    const uint16_t *from = p->sample + y * n;
    memset(row, 0, n * 2);
    for (size_t i = 0; i < n * depth; i++) {
        const unsigned bit = (unsigned)from[i / depth] >> (depth - 1 - i % depth) & 1u;
        row[i / 8] = (uint8_t)(row[i / 8] | bit << (7 - i % 8));
    }
}

static void set_transparency(png_structp png, png_infop info, const png_picture *p)
{
    png_color_16 clear = { .gray = (png_uint_16)p->clear };
    if (p->n_alpha)
        png_set_tRNS(png, info, p->alpha, p->n_alpha, NULL);
    else if (p->clear >= 0)
        png_set_tRNS(png, info, NULL, 0, &clear);
}

static void set_header(png_structp png, png_infop info, const png_picture *p)
{
    png_color palette[256];
    png_set_IHDR(png, info, p->width, p->height, p->depth, p->colour,
                 p->interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    for (int i = 0; i < p->n_palette; i++)
        palette[i] = (png_color){ p->palette[3 * i], p->palette[3 * i + 1], p->palette[3 * i + 2] };
    if (p->n_palette)
        png_set_PLTE(png, info, palette, p->n_palette);
    set_transparency(png, info, p);
    png_set_gAMA(png, info, 0.3);             /* to be passed over */
    png_write_info(png, info);
}

void write_png(const char *path, const png_picture *p)
{
    FILE *f = fopen(path, "wb");
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    uint8_t *row = malloc((size_t)p->width * PNG_SAMPLES_MAX * 2);
    CU_ASSERT_FATAL(f && png && info && row);
    png_init_io(png, f);
    set_header(png, info, p);
    const int passes = p->interlaced ? png_set_interlace_handling(png) : 1;
    for (int pass = 0; pass < passes; pass++)
        for (uint32_t y = 0; y < p->height; y++) {
            pack_row(p, y, row);
            png_write_row(png, row);
        }
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    free(row);
    fclose(f);
}

void write_jpeg(const char *path, const jpeg_picture *p)
{
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr errors;
    FILE *f = fopen(path, "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    c.err = jpeg_std_error(&errors);
    jpeg_create_compress(&c);
    jpeg_stdio_dest(&c, f);
    c.image_width = p->width, c.image_height = p->height;
    c.input_components = p->channels;
    c.in_color_space = p->channels == 1 ? JCS_GRAYSCALE : p->channels == 3 ? JCS_RGB : JCS_CMYK;
    jpeg_set_defaults(&c);
    jpeg_set_quality(&c, 95, TRUE);
    if (p->channels == 3 && !p->subsampled)
        c.comp_info[0].h_samp_factor = c.comp_info[0].v_samp_factor = 1;
    if (p->progressive)
        jpeg_simple_progression(&c);
    jpeg_start_compress(&c, TRUE);
    while (c.next_scanline < c.image_height) {
        JSAMPROW row =
            (JSAMPROW)(uintptr_t)p->pixel + (size_t)c.next_scanline * p->width * (size_t)p->channels;
        jpeg_write_scanlines(&c, &row, 1);
    }
    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
    fclose(f);
}

void draw_smooth(int channels, uint8_t *pixel)
{
    for (int i = 0; i < 16 * 16; i++)
        for (int c = 0; c < channels; c++)
            pixel[i * channels + c] = (uint8_t)(40 + 5 * (i % 16) + 7 * (i / 16) - 20 * c);
}

uint8_t *read_jpeg(const char *path)
{
    struct jpeg_decompress_struct c;
    struct jpeg_error_mgr errors;
    FILE *f = fopen(path, "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    c.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&c);
    jpeg_stdio_src(&c, f);
    jpeg_read_header(&c, TRUE);
    c.out_color_space = JCS_RGB;
    jpeg_start_decompress(&c);
    const size_t row = (size_t)c.output_width * 3;
    uint8_t *pixel = malloc(row * c.output_height);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pixel);
    while (c.output_scanline < c.output_height) {
        JSAMPROW to = pixel + c.output_scanline * row;
        jpeg_read_scanlines(&c, &to, 1);
    }
    jpeg_finish_decompress(&c);
    jpeg_destroy_decompress(&c);
    fclose(f);
    return pixel;
}

void write_plain(const char *path, uint32_t height, uint32_t width, int value)
{
    const size_t n = (size_t)height * width;
    uint16_t *sample = malloc(n * sizeof *sample);
    CU_ASSERT_PTR_NOT_NULL_FATAL(sample);
    for (size_t i = 0; i < n; i++)
        sample[i] = (uint16_t)value;
    const png_picture p = { .width = width, .height = height, .colour = PNG_COLOR_TYPE_GRAY, .depth = 8,
                            .sample = sample, .clear = -1 };
    write_png(path, &p);
    free(sample);
}

void make_folder(char path[256])
{
    static const char *const folder[] = { "train", "train/cat", "train/dog", "test", "test/cat", "test/dog" };
    char sub[512];
    snprintf(path, 256, "%s/images-XXXXXX", TEST_BINARY_DIR);
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(path));
    for (size_t i = 0; i < sizeof folder / sizeof folder[0]; i++)
        CU_ASSERT_EQUAL_FATAL(mkdir(in_folder(sub, path, folder[i]), 0700), 0);
}

void write_four(const char *folder, uint32_t height, uint32_t width)
{
    static const char *const name[] = { "train/cat/1.png", "train/dog/1.png", "test/cat/1.png",
                                        "test/dog/1.png" };
    char path[512];
    for (int i = 0; i < 4; i++)
        write_plain(in_folder(path, folder, name[i]), height, width, 10 * i);
}

static int remove_one(const char *path, const struct stat *is, int type, struct FTW *where)
{
    (void)is, (void)type, (void)where;
    return remove(path);
}

void remove_folder(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

uint8_t *get_file(const char *path, size_t *n)
{
    struct stat is;
    FILE *f = fopen(path, "rb");
    CU_ASSERT_FATAL(f && !fstat(fileno(f), &is));
    uint8_t *byte = malloc((size_t)is.st_size + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(byte);
    *n = fread(byte, 1, (size_t)is.st_size, f);
    fclose(f);
    return byte;
}

void put_file(const char *path, const void *p, size_t n)
{
    remove(path);                             /* some file systems wait when an old file is cut */
    FILE *f = fopen(path, "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    CU_ASSERT_EQUAL(fwrite(p, 1, n, f), n);
    fclose(f);
}

void put_plain(const char *folder, const char *name, uint32_t height, uint32_t width, int value)
{
    char path[512];
    write_plain(in_folder(path, folder, name), height, width, value);
}

void put_text(const char *folder, const char *name)
{
    char path[512];
    put_file(in_folder(path, folder, name), "text", 4);
}

void put_folder(const char *folder, const char *name)
{
    char path[512];
    CU_ASSERT_EQUAL(mkdir(in_folder(path, folder, name), 0700), 0);
}

void take_away(const char *folder, const char *name)
{
    char path[512];
    remove_folder(in_folder(path, folder, name));
}
