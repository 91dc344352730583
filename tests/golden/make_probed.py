#!/usr/bin/env python3
"""Writes tests/golden/probed.txt: scores of the criteria that look at samples, by PyTorch's autograd in double.

    python3 tests/golden/make_probed.py > tests/golden/probed.txt

The network is the tiny one of tests/prune_rig.c: fc1 4 -> 3, ReLU, fc2 3 -> 2, with biases, and six samples. Each draw
has weights and a mask; `score NAME` are the scores of fc1.weight's 12 and fc2.weight's 6 elements, of batches of all
six samples, 0 where pruned. `synflow KEEP ITERATIONS` is the mask that keeps so many of all. All in hexadecimal.
"""
import torch
import torch.nn.functional as F

SAMPLES, DRAWS, TEMPERATURE = 6, 6, 200.0


def forward(w, x, ones=False):
    fc1, b1, fc2, b2 = [v.abs() for v in w] if ones else w
    return F.linear(F.relu(F.linear(x, fc1, b1)), fc2, b2)


def draw(g):
    w = [torch.randn(s, generator=g).double() for s in ((3, 4), (3,), (2, 3), (2,))]
    x = torch.randn((SAMPLES, 4), generator=g).double()
    return w, x, torch.randint(0, 2, (SAMPLES,), generator=g)


def gradients(w, x, y, scale=1.0, create=False):
    loss = F.cross_entropy(forward(w, x) * scale, y)
    return torch.autograd.grad(loss, [w[0], w[2]], create_graph=create)


def flat(parts):
    return torch.cat([p.reshape(-1) for p in parts])


def scores(w, mask, x, y):
    weights = [w[0], w[2]]
    g = gradients(w, x, y)
    yield "snip", flat([(a * b).abs() for a, b in zip(g, weights)])
    yield "taylor/square", flat([(a * b) ** 2 for a, b in zip(g, weights)])
    yield "taylor/absolute", flat([(a * b).abs() for a, b in zip(g, weights)])
    each = [gradients(w, x[i:i + 1], y[i:i + 1]) for i in range(SAMPLES)]
    yield "fisher", flat([b ** 2 * sum(e[k] ** 2 for e in each) / (2 * SAMPLES) for k, b in enumerate(weights)])
    g = gradients(w, x, y, 1 / TEMPERATURE, True)
    along = sum((a * m * a.detach()).sum() for a, m in zip(g, mask))       # (H g) over what is alive
    yield "grasp", flat([a * b for a, b in zip(torch.autograd.grad(along, weights), weights)])


def synflow(w, alive, keep, iterations):
    mask, first = alive.clone(), int(alive.sum())
    for i in range(1, iterations + 1):
        parts = [(w[0] * mask[:12].reshape(3, 4)).detach().requires_grad_(), w[1],
                 (w[2] * mask[12:].reshape(2, 3)).detach().requires_grad_(), w[3]]
        total = forward(parts, torch.ones(1, 4).double(), True).sum()
        s = flat([(g * p).abs() for g, p in zip(torch.autograd.grad(total, [parts[0], parts[2]]), (parts[0], parts[2]))])
        goal = keep if i == iterations else max(keep, round(first * (keep / first) ** (i / iterations)))
        order = sorted((float(s[k]), k) for k in range(18) if mask[k])
        for _, k in order[:len(order) - goal]:
            mask[k] = 0
    return mask


def main():
    g = torch.Generator().manual_seed(7)
    for d in range(DRAWS):
        w, x, y = draw(g)
        alive = (torch.rand(18, generator=g) < (0.8 if d % 2 else 2)).double()
        print("draw", d)
        print("alive", "".join(str(int(a)) for a in alive))
        for name, values in zip(("fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias", "x"), (*w, x)):
            print(name, *(float(v).hex() for v in values.reshape(-1)))
        print("label", *(int(v) for v in y))
        mask = [alive[:12].reshape(3, 4), alive[12:].reshape(2, 3)]
        pruned = [(w[0] * mask[0]).requires_grad_(), w[1], (w[2] * mask[1]).requires_grad_(), w[3]]
        for name, s in scores(pruned, mask, x, y):
            print("score", name, *(float(v).hex() for v in s * alive))
        for keep, iterations in ((9, 1), (6, 3), (4, 100), (0, 4)):
            m = synflow(w, alive, keep, iterations)
            print("synflow", keep, iterations, "".join(str(int(v)) for v in m))


if __name__ == "__main__":
    main()
