/* Tests of a file as such, whatever it offers: what it exports, and that it loads. */
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check/trial.h"
#include "plugin/loader.h"

/* A file in memory, read only. */
typedef struct image {
    const char *at;
    size_t      bytes;
} image;

static bool open_image(const char *path, image *f, lt_verdict *v)
{
    struct stat s;
    const int fd = open(path, O_RDONLY);
    void *at = fd >= 0 && !fstat(fd, &s) && s.st_size > 0
                   ? mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_PRIVATE, fd, 0)
                   : MAP_FAILED;
    if (at == MAP_FAILED)
        lt_verdict_fail(v, "a file that can be read", "%s", strerror(errno));
    else
        *f = (image){ at, (size_t)s.st_size };
    if (fd >= 0)
        close(fd);
    return at != MAP_FAILED;
}

/* n bytes at an offset; NULL: they lie outside the file. */
static const void *part(const image *f, uint64_t offset, uint64_t n)
{
    return offset <= f->bytes && n <= f->bytes - offset ? f->at + offset : NULL;
}

/* Section i, or the first of a type from number `i` on; NULL: there is none. */
static const ElfW(Shdr) *section(const image *f, size_t i)
{
    const ElfW(Ehdr) *head = part(f, 0, sizeof *head);
    const ElfW(Shdr) *s = head && i < head->e_shnum && head->e_shentsize == sizeof *s
                              ? part(f, head->e_shoff + i * sizeof *s, sizeof *s)
                              : NULL;
    return s;
}

static const ElfW(Shdr) *section_of_type(const image *f, uint32_t type)
{
    const ElfW(Shdr) *s = section(f, 0);
    for (size_t i = 1; s && s->sh_type != type; i++)
        s = section(f, i);
    return s;
}

/* Does it count? Names that begin with an underscore are the compiler's and the linker's; the weak ones that
 * a C++ library's templates leave behind are harmless, since nobody looks them up. */
static bool is_exported(const ElfW(Sym) *s, const char *name)
{
    const unsigned bind = s->st_info >> 4, visible = s->st_other & 3;
    const bool theirs = name[0] == '_' && (name[1] != 'Z' || bind != STB_GLOBAL);
    return s->st_shndx != SHN_UNDEF && bind != STB_LOCAL && visible != STV_HIDDEN &&
           visible != STV_INTERNAL && !theirs;
}

static void look_at_symbols(const image *f, lt_verdict *v)
{
    static const char *const one = "ltc_plugin_v0 and no other: build with -fvisibility=hidden";
    const ElfW(Shdr) *table = section_of_type(f, SHT_DYNSYM);
    const ElfW(Shdr) *names = table ? section(f, table->sh_link) : NULL;
    const ElfW(Sym) *symbol = table ? part(f, table->sh_offset, table->sh_size) : NULL;
    const char *text = names ? part(f, names->sh_offset, names->sh_size) : NULL;
    if (!symbol || !text || !names->sh_size || text[names->sh_size - 1]) {
        lt_verdict_skip(v, "the file has no table of sections, as after strip --strip-section-headers");
        return;
    }
    for (size_t i = 0; i < table->sh_size / sizeof *symbol; i++) {
        const char *name = symbol[i].st_name < names->sh_size ? text + symbol[i].st_name : "";
        if (is_exported(&symbol[i], name) && strcmp(name, "ltc_plugin_v0") != 0)
            lt_verdict_fail(v, one, "it exports '%.200s' too", name);
    }
}

static void one_symbol(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    image f;
    (void)t;
    if (!open_image(s->path, &f, v))
        return;
    look_at_symbols(&f, v);
    munmap((void *)(uintptr_t)f.at, f.bytes);
}

static void look_at_relocations(const image *f, lt_verdict *v)
{
    const ElfW(Shdr) *table = section_of_type(f, SHT_DYNAMIC);
    const ElfW(Dyn) *entry = table ? part(f, table->sh_offset, table->sh_size) : NULL;
    for (size_t i = 0; entry && i < table->sh_size / sizeof *entry && entry[i].d_tag != DT_NULL; i++)
        if (entry[i].d_tag == DT_TEXTREL || (entry[i].d_tag == DT_FLAGS && entry[i].d_un.d_val & DF_TEXTREL))
            lt_verdict_fail(v, "position-independent code: compile everything in it with -fPIC",
                            "its code is changed while it is loaded (TEXTREL)");
}

static void no_text_relocations(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    image f;
    (void)t;
    if (!open_image(s->path, &f, v))
        return;
    look_at_relocations(&f, v);
    munmap((void *)(uintptr_t)f.at, f.bytes);
}

/* The loader looks at all the rest: symbols (RTLD_NOW), floating-point mode, descriptor, names, option
 * tables. */
static void loads(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    lt_arena arena = { 0 };
    lt_offer offer;
    ltc_error err = { .message = "" };
    (void)t;
    if (lt_loader_load(s->path, &arena, &offer, &err))
        lt_verdict_fail(v, "a plug-in of this ltcore's version, whole and sound", "%s", err.message);
    else if (offer.note[0])
        lt_verdict_remark(v, "%s", offer.note);
    lt_arena_free(&arena);
}

static void loads_twice(const lt_trial *t, const lt_subject *s, lt_verdict *v)
{
    lt_arena arena = { 0 };
    lt_offer offer[2];
    ltc_error err = { .message = "" };
    (void)t;
    for (int i = 0; i < 2 && v->outcome == LT_HELD; i++)
        if (lt_loader_load(s->path, &arena, &offer[i], &err))
            lt_verdict_fail(v, "the same, as often as it is loaded", "time %d: %s", i + 1, err.message);
    if (v->outcome == LT_HELD && offer[0].n != offer[1].n)
        lt_verdict_fail(v, "the same modules", "%zu, then %zu", offer[0].n, offer[1].n);
    for (size_t i = 0; v->outcome == LT_HELD && i < offer[0].n; i++)
        if (strcmp(offer[0].module[i].info.name, offer[1].module[i].info.name) != 0)
            lt_verdict_fail(v, "the same modules", "'%s', then '%s'", offer[0].module[i].info.name,
                            offer[1].module[i].info.name);
    lt_arena_free(&arena);
}

const lt_trial lt_file_trials[] = {
    { .name = "file-loads", .run = loads,
      .claim = "it loads whole, changes no floating-point mode, and all that it says of itself is sound" },
    { .name = "file-symbols", .claim = "it exports one symbol", .run = one_symbol },
    { .name = "file-code", .claim = "its code is position-independent", .run = no_text_relocations },
    { .name = "file-twice", .claim = "loaded twice, it offers the same", .run = loads_twice },
    { .name = NULL },
};
