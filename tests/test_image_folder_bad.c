/* Claims about folders that hold no data set: each fault has its sentence, with file and remedy. The folders
 * are made here. */
#include "suite.h"

#include <sys/stat.h>
#include <unistd.h>

#include "image_rig.h"

/* Changes one thing in a good folder of 2 x 2 images. */
static void lose_train(const char *f) { take_away(f, "train"); }
static void lose_test(const char *f) { take_away(f, "test"); }
static void lose_dog(const char *f) { take_away(f, "train/dog"); take_away(f, "test/dog"); }
static void empty_class(const char *f) { put_folder(f, "train/emu"); put_text(f, "train/emu/notes.txt"); }
static void deeper(const char *f) { put_folder(f, "train/emu"); put_folder(f, "train/emu/images"); }
static void empty_test(const char *f) { take_away(f, "test/cat/1.png"); take_away(f, "test/dog/1.png"); }
static void unknown_class(const char *f)
{
    put_folder(f, "test/emu");
    put_plain(f, "test/emu/1.png", 2, 2, 0);
}
static void folder_as_image(const char *f) { put_folder(f, "train/cat/x.png"); }
static void pipe_as_image(const char *f) { char p[512]; mkfifo(in_folder(p, f, "train/cat/x.png"), 0600); }
static void broken_link(const char *f)
{
    char p[512];
    CU_ASSERT(!symlink("nowhere", in_folder(p, f, "train/cat/x.png")));
}
static void other_size(const char *f) { put_plain(f, "test/cat/2.png", 2, 3, 0); }
static void other_height(const char *f) { put_plain(f, "train/dog/0.png", 3, 2, 0); }
static void text_as_image(const char *f) { put_text(f, "test/dog/2.jpeg"); }
static void locked(const char *f) { char p[512]; chmod(in_folder(p, f, "test/dog/1.png"), 0); }

static const struct { void (*change)(const char *folder); ltc_status code; const char *says;
} bad[] = {
    { lose_train, LTC_EOPTION, "there is no folder train in it; the layout is" },
    { lose_test, LTC_EOPTION, "there is no folder test in it; the layout is" },
    { lose_dog, LTC_EOPTION, "/train: holds 1 folders, and each is a class: two are needed" },
    { empty_class, LTC_EIO, "/train/emu: holds no image, so that this class cannot be learned" },
    { deeper, LTC_EIO, "/train/emu: holds no image" },
    { empty_test, LTC_EIO, "/test: holds no image; the layout is" },
    { unknown_class, LTC_EIO, "/test/emu: train has no class of that name" },
    { folder_as_image, LTC_EIO, "/train/cat/x.png: is called as an image is, but is no file" },
    { pipe_as_image, LTC_EIO, "/train/cat/x.png: is called as an image is, but is no file" },
    { broken_link, LTC_EIO, "/train/cat/x.png: No such file or directory; is it a link that leads nowhere?" },
    { other_size, LTC_EUNSUPPORTED,
      "/test/cat/2.png: is 2 high and 3 wide, not 2 and 2 as the first training image; images are not "
      "resized here" },
    { other_height, LTC_EUNSUPPORTED, "/train/dog/0.png: is 3 high and 2 wide, not 2 and 2" },
    { text_as_image, LTC_EIO, "/test/dog/2.jpeg: neither a PNG nor a JPEG file" },
    { locked, LTC_EIO, "/test/dog/1.png: cannot be read: Permission denied" },
};

static void each_fault_has_its_sentence(void)
{
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char folder[256];
        if (bad[i].change == locked && !geteuid()) {
            printf("(not shown: root reads files that nobody may read) ");
            continue;
        }
        make_folder(folder);
        write_four(folder, 2, 2);
        bad[i].change(folder);
        image_rig rig = { .path = folder };
        check_refused(&rig, bad[i].code, bad[i].says);
        remove_folder(folder);
    }
}

static void a_missing_folder_blames_its_option(void)
{
    static const struct { const char *path, *says;
    } none[] = {
        { "/nonexistent/images",
          "no directory /nonexistent/images (No such file or directory); the layout is" },
        { "/dev/null", "/dev/null is not a directory" },
    };
    for (size_t i = 0; i < 2; i++) {
        image_rig rig = { .path = none[i].path };
        opened o;
        ltc_error err;
        CU_ASSERT_EQUAL(rig_open(&rig, &o, &err), LTC_EOPTION);
        CU_ASSERT_STRING_EQUAL(err.option, "path");
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, none[i].says));
    }
}

static void height_and_width_are_held_against_every_image(void)
{
    static const struct { int64_t height, width; const char *says; } sizes[] = {
        { 2, 3, NULL }, { 2, 0, NULL }, { 0, 3, NULL },
        { 3, 2, "is 2 high and 3 wide, not 3 and 2 as the options height and width say" },
        { 0, 4, "is 2 high and 3 wide, not 2 and 4" },
    };
    char folder[256];
    make_folder(folder);
    write_four(folder, 2, 3);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        image_rig rig = { .path = folder, .height = sizes[i].height, .width = sizes[i].width };
        lt_data d;
        if (sizes[i].says)
            check_refused(&rig, LTC_EUNSUPPORTED, sizes[i].says);
        else if (check_loads(&rig, &d))
            lt_data_free(&d);
    }
    remove_folder(folder);
}

int main(void)
{
    static const lt_test claims[] = {
        { "each fault has its sentence", each_fault_has_its_sentence },
        { "a missing folder blames its option", a_missing_folder_blames_its_option },
        { "height and width are held against every image", height_and_width_are_held_against_every_image },
    };
    const int failed = lt_suite_run("image_folder_bad", claims, sizeof claims / sizeof claims[0]);
    lt_registry_close(image_registry);
    return failed;
}
