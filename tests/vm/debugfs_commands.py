# SPDX-License-Identifier: GPL-2.0-or-later
"""debugfs_commands.py TREE -- the commands that make the files of TREE on a volume that debugfs.ocfs2 -w has
open, with owners, permissions and times."""

import os
import stat
import sys


def word(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def main():
    tree = sys.argv[1]
    first, later = {}, []
    for folder, folders, files in os.walk(tree):
        for name in sorted(folders + files):
            path = os.path.join(folder, name)
            place = word(path[len(tree):])
            status = os.lstat(path)
            kind = stat.S_IFMT(status.st_mode)
            if status.st_nlink > 1 and kind != stat.S_IFDIR:
                if status.st_ino in first:
                    print("ln", first[status.st_ino], place)
                    continue
                first[status.st_ino] = place
            if kind == stat.S_IFREG:
                print("write -p", word(path), place)
                continue
            if kind == stat.S_IFDIR:
                print("mkdir", place)
            elif kind == stat.S_IFLNK:
                print("symlink", place, word(os.readlink(path)))
            elif kind == stat.S_IFIFO:
                print("mknod", place, "p")
            else:
                letter = "c" if kind == stat.S_IFCHR else "b"
                print("mknod", place, letter, os.major(status.st_rdev), os.minor(status.st_rdev))
            print(f"chown {status.st_uid}:{status.st_gid} {place}")
            if kind != stat.S_IFLNK:
                print(f"chmod {stat.S_IMODE(status.st_mode):o} {place}")
            later.append((place, status.st_mtime_ns))
    later.append(("/", os.stat(tree).st_mtime_ns))
    for place, time in later:
        print(f"set_inode_field {place} i_mtime {time // 10**9}")
        print(f"set_inode_field {place} i_mtime_nsec {time % 10**9}")


main()
