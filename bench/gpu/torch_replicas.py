"""torch_replicas.py FORM NETWORK SPANS STEPS REPLICAS DENSITY - training steps in PyTorch on one GPU, data on the device.

FORM: eager, graph (the whole step captured as a CUDA graph), compile (mode reduce-overhead), vmap (REPLICAS networks in
one stacked model), vmap-graph (the same, captured). The first three train one network whatever REPLICAS says, which is
what a user of them does. DENSITY below 1 multiplies weights by masks, as PyTorch's own pruning does. Prints median and
best microseconds a step of one replica, and what it runs on. fp32 without TF32. For bench/gpu/compare."""
import os
import statistics
import sys
import time

import torch
from torch import nn
from torch.func import functional_call, grad, stack_module_state, vmap
from torch.nn.utils import prune

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import torch_curve  # noqa: E402: the networks

ROWS = 10000


def lenet_300_100():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 300), nn.ReLU(), nn.Linear(300, 100), nn.ReLU(), nn.Linear(100, 10))


def network(name):
    return lenet_300_100() if name == "lenet-300-100" else torch_curve.NETWORKS[name][0]()


# batch, and the optimizer's name, momentum and decay: as in compare
SETTINGS = {
    "lenet-300-100": (60, "adam", 0, 0), "conv-2": (60, "adam", 0, 0), "conv-4": (60, "adam", 0, 0),
    "conv-6": (60, "adam", 0, 0), "resnet-20": (128, "sgd", 0.9, 1e-4),
}


def optimizer_of(kind, momentum, decay, parameters):
    if kind == "adam":
        return torch.optim.Adam(parameters, lr=1e-4, capturable=True, fused=True)
    return torch.optim.SGD(parameters, lr=1e-4, momentum=momentum, weight_decay=decay, fused=True)


def masked(net, density):
    for layer in net.modules():
        if density < 1 and hasattr(layer, "weight") and layer.weight.dim() > 1:
            prune.random_unstructured(layer, "weight", amount=1 - density)
    return net


def one(form, name, density, x, y):
    """A step of one network: takes a batch's row numbers."""
    batch, kind, momentum, decay = SETTINGS[name]
    net = masked(network(name).cuda(), density)
    optimizer = optimizer_of(kind, momentum, decay, net.parameters())
    model = torch.compile(net, mode="reduce-overhead") if form == "compile" else net

    def step(rows):
        optimizer.zero_grad(set_to_none=form != "graph")
        nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
        optimizer.step()

    return step, (batch,)


def stacked(name, replicas, density, x, y):
    """A step of all replicas: takes [replicas][batch] row numbers. Adam or SGD by hand on stacked parameters."""
    batch, kind, momentum, decay = SETTINGS[name]
    nets = [network(name).cuda() for _ in range(replicas)]
    parameters, buffers = stack_module_state(nets)
    parameters = {k: v.detach() for k, v in parameters.items()}
    masks = {k: (torch.rand_like(v) < density).float() for k, v in parameters.items() if v.dim() > 2 and density < 1}
    first = {k: torch.zeros_like(v) for k, v in parameters.items()}
    second = {k: torch.zeros_like(v) for k, v in parameters.items()}
    clock = torch.zeros((), device="cuda")
    base = nets[0]

    def loss(p, b, rows):
        return nn.functional.cross_entropy(functional_call(base, (p, b), (x[rows],)), y[rows])

    gradient = vmap(grad(loss), randomness="different")

    def step(rows):
        clock.add_(1)
        found = gradient(parameters, buffers, rows)
        for k, w in parameters.items():
            g = found[k] * masks[k] if k in masks else found[k]
            if kind == "adam":
                first[k].lerp_(g, 0.1)
                second[k].mul_(0.999).addcmul_(g, g, value=0.001)
                scale = 1e-4 / (1 - 0.9 ** clock)
                w.sub_(scale * first[k] / ((second[k] / (1 - 0.999 ** clock)).sqrt() + 1e-8))
            else:
                first[k].mul_(momentum).add_(g + decay * w)
                w.sub_(1e-4 * first[k])

    return step, (replicas, batch)


def captured(step, shape):
    """The same step as a CUDA graph, fed through one tensor."""
    rows = torch.zeros(shape, dtype=torch.long, device="cuda")
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            step(rows)
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step(rows)

    def replay(given):
        rows.copy_(given)
        graph.replay()

    return replay


def main(form, name, spans, steps, replicas, density):
    torch.manual_seed(1)
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    shape = (1, 28, 28) if name.startswith("lenet") else (3, 32, 32)
    x = torch.rand(ROWS, *shape, device="cuda")
    y = torch.randint(0, 10, (ROWS,), device="cuda")
    together = form.startswith("vmap")
    step, rows_shape = stacked(name, replicas, density, x, y) if together else one(form, name, density, x, y)
    if form in ("graph", "vmap-graph"):
        step = captured(step, rows_shape)
    times = []
    for _ in range(spans + 1):
        rows = torch.randint(0, ROWS, (steps, *rows_shape), device="cuda")
        torch.cuda.synchronize()
        start = time.perf_counter()
        for i in range(steps):
            step(rows[i])
        torch.cuda.synchronize()
        times.append((time.perf_counter() - start) * 1e6 / steps / (replicas if together else 1))
    times = times[1:]
    print(f"{statistics.median(times):.2f} {min(times):.2f} PyTorch-{torch.__version__} {torch.cuda.get_device_name()}")


main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6]), float(sys.argv[6]))
