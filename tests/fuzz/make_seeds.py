#!/usr/bin/env python3
"""make_seeds.py - writes the binary seeds of tests/fuzz, into seeds/; the others, and what once broke something, are
kept as they are (so are the JPEG files, which libjpeg wrote). Run it when the form of a target's input changes."""
import gzip
import json
import pathlib
import sqlite3
import struct
import zlib

SEEDS = pathlib.Path(__file__).parent / "seeds"


def put(target, name, data):
    (SEEDS / target).mkdir(parents=True, exist_ok=True)
    (SEEDS / target / name).write_bytes(data)


def part(data):
    return struct.pack("<H", len(data)) + data


def idx_file(*dim, label=False):
    n = 1
    for d in dim:
        n *= d
    return struct.pack(">I", 0x800 | len(dim)) + struct.pack(f">{len(dim)}I", *dim) + bytes(i % 10 for i in range(n))


def idx():
    files = [idx_file(12, 3, 2), idx_file(12), idx_file(4, 3, 2), idx_file(4)]
    put("idx", "plain", b"\0" + b"".join(map(part, files)))
    put("idx", "gzipped", b"\x0f" + b"".join(map(part, files)))
    packed = [gzip.compress(f, mtime=0) for f in files]
    put("idx", "packed", b"\xf0" + b"".join(map(part, packed)))
    put("idx", "promises-much", b"\x0f" + b"".join(map(part, [files[0][:4] + b"\xff" * 12 + b"\0" * 99] + files[1:])))


def cifar():
    record = lambda a, b: bytes([a, b]) + bytes(i % 251 for i in range(40))
    put("cifar", "short", b"\1" + part(record(1, 4)) + part(record(0, 3)) + part(record(1, 0)))
    put("cifar", "wrong-label", b"\0" + part(record(2, 4)) + part(b"") + part(record(0, 9)))
    put("cifar", "cut-off", b"\x80" + part(record(1, 4)) * 3)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth, colour, interlaced=0, extra=b"", rows=None):
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    row = b"\0" + bytes((37 * i) % 251 for i in range((width * samples * depth + 7) // 8))
    if colour == 6:
        row = b"\0" + b"\x10\x20\x30\xff" * width
    if colour == 4:
        row = b"\0" + b"\x10\xff" * width
    if colour == 3:
        row = b"\0" + bytes((width * depth + 7) // 8)
    data = row * height if rows is None else rows
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", zlib.compress(data, 9))
            + chunk(b"IEND", b""))


def image():
    palette = chunk(b"PLTE", bytes(range(12)))
    put("image", "grey-1.png", png(9, 4, 1, 0))
    put("image", "grey-8.png", png(5, 4, 8, 0))
    put("image", "grey-16.png", png(3, 4, 16, 0))
    put("image", "colour.png", png(4, 4, 8, 2))
    put("image", "colour-clear.png", png(4, 4, 8, 2, extra=chunk(b"tRNS", bytes(6))))
    put("image", "palette.png", png(4, 4, 2, 3, extra=palette))
    put("image", "palette-clear.png", png(4, 4, 2, 3, extra=palette + chunk(b"tRNS", b"\x80\xff")))
    put("image", "grey-alpha.png", png(4, 4, 8, 4))
    put("image", "colour-alpha.png", png(4, 4, 8, 6))
    put("image", "interlaced.png", png(8, 8, 8, 0, interlaced=1, rows=bytes(150)))
    put("image", "promises-much.png", png(8192, 8192, 8, 2, rows=bytes(99)))


def npz():
    golden = SEEDS.parent.parent / "golden" / "npz"
    flags = {"first": 0, "keras": 1}
    for name in ("deflated", "double-big", "first", "fortran", "half", "keras", "version-2", "version-3", "zip64"):
        put("npz", name, bytes([flags.get(name, 1)]) + (golden / f"{name}.npz").read_bytes())


def tensors(entries, metadata=None, pad=True):
    at, header = 0, {"__metadata__": metadata} if metadata else {}
    for name, (dtype, shape, data) in entries.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + len(data)]}
        at += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8 if pad else 0)
    return struct.pack("<Q", len(text)) + text + b"".join(data for _, _, data in entries.values())


def floats(*x):
    return struct.pack(f"<{len(x)}f", *x)


def safetensors():
    put("safetensors", "state", tensors({
        "a.weight": ("F32", [2, 2], floats(1, -2, 0, float("nan"))), "b.mask": ("U8", [3], b"\0\1\1"),
        "c.count": ("U64", [], struct.pack("<Q", 7)), "d.empty": ("F64", [0, 5], b""),
    }, {"format": "pt"}))
    put("safetensors", "types", tensors({"i": ("I64", [1], struct.pack("<q", -7)), "t": ("BOOL", [2], b"\0\1"),
                                         "h": ("F16", [1], b"\0\0")}))
    put("safetensors", "golden", (SEEDS.parent.parent / "golden" / "python.safetensors").read_bytes())
    put("safetensors", "archive", b"PK\3\4" + bytes(30))
    big = {"a": ("F32", [1 << 40], b""), "b": ("U8", [-1], b""), "c": ("U8", [1 << 62, 4], b"")}
    for name, entry in big.items():
        put("safetensors", f"promises-{name}", tensors({name: entry}))


def masks():
    bits = bytes(i % 3 != 1 for i in range(600))
    a, b = ("U8", [2, 3], b"\1\0\1\1\0\1"), ("BOOL", [20, 30], bits)
    put("maskfile", "masks", tensors({"a.weight": a, "b.weight": b}))
    put("maskfile", "floats", tensors({"a.weight": ("F32", [2, 3], floats(1, 0, 1, 1, 0, 1)), "b.weight": b}))
    put("maskfile", "other-shape", tensors({"a.weight": ("U8", [3, 2], bytes(6)), "b.weight": b}))
    scores = lambda n: floats(*(0.25 * i for i in range(n)))
    put("reply", "scores", tensors({"a.weight": ("F32", [2, 3], scores(6)), "b.weight": ("F32", [20, 30], scores(600))}))
    put("reply", "missing", tensors({"a.weight": ("F32", [2, 3], scores(6))}))
    put("reply", "outside", tensors({"a.weight": ("F32", [2, 3], scores(6))})[:-4])


def record():
    digest = "0123456789abcdef" * 4
    trajectory = (f"state 0 {digest}\npartial 5 {digest}\nvalues 7 {digest}\nstate 10 {digest}\n"
                  "eval 0 1 3ff0000000000000 7 10\neval 10 2 3ff0000000000000 9 10\nmoved 3\n")
    put("record", "trajectory", b"\0" + trajectory.encode())
    put("record", "digests", b"\0" + f"{digest}\n{digest}\n".encode())
    put("record", "count", b"\x003ff0000000000000 12 20\n")
    put("record", "damaged", b"\1" + f"ltcore-record 1 {digest} {digest}\n".encode() + trajectory.encode())
    put("record", "root", b"\2" + f"{digest}\n\n{digest}\n".encode())
    put("record", "claim", b"\3host nowhere\npid 12345\nstart 1700000000\n")
    put("record", "format", b"\4ltcore store 1\n")
    put("record", "object", b"\5" + tensors({"a.weight": ("F32", [2], floats(1, -2))}))
    put("record", "object-cut-off", b"\5" + tensors({"a.weight": ("F32", [2], floats(1, -2))})[:-1])
    put("record", "newer-format", b"\4ltcore store 99999999999999999999\n")


PRUNED = """dataset = { plugin = "digits"; };
arch = { plugin = "mlp"; };
train = { batch_size = 60; steps = 100; optimizer = { type = "sgd"; lr = 0.1; momentum = 0.9; }; };
prune = { strategy = "iterative"; mask = { plugin = "score"; alpha = 2.0; }; rate = 0.2; rounds = 5; };
"""
CONFIG = {
    "drawn-fresh": 'retrain = { from = "drawn"; optimizer_state = "fresh"; };\nprune = { kept = "final"; };',
    "drawn-one-shot": 'retrain = { from = "drawn"; steps = 5; };\n'
                      'prune = { kept = "final"; strategy = "one-shot"; draw_at = 50; };',
    "rewound": 'retrain = { optimizer_state = "fresh"; };\nprune = { rewind_to = 50; };\n'
               'variants = ( { name = "x"; prune = { kept = "reinit"; }; } );',
    "no-retraining": 'retrain = { epochs = 0; };\nprune = { kept = "final"; };\ntrain = { report_at = "end"; };',
    "sensitivity": 'prune = { strategy = "sensitivity"; sparsity = [0.5, 0.9]; };\ntrain = { report_at = "end"; };',
    "layerwise": 'prune = { strategy = "layerwise"; rate = [0.5, 0.5]; kept = "final"; };\nretrain = { steps = 5; '
                 'optimizer = { lr = 0.30000000000000004; decay = ["bias"]; }; from = "drawn"; };\n'
                 'variants = ( { name = "x"; levels = [9]; retrain = { optimizer = { momentum = 0.5; }; }; } );',
    "targets": 'prune = { density = (1, 0.1, 0.01); scope = "global"; min_alive = 3; '
               'collapse = "stop"; exclude = ["output", "shortcut", "*.a.*"]; include = ["bias", "norm"]; output = 0.1; };',
    "erk": 'prune = { allocation = "erk"; sparsity = [0.5, 0.9]; strategy = "one-shot"; layers = ["conv"]; '
           'pruned = "freeze-init-or-zero"; noise = 0.5; rescale = true; };',
    "sweep-groups": 'sweep = ( { key = "prune.mask"; values = ( { plugin = "score"; }, { plugin = "count"; } ); }, '
                    '{ key = "train.optimizer"; values = ( { type = "adam"; lr = 0.5; beta1 = 0.5; }, '
                    '{ type = "sgd"; lr = 0.25; } ); } );\nvariants = ( { name = "x"; prune = { kept = "reinit"; }; } );',
    "sweep-short": 'prune = { mask = { alpha = { from = 1e-4; to = 0.1; count = 4; spacing = "log"; }; }; };\n'
                   'train = { optimizer = { lr = [0.1, 0.2]; }; };\nretrain = { optimizer = { lr = [0.3, 0.4]; }; };\n'
                   'variants = ( { name = "x"; prune = { masks = "main"; noise = [0.5, 1.0]; }; }, '
                   '{ name = "y"; prune = { mask = { power = [1, 2]; }; density = { from = 0.1; to = 1.0; count = 4; }; }; } );',
    "sweep-lists": 'sweep = ( { key = "prune.density"; values = ( 0.5, [0.5, 0.25] ); }, '
                   '{ key = "arch.widths"; values = ( [10], [10, 20] ); }, { key = "run.seed"; values = [1, 2]; } );',
    "schedules": 'train = { epochs = 9; lr_schedule = { type = "cosine"; warmup = "2ep"; };'
                 'optimizer = { type = "adamw"; weight_decay = 1e-4; }; };\narch = { init = "kaiming-uniform"; };',
}


def config():
    for name, text in CONFIG.items():
        put("config", name, f'base = "other.cfg";\n{text}\n%{PRUNED}'.encode())


if __name__ == "__main__":
    for make in (config, idx, cifar, image, npz, safetensors, masks, record):
        make()
