#!/usr/bin/env python3
"""Writes tests/golden/torch.txt: what PyTorch computes, in double, for the two networks of tests/make_graph.c.

    python3 tests/golden/make_golden.py > tests/golden/torch.txt

Weights and samples are drawn from ltcore's own generator, so only results are stored. A line is

    network optimizer what tensor n norm projection sample sample ...

where `what` is grad (of the first batch's mean loss) or value (after three steps), `projection` is the product with
a fixed random vector, and the samples are every ceil(n / 24)-th element: enough for any error to show. Numbers are
C99 hexadecimal. `loss` lines hold the three batch means, `eval` lines the summed loss of all rows afterwards.
"""
import numpy as np
import torch
import torch.nn.functional as F

BATCH, ROWS, STEPS, SAMPLES = 8, 24, 3, 24
U32 = np.uint64(0xFFFFFFFF)


def philox(key, block):
    """ltc_rand_block of ltcore/rng.h for an array of block numbers: uint32 [n, 4]."""
    seed, stream = key
    block = np.asarray(block, dtype=np.uint64)
    c = [block & U32, block >> np.uint64(32),
         np.full_like(block, stream & 0xFFFFFFFF), np.full_like(block, stream >> 32)]
    k0, k1 = seed & 0xFFFFFFFF, seed >> 32
    for _ in range(10):
        a, b = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        c = [(b >> np.uint64(32)) ^ c[1] ^ np.uint64(k0), b & U32,
             (a >> np.uint64(32)) ^ c[3] ^ np.uint64(k1), a & U32]
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.stack(c, axis=1)


def fold(key, i):
    w = [int(x) for x in philox((key[0] ^ 0xFFFFFFFFFFFFFFFF, key[1]), [i])[0]]
    return w[1] << 32 | w[0], w[3] << 32 | w[2]


def words(key, n):
    return philox(key, np.arange((n + 3) // 4)).reshape(-1)[:n]


def unit(key, n):
    return (words(key, n) >> np.uint64(8)).astype(np.float32) * np.float32(2.0 ** -24)


def below(key, n, limit):
    w = words(key, 2 * n).reshape(-1, 2)
    return [int((int(a) * limit + (int(b) * limit >> 32)) >> 32) for a, b in w]


def split(shape, classes, seed):
    n = ROWS * int(np.prod(shape))
    x = (words((seed, 1), n) >> np.uint64(24)).astype(np.float64).reshape(ROWS, *shape)
    return torch.tensor((x - 128) / 64), torch.tensor(below((seed, 2), ROWS, classes))


def values(shapes, seed):
    """lt_values_new of tests/make_graph.c."""
    out = {}
    for p, (name, shape) in enumerate(shapes):
        n = int(np.prod(shape))
        norm = name.startswith("bn") and name.endswith("weight")
        base = 1.0 if norm else 1.5 if name.endswith("running_var") else 0.0
        size = 0.125 if n > 10000 else 0.5
        x = np.float32(base) + np.float32(size) * (unit(fold((seed, 0), p), n) - np.float32(0.5))
        out[name] = torch.tensor(x.astype(np.float64).reshape(shape))
    return out


def norm_shapes(name, c):
    return [(f"{name}.{x}", (c,)) for x in ("weight", "bias", "running_mean", "running_var")]


LENET = [("fc1.weight", (300, 784)), ("fc1.bias", (300,)), ("fc2.weight", (100, 300)), ("fc2.bias", (100,)),
         ("fc3.weight", (10, 100)), ("fc3.bias", (10,))]
SMALL = ([("conv1.weight", (8, 3, 3, 3))] + norm_shapes("bn1", 8)
         + [("conv2.weight", (12, 4, 3, 3)), ("conv2.bias", (12,))] + norm_shapes("bn2", 12)
         + [("conv3.weight", (12, 12, 3, 3)), ("conv3.bias", (12,)), ("short.weight", (9, 8, 1, 1))]
         + norm_shapes("bn3", 24) + [("fc.weight", (10, 24)), ("fc.bias", (10,))])


def lenet(v, x, training):
    x = F.relu(F.linear(x.flatten(1), v["fc1.weight"], v["fc1.bias"]))
    x = F.relu(F.linear(x, v["fc2.weight"], v["fc2.bias"]))
    return F.linear(x, v["fc3.weight"], v["fc3.bias"])


def norm(v, name, x, training, momentum=0.1):
    return F.batch_norm(x, v[name + ".running_mean"], v[name + ".running_var"], v[name + ".weight"],
                        v[name + ".bias"], training, momentum, 1e-5)


def small(v, x, training):
    x = F.relu(norm(v, "bn1", F.conv2d(x, v["conv1.weight"], padding=1), training))
    x = F.max_pool2d(x, 3, 2, 1)
    y = F.conv2d(x, v["conv2.weight"], v["conv2.bias"], stride=2, padding=1, groups=2)
    y = F.relu(norm(v, "bn2", y, training, 0.3))
    y = F.conv2d(y, v["conv3.weight"], v["conv3.bias"], padding=2, dilation=2)
    y = F.relu(y + F.pad(F.conv2d(x, v["short.weight"], stride=2), (0, 0, 0, 0, 1, 2)))
    mean = F.adaptive_avg_pool2d(F.avg_pool2d(y, 2, 1, 1), (3, 5))
    x = torch.cat([mean.mean((2, 3)), y.mean((2, 3))], 1)
    return F.linear(norm(v, "bn3", x, training), v["fc.weight"], v["fc.bias"])


def optimizer(name, v):
    """Decay acts on weights alone. eps is large, so that a gradient that is only rounding moves nothing."""
    weights = [v[n] for n in v if n.endswith("weight") and not n.startswith("bn")]
    others = [v[n] for n in v if v[n].requires_grad and not any(v[n] is w for w in weights)]
    decay = 0.1 if name == "adamw" else 0.01
    groups = [{"params": weights, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]
    if name in ("sgd", "nesterov"):
        return torch.optim.SGD(groups, lr=2.0 ** -5, momentum=0.9, nesterov=name == "nesterov")
    kind = torch.optim.AdamW if name == "adamw" else torch.optim.Adam
    return kind(groups, lr=2.0 ** -9, betas=(0.9, 0.999), eps=1e-3)


def line(head, tensor, samples=SAMPLES):
    x = tensor.detach().numpy().reshape(-1)
    n = x.size
    projection = float(np.dot(x, unit((99, n), n).astype(np.float64) - 0.5))
    numbers = [float(np.sqrt(np.dot(x, x))), projection] + [float(a) for a in x[::(n + samples - 1) // samples]]
    print(*head, n, *[a.hex() for a in numbers])


def run(net_name, net, shapes, image, how):
    v = values(shapes, 1)
    x, y = split(image, 10, 3)
    for name in v:
        v[name].requires_grad_("running" not in name)
    opt = optimizer(how, v)
    losses = []
    for s in range(STEPS):
        rows = [(s * BATCH + i) % ROWS for i in range(BATCH)]
        loss = F.cross_entropy(net(v, x[rows], True), y[rows])
        opt.zero_grad()
        loss.backward()
        losses.append(loss.item())
        for name in v if s == 0 and how == "sgd" else ():
            if v[name].requires_grad:
                line((net_name, how, "grad", name), v[name].grad)
        opt.step()
    for name in v:
        line((net_name, how, "value", name), v[name])
    total = F.cross_entropy(net(v, x, False), y, reduction="sum").item()
    print(net_name, how, "loss", "-", STEPS, *[a.hex() for a in losses])
    print(net_name, how, "eval", "-", 1, float(total).hex())


if __name__ == "__main__":
    torch.set_num_threads(1)
    for how in ("sgd", "nesterov", "adam", "adamw"):
        run("lenet", lenet, LENET, (1, 28, 28), how)
        run("small", small, SMALL, (3, 12, 12), how)
