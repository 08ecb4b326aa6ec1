# SPDX-License-Identifier: GPL-2.0-or-later
"""One tree of files in several file systems. populate (tests/tools) makes it on an OCFS2 volume and writes
down what is in it; here it is made again by the tools of ext4 and XFS, in image files, without mounting
anything. Names, directories and links are the same; files have as many blocks of data, in one piece."""

import os
import random
import subprocess

from measure import SILENT, find

BLOCK = 4096


def image_bytes(inodes):
    """Room for the tree, as a sparse file."""
    return (1 << 30) + inodes * 12288


def fresh_image(path, size):
    """An empty sparse file."""
    with open(path, "wb") as file:
        file.truncate(size)


def ocfs2(box, populate, image, tree, inodes, options):
    """Formats `image`, fills it with a tree of so many inodes and describes that in the file `tree`."""
    fresh_image(image, image_bytes(inodes))
    subprocess.run([box, "mkfs.ocfs2", "-q", "-x", "-M", "local", "-b", "4K", "-C", "4K", *options, image],
                   check=True, stdin=SILENT)
    with open(tree, "wb") as description:
        subprocess.run([populate, image, str(inodes), "1"], check=True, stdin=SILENT, stdout=description)


def objects(tree):
    """(kind, folder, name, rest) of every object, in an order in which folders come before their content."""
    with open(tree, encoding="ascii") as description:
        for line in description:
            kind, path, *rest = line.split()
            folder, name = path.rsplit("/", 1)
            yield kind, folder, name, rest


class Sources:
    """Files of whole blocks to copy from, one for each length."""

    def __init__(self, folder):
        self.folder = folder
        self.made = set()

    def of(self, size):
        blocks = min(-(-int(size) // BLOCK), 16)
        path = os.path.join(self.folder, f"source-{blocks}")
        if blocks not in self.made:
            self.made.add(blocks)
            with open(path, "wb") as file:
                file.write(b"x" * (blocks * BLOCK))
        return path


def ext4(image, tree, folder):
    """The tree in ext4, made by debugfs."""
    sources = Sources(folder)
    inodes = sum(1 for _ in objects(tree))
    fresh_image(image, image_bytes(inodes))
    subprocess.run([find("mkfs.ext4"), "-q", "-F", "-b", str(BLOCK), "-N", str(inodes + 1000), image],
                   check=True, stdin=SILENT)
    script = os.path.join(folder, "debugfs.commands")
    with open(script, "w", encoding="ascii") as commands:
        here = None
        for kind, inside, name, rest in objects(tree):
            if inside != here:
                commands.write(f"cd {inside}/\n")
                here = inside
            if kind == "d":
                commands.write(f"mkdir {name}\n")
            elif kind == "l":
                commands.write(f"symlink {name} {rest[0]}\n")
            else:
                commands.write(f"write {sources.of(rest[0])} {name}\n")
    subprocess.run([find("debugfs"), "-w", "-f", script, image], check=True, stdin=SILENT, stdout=SILENT,
                   stderr=SILENT)
    # the sums that debugfs leaves to be made
    subprocess.run([find("e2fsck"), "-fy", image], check=False, stdin=SILENT, stdout=SILENT,
                   stderr=SILENT)


def write_proto(out, content, inside, sources):
    """The content of one folder in the language of mkfs.xfs -p."""
    for kind, name, rest in content.get(inside, ()):
        if kind == "d":
            out.write(f"{name} d--755 0 0\n")
            write_proto(out, content, f"{inside}/{name}", sources)
            out.write("$\n")
        elif kind == "l":
            out.write(f"{name} l--777 0 0 {rest[0]}\n")
        else:
            out.write(f"{name} ---644 0 0 {sources.of(rest[0])}\n")


def xfs(image, tree, folder):
    """The tree in XFS, made by mkfs.xfs itself."""
    content = {}
    inodes = 0
    for kind, inside, name, rest in objects(tree):
        content.setdefault(inside, []).append((kind, name, rest))
        inodes += 1
    proto = os.path.join(folder, "xfs.proto")
    with open(proto, "w", encoding="ascii") as out:
        out.write("/none\n0 0\nd--755 0 0\n")
        write_proto(out, content, "", Sources(folder))
        out.write("$\n")
    fresh_image(image, image_bytes(inodes))
    subprocess.run([find("mkfs.xfs"), "-q", "-f", "-p", proto, image], check=True, stdin=SILENT)


def source_tree(top, files, median_bytes):
    """A directory of this host with so many files, as source trees have them: many small folders, a few large
    ones, some links; contents that do not compress. The same every time."""
    numbers = random.Random(1)
    bytes_of_all = numbers.randbytes(1 << 20)
    os.mkdir(top)
    folders, made = [top], 0
    while made < files:
        above = folders[numbers.randrange(len(folders) // 2 if len(folders) > 200 else 0, len(folders))]
        folder = os.path.join(above, f"folder-{len(folders):x}")
        os.mkdir(folder)
        folders.append(folder)
        many = 4000 if numbers.random() < 0.003 else numbers.randrange(24)
        for _ in range(min(many, files - made)):
            made += 1
            name = "file" if numbers.random() < 0.7 else "a-rather-longer-name-of-a-document"
            path = os.path.join(folder, f"{name}-{made:x}")
            if numbers.random() < 0.03:
                os.symlink(f"../somewhere/else/{made}", path)
                continue
            size = min(int(median_bytes * numbers.lognormvariate(0, 1.5)), 1 << 20)
            begin = numbers.randrange(len(bytes_of_all) - size + 1)
            with open(path, "wb") as file:
                file.write(bytes_of_all[begin:begin + size])
