"""figure.py RUN [PNG]: test accuracy over weights remaining, as Frankle & Carbin's figure 4a, from RUN/levels.csv.

A ticket of the same run is opened in PyTorch by ticket.py.
"""
import sys

import matplotlib.pyplot as plt
import pandas as pd

run = sys.argv[1]
levels = pd.read_csv(f"{run}/levels.csv")
levels["accuracy"] = levels.best_test_acc.where(levels.report_at == "best", levels.end_test_acc)
trials = levels.groupby(["variant", "level", "trial"], sort=False)[["density", "accuracy"]].mean()     # draws first
for variant, of in trials.groupby("variant", sort=False):
    level = of.groupby("level").agg(x=("density", "mean"), y=("accuracy", "mean"), a=("accuracy", "min"), b=("accuracy", "max"))
    plt.errorbar(100 * level.x, 100 * level.y, 100 * abs(level[["a", "b"]].T.values - level.y.values), capsize=2, label=variant)
plt.xscale("log")
plt.gca().invert_xaxis()
plt.xlabel("weights remaining (%)"), plt.ylabel("test accuracy (%)"), plt.legend()
plt.savefig(sys.argv[2] if len(sys.argv) > 2 else f"{run}/figure.png", dpi=200)
