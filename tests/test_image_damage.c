/* Claims about image files that are damaged: each is refused in words, whatever the damage, without a line on
 * standard error. The files are made here. */
#include "suite.h"

#include <png.h>
#include <unistd.h>
#include <zlib.h>

#include <ltcore/rng.h>

#include "image_rig.h"

enum { HEIGHT = 7, WIDTH = 5, PIXELS = HEIGHT * WIDTH };

/* One damaged file in an otherwise good folder. Runs in a child: nothing may be written to standard error. */
typedef struct trial {
    char     folder[256], path[512];
    uint8_t *file;
    size_t   n;
    const char *name;                         /* of the damaged file */
} trial;

static void begin_trial(trial *t, bool jpeg)
{
    const ltc_key key = { 3, 144 };
    uint8_t pixel[16 * 16 * 3];
    uint16_t sample[PIXELS * 3];
    make_folder(t->folder);
    write_four(t->folder, jpeg ? 16 : HEIGHT, jpeg ? 16 : WIDTH);
    t->name = jpeg ? "train/dog/2.jpg" : "train/dog/2.png";
    in_folder(t->path, t->folder, t->name);
    draw_smooth(3, pixel);
    for (uint32_t i = 0; i < PIXELS * 3; i++)
        sample[i] = (uint16_t)ltc_rand_below(key, i, 256);
    const png_picture q = {
        .width = WIDTH, .height = HEIGHT, .colour = PNG_COLOR_TYPE_RGB, .depth = 8, .clear = -1,
        .sample = sample,
    };
    const jpeg_picture p = { 16, 16, 3, false, true, pixel };
    if (jpeg)
        write_jpeg(t->path, &p);
    else
        write_png(t->path, &q);
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
    const int failed = lt_suite_run("image_damage", claims, sizeof claims / sizeof claims[0]);
    lt_registry_close(image_registry);
    return failed;
}
