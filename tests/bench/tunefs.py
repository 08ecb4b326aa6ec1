# SPDX-License-Identifier: GPL-2.0-or-later
"""tunefs.ocfs2 on a filled volume, beside the reference: each run on a copy of its own, in the page cache."""

import os
import subprocess

import trees
from measure import SILENT, find, measured, median, show

INODES = int(os.environ.get("TUNE_INODES", "100000"))
RUNS = 3
SHAPE = ["-N", "2", "-J", "size=16M"]
# name, features of mkfs, words
CHANGES = [("-N 2 to 16", "", ["-N", "16"]),
           ("-J size=32M", "", ["-J", "size=32M"]),
           ("metaecc on", "", ["--fs-features=metaecc"]),
           ("quota on", "", ["--fs-features=usrquota,grpquota"]),
           ("indexed-dirs on", "noindexed-dirs", ["--fs-features=indexed-dirs"])]


def sound(box, image):
    """What ours leaves is sound; what the reference leaves is its own business."""
    done = subprocess.run([box, "fsck.ocfs2", "-fn", image], stdin=SILENT, capture_output=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"bench: tunefs.ocfs2 left damage:\n{done.stdout.decode()}")


def compare(box, filled, image, name, words):
    costs = ([], [])
    for _ in range(RUNS):
        for tool, taken in zip(([box, "tunefs.ocfs2"], [find("tunefs.ocfs2")]), costs):
            subprocess.run(["cp", "--sparse=always", filled, image], check=True)
            taken.append(measured(tool + ["-y"] + words + [image]))
            if tool[0] == box:
                sound(box, image)
    ours, reference = map(median, costs)
    show(name, "ours", ours)
    show(name, "reference", reference, ours)


def run(box, populate, folder):
    filled, image = os.path.join(folder, "filled.img"), os.path.join(folder, "tuned.img")
    made = None
    for name, features, words in CHANGES:
        if made != features:
            options = SHAPE + ([f"--fs-features={features}"] if features else [])
            trees.ocfs2(box, populate, filled, os.path.join(folder, "tree"), INODES, options)
            made = features
        compare(box, filled, image, f"tunefs {name}, {INODES} inodes", words)
    os.remove(filled)
    os.remove(image)
