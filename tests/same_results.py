#!/usr/bin/env python3
"""same_results.py A B - do two output directories hold the same results? Silent and 0 if so; else the differences and 1.

Tickets, layers.csv and history.csv are compared byte for byte; levels.csv, run.cfg and every table of results.db but for
what a clock, a path or the store decides. Used by the tests of what a run survives, as a program and as a module."""

import csv
import pathlib
import sqlite3
import sys

# What may differ: how long it took, whether it came from the store, and where it lies.
FREE = {
    "levels.csv": {"train_seconds", "ms_per_step"},
    "training": {"seconds", "ms_per_step", "trained_steps"},
}
FREE_SETTINGS = {"run.output", "run.store", "run.save_every"}


def files_below(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def rows_of_csv(path):
    """Whole but for the free columns, in the file's order."""
    with open(path, newline="") as f:
        rows = list(csv.reader(f))
    keep = [i for i, name in enumerate(rows[0]) if name not in FREE["levels.csv"]]
    return [[row[i] for i in keep] for row in rows]


def lines_of_settings(path):
    """Of a resolved configuration, one setting a line."""
    names = tuple(name.split(".")[1] for name in FREE_SETTINGS)
    return [line for line in path.read_text().splitlines() if not line.strip().startswith(names)]


def rows_of_database(path):
    """Every table as a sorted list of rows; a level is called by what it is, since ids follow the order of arrival."""
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    level = {row[0]: str(row[1:]) for row in db.execute("SELECT id, variant, point, trial, draw, level FROM level")}
    tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    found = {}
    for table in tables:
        cursor = db.execute(f'SELECT * FROM "{table}"')
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row)) for row in cursor]
        if table == "setting":
            rows = [row for row in rows if row["key"] not in FREE_SETTINGS]
        for row in rows:
            if table in ("level", "event"):
                row.pop("id")
            elif row.get("level") in level and table != "comparison":
                row["level"] = level[row["level"]]
            for name in FREE.get(table, ()):
                row.pop(name)
        found[f"results.db, {table}"] = sorted(str(sorted(row.items())) for row in rows)
    db.close()
    return found


def contents(folder):
    """Everything that must be equal, by name."""
    folder = pathlib.Path(folder)
    all_of_it = {f"tickets/{name}": content for name, content in files_below(folder / "tickets").items()}
    for name in ("layers.csv", "history.csv"):
        all_of_it[name] = (folder / name).read_bytes()
    all_of_it["levels.csv"] = rows_of_csv(folder / "levels.csv")
    all_of_it["run.cfg"] = lines_of_settings(folder / "run.cfg")
    all_of_it.update(rows_of_database(folder / "results.db"))
    return all_of_it


def differences(a, b):
    """Sentences; none: the same results. a, b: folders, or what contents() gave for them."""
    try:
        a, b = (x if isinstance(x, dict) else contents(x) for x in (a, b))
    except (OSError, IndexError, sqlite3.Error) as error:
        return [f"cannot be read: {error}"]
    said = [f"{name}: is in one alone" for name in sorted(a.keys() ^ b.keys())]
    for name in sorted(a.keys() & b.keys()):
        if a[name] != b[name]:
            lists = isinstance(a[name], list)
            where = next((f": {x}\n    and not {y}" for x, y in zip(a[name], b[name]) if x != y), "") if lists else ""
            said.append(f"{name}: differs{where}")
    return said


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: same_results.py DIRECTORY DIRECTORY")
    found = differences(*sys.argv[1:])
    print("\n".join(found), end="\n" if found else "")
    sys.exit(bool(found))
