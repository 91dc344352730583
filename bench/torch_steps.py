"""torch_steps.py NETWORK SPANS STEPS THREADS [DENSITY [MODE]] - training steps in PyTorch on data in memory: batch and
optimizer as below; a random mask that keeps DENSITY of every weight, and multiplies its gradient; MODE eager, fused
(the optimizer is) or compiled (torch.compile, and fused). LeNets take MNIST from LTCORE_DATA where it is.

Prints median and best microseconds a step, over SPANS spans of STEPS steps, the least of processor time that all
threads together took for one, and what PyTorch runs on. The networks
are torch_curve.py's and those below. For bench/compare."""
import gzip
import os
import statistics
import sys
import time

import torch
from torch import nn

import torch_curve


def lenet_300_100():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 300), nn.ReLU(), nn.Linear(300, 100), nn.ReLU(), nn.Linear(100, 10))


def vgg_19():
    layers, channels = [], 3
    for width in (64, 64, 0, 128, 128, 0, 256, 256, 256, 256, 0, 512, 512, 512, 512, 0, 512, 512, 512, 512):
        if width:
            layers += [nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
            channels = width
        else:
            layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))


OWN = {"lenet-300-100": lenet_300_100, "vgg-19": vgg_19}

# batch, and the optimizer's name, momentum and decay: as in compare
SETTINGS = {
    "lenet-300-100": (60, "adam", 0, 0), "lenet-5-caffe": (64, "sgd", 0, 0), "conv-2": (60, "adam", 0, 0),
    "conv-4": (60, "adam", 0, 0), "conv-6": (60, "adam", 0, 0), "resnet-20": (128, "sgd", 0.9, 1e-4),
    "vgg-19": (64, "sgd", 0.9, 1e-4),
}


def idx(name, header):
    path = os.path.join(os.environ.get("LTCORE_DATA", ""), "mnist", name)
    with open(path, "rb") if os.path.exists(path) else gzip.open(path + ".gz") as file:
        return torch.frombuffer(bytearray(file.read()[header:]), dtype=torch.uint8)


def samples(name):
    if name.startswith("lenet"):
        try:
            x = idx("train-images-idx3-ubyte", 16).view(-1, 1, 28, 28).float().div(255).sub(0.1307).div(0.3081)
            return x, idx("train-labels-idx1-ubyte", 8).long()
        except OSError:
            pass
    shape = (1, 28, 28) if name.startswith("lenet") else (3, 32, 32)
    return torch.rand(10000, *shape), torch.randint(0, 10, (10000,))


def optimizer_of(net, kind, momentum, decay, fused):
    if kind == "adam":
        return torch.optim.Adam(net.parameters(), lr=1e-4, fused=fused)
    return torch.optim.SGD(net.parameters(), lr=1e-4, momentum=momentum, weight_decay=decay, fused=fused)


def masks_of(net, density):
    masks = []
    for p in net.parameters():
        if density < 1 and p.dim() > 1:
            masks.append((p, (torch.rand_like(p) < density).float()))
            p.data.mul_(masks[-1][1])
    return masks


def main(name, spans, steps, threads, density="1", mode="eager"):
    torch.set_num_threads(int(threads))
    torch.manual_seed(1)
    batch, kind, momentum, decay = SETTINGS[name]
    net = (OWN[name] if name in OWN else torch_curve.NETWORKS[name][0])()
    optimizer = optimizer_of(net, kind, momentum, decay, mode != "eager")
    masks = masks_of(net, float(density))
    x, y = samples(name)
    loss_of = nn.CrossEntropyLoss()
    forward = lambda inputs, labels: loss_of(net(inputs), labels)
    if mode == "compiled":
        forward = torch.compile(forward)
    order = torch.randperm(len(x))
    times, processor = [], []
    for span in range(int(spans) + 1):
        start, before = time.perf_counter(), time.process_time()
        for i in range(int(steps)):
            k = (span * int(steps) + i) % (len(x) // batch) * batch
            rows = order[k:k + batch]
            optimizer.zero_grad()
            forward(x[rows], y[rows]).backward()
            for p, mask in masks:
                p.grad.mul_(mask)
            optimizer.step()
        times.append((time.perf_counter() - start) * 1e6 / int(steps))
        processor.append((time.process_time() - before) * 1e6 / int(steps))
    times = times[1:]
    print(f"{statistics.median(times):.1f} {min(times):.1f} {min(processor[1:]):.1f} PyTorch-{torch.__version__} {mode}")


main(*sys.argv[1:])
