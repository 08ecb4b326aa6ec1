# SPDX-License-Identifier: GPL-2.0-or-later
"""o2image on a filled volume, beside the reference: packed and raw images, and our compressed one beside
their raw image in zstd, which is how people send one."""

import os
import subprocess

import trees
from measure import SILENT, find, measured, median, show

INODES = int(os.environ.get("INODES", "400000"))
RUNS = int(os.environ.get("IMAGE_RUNS", "3"))


def on_disk(path):
    """Bytes that a file takes: a raw image is sparse."""
    return os.stat(path).st_blocks * 512


def compare(box, filled, image, name, options, theirs):
    costs, sizes = ([], []), [0, 0]
    for _ in range(RUNS):
        for who, command in enumerate(([box, "o2image", *options, filled, image], theirs)):
            if os.path.exists(image):
                os.remove(image)
            costs[who].append(measured(command))
            sizes[who] = on_disk(image)
    ours, reference = map(median, costs)
    show(name, "ours", ours, tail=f"    {sizes[0] / 1e6:.1f} MB")
    show(name, "reference", reference, ours, f"    {sizes[1] / 1e6:.1f} MB")


def run(box, populate, folder):
    filled, image = os.path.join(folder, "filled.img"), os.path.join(folder, "image")
    tree = os.path.join(folder, "tree")
    trees.ocfs2(box, populate, filled, tree, INODES, ["-N", "2", "-J", "size=64M"])
    subprocess.run(["cat", filled], check=True, stdin=SILENT, stdout=SILENT)  # into the cache
    tool = find("o2image")
    compare(box, filled, image, f"o2image, {INODES} inodes", [], [tool, filled, image])
    compare(box, filled, image, f"o2image -r, {INODES} inodes", ["-r"], [tool, "-r", filled, image])
    raw = image + ".raw"
    theirs = ["sh", "-c", f'"{tool}" -r "{filled}" "{raw}" && zstd -q -T0 --rm "{raw}" -o "{image}"']
    compare(box, filled, image, f"o2image -z, {INODES} inodes", ["-z"], theirs)
    os.remove(image)
    os.remove(filled)
