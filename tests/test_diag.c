/* Diagnostics come out sorted, on one line each, with their remedies; suggestions are near or none. */
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#include "util/diag.h"
#include "util/suggest.h"

static char *printed(const lt_diags *d)
{
    char *text = NULL;
    size_t n;
    FILE *to = open_memstream(&text, &n);
    CU_ASSERT_PTR_NOT_NULL_FATAL(to);
    lt_diags_print(d, to);
    fclose(to);
    return text;
}

static void files_keep_their_order_and_lines_are_sorted(void)
{
    lt_diags d = { 0 };
    char name[] = "b.cfg";                    /* kept, though the caller's text goes */
    lt_diags_add(&d, (lt_place){ name, 9 }, "x.y", "one %d", 1);
    lt_diags_add(&d, (lt_place){ "a.cfg", 2 }, NULL, "two");
    lt_diags_hint(&d, "remedy");
    lt_diags_add(&d, (lt_place){ "b.cfg", 3 }, "z", "three");
    lt_diags_add(&d, (lt_place){ "b.cfg", 0 }, "z", "four");
    lt_diags_add(&d, (lt_place){ NULL, 0 }, NULL, "five\nlines");
    lt_diags_add(&d, (lt_place){ "b.cfg", 3 }, "z", "six");
    memset(name, '?', sizeof name - 1);
    char *text = printed(&d);
    CU_ASSERT_STRING_EQUAL(
        text, "ltcore: b.cfg: z: four\nltcore: b.cfg:3: z: three\nltcore: b.cfg:3: z: six\n"
              "ltcore: b.cfg:9: x.y: one 1\nltcore: a.cfg:2: two (remedy)\nltcore: five lines\n");
    CU_ASSERT_EQUAL(d.n, 6);
    free(text);
    lt_diags_free(&d);
}

static void long_hints_stand_below(void)
{
    lt_diags d = { 0 };
    lt_diags_hint(&d, "belongs to nothing");
    lt_diags_add(&d, (lt_place){ "a.cfg", 1 }, "k", "wrong");
    lt_diags_hint(&d, "first line\nsecond line");
    lt_diags_add(&d, (lt_place){ "a.cfg", 2 }, "k", "wrong");
    lt_diags_hint(&d, "%0100d", 7);
    char *text = printed(&d);
    CU_ASSERT(!strncmp(
        text, "ltcore: a.cfg:1: k: wrong\n        first line\n        second line\nltcore: a.cfg:2", 80));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "k: wrong\n        000"));
    free(text);
    lt_diags_free(&d);
    CU_ASSERT(!d.n && !d.first);
}

static void an_endless_sentence_is_cut(void)
{
    static char sentence[100000];
    lt_diags d = { 0 };
    memset(sentence, 'x', sizeof sentence - 1);
    lt_diags_add(&d, (lt_place){ "a.cfg", 1 }, NULL, "%s", sentence);
    char *text = printed(&d);
    CU_ASSERT(strlen(text) < 3000);
    free(text);
    lt_diags_free(&d);
}

static const struct { const char *word, *near; } words[] = {
    { "start_kost", "start_cost" }, { "strat_cost", "start_cost" }, { "start-cost", "start_cost" },
    { "magnitud", "magnitude" }, { "SGD", "sgd" }, { "sdg", "sgd" }, { "lrr", "lr" }, { "ls", "lr" },
    { "x", NULL }, { "", NULL }, { "completely", NULL }, { "adam", NULL },
};

static void suggestions_are_near_or_none(void)
{
    static const char *const known[] = { "magnitude", "start_cost", "sgd", "lr", "momentum" };
    char endless[5000] = { 0 };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const char *near = lt_suggest(words[i].word, known, sizeof known / sizeof known[0]);
        CU_ASSERT(words[i].near ? near && !strcmp(near, words[i].near) : !near);
    }
    memset(endless, 'a', sizeof endless - 1);
    CU_ASSERT_PTR_NULL(lt_suggest(endless, known, sizeof known / sizeof known[0]));
    CU_ASSERT_PTR_NULL(lt_suggest("lr", known, 0));
}

static const lt_test claims[] = {
    { "files keep their order and lines are sorted", files_keep_their_order_and_lines_are_sorted },
    { "long hints stand below their sentence", long_hints_stand_below },
    { "an endless sentence is cut", an_endless_sentence_is_cut },
    { "suggestions are near or none", suggestions_are_near_or_none },
};

int main(void)
{
    return lt_suite_run("diag", claims, sizeof claims / sizeof claims[0]);
}
