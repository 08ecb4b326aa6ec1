# SPDX-License-Identifier: GPL-2.0-or-later
"""mkfs.ocfs2 on sparse files, and the two commands that look at a volume, beside the reference; and filling
a volume with a tree of files, beside mkfs.ext4 and cp."""

import os
import shutil

from measure import find, measured, median, show
from trees import fresh_image, source_tree

GIB = 1 << 30
SIZES = [(100, "100 GiB", 3), (1024, "1 TiB", 3), (10240, "10 TiB", 1)]  # GiB, name, runs


def in_turn(ours, reference, image, runs, size_bytes=None):
    """Medians of (cost, KiB of image afterwards) for both; with a size, each run on a new image."""
    results = ([], [])
    for _ in range(runs):
        for command, rows in zip((ours, reference), results):
            if size_bytes:
                fresh_image(image, size_bytes)
            rows.append((measured(command + [image]), os.stat(image).st_blocks // 2))
    return [(median([cost for cost, _ in rows]), rows[-1][1]) for rows in results]


def compare(name, ours, reference):
    show(name, "ours", ours[0], None, f"{'':20}  image {ours[1]:9} KiB")
    show(name, "reference", reference[0], ours[0], f"  image {reference[1]:9} KiB")


def fill(box, folder):
    """A tree of 200,000 files with 1.7 GB, in the page cache: three ways to have it somewhere else."""
    source, image, copy = (os.path.join(folder, name) for name in ("tree", "filled.img", "copy"))
    source_tree(source, 200_000, 3000)
    ours = [box, "mkfs.ocfs2", "-q", "-x", "-M", "local", "-d", source, image]
    small = [box, "mkfs.ocfs2", "-q", "-x", "-M", "local", "-d", source, "--shrink-to-fit", image]
    ext4 = [find("mkfs.ext4"), "-q", "-F", "-N", "230000", "-d", source, image]
    costs = {}
    for _ in range(3):
        for name, command in (("ours", ours), ("mkfs.ext4", ext4), ("cp, sync", None),
                              ("ours, small", small)):
            fresh_image(image, 8 * GIB)
            os.sync()
            line = command or ["sh", "-c", f"cp -a {source} {copy} && sync"]
            costs.setdefault(name, []).append(measured(line))
            shutil.rmtree(copy, ignore_errors=True)
    for name, runs in costs.items():
        show("mkfs -d, 200,000 files", name, median(runs), None if name == "ours" else median(costs["ours"]))
    os.remove(image)
    shutil.rmtree(source)


def run(box, folder):
    image = os.path.join(folder, "volume.img")
    for gib, name, runs in SIZES:
        options = ["-q", "-x", "-M", "local"]
        compare(f"mkfs.ocfs2, {name}", *in_turn([box, "mkfs.ocfs2"] + options, [find("mkfs.ocfs2")] + options,
                                                image, runs, gib * GIB))
    for applet, options in (("debugfs.ocfs2", ["-n", "-R", "stats"]), ("mounted.ocfs2", ["-d"])):
        compare(f"{applet} {options[-1]}, {SIZES[-1][1]}",
                *in_turn([box, applet] + options, [find(applet)] + options, image, 5))
    os.remove(image)
    fill(box, folder)
