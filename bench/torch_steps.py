"""torch_steps.py NETWORK SPANS STEPS THREADS [DENSITY|TICKET [MODE]] - training steps in PyTorch on data in memory, under a
mask that multiplies the gradients of what it prunes; MODE eager, fused (the optimizer is) or compiled (torch.compile,
and fused).

Prints median and best microseconds a step, over SPANS spans of STEPS steps, the least of processor time that all
threads together took for one, accuracy on a thousand test images after them, and what PyTorch runs on. Settings, data
and masks are those of samples.py, the networks torch_curve.py's and those below. For bench/run."""
import sys
import time

import torch
from torch import nn

import samples
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


def optimizer_of(net, kind, rate, momentum, decay, fused):
    how = {"fused": True} if fused else {}                           # which 1.13 does not know of SGD
    if kind == "adam":
        return torch.optim.Adam(net.parameters(), lr=rate, **how)
    return torch.optim.SGD(net.parameters(), lr=rate, momentum=momentum, weight_decay=decay, **how)


def begin(net, under):
    """Weights with their masks, where there are any. What is no weight begins as 0, and scales of norms as 1."""
    weights = [p for p in net.parameters() if p.dim() > 1]
    masks, starts = samples.weights_under(under, [p.shape for p in weights])
    with torch.no_grad():
        for p, start, mask in zip(weights, starts, masks or [1] * len(starts)):
            p.copy_(torch.from_numpy(start * mask))
        for module in net.modules():
            if getattr(module, "bias", None) is not None:
                module.bias.zero_()
    return [(p, torch.from_numpy(mask)) for p, mask in zip(weights, masks or [])]


def accuracy_of(net, x, y):
    net.eval()
    with torch.no_grad():
        return (net(x).argmax(1) == y).float().mean().item()


def main(name, spans, steps, threads, under="1", mode="eager"):
    torch.set_num_threads(int(threads))
    torch.manual_seed(1)
    batch, *settings = samples.SETTINGS[name]
    net = (OWN[name] if name in OWN else torch_curve.NETWORKS[name][0])()
    optimizer = optimizer_of(net, *settings, mode != "eager")
    masks = begin(net, under)
    x, y, x_test, y_test = (torch.from_numpy(a) for a in samples.load(name))
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
    samples.report(times[1:], processor[1:], accuracy_of(net, x_test, y_test), f"PyTorch-{torch.__version__} {mode}")


main(*sys.argv[1:])
