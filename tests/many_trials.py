#!/usr/bin/env python3
"""many_trials.py RESULTS.DB N - makes of a finished run of one trial one of N, each with the same numbers but for a
little: what a long experiment leaves, without its computing."""

import sqlite3
import sys


def columns(db, table):
    return [row[1] for row in db.execute(f"PRAGMA table_info({table})")]


def repeat(db, trial, step):
    """Every row of the first trial once more; ids are `step` apart from one trial to the next."""
    shift = (trial - 1) * step
    for table, key in ("level", "id"), ("mask", "level"), ("mask_layer", "level"), ("training", "level"), \
            ("evaluation", "level"):
        names = columns(db, table)
        new = [f"{name} + {shift}" if name == key else str(trial) if name == "trial"
               else f"{name} - ({shift} * 7919 + {key}) % 23" if name == "test_correct" else name for name in names]
        db.execute(f"INSERT INTO {table} SELECT {', '.join(new)} FROM {table} WHERE {key} <= {step}")


def main(path, n):
    with sqlite3.connect(path) as db:
        (step,) = db.execute("SELECT MAX(id) FROM level").fetchone()
        db.execute("UPDATE run SET trials = ?", (n,))
        for trial in range(2, n + 1):
            db.execute("INSERT INTO trial VALUES (?)", (trial,))
            repeat(db, trial, step)
        print(*db.execute("SELECT COUNT(*) FROM level").fetchone())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
