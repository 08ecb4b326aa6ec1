# SPDX-License-Identifier: GPL-2.0-or-later
"""A mount of ocfs2-fuse beside one of fuse2fs on ext4, in turn, each on a sparse file: reading and writing at
length and at random, making, asking for and removing files, unpacking an archive; and the same reading and
writing in the file system below. Only root can make the caches cold."""

import os
import random
import shutil
import statistics
import subprocess
import tarfile
import time

from measure import drop_caches, find
from trees import fresh_image, source_tree

GIB = 1 << 30
FILES, FOLDERS, READS = 50_000, 50, 20_000


class Below:
    """The file system that both images are in, for what moves much data."""

    def __init__(self, folder):
        self.name, self.folder = "below", folder
        os.mkdir(folder)

    def again(self):
        drop_caches()


class Mount:
    """One file system on a file of its own; mounted anew when it shall forget what it knows."""

    def __init__(self, name, mkfs, daemon, image, folder):
        self.name, self.daemon, self.image, self.folder = name, daemon, image, folder
        os.mkdir(folder)
        fresh_image(image, 8 * GIB)
        subprocess.run(mkfs + [image], check=True, capture_output=True)
        self.child = None
        self.begin()

    def begin(self):
        self.child = subprocess.Popen(self.daemon + [self.image, self.folder], stderr=subprocess.DEVNULL)
        while not os.path.ismount(self.folder):
            if self.child.poll() is not None:
                raise SystemExit(f"bench: {self.name} does not mount; is /dev/fuse there?")
            time.sleep(0.01)

    def end(self):
        subprocess.run(["umount", self.folder], check=True)
        self.child.wait()

    def again(self):
        self.end()
        drop_caches()
        self.begin()


def write_large(folder):
    piece = bytes(1 << 20)
    with open(os.path.join(folder, "large"), "wb", buffering=0) as file:
        for _ in range(2 * GIB >> 20):
            file.write(piece)
        os.fsync(file.fileno())


def read_large(folder):
    with open(os.path.join(folder, "large"), "rb", buffering=0) as file:
        while file.read(1 << 20):
            pass


def read_scattered(folder):
    places = random.Random(1)
    with open(os.path.join(folder, "large"), "rb", buffering=0) as file:
        for _ in range(READS):
            os.pread(file.fileno(), 4096, places.randrange(2 * GIB) & ~4095)


def paths(folder):
    for number in range(FILES):
        yield os.path.join(folder, f"d{number % FOLDERS}", f"f{number // FOLDERS}")


def create(folder):
    for number in range(FOLDERS):
        os.mkdir(os.path.join(folder, f"d{number}"))
    for path in paths(folder):
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY))


def ask(folder):
    for path in paths(folder):
        os.stat(path)


def remove(folder):
    for path in paths(folder):
        os.unlink(path)


def unpack(archive):
    def act(folder):
        subprocess.run(["tar", "xf", archive, "-C", folder], check=True)
        os.sync()
    return act


def timed(act, folder):
    os.sync()
    began = time.monotonic()
    act(folder)
    return time.monotonic() - began


def archive_in(folder):
    """20,000 files with 180 MB."""
    source, archive = os.path.join(folder, "source"), os.path.join(folder, "source.tar")
    source_tree(source, 20_000, 300)
    with tarfile.open(archive, "w") as tar:
        tar.add(source, ".")
    shutil.rmtree(source)
    return archive


LARGE = (write_large, read_large, read_scattered)


def clear(folder):
    subprocess.run(["rm", "-rf"] + [entry.path for entry in os.scandir(folder)
                                    if entry.name != "lost+found"], check=True)


def one_run(places, stages, times):
    """Every stage in one place after the other: disks change their speed while one measures."""
    for stage in stages:
        for place in places:
            for name, act, cold in stage:
                if place.name == "below" and act not in LARGE:
                    continue
                if cold:
                    place.again()
                times.setdefault((name, place.name), []).append(timed(act, place.folder))
    for place in places:
        clear(place.folder)


def run(box, folder):
    if os.geteuid() != 0:
        print("fuse: left out, since only root can make the caches cold")
        return
    if find("fuse2fs") is None:
        raise SystemExit("bench: fuse2fs is not installed; run: make deps-bench")
    stages = [[("write 2 GiB, fsync", write_large, False)], [("read it", read_large, True)],
              [("20,000 times 4 KiB of it", read_scattered, True)], [("create 50,000 files", create, False)],
              [("stat them, cold", ask, True), ("stat them again", ask, False),
               ("unlink them", remove, False)],
              [("untar 20,000 files, sync", unpack(archive_in(folder)), False)]]
    # Ours is for all users when root mounts it, and the kernel checks permissions.
    for_all = ["-o", "allow_other,default_permissions"]
    mounts = [Mount("ours", [box, "mkfs.ocfs2", "-q", "-x", "-M", "local"], [box, "ocfs2-fuse", "-f"],
                    os.path.join(folder, "ours.img"), os.path.join(folder, "ours")),
              Mount("fuse2fs", [find("mkfs.ext4"), "-q", "-F"], [find("fuse2fs"), "-f"] + for_all,
                    os.path.join(folder, "theirs.img"), os.path.join(folder, "theirs"))]
    places, times = mounts + [Below(os.path.join(folder, "below"))], {}
    for _ in range(len(places)):  # so that each of them is first once, and last
        one_run(places, stages, times)
        places.append(places.pop(0))
    for mount in mounts:
        mount.end()
    for name, _, _ in sum(stages, []):
        ours, theirs = (statistics.median(times[name, kind]) for kind in ("ours", "fuse2fs"))
        below = times.get((name, "below"))
        text = f"   below {statistics.median(below):8.3f} s" if below else ""
        print(f"{name:36} ours {ours:8.3f} s   fuse2fs {theirs:8.3f} s   {theirs / ours:6.2f}x{text}")
