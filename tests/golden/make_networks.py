#!/usr/bin/env python3
"""Writes tests/golden/networks.txt: what PyTorch computes, in double, for networks of plugins/arch.

    python3 tests/golden/make_networks.py > tests/golden/networks.txt
    python3 tests/golden/make_networks.py --seeds 40          (for each network the seed that is used below)

The networks are plain torch.nn modules, named as those of torchvision. Weights and samples are drawn from ltcore's own
generator; lines are those of make_golden.py, where `what` is

    loss    mean loss of the batch in training, then in evaluation after the running statistics moved once
    grad    of the mean loss in training
    stat    running statistics after that pass
    logits  of training (tensor "train") and of evaluation ("eval"); rows: the loss of each row in evaluation

In float a ReLU or a maximum that is decided by less than rounding may fall the other way, and the gradient then differs
honestly by far more than rounding. So each seed is the one of many whose closest decision is the least close.
"""
import sys

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from make_golden import fold, line, split, unit

SAMPLES = 6


def values(module, seed):
    """network_values of tests/test_arch_golden.c: weights of variance 2 / fan-in, gains about 1, variances about 1.5."""
    state = {n: t for n, t in module.state_dict().items() if not n.endswith("num_batches_tracked")}
    for p, (name, t) in enumerate(state.items()):
        n, norm = t.numel(), name.rsplit(".", 1)[0] + ".running_var" in state
        base = 1.0 if norm and name.endswith(".weight") else 1.5 if name.endswith("running_var") else 0.0
        fan_in = n // t.shape[0]
        size = np.sqrt(np.float32(24) / np.float32(fan_in)) if t.dim() > 1 else np.float32(0.5)
        x = np.float32(base) + size * (unit(fold((seed, 0), p), n) - np.float32(0.5))
        state[name] = torch.tensor(x.astype(np.float64).reshape(tuple(t.shape)))
    return state


class Lenet5(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 20, 5), nn.Conv2d(20, 50, 5)
        self.fc1, self.fc2 = nn.Linear(800, 500), nn.Linear(500, 10)
        self.pool, self.relu = nn.MaxPool2d(2), nn.ReLU()

    def forward(self, x):
        x = self.pool(self.conv2(self.pool(self.conv1(x))))
        return self.fc2(self.relu(self.fc1(x.flatten(1))))


class Conv4(nn.Module):
    def __init__(self):
        super().__init__()
        widths = [3, 64, 64, 128, 128]
        for i in range(4):
            self.add_module(f"conv{i + 1}", nn.Conv2d(widths[i], widths[i + 1], 3, padding=1))
        self.fc1, self.fc2, self.fc3 = nn.Linear(8192, 256), nn.Linear(256, 256), nn.Linear(256, 10)
        self.pool, self.relu = nn.MaxPool2d(2), nn.ReLU()

    def forward(self, x):
        x = self.pool(self.relu(self.conv2(self.relu(self.conv1(x)))))
        x = self.pool(self.relu(self.conv4(self.relu(self.conv3(x)))))
        return self.fc3(self.relu(self.fc2(self.relu(self.fc1(x.flatten(1))))))


class Pad(nn.Module):
    """He et al.'s shortcut A: every stride-th pixel, zero channels on either side."""

    def __init__(self, stride, before, after):
        super().__init__()
        self.stride, self.pad = stride, (0, 0, 0, 0, before, after)

    def forward(self, x):
        return F.pad(x[:, :, ::self.stride, ::self.stride], self.pad)


class Block(nn.Module):
    def __init__(self, channels, width, stride, bottleneck, shortcut):
        super().__init__()
        out = 4 * width if bottleneck else width
        shapes = [(channels, width, 1), (width, width, 3), (width, out, 1)] if bottleneck else \
                 [(channels, width, 3), (width, width, 3)]
        for i, (a, b, k) in enumerate(shapes, 1):
            s = stride if i == (2 if bottleneck else 1) else 1
            self.add_module(f"conv{i}", nn.Conv2d(a, b, k, s, k // 2, bias=False))
            self.add_module(f"bn{i}", nn.BatchNorm2d(b))
        self.n, self.relu = len(shapes), nn.ReLU()
        self.downsample = None
        if (stride > 1 or channels != out) and shortcut == "A":
            half = (out - channels) // 2
            self.downsample = Pad(stride, half, out - channels - half)
        elif stride > 1 or channels != out:
            self.downsample = nn.Sequential(nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        y = x
        for i in range(1, self.n + 1):
            y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
            y = y if i == self.n else self.relu(y)
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    def __init__(self, blocks, width, imagenet_stem=False, bottleneck=False, shortcut="B"):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False) if imagenet_stem else \
            nn.Conv2d(3, width, 3, 1, 1, bias=False)
        self.bn1, self.relu = nn.BatchNorm2d(width), nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, 2, 1) if imagenet_stem else nn.Identity()
        channels, self.n = width, len(blocks)
        for i, n in enumerate(blocks):
            stage = []
            for k in range(n):
                stage.append(Block(channels, width << i, 2 if i and not k else 1, bottleneck, shortcut))
                channels = (width << i) * (4 if bottleneck else 1)
            self.add_module(f"layer{i + 1}", nn.Sequential(*stage))
        self.fc = nn.Linear(channels, 10)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for i in range(self.n):
            x = getattr(self, f"layer{i + 1}")(x)
        return self.fc(x.mean((2, 3)))


class Vgg(nn.Module):
    def __init__(self, widths):
        super().__init__()
        layers, channels = [], 3
        for w in widths:
            layers += [nn.MaxPool2d(2)] if w == "p" else \
                [nn.Conv2d(channels, w, 3, padding=1, bias=False), nn.BatchNorm2d(w), nn.ReLU()]
            channels = channels if w == "p" else w
        self.features, self.classifier = nn.Sequential(*layers), nn.Linear(512, 10)

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3)))


VGG_16 = [64, 64, "p", 128, 128, "p", 256, 256, 256, "p", 512, 512, 512, "p", 512, 512, 512]

# name in networks.txt, module, image, rows of the batch, seed: as in tests/test_arch_golden.c
NETWORKS = [
    ("lenet-5-caffe", lambda: Lenet5(), (1, 28, 28), 8, 22),
    ("conv-4", lambda: Conv4(), (3, 32, 32), 2, 40),
    ("resnet-20", lambda: ResNet([3, 3, 3], 16), (3, 32, 32), 2, 30),
    ("resnet-20-A", lambda: ResNet([3, 3, 3], 16, shortcut="A"), (3, 32, 32), 2, 29),
    ("resnet-20-bottleneck", lambda: ResNet([2, 2, 2], 16, bottleneck=True), (3, 32, 32), 2, 38),
    ("resnet-18", lambda: ResNet([2, 2, 2, 2], 64, imagenet_stem=True), (3, 32, 32), 8, 28),
    ("resnet-18-cifar", lambda: ResNet([2, 2, 2, 2], 64), (3, 32, 32), 1, 6),
    ("vgg-16", lambda: Vgg(VGG_16), (3, 32, 32), 2, 56),
]


def start(make, image, rows, seed):
    module = make().double().train()
    module.load_state_dict(values(module, seed), strict=True)
    x, y = split(image, 10, seed)
    return module, x[:rows], y[:rows]


def closest(make, image, rows, seed):
    """The least distance of a ReLU's input from 0 and of a maximum from the next, relative to the tensor's size."""
    module, x, _ = start(make, image, rows, seed)
    gaps = []

    def of_relu(_, args, __):
        gaps.append(float(args[0].abs().min() / args[0].square().mean().sqrt()))

    def of_pool(m, args, _):
        a = args[0]
        p, k, s = m.padding, m.kernel_size, m.stride
        windows = F.pad(a, (p, p, p, p), value=-1e9).unfold(2, k, s).unfold(3, k, s).flatten(4)
        two = windows.topk(2).values
        gap = (two[..., 0] - two[..., 1])[two[..., 0] != 0]       # of zeros behind a ReLU none has a gradient
        gaps.append(float(gap.min() / a.square().mean().sqrt()))

    for m in module.modules():
        if isinstance(m, nn.ReLU):
            m.register_forward_hook(of_relu)
        if isinstance(m, nn.MaxPool2d):
            m.register_forward_hook(of_pool)
    with torch.no_grad():
        module(x)
    return min(gaps)


def run(name, make, image, rows, seed):
    module, x, y = start(make, image, rows, seed)
    logits = module(x)
    loss = F.cross_entropy(logits, y)
    loss.backward()
    for n, p in module.named_parameters():
        line((name, "-", "grad", n), p.grad, SAMPLES)
    for n, b in module.named_buffers():
        if not n.endswith("num_batches_tracked"):
            line((name, "-", "stat", n), b, SAMPLES)
    module.eval()
    after = module(x)
    line((name, "-", "logits", "train"), logits, SAMPLES)
    line((name, "-", "logits", "eval"), after, SAMPLES)
    line((name, "-", "rows", "eval"), F.cross_entropy(after, y, reduction="none"), SAMPLES)
    print(name, "-", "loss", "-", 2, loss.item().hex(), F.cross_entropy(after, y).item().hex())


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name, make, image, rows, seed in NETWORKS:
        if len(sys.argv) > 2:
            gap, best = max((closest(make, image, rows, s), s) for s in range(1, int(sys.argv[2]) + 1))
            print(name, best, gap)
        else:
            run(name, make, image, rows, seed)
