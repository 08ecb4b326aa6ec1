#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Volumes that mkfs filled with many files (FILES; `make soak` takes 200,000), from a directory and from a
# pipe, and one that debugfs.ocfs2 -w filled with the same, command by command, are the kernel's: it mounts
# them, every file is there with everything that it has, new files go beside them, and neither checker finds
# anything afterwards.
. "$(dirname "$0")/../scripts/lib.sh"
. "$ROOT/tests/vm/lib.sh"
files=${FILES:-8000}

prepare_vms
python3 -c "import sys; sys.path.insert(0, sys.argv[1]); sys.dont_write_bytecode = True; import trees
trees.source_tree('tree', int(sys.argv[2]), 1000)" "$ROOT/tests/bench" "$files" || fail 'cannot make the tree'
cd tree/folder-1 || exit 1
echo shared > one && ln one two && mkfifo pipe && setfattr -n user.comment -v value one
setfacl -m u:1234:rw,g:4321:r one
[ "$(id -u)" -ne 0 ] || { mknod device b 8 70000 && chown 70001:70002 one; }
truncate -s 30M holes && echo end >> holes
cd "$TMP" || exit 1
(cd tree && "$vm_work/tree" list .) > "$share/tree.list"
[ "$(wc -l < "$share/tree.list")" -gt "$files" ] || fail 'the tree was not told'

make_image directory.img 3G
expect_success "$BOX" mkfs.ocfs2 -q -M local -d tree directory.img
make_image pipe.img 3G
tar --numeric-owner --format=posix --xattrs --acls -S -C tree -cf - . 2> /dev/null | zstd -q |
  "$BOX" mkfs.ocfs2 -q -x -M local -b 1K -C 8K --fs-features=metaecc,usrquota,grpquota -d - pipe.img ||
  fail 'the pipe does not fill the volume'
expect_success "$BOX" mkfs.ocfs2 -q -M local -d tree --shrink-to-fit shrunk.img
make_image edited.img 3G
expect_success "$BOX" mkfs.ocfs2 -q -M local -b 2K -C 16K --fs-features=metaecc,usrquota,grpquota edited.img
python3 "$ROOT/tests/vm/debugfs_commands.py" tree > commands || fail 'the tree cannot be told'
expect_success "$BOX" debugfs.ocfs2 -n --strict -w -f commands edited.img
rm -rf tree
printf 'vda directory\nvdb pipe\nvdc shrunk full\nvdd edited\n' > "$share/volumes"

drives=""
for name in directory pipe shrunk edited; do
  expect_success "$BOX" fsck.ocfs2 -fn $name.img
  equals "$(reference_findings $name.img fresh)" ''
  drives+=" -drive file=$TMP/$name.img,format=raw,if=virtio,cache=unsafe"
done
# shellcheck disable=SC2086
VM_SECONDS=$((600 + files / 40)) boot 0 fill.sh $drives
judge_volumes
