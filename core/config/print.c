/* Owns the printed tables of keys and options. Called by `ltcore help config` and `ltcore info`. */
#include <string.h>

#include "config/config.h"
#include "config/range.h"
#include "config/schema.h"
#include "config/sweep.h"
#include "config/value.h"

enum { COLUMNS = 100, HELP_INDENT = 4 };

/* Widths of the first three columns; the fourth, range or choices, takes the rest. */
typedef struct layout { int key, type, value; } layout;

/* What would be written if the key were not. */
static void default_text(const ltc_opt *o, lt_text *to)
{
    const lt_config_request nothing = { .path = "", .directory = "" };
    union { max_align_t align; lt_plugin_setting plugin; } field;
    lt_arena arena = { 0 };
    lt_diags diags = { 0 };
    lt_fill fill = { .request = &nothing, .group = "", .arena = &arena, .diags = &diags };
    const lt_value_type *type = lt_value_type_of(o->type);

    memset(&field, 0, sizeof field);
    if (o->flags & LTC_OPT_REQUIRED)
        lt_text_add(to, "required");
    else if (o->type == LTC_OPT_PATH && o->str && *o->str)
        lt_value_write_string(o->str, to);    /* not where it leads from here */
    else if (!type || !type->take_default(&fill, o, &field) || !type->write(o, &field, to))
        lt_text_add(to, "-");
    lt_diags_free(&diags);
    lt_arena_free(&arena);
}

/* Words of s, from column `indent` on, no line wider than COLUMNS. `at`: the column where the first one goes.
 * */
static void wrap(const char *s, int indent, int at, FILE *to)
{
    bool first = true;
    while (*s) {
        const int n = (int)strcspn(s, " ");
        if (!first && at + 1 + n > COLUMNS) {
            fprintf(to, "\n%*s", indent, "");
            at = indent;
        } else if (!first) {
            fputc(' ', to);
            at++;
        }
        fprintf(to, "%.*s", n, s);
        at += n;
        s += n;
        s += strspn(s, " ");
        first = false;
    }
    fputc('\n', to);
}

static void print_option(const ltc_opt *o, layout l, FILE *to)
{
    lt_text value = { 0 }, range = { 0 };
    const lt_value_type *type = lt_value_type_of(o->type);
    default_text(o, &value);
    lt_value_range(o, &range);
    const char *shown = value.s ? value.s : "";
    const int used = fprintf(to, "%-*s  %-*s  %-*s", l.key, o->name, l.type, type ? type->name : "?",
                             range.s ? l.value : 0, shown);
    if (range.s) {
        const int column = l.key + l.type + l.value + 6;
        const bool beside = used + 2 <= column;           /* or below, if the default is wide */
        fprintf(to, "%s%*s", beside ? "" : "\n", beside ? 2 : column, "");
        wrap(range.s, column, column, to);
    } else {
        fputc('\n', to);
    }
    fprintf(to, "%*s", HELP_INDENT, "");
    wrap(o->help ? o->help : "", HELP_INDENT, HELP_INDENT, to);
    lt_text_free(&value);
    lt_text_free(&range);
}

static void print_schema(const ltc_schema *s, layout l, FILE *to)
{
    for (uint32_t i = 0; i < s->n_opts; i++)
        print_option(lt_schema_at(s, i), l, to);
}

/* The one key that settings do not hold: it has done its work when they are read. */
static const ltc_opt base = {
    .name = "base", .type = LTC_OPT_STRING,
    .help = "Another configuration, or a list of them, that this one is laid over; paths start at the file "
            "that names it. A group keeps the keys that are not written again; a value or a list takes the "
            "place of the old one. Another plugin, type or strategy leaves behind what belonged to the one "
            "before.",
};

static void print_group(const lt_group *g, layout l, FILE *to)
{
    if (!g->schema.n_opts)
        return;                               /* within an overlay: the keys are those of another group */
    fprintf(to, "\n%s: %s\n", g->path, g->help);
    print_schema(&g->schema, l, to);
}

void lt_config_print_keys(FILE *to)
{
    const layout l = { .key = 28, .type = 8, .value = 11 };
    fprintf(to, "%-*s  %-*s  %-*s  %s\n", l.key, "KEY", l.type, "TYPE", l.value, "DEFAULT", "RANGE");
    print_option(&base, l, to);
    for (size_t i = 0; i < lt_n_groups; i++)
        print_group(&lt_groups[i], l, to);
    for (size_t i = 0; i < lt_n_list_groups; i++)
        print_group(&lt_list_groups[i], l, to);
    for (size_t i = 0; i < lt_n_variant_groups; i++)
        print_group(&lt_variant_groups[i], l, to);
    print_group(&lt_sweep_group, l, to);
    print_group(&(lt_group){ .path = "sweep.values", .help = "A range", .schema = lt_range_schema }, l, to);
}

void lt_config_print_options(const ltc_schema *schema, FILE *to)
{
    layout l = { .key = 6, .type = 8, .value = 11 };
    for (uint32_t i = 0; i < schema->n_opts; i++) {
        const int n = (int)strlen(lt_schema_at(schema, i)->name);
        l.key = n > l.key ? n : l.key;
    }
    if (schema->n_opts)
        fprintf(to, "%-*s  %-*s  %-*s  %s\n", l.key, "OPTION", l.type, "TYPE", l.value, "DEFAULT", "RANGE");
    print_schema(schema, l, to);
}
