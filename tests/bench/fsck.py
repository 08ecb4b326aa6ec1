# SPDX-License-Identifier: GPL-2.0-or-later
"""fsck.ocfs2 -fn beside the reference, and beside the checkers of ext4 and XFS on the same tree: with the
volume in the page cache, and as root with nothing in it."""

import os
import subprocess

import trees
from measure import SILENT, Cost, drop_caches, find, instructions, measured, median, show

INODES = int(os.environ.get("INODES", "400000"))
RUNS = 3
TIB = 1 << 40


def warm(commands):
    """Medians of all commands, run in turn: each time once to bring the volume into the page cache, which
    the greed of the one before may have emptied, and once to be counted."""
    costs = [[] for _ in commands]
    for _ in range(RUNS):
        for command, taken in zip(commands, costs):
            measured(command)
            taken.append(measured(command))
    return [median(taken) for taken in costs]


def cold(commands):
    """The same, each run with empty caches."""
    costs = [[] for _ in commands]
    for _ in range(3):
        for command, taken in zip(commands, costs):
            drop_caches()
            taken.append(measured(command))
    return [median(taken) for taken in costs]


def rate(cost):
    return f"  read {cost.read_kib / 1024:6.0f} MiB at {cost.read_kib / 1024 / cost.seconds:5.0f} MiB/s"


def device(folder):
    """What the device gives to somebody who only reads, in large requests."""
    path = os.path.join(folder, "dense")
    with open(path, "wb") as file:
        for _ in range(512):
            file.write(b"x" * (1 << 20))
    drop_caches()
    cost = measured(["dd", f"if={path}", "of=/dev/null", "bs=1M"])
    os.remove(path)
    return cost


def both(box, image):
    """(name, command) of ours and the reference."""
    return [("ours", [box, "fsck.ocfs2", "-fn", image]), ("reference", [find("fsck.ocfs2"), "-fn", image])]


def neighbours(folder):
    """The same tree in ext4 and XFS, with their checkers, when these are installed."""
    tree = os.path.join(folder, "tree")
    checkers = []
    known = (("ext4", trees.ext4, "e2fsck", "-fn"), ("xfs", trees.xfs, "xfs_repair", "-n"))
    for name, make, tool, options in known:
        if not find(f"mkfs.{name}") or not find(tool):
            continue
        image = os.path.join(folder, name + ".img")
        make(image, tree, folder)
        checkers.append((tool, [find(tool), options, image]))
    return checkers


def compare(name, everybody, how, tail=lambda cost: ""):
    ours, *others = zip((who for who, _ in everybody), how([command for _, command in everybody]))
    show(name, *ours, None, tail(ours[1]))
    for who, cost in others:
        show(name, who, cost, ours[1], tail(cost))


def count_instructions(name, command):
    count = instructions(command)
    if count is not None:
        print(f"{name:36} {'ours':11} {count / INODES:9.0f} instructions an inode", flush=True)


def sound(box, image):
    """The bench measures sound volumes only: both checkers must agree that it is one."""
    for checker in ([box, "fsck.ocfs2"], [find("fsck.ocfs2")]):
        done = subprocess.run(checker + ["-fn", image], stdin=SILENT, capture_output=True, check=False)
        if done.returncode != 0 or b"\n[" in done.stdout:
            raise SystemExit(f"bench: {checker[0]} finds damage in a fresh volume:\n{done.stdout.decode()}")


def run(box, populate, folder):
    image, tree = os.path.join(folder, "ocfs2.img"), os.path.join(folder, "tree")
    others = None
    for name, features in ((f"fsck, {INODES} inodes", []),
                           (f"fsck, {INODES} inodes, metaecc", ["--fs-features=metaecc"])):
        trees.ocfs2(box, populate, image, tree, INODES, features)
        sound(box, image)
        others = neighbours(folder) if others is None else []
        everybody = both(box, image) + others
        compare(name + ", warm", everybody, warm)
        if os.geteuid() == 0:
            compare(name + ", cold", everybody, cold, rate)
        count_instructions(name, everybody[0][1])
    if os.geteuid() == 0:
        cost = device(folder)
        show("the device by itself, cold", "dd", cost, None, rate(cost))
    trees.fresh_image(image, TIB)
    subprocess.run([box, "mkfs.ocfs2", "-q", "-x", "-M", "local", image], check=True, stdin=SILENT)
    compare("fsck, empty 1 TiB, warm", both(box, image), warm)
