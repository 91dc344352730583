"""torch_steps.py NETWORK SPANS STEPS THREADS - training steps in PyTorch on data in memory: batch, optimizer as below.

Prints median and best microseconds a step, over SPANS spans of STEPS steps, the least of processor time that all
threads together took for one, and what PyTorch runs on. The networks
are torch_curve.py's and those below. For bench/compare."""
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


def main(name, spans, steps, threads):
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    batch, kind, momentum, decay = SETTINGS[name]
    net = (OWN[name] if name in OWN else torch_curve.NETWORKS[name][0])()
    if kind == "adam":
        optimizer = torch.optim.Adam(net.parameters(), lr=1e-4)
    else:
        optimizer = torch.optim.SGD(net.parameters(), lr=1e-4, momentum=momentum, weight_decay=decay)
    x = torch.rand(10000, *((1, 28, 28) if name.startswith("lenet") else (3, 32, 32)))
    y = torch.randint(0, 10, (10000,))
    loss_of = nn.CrossEntropyLoss()
    order = torch.randperm(10000)
    times, processor = [], []
    for span in range(spans + 1):
        start, before = time.perf_counter(), time.process_time()
        for i in range(steps):
            k = (span * steps + i) % (10000 // batch) * batch
            rows = order[k:k + batch]
            optimizer.zero_grad()
            loss_of(net(x[rows]), y[rows]).backward()
            optimizer.step()
        times.append((time.perf_counter() - start) * 1e6 / steps)
        processor.append((time.process_time() - before) * 1e6 / steps)
    times = times[1:]
    print(f"{statistics.median(times):.1f} {min(times):.1f} {min(processor[1:]):.1f} PyTorch-{torch.__version__}")


main(sys.argv[1], *map(int, sys.argv[2:]))
