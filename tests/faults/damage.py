"""Campaigns: each file of the store with a flipped bit, and cut at every 4 KiB. The run that finds it makes it anew."""

import hashlib

PAGE = 4096


def stored_files(bench):
    return bench.sample(sorted(p.relative_to(bench.stored) for p in bench.stored.rglob("*") if p.is_file()))


def places_to_flip(path, size, short):
    """Where a bit is flipped: the first, the last, and some between, which follow from the name alone."""
    places = {0, size - 1}
    for i in range(0 if short else 14):
        places.add(int(hashlib.sha256(f"{path} {i}".encode()).hexdigest(), 16) % size)
    return sorted(places) if size else []


def with_damage(bench, campaign, path, what, change):
    bench.clear(stored=True)
    file = bench.store / path
    content = bytearray(file.read_bytes())
    change(content)
    file.write_bytes(content)
    code, out, said = bench.start()
    bench.judge(campaign, f"{path}, {what}", code, said)
    if path.name != "format":  # of a store whose format cannot be told nothing is touched
        made = code == 0 and out.count("Trained: ") == 1
        bench.expect(campaign, f"{path}, {what}: is not made anew at once, and told once", made, said + out)
        bench.settle(campaign, f"{path}, {what}", code)


def bits_flip(bench, campaign):
    def flip(at):
        def change(content):
            content[at] ^= 1 << at % 8
        return change

    for path in stored_files(bench):
        for at in places_to_flip(path, (bench.stored / path).stat().st_size, bench.short):
            with_damage(bench, campaign, path, f"bit {8 * at + at % 8}", flip(at))


def files_are_cut(bench, campaign):
    def cut(at):
        def change(content):
            del content[at:]
        return change

    for path in stored_files(bench):
        size = (bench.stored / path).stat().st_size
        ends = {0, 1, size - 1} | set(range(PAGE, size, PAGE))
        for at in sorted(end for end in ends if 0 <= end < size)[:: 2 if bench.short else 1]:
            with_damage(bench, campaign, path, f"cut to {at} bytes", cut(at))


def campaigns():
    return {"flipped bit": bits_flip, "cut file": files_are_cut}
