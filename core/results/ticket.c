/* Owns the way from objects of the store to the files of tickets/. Called by results.c when a run is
 * finished. */
#include "results/ticket.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "results/database.h"
#include "results/schema.h"
#include "util/file.h"

/* Columns of lt_select_tickets. */
enum { PATH, VARIANT, POINT, TRIAL, DRAW, LEVEL, DENSITY, TRAINING, POINT_NAME, FIRST_ROLE };
static const char *const roles[] = { "mask", "start", "best", "end" };
enum { ROLES = sizeof roles / sizeof roles[0] };

typedef struct work {
    const char   *directory, *version;
    lt_store     *store;
    sqlite3_stmt *stmt;                       /* stands on the level at work */
} work;

static const char *column(const work *w, int i)
{
    return (const char *)sqlite3_column_text(w->stmt, i);
}

/* The inverse of lt_digest_text, for what it wrote. */
static lt_digest digest_of(const char *hex)
{
    lt_digest d;
    for (size_t i = 0; i < sizeof d.byte; i++) {
        const char pair[3] = { hex[2 * i], hex[2 * i + 1], '\0' };
        d.byte[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return d;
}

/* What only the optimizer needs: a network that loads the file knows none of it. */
static bool belongs_to_optimizer(const char *name)
{
    return !strncmp(name, "slot1/", 6) || !strncmp(name, "slot2/", 6) || !strcmp(name, "clock");
}

static size_t bytes_of(const lt_tensor *t)
{
    return t->n * (t->type == LTC_U8 ? 1 : t->type == LTC_F32 ? sizeof(float) : sizeof(uint64_t));
}

static ltc_status copy_tensor(const lt_tensor *from, lt_tensors *to, ltc_error *err)
{
    lt_tensor *added = NULL;
    const ltc_status st = lt_tensors_add(to, from->name, from->type, from->rank, from->dim, &added, err);
    if (!st)
        memcpy(added->data, from->data, bytes_of(from));
    return st;
}

static ltc_status add_notes(const work *w, const char *role, lt_tensors *to, ltc_error *err)
{
    const struct { const char *key, *value; } notes[] = {
        { "ltcore", w->version },
        { "role", role },
        { "variant", column(w, VARIANT) },
        { "point", column(w, POINT_NAME) },
        { "trial", column(w, TRIAL) },
        { "draw", column(w, DRAW) },
        { "level", column(w, LEVEL) },
        { "density", column(w, DENSITY) },
        { "training", column(w, TRAINING) },
    };
    ltc_status st = LTC_OK;
    for (size_t i = 0; i < sizeof notes / sizeof notes[0] && !st; i++)
        if (notes[i].value)
            st = lt_tensors_note(to, notes[i].key, notes[i].value, err);
    return st;
}

static bool same_notes(const lt_tensors *a, const lt_tensors *b)
{
    size_t found = 0;
    for (size_t i = 0; i < a->n_notes; i++)
        for (size_t j = 0; j < b->n_notes; j++)
            found += !strcmp(a->note[i].key, b->note[j].key) && !strcmp(a->note[i].value, b->note[j].value);
    return a->n_notes == b->n_notes && found == a->n_notes;
}

/* Compared byte by byte, which is faster than two digests; a name is in a set once. */
static bool same_tensors(const lt_tensors *a, const lt_tensors *b)
{
    bool same = a->n == b->n;
    for (size_t i = 0; i < a->n && same; i++) {
        const lt_tensor *x = &a->v[i], *y = lt_tensors_find(b, x->name);
        same = y && x->type == y->type && x->rank == y->rank && x->n == y->n &&
               !memcmp(x->dim, y->dim, x->rank * sizeof x->dim[0]) && !memcmp(x->data, y->data, bytes_of(x));
    }
    return same;
}

/* Does the file hold just this? One that is damaged does not, and is written again. */
static bool is_there(const char *path, lt_tensors *ticket)
{
    lt_tensors there = { 0 };
    ltc_error ignored;
    const bool same = access(path, F_OK) == 0 && !lt_safetensors_read(path, &there, &ignored) &&
                      same_notes(&there, ticket) && same_tensors(&there, ticket);
    lt_tensors_free(&there);
    return same;
}

static ltc_status write_file(const work *w, int role, lt_tensors *ticket, ltc_error *err)
{
    lt_text path = { 0 };
    lt_text_add(&path, "%s/%s", w->directory, column(w, PATH));
    ltc_status st = path.failed ? ltc_fail(err, LTC_ENOMEM, "no memory for the path of a ticket")
                                : lt_file_make_directory(path.s, err);
    lt_text_add(&path, "/%s.safetensors", roles[role]);
    if (!st && path.failed)
        st = ltc_fail(err, LTC_ENOMEM, "no memory for the path of a ticket");
    if (!st && !is_there(path.s, ticket))
        st = lt_safetensors_write(path.s, ticket, err);
    lt_text_free(&path);
    return st;
}

static ltc_status write_ticket(const work *w, int role, const lt_tensors *object, ltc_error *err)
{
    lt_tensors ticket = { 0 };
    ltc_status st = add_notes(w, roles[role], &ticket, err);
    for (size_t i = 0; i < object->n && !st; i++)
        if (!belongs_to_optimizer(object->v[i].name))
            st = copy_tensor(&object->v[i], &ticket, err);
    if (!st)
        st = write_file(w, role, &ticket, err);
    lt_tensors_free(&ticket);
    return st;
}

static ltc_status fail_lost(const work *w, int role, const lt_digest *name, ltc_error *err)
{
    lt_text what = { 0 };
    lt_text_add(&what, "%s/%s.safetensors: what it holds", column(w, PATH), roles[role]);
    const ltc_status st = lt_store_lost(w->store, name, what.failed ? "a ticket" : what.s, err);
    lt_text_free(&what);
    return st;
}

static ltc_status fetch_and_write(const work *w, int role, const char *hex, ltc_error *err)
{
    const lt_digest name = digest_of(hex);
    lt_tensors object = { 0 };
    bool found = false;
    ltc_status st = lt_store_get(w->store, &name, &object, &found, err);
    if (!st && !found)
        st = fail_lost(w, role, &name, err);
    if (!st)
        st = write_ticket(w, role, &object, err);
    lt_tensors_free(&object);
    return st;
}

static ltc_status write_level(const work *w, ltc_error *err)
{
    ltc_status first = LTC_OK;
    for (int role = 0; role < ROLES; role++) {
        ltc_error e = { 0 };
        const char *hex = column(w, FIRST_ROLE + role);
        const ltc_status st = hex ? fetch_and_write(w, role, hex, &e) : LTC_OK;
        if (st && !first)
            first = st, *err = e;
    }
    return first;
}

ltc_status lt_tickets_write(sqlite3 *db, const char *directory, const char *version, lt_store *store,
                            ltc_error *err)
{
    work w = { .directory = directory, .version = version, .store = store };
    ltc_status first = lt_database_prepare(db, lt_select_tickets, &w.stmt, err);
    if (first)
        return first;
    assert(sqlite3_column_count(w.stmt) == FIRST_ROLE + ROLES);
    int rc;
    while ((rc = sqlite3_step(w.stmt)) == SQLITE_ROW) {
        ltc_error e = { 0 };
        const ltc_status st = write_level(&w, &e);
        if (st && !first)
            first = st, *err = e;
    }
    if (rc != SQLITE_DONE && !first)
        first = lt_database_fail(db, err);
    sqlite3_finalize(w.stmt);                 /* says again what step said */
    return first;
}
