"""jax_steps.py NETWORK SPANS STEPS THREADS [DENSITY|TICKET] - training steps in JAX, a span of them compiled as a whole
(jit of scan), data in memory, images by channels last, under a mask that multiplies gradients. THREADS is of no
account: bench/run ties the process to so many processors.

Prints what torch_steps.py prints. Settings, data and masks are those of samples.py. For bench/run."""
import os
import sys
import time

import numpy as np

if len(os.sched_getaffinity(0)) == 1:
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
import jax                                                           # after its flags
import jax.numpy as jnp
from jax import lax

import samples


def conv_stack(widths, k, pad, channels=3):
    layers = []
    for width in widths:
        layers += [("conv", channels, width, k, pad)] + [("relu",)] * (k == 3) if width else [("pool",)]
        channels = width or channels
    return layers


def dense(*sizes):
    layers = [("flat",)]
    for i, o in zip(sizes, sizes[1:]):
        layers += [("fc", i, o), ("relu",)]
    return layers[:-1]


NETWORKS = {
    "lenet-300-100": dense(784, 300, 100, 10),
    "lenet-5-caffe": conv_stack((20, 0, 50, 0), 5, 0, channels=1) + dense(800, 500, 10),
    "conv-2": conv_stack((64, 64, 0), 3, 1) + dense(16384, 256, 256, 10),
    "conv-4": conv_stack((64, 64, 0, 128, 128, 0), 3, 1) + dense(8192, 256, 256, 10),
    "conv-6": conv_stack((64, 64, 0, 128, 128, 0, 256, 256, 0), 3, 1) + dense(4096, 256, 256, 10),
}


def initial(layers):
    """Weight and bias a layer, weights not drawn yet. They have the output first, as the masks have."""
    shape = {"conv": lambda i, o, k, _pad: (o, i, k, k), "fc": lambda i, o: (o, i)}
    sizes = [shape[kind](*of) if kind in shape else None for kind, *of in layers]
    return [[np.empty(size, np.float32), np.zeros(size[0], np.float32)] if size else [] for size in sizes]


def convolve(x, weight, pad):
    """By shifted copies and one product: XLA's own convolution takes many times as long for its gradients on a CPU."""
    k, n = weight.shape[2], x.shape[1] + 2 * pad - weight.shape[2] + 1
    x = jnp.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    copies = [x[:, i:i + n, j:j + n] for i in range(k) for j in range(k)]
    return jnp.concatenate(copies, 3) @ weight.transpose(2, 3, 1, 0).reshape(-1, weight.shape[0])


def forward(layers, params, x):
    for (kind, *of), p in zip(layers, params):
        if kind == "conv":
            x = convolve(x, p[0], of[3]) + p[1]
        elif kind == "relu":
            x = jnp.maximum(x, 0)
        elif kind == "pool":
            x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
        elif kind == "flat":
            x = (x.transpose(0, 3, 1, 2) if x.ndim == 4 else x).reshape(len(x), -1)
        else:
            x = x @ p[0].T + p[1]
    return x


def loss_of(layers, params, x, y):
    logits = jax.nn.log_softmax(forward(layers, params, x))
    return -jnp.take_along_axis(logits, y[:, None], 1).mean()


def adam(params, grads, state, rate):
    t, m, v = state[0] + 1, *state[1:]
    m = jax.tree.map(lambda a, g: 0.9 * a + 0.1 * g, m, grads)
    v = jax.tree.map(lambda a, g: 0.999 * a + 0.001 * g * g, v, grads)
    by, root = rate / (1 - 0.9 ** t), (1 - 0.999 ** t) ** 0.5
    return jax.tree.map(lambda p, a, b: p - by * a / (jnp.sqrt(b) / root + 1e-8), params, m, v), (t, m, v)


def sgd(params, grads, state, rate, momentum, decay):
    t, m, v = state
    m = jax.tree.map(lambda a, g, p: momentum * a + g + decay * p, m, grads, params)
    return jax.tree.map(lambda p, a: p - rate * a, params, m), (t + 1, m, v)


def span_of(layers, masks, kind, rate, momentum, decay):
    def step(carry, rows, x, y):
        params, state = carry
        grads = jax.grad(lambda p: loss_of(layers, p, x[rows], y[rows]))(params)
        if masks is not None:
            grads = jax.tree.map(jnp.multiply, grads, masks)
        new = adam(params, grads, state, rate) if kind == "adam" else sgd(params, grads, state, rate, momentum, decay)
        return new, None
    return jax.jit(lambda carry, rows, x, y: lax.scan(lambda c, r: step(c, r, x, y), carry, rows)[0])


def begin(layers, under):
    """Initial parameters, and a mask for each, ones where it has none; None: dense."""
    flat, tree = jax.tree.flatten(initial(layers))
    masks, starts = samples.weights_under(under, [p.shape for p in flat if p.ndim > 1])
    start, mask = iter(starts), iter(masks or [])
    params = tree.unflatten([next(start) if p.ndim > 1 else p for p in flat])
    if masks is None:
        return params, None
    masks = tree.unflatten([next(mask) if p.ndim > 1 else np.ones_like(p) for p in flat])
    return jax.tree.map(np.multiply, params, masks), masks


def main(name, spans, steps, _threads, under="1"):
    layers, (batch, *settings) = NETWORKS[name], samples.SETTINGS[name]
    params, masks = begin(layers, under)
    zeros = jax.tree.map(np.zeros_like, params)
    x, y, x_test, y_test = samples.load(name)
    x, x_test = (jnp.asarray(a.transpose(0, 2, 3, 1)) for a in (x, x_test))
    y, span = jnp.asarray(y), span_of(layers, masks, *settings)
    carry = (params, (jnp.float32(0), zeros, zeros))
    order = np.random.default_rng(3).permutation(len(x) // batch * batch).reshape(-1, batch)
    times, processor = [], []
    for i in range(int(spans) + 1):
        rows = order[np.arange(i * int(steps), (i + 1) * int(steps)) % len(order)]
        start, before = time.perf_counter(), time.process_time()
        carry = jax.block_until_ready(span(carry, rows, x, y))
        times.append((time.perf_counter() - start) * 1e6 / int(steps))
        processor.append((time.process_time() - before) * 1e6 / int(steps))
    accuracy = float((forward(layers, carry[0], x_test).argmax(1) == y_test).mean())
    samples.report(times[1:], processor[1:], accuracy, f"JAX-{jax.__version__}")


main(*sys.argv[1:])
