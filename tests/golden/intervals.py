"""Recomputes the numbers of core/results/statistics.c and of tests/test_statistics.c from the definitions."""
import math


def t_density(x, v):
    log_c = math.lgamma((v + 1) / 2) - math.lgamma(v / 2) - 0.5 * math.log(v * math.pi)
    return math.exp(log_c - (v + 1) / 2 * math.log1p(x * x / v))


def t_cdf(x, v, n=4000):
    """Simpson's rule from 0."""
    h = x / n
    s = t_density(0, v) + t_density(x, v)
    s += sum((4 if i % 2 else 2) * t_density(i * h, v) for i in range(1, n))
    return 0.5 + s * h / 3


def t_quantile(v, p=0.975):
    low, high = 0.0, 20.0
    for _ in range(60):
        mid = (low + high) / 2
        low, high = (mid, high) if t_cdf(mid, v) < p else (low, mid)
    return low


def spread(x):
    n, mean = len(x), sum(x) / len(x)
    sd = math.sqrt(sum((v - mean) ** 2 for v in x) / (n - 1))
    return n, mean, min(x), max(x), t_quantile(n - 1) * sd / math.sqrt(n)


for v in [*range(1, 31), 31, 40, 60, 120, 1000]:
    print(v, f"{t_quantile(v):.6f}")
print(spread([97.7, 97.9, 98.1, 97.6, 98.0]))
print(spread([0.971, 0.976]))
