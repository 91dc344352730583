/* Claims about decoding: what becomes of the pixels of every kind of PNG and JPEG file, and that a damaged
 * file is refused in words, whatever the damage, without a line on standard error. The files are made
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

/* Smooth, so that little is lost. */
static void draw_smooth(int channels, uint8_t *pixel)
{
    for (int i = 0; i < 16 * 16; i++)
        for (int c = 0; c < channels; c++)
            pixel[i * channels + c] = (uint8_t)(40 + 5 * (i % 16) + 7 * (i / 16) - 20 * c);
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

/* One damaged file in an otherwise good folder. Runs in a child: nothing may be written to standard error. */
typedef struct trial {
    char     folder[256], path[512];
    uint8_t *file;
    size_t   n;
    const char *name;                         /* of the damaged file */
} trial;

static void begin_trial(trial *t, bool jpeg)
{
    uint8_t pixel[16 * 16 * 3];
    drawn d;
    make_folder(t->folder);
    write_four(t->folder, jpeg ? 16 : HEIGHT, jpeg ? 16 : WIDTH);
    t->name = jpeg ? "train/dog/2.jpg" : "train/dog/2.png";
    in_folder(t->path, t->folder, t->name);
    draw_smooth(3, pixel);
    draw(PNG_COLOR_TYPE_RGB, 8, 0, &d);
    const jpeg_picture p = { 16, 16, 3, false, true, pixel };
    if (jpeg)
        write_jpeg(t->path, &p);
    else
        write_png(t->path, &d.picture);
    t->file = get_file(t->path, &t->n);
}

static void end_trial(trial *t)
{
    free(t->file);
    remove_folder(t->folder);
}

static bool is_refused(const trial *t)
{
    image_rig rig = { .path = t->folder };
    lt_data data;
    ltc_error err;
    const ltc_status st = rig_load(&rig, &data, &err);
    if (!st)
        lt_data_free(&data);
    if (st && ((st != LTC_EIO && st != LTC_EUNSUPPORTED) || !strstr(err.message, t->name) ||
               strchr(err.message, '\n')))
        fprintf(stderr, "%d %s\n", st, err.message);
    return st;
}

/* How many shorter files are read all the same. */
static int cut_everywhere(void *arg)
{
    const trial *t = arg;
    int missed = 0;
    for (size_t n = 0; n < t->n; n++) {
        put_file(t->path, t->file, n);
        missed += !is_refused(t);
    }
    put_file(t->path, t->file, t->n);
    return missed + is_refused(t);
}

static int flip_every_bit(void *arg)
{
    trial *t = arg;
    int missed = 0;
    for (size_t bit = 0; bit < 8 * t->n; bit++) {
        t->file[bit / 8] ^= (uint8_t)(1u << bit % 8);
        put_file(t->path, t->file, t->n);
        missed += !is_refused(t);
        t->file[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    return missed > 255 ? 255 : missed;
}

/* One byte of a noisy picture's scan after another is another: a JPEG has no checksum, so some go
 * unnoticed, but not most. */
static int change_the_scan(void *arg)
{
    const trial *t = arg;
    uint8_t pixel[16 * 16 * 3];
    size_t n, first = 0, missed = 0;
    for (size_t i = 0; i < sizeof pixel; i++)
        pixel[i] = (uint8_t)ltc_rand_below((ltc_key){ 8, 9 }, i, 256);
    write_jpeg(t->path, &(jpeg_picture){ 16, 16, 3, false, false, pixel });
    uint8_t *file = get_file(t->path, &n);
    while (file[first] != 0xff || file[first + 1] != 0xda)
        first++;
    for (size_t i = first + 14; i + 2 < n; i++) {
        file[i] ^= 0x55;
        put_file(t->path, file, n);
        missed += !is_refused(t);
        file[i] ^= 0x55;
    }
    free(file);
    return 2 * missed > n - first - 16;
}

/* Bytes at random places; a header that is right now and then. */
static int scatter(void *arg)
{
    trial *t = arg;
    int refused = 0;
    for (uint64_t i = 0; i < 1500; i++) {
        const ltc_key key = { 77, i };
        const bool all = i % 5 == 0;
        uint8_t *x = malloc(t->n);
        memcpy(x, t->file, t->n);
        for (uint64_t k = 0; k < (all ? t->n : 1 + i % 4); k++) {
            const size_t at = all ? k : ltc_rand_below(key, 2 * k, (uint32_t)t->n);
            if (!all || at >= i % 40)
                x[at] = (uint8_t)ltc_rand_below(key, 2 * k + 1, 256);
        }
        put_file(t->path, x, t->n);
        refused += is_refused(t);
        free(x);
    }
    return refused < 300;
}

static void check_trial(bool jpeg, int (*fn)(void *), int missed)
{
    char text[4096];
    trial t;
    begin_trial(&t, jpeg);
    CU_ASSERT_EQUAL(lt_in_child(fn, &t, text, sizeof text), missed);
    if (text[0])
        fprintf(stderr, "\n%s", text);
    CU_ASSERT_STRING_EQUAL(text, "");
    end_trial(&t);
}

static void a_file_that_is_cut_off_anywhere_is_refused(void)
{
    check_trial(false, cut_everywhere, 0);
    check_trial(true, cut_everywhere, 0);
}

static void no_flipped_bit_of_a_png_is_missed(void)
{
    check_trial(false, flip_every_bit, 0);
}

static void most_changed_bytes_of_a_scan_are_noticed(void)
{
    check_trial(true, change_the_scan, 0);
}

static void scattered_bytes_never_crash(void)
{
    check_trial(false, scatter, 0);
    check_trial(true, scatter, 0);
}

/* Files whose headers promise more than any memory holds, or that are no images. */
static void put_size(uint8_t *at, uint32_t v, int bytes)
{
    for (int i = 0; i < bytes; i++)
        at[i] = (uint8_t)(v >> 8 * (bytes - 1 - i));
}

/* The picture's own stream is wrong, though the chunk's checksum is right. */
static void a_wrong_stream_under_a_right_checksum_is_refused(void)
{
    trial t;
    begin_trial(&t, false);
    size_t at = 8;
    while (memcmp(t.file + at + 4, "IDAT", 4))
        at += 12 + (size_t)t.file[at + 2] * 256 + t.file[at + 3];
    const size_t n = (size_t)t.file[at + 2] * 256 + t.file[at + 3];
    t.file[at + 8 + n - 1] ^= 1;              /* Adler-32 of the pixels */
    put_size(t.file + at + 8 + n, (uint32_t)crc32(0, t.file + at + 4, (unsigned)n + 4), 4);
    put_file(t.path, t.file, t.n);
    image_rig rig = { .path = t.folder };
    check_refused(&rig, LTC_EIO, "train/dog/2.png: the PNG file is damaged (IDAT");
    end_trial(&t);
}

/* A colour profile that is nonsense: many programs write such, and it is none of the picture. */
static void what_is_not_the_picture_is_passed_over(void)
{
    enum { IHDR_END = 33, CHUNK = 12 + 8 };
    trial t;
    lt_data d;
    begin_trial(&t, false);
    uint8_t *x = malloc(t.n + CHUNK);
    memcpy(x, t.file, IHDR_END);
    memcpy(x + IHDR_END, "\0\0\0\x08iCCPnonsense", 16);
    put_size(x + IHDR_END + 16, (uint32_t)crc32(0, x + IHDR_END + 4, 12), 4);
    memcpy(x + IHDR_END + CHUNK, t.file + IHDR_END, t.n - IHDR_END);
    put_file(t.path, x, t.n + CHUNK);
    image_rig rig = { .path = t.folder };
    if (check_loads(&rig, &d))
        lt_data_free(&d);
    free(x);
    end_trial(&t);
}

static void make_huge_png(trial *t, uint32_t side)
{
    put_size(t->file + 16, side, 4);
    put_size(t->file + 20, side, 4);
    put_size(t->file + 29, (uint32_t)crc32(0, t->file + 12, 17), 4);          /* IHDR's */
    put_file(t->path, t->file, t->n);
}

static void make_huge_jpeg(trial *t)
{
    for (size_t i = 2; i + 9 < t->n; i += 2 + (size_t)t->file[i + 2] * 256 + t->file[i + 3])
        if (t->file[i + 1] == 0xc0) {         /* SOF0 */
            put_size(t->file + i + 5, 65000, 2);
            put_size(t->file + i + 7, 65000, 2);
            break;
        }
    put_file(t->path, t->file, t->n);
}

static void huge_headers_are_refused_before_memory_is_asked_for(void)
{
    for (int jpeg = 0; jpeg < 2; jpeg++)
        for (int first = 0; first < 2; first++) {
            trial t;
            char path[512];
            begin_trial(&t, jpeg);
            if (jpeg)
                make_huge_jpeg(&t);
            else
                make_huge_png(&t, first ? 0x7fffffff : 0x10000);
            if (first)                        /* the one whose size the others must have */
                rename(t.path, in_folder(path, t.folder, "train/cat/0.png"));
            image_rig rig = { .path = t.folder };
            check_refused(&rig, LTC_EUNSUPPORTED,
                          first  ? "neither may exceed 8192"
                          : jpeg ? "is 65000 high and 65000 wide, not 16 and 16"
                                 : "is 65536 high and 65536 wide, not 7 and 5");
            end_trial(&t);
        }
}

/* The first image's size is that of all, so 70 bytes would ask for 200 MB a sample. */
static void a_size_that_the_file_cannot_hold_is_refused(void)
{
    trial t;
    char path[512];
    begin_trial(&t, false);
    make_huge_png(&t, 8192);
    rename(t.path, in_folder(path, t.folder, "train/cat/0.png"));
    image_rig rig = { .path = t.folder };
    check_refused(&rig, LTC_EIO, "is 8192 high and 8192 wide by its header, which no file of ");
    end_trial(&t);
}

static void what_is_no_image_is_said_to_be_none(void)
{
    static const struct { const char *bytes; size_t n; } none[] = {
        { "", 0 }, { "\x89PNG", 4 }, { "GIF89a..........", 16 }, { "\xff\xd8", 2 }, { "BM", 2 },
    };
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        trial t;
        begin_trial(&t, false);
        put_file(t.path, none[i].bytes, none[i].n);
        image_rig rig = { .path = t.folder };
        check_refused(&rig, LTC_EIO, "train/dog/2.png: neither a PNG nor a JPEG file");
        end_trial(&t);
    }
}

int main(void)
{
    static const lt_test claims[] = {
        { "every kind of PNG has its pixels", every_kind_of_png_has_its_pixels },
        { "transparency is refused where it is seen", transparency_is_refused_where_it_is_seen },
        { "JPEG pixels are libjpeg's own and near the drawn ones",
          jpeg_pixels_are_libjpegs_own_and_near_the_drawn_ones },
        { "CMYK is refused in words", cmyk_is_refused_in_words },
        { "a file that is cut off anywhere is refused", a_file_that_is_cut_off_anywhere_is_refused },
        { "no flipped bit of a PNG is missed", no_flipped_bit_of_a_png_is_missed },
        { "scattered bytes never crash", scattered_bytes_never_crash },
        { "huge headers are refused before memory is asked for",
          huge_headers_are_refused_before_memory_is_asked_for },
        { "a size that the file cannot hold is refused", a_size_that_the_file_cannot_hold_is_refused },
        { "a wrong stream under a right checksum is refused",
          a_wrong_stream_under_a_right_checksum_is_refused },
        { "what is not the picture is passed over", what_is_not_the_picture_is_passed_over },
        { "what is no image is said to be none", what_is_no_image_is_said_to_be_none },
        { "most changed bytes of a JPEG's scan are noticed", most_changed_bytes_of_a_scan_are_noticed },
    };
    const int failed = lt_suite_run("image_pixels", claims, sizeof claims / sizeof claims[0]);
    lt_registry_close(image_registry);
    return failed;
}
