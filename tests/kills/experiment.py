"""Experiments of ltcore's that are begun, killed and begun again: what the programs of this folder share."""

import os
import pathlib
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import same_results  # noqa: E402,F401

DAYS_3 = 3 * 86400


class Wrong(Exception):
    """Something was not as it must be."""


class Process:
    """A command of ltcore's, which ends by itself or is killed after a time."""

    def __init__(self, ltcore, words, log):
        self.begun_ns, self.words, self.log = time.time_ns(), words, log
        with open(log, "wb") as to:
            self.it = subprocess.Popen([ltcore, *words], stdout=to, stderr=to)

    def kill_after(self, seconds):
        """True: the kill hit a living process."""
        try:
            self.it.wait(seconds)
        except subprocess.TimeoutExpired:
            self.it.kill()
        return self.ended() == -9

    def ended(self):
        code = self.it.wait()
        said = self.log.read_text(errors="replace")
        if code not in (0, -9):
            raise Wrong(f"{' '.join(self.words)} ended with {code}:\n{said}")
        if "damaged" in said and "store" not in self.words:
            raise Wrong(f"{' '.join(self.words)} met something damaged:\n{said}")
        return code


class Experiment:
    """An output directory, begun empty, and its store, which may be shared."""

    def __init__(self, ltcore, folder, jobs, store=None, settings=()):
        self.ltcore, self.folder, self.jobs = ltcore, folder, jobs
        self.output, self.store = folder / "out", store or folder / "store"
        self.config = HERE / "run.cfg"
        self.settings = [word for setting in settings for word in ("--set", setting)]
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()

    def start(self, *words):
        return Process(self.ltcore, [*words, "-c", str(self.config), "--set", f"run.store={self.store}",
                                     *self.settings], self.folder / f"log.{words[0]}")

    def run(self):
        return self.start("-q", "-o", str(self.output), "-j", str(self.jobs))

    def gc(self):
        """Over files that are old enough to be removed."""
        then = time.time() - DAYS_3
        for path in self.store.rglob("*"):
            if path.is_file():
                os.utime(path, (then, then))
        return self.start("store", "gc")

    def where(self, process):
        """What the run was doing when it was killed, as its files tell."""
        def written(name):
            try:
                return (self.output / name).stat().st_mtime_ns >= process.begun_ns
            except FileNotFoundError:
                return False
        if not written("run.cfg"):
            return "starting"
        if not written("levels.csv"):
            return "training"
        return "writing tables and tickets"

    def parts(self):
        """Files that were being written at that moment; names, since a later process may leave some too."""
        return {p for top in (self.store, self.output) for p in top.rglob("*.part")}

    def forget_results(self, draw):
        """Some of what a finished run wrote."""
        shutil.rmtree(self.output / "tickets")
        for name in ("levels.csv", "layers.csv", "history.csv", "results.db"):
            if draw.random() < 0.5:
                (self.output / name).unlink()
