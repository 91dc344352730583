/* Owns the form of CSV files. Called by results.c for each file, and for each row of history as it comes. */
#include "results/csv.h"

#include <string.h>

#include "config/number.h"

/* In quotes, and quotes doubled, where a reader would take it for something else. */
static void put_text(const char *s, lt_text *to)
{
    if (!strpbrk(s, ",\"\r\n")) {
        lt_text_put(to, s, strlen(s));
        return;
    }
    lt_text_put(to, "\"", 1);
    for (; *s; s++)
        lt_text_put(to, *s == '"' ? "\"\"" : s, *s == '"' ? 2 : 1);
    lt_text_put(to, "\"", 1);
}

static void put_cell(sqlite3_stmt *stmt, int column, lt_text *to)
{
    char number[LT_NUMBER_BYTES];
    const unsigned char *text;
    switch (sqlite3_column_type(stmt, column)) {
    case SQLITE_NULL:
        break;
    case SQLITE_FLOAT:
        put_text(lt_real_text(number, sqlite3_column_double(stmt, column)), to);
        break;
    default:
        text = sqlite3_column_text(stmt, column);
        if (text)
            put_text((const char *)text, to);
        else
            to->failed = true;                /* no memory: NULL was dealt with above */
    }
}

void lt_csv_header(sqlite3_stmt *stmt, lt_text *to)
{
    for (int i = 0; i < sqlite3_column_count(stmt); i++) {
        lt_text_add(to, "%s", i ? "," : "");
        put_text(sqlite3_column_name(stmt, i), to);
    }
    lt_text_put(to, "\n", 1);
}

void lt_csv_row(sqlite3_stmt *stmt, lt_text *to)
{
    for (int i = 0; i < sqlite3_column_count(stmt); i++) {
        lt_text_add(to, "%s", i ? "," : "");
        put_cell(stmt, i, to);
    }
    lt_text_put(to, "\n", 1);
}
