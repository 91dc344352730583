/* `ltcore show`: what a ticket, a mask or any other .safetensors file holds. */
#include <math.h>
#include <string.h>

#include "cli/ticket_place.h"
#include "store/layout.h"
#include "store/profile.h"
#include "util/figures.h"
#include "util/suggest.h"

enum { BINS = 16, BAR = 40, VALUES = 8 }; /* of a histogram; columns of its longest bar; values shown first */

/* All that is printed of a file's tensors. */
typedef struct sheet {
    const lt_tensors *tensors;
    lt_profile       *profile;                /* [tensors->n] */
    int               name_width;
    FILE             *to;
} sheet;

/* Of all masks, or of all that are none. */
static lt_profile total_of(const sheet *s, bool masks, size_t *n)
{
    lt_profile sum = { .mask = masks };
    *n = 0;
    for (size_t i = 0; i < s->tensors->n; i++) {
        const lt_profile *p = &s->profile[i];
        if (p->mask != masks)
            continue;
        sum.n += p->n, sum.zeros += p->zeros, sum.not_finite += p->not_finite;
        ++*n;
    }
    return sum;
}

static double percent(uint64_t part, uint64_t of)
{
    return of ? 100 * (double)part / (double)of : NAN;
}

static void print_start(const sheet *s, const char *name, const char *shape, const char *type,
                        const char *elements)
{
    fprintf(s->to, "%-*s  %-16s  %-4s  %12s", s->name_width, name, shape, type, elements);
}

static void print_mask_row(const sheet *s, const char *name, const char *shape, const char *type,
                           const lt_profile *p)
{
    lt_figure count, alive;
    print_start(s, name, shape, type, lt_figure_count(p->n, &count));
    fprintf(s->to, "  %12s  %7.2f %%\n", lt_figure_count(p->n - p->zeros, &alive),
            percent(p->n - p->zeros, p->n));
}

static void print_masks(const sheet *s)
{
    size_t n;
    lt_figure shape;
    const lt_profile all = total_of(s, true, &n);
    if (!n)
        return;
    print_start(s, "mask", "shape", "type", "elements");
    fprintf(s->to, "  %12s  %9s\n", "alive", "density");
    for (size_t i = 0; i < s->tensors->n; i++) {
        const lt_tensor *t = &s->tensors->v[i];
        if (s->profile[i].mask)
            print_mask_row(s, t->name, lt_figure_shape(t->dim, t->rank, &shape), lt_type_name(t->type),
                           &s->profile[i]);
    }
    if (n > 1)
        print_mask_row(s, "all", "", "", &all);
}

static void print_weights(const sheet *s)
{
    size_t n;
    lt_figure shape, count, zeros;
    const lt_profile all = total_of(s, false, &n);
    if (!n)
        return;
    print_start(s, "tensor", "shape", "type", "elements");
    fprintf(s->to, "  %12s %11s %11s %11s %11s\n", "zeros", "min", "max", "mean", "std");
    for (size_t i = 0; i < s->tensors->n; i++) {
        const lt_tensor *t = &s->tensors->v[i];
        const lt_profile *p = &s->profile[i];
        if (p->mask)
            continue;
        print_start(s, t->name, lt_figure_shape(t->dim, t->rank, &shape), lt_type_name(t->type),
                    lt_figure_count(p->n, &count));
        fprintf(s->to, "  %12s %11.4g %11.4g %11.4g %11.4g\n", lt_figure_count(p->zeros, &zeros), p->min,
                p->max, p->mean, p->deviation);
    }
    if (n > 1) {
        print_start(s, "all", "", "", lt_figure_count(all.n, &count));
        fprintf(s->to, "  %12s\n", lt_figure_count(all.zeros, &zeros));
    }
    if (all.not_finite)
        fprintf(s->to, "%s of them are not finite\n", lt_figure_count(all.not_finite, &count));
}

/* One line, whatever somebody wrote there. */
static void print_note(int width, const char *key, const char *value, FILE *to)
{
    fprintf(to, "%-*s  ", width, key);
    for (; *value; value++)
        fputc((unsigned char)*value < ' ' || *value == 127 ? ' ' : *value, to);
    fputc('\n', to);
}

static void print_notes(const lt_tensors *t, FILE *to)
{
    int width = 0;
    for (size_t i = 0; i < t->n_notes; i++)
        width = (int)strlen(t->note[i].key) > width ? (int)strlen(t->note[i].key) : width;
    if (t->n_notes)
        fputc('\n', to);
    for (size_t i = 0; i < t->n_notes; i++)
        print_note(width, t->note[i].key, t->note[i].value, to);
}

static void print_bin(uint64_t count, uint64_t most, double from, double to, FILE *out)
{
    lt_figure text;
    const int bar = (int)ceil(BAR * (double)count / (double)most);        /* one that is not empty shows */
    fprintf(out, "%11.4g .. %11.4g  %12s  ", from, to, lt_figure_count(count, &text));
    for (int i = 0; i < bar; i++)
        fputc('#', out);
    fputc('\n', out);
}

static void print_histogram(const lt_tensor *t, const lt_profile *p, FILE *to)
{
    uint64_t bin[BINS], most = 0;
    if (p->n == p->not_finite)
        return;
    const size_t n = p->max > p->min ? BINS : 1;
    lt_profile_histogram(t, p, bin, n);
    for (size_t b = 0; b < n; b++)
        most = bin[b] > most ? bin[b] : most;
    const double width = (p->max - p->min) / (double)n;
    fputc('\n', to);
    for (size_t b = 0; b < n; b++)
        print_bin(bin[b], most, p->min + (double)b * width,
                  b + 1 == n ? p->max : p->min + (double)(b + 1) * width, to);
}

static void print_values(const lt_tensor *t, FILE *to)
{
    fputs("\nvalues ", to);
    for (size_t i = 0; i < t->n && i < VALUES; i++)
        fprintf(to, " %.6g", lt_tensor_number(t, i));
    fputs(t->n > VALUES ? " ...\n" : "\n", to);
}

static void print_tensor(const sheet *s, size_t i)
{
    const lt_tensors one = { .v = &s->tensors->v[i], .n = 1 };
    const sheet alone = { &one, &s->profile[i], s->name_width, s->to };
    print_masks(&alone);
    print_weights(&alone);
    print_values(one.v, s->to);
    print_histogram(one.v, &s->profile[i], s->to);
}

/* tensors->n: there is none of that name. */
static size_t find_tensor(const sheet *s, const char *name)
{
    size_t i = 0;
    while (i < s->tensors->n && strcmp(s->tensors->v[i].name, name))
        i++;
    return i;
}

static int unknown_tensor(const lt_world *w, const lt_tensors *t, const char *path, const char *name)
{
    const char *known[64], *near;
    size_t n = 0;
    for (; n < t->n && n < sizeof known / sizeof known[0]; n++)
        known[n] = t->v[n].name;
    near = lt_suggest(name, known, n);
    lt_cli_say(w, "%s: it has no tensor '%s'%s%s%s", path, name, near ? " (did you mean '" : "",
               near ? near : "", near ? "'?)" : "");
    return LT_EXIT_USAGE;
}

static int open_sheet(const lt_world *w, const char *path, lt_tensors *t, sheet *s)
{
    ltc_error err = { .message = "" };
    if (lt_safetensors_read(path, t, &err)) {
        lt_cli_say(w, "%s", err.message);
        return LT_EXIT_FAILED;
    }
    *s = (sheet){ .tensors = t,
                  .profile = lt_arena_array(&t->arena, t->n, sizeof *s->profile),
                  .name_width = 6,
                  .to = w->out };
    if (!s->profile) {
        lt_cli_say(w, "%s: no memory to show it", path);
        return LT_EXIT_FAILED;
    }
    for (size_t i = 0; i < t->n; i++) {
        const int width = (int)strlen(t->v[i].name);
        s->profile[i] = lt_profile_of(&t->v[i]);
        s->name_width = width > s->name_width ? width : s->name_width;
    }
    return LT_EXIT_DONE;
}

/* tensor NULL: all of them. */
static int show_file(const lt_world *w, const char *path, const char *tensor)
{
    lt_tensors t = { 0 };
    sheet s;
    int code = open_sheet(w, path, &t, &s);
    const size_t i = !code && tensor ? find_tensor(&s, tensor) : 0;
    if (!code && !tensor) {
        print_masks(&s);
        print_weights(&s);
        print_notes(&t, w->out);
    } else if (!code && i < t.n) {
        print_tensor(&s, i);
    } else if (!code) {
        code = unknown_tensor(w, &t, path, tensor);
    }
    lt_tensors_free(&t);
    return code;
}

/* One line of a ticket directory. notes: those of the file stand before it. */
static int show_headline(const lt_world *w, int role, const char *path, bool notes)
{
    lt_tensors t = { 0 };
    sheet s;
    size_t n_masks, n_weights;
    lt_figure count, part;
    const int code = open_sheet(w, path, &t, &s);
    if (!code) {
        const lt_profile mask = total_of(&s, true, &n_masks), weights = total_of(&s, false, &n_weights);
        for (size_t i = 0; notes && i < t.n_notes; i++)
            if (strcmp(t.note[i].key, "role"))
                print_note(8, t.note[i].key, t.note[i].value, w->out);
        if (notes && t.n_notes)
            fputc('\n', w->out);
        fprintf(w->out, "%-5s  %2zu tensors  %12s elements", lt_ticket_role(role), t.n,
                lt_figure_count(mask.n + weights.n, &count));
        if (n_masks)
            fprintf(w->out, "  %12s alive  %6.2f %%", lt_figure_count(mask.n - mask.zeros, &part),
                    percent(mask.n - mask.zeros, mask.n));
        if (n_weights)
            fprintf(w->out, "  %12s zeros  %6.2f %%", lt_figure_count(weights.zeros, &part),
                    percent(weights.zeros, weights.n));
        fputc('\n', w->out);
    }
    lt_tensors_free(&t);
    return code;
}

/* The worst exit code of its files, since one may be damaged and the others not. */
static int show_directory(const lt_world *w, const lt_ticket_place *p)
{
    int worst = LT_EXIT_DONE;
    bool first = true;
    for (int role = 0; role < LT_ROLES; role++) {
        if (!p->role[role])
            continue;
        const int code = show_headline(w, role, p->role[role], first);
        worst = code > worst ? code : worst;
        first = false;
    }
    return worst;
}

/* In each file that has it: a mask has none for what may not be pruned. */
static int show_in_each(const lt_world *w, const lt_ticket_place *p, const char *word, const char *tensor)
{
    size_t shown = 0;
    int code = LT_EXIT_DONE;
    for (int role = 0; role < LT_ROLES && !code; role++) {
        lt_tensors t = { 0 };
        sheet s;
        code = p->role[role] ? open_sheet(w, p->role[role], &t, &s) : LT_EXIT_DONE;
        const size_t i = p->role[role] && !code ? find_tensor(&s, tensor) : 0;
        if (i < t.n) {
            fprintf(w->out, "%s%s\n", shown++ ? "\n" : "", lt_ticket_role(role));
            print_tensor(&s, i);
        }
        lt_tensors_free(&t);
    }
    if (code || shown)
        return code;
    lt_cli_say(w, "%s: none of its files has a tensor '%s'; 'ltcore show FILE' lists them", word, tensor);
    return LT_EXIT_USAGE;
}

int lt_cli_show(const lt_world *w, const lt_arguments *a)
{
    lt_ticket_place p;
    const char *tensor = a->n_rest > 1 ? a->rest[1] : NULL;
    int code = lt_ticket_find(w, a->rest[0], &p);
    if (!code && p.file)
        code = show_file(w, p.file, tensor);
    else if (!code)
        code = tensor ? show_in_each(w, &p, a->rest[0], tensor) : show_directory(w, &p);
    lt_arena_free(&p.arena);
    return code;
}
