"""A place in which a short experiment is run with one thing going wrong, and then by the same command without. Used by the
campaigns of `run`."""

import collections
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import same_results  # noqa: E402

TIMEOUT_S = 120
SHORT = 3  # faults of each campaign in the short form


class Bench:
    """A place to run in, the undisturbed results, and the tally."""

    def __init__(self, build, work, short, verbose, config="experiment.cfg", more=()):
        self.build, self.ltcore, self.shim = build, build / "bin" / "ltcore", build / "tests" / "fault-shim.so"
        self.work, self.short, self.verbose = work, short, verbose
        self.config, self.more = HERE / config, list(more)
        self.tally = collections.defaultdict(collections.Counter)
        self.bad = []
        self.output, self.store = work / "output", work / "share" / "ltcore" / "store"
        self.fired = work / "fired"
        self.clear()
        code, _, said = self.start()
        if code:
            sys.exit(f"the undisturbed run fails: {said}")
        self.want = same_results.contents(self.output)
        self.stored = work / "stored"
        shutil.copytree(self.store, self.stored)

    def clear(self, stored=False):
        """No output, and an empty store or the one of the undisturbed run."""
        self.fired.unlink(missing_ok=True)
        shutil.rmtree(self.output, ignore_errors=True)
        shutil.rmtree(self.store.parent, ignore_errors=True)
        if stored:
            shutil.copytree(self.stored, self.store)

    def environment(self, more):
        return {**os.environ, "XDG_DATA_HOME": str(self.work / "share"), "XDG_CACHE_HOME": str(self.work / "cache"), **more}

    def shimmed(self, **more):
        """The environment of a program under the shim."""
        return {"LT_FAULT_UNDER": str(self.work), "LT_FAULT_FIRED": str(self.fired), "LD_PRELOAD": str(self.shim), **more}

    def command(self, output=None):
        return [str(self.ltcore), "-q", "-j", "2", "-c", str(self.config), "-o", str(output or self.output), *self.more]

    def ask(self, words, environment=(), limit=None, of=resource.RLIMIT_FSIZE):
        """Exit code, standard output, standard error."""
        self.fired.unlink(missing_ok=True)
        set_limit = (lambda: resource.setrlimit(of, (limit, limit))) if limit else None
        try:
            done = subprocess.run([str(word) for word in words], env=self.environment(dict(environment)), cwd=self.work,
                                  capture_output=True, text=True, timeout=TIMEOUT_S, preexec_fn=set_limit)
        except subprocess.TimeoutExpired:
            return -signal.SIGALRM, "", "it takes forever"
        return done.returncode, done.stdout, done.stderr

    def start(self, environment=(), limit=None, more=(), of=resource.RLIMIT_FSIZE):
        return self.ask([*self.command(), *more], environment, limit, of)

    def complain(self, campaign, what, said):
        self.tally[campaign]["bad"] += 1
        self.bad.append(f"{campaign}: {what}\n    " + said.strip().replace("\n", "\n    "))
        print(self.bad[-1], flush=True)

    def expect(self, campaign, what, holds, said):
        if not holds:
            self.complain(campaign, what, said)

    def judge(self, campaign, what, code, said):
        """Of the run with the fault."""
        self.tally[campaign]["thrown"] += 1
        self.tally[campaign]["unharmed" if code == 0 else "failed"] += 1
        if code not in (0, 1, 2):
            self.complain(campaign, f"{what}: exit code {code}", said)
        elif code and not said.startswith("ltcore: "):
            self.complain(campaign, f"{what}: fails without a sentence", said)
        elif self.verbose:
            print(f"{campaign}: {what}: {code}\n    {said.strip()}", flush=True)

    def settle(self, campaign, what, code):
        """The same command again; and what is there after a run that says that it went well."""
        if code == 0:
            self.compare(campaign, f"{what}: though it ended well")
        code, _, said = self.start()
        if code:
            self.complain(campaign, f"{what}: the same command afterwards: exit code {code}", said)
        else:
            self.compare(campaign, f"{what}: afterwards")

    def compare(self, campaign, what):
        found = same_results.differences(self.want, self.output)
        if found:
            self.complain(campaign, what, "\n".join(found))

    def sample(self, things):
        """All of them, or for the suite a few: the same each time."""
        things = list(things)
        return things[::max(1, len(things) // SHORT)] if self.short else things

    def report(self, campaign):
        tally = self.tally[campaign]
        print(f"{campaign}: {tally['thrown']} faults, {tally['unharmed']} did no harm, {tally['failed']} ended the run, "
              f"{tally['bad']} wrong", flush=True)
