#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# long
#
# Every command of debugfs.ocfs2 that looks at a volume tells what the reference tells, byte for byte or file
# by file: of a plain volume, one with quotas and checksums, one of 1 KiB blocks, all three made by the
# reference, and of two that a kernel filled with all that the format knows. Where they differ on purpose,
# what the reference says wrongly or does not know is left out on its side.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/scripts/shared/survey.sh"
. "$ROOT/tests/scripts/shared/heartbeat.sh"

# same NAME [THEIR-FILTER [OUR-FILTER]]: standard input are commands; all print the same
same() {
  cat > "$1.commands"
  debugfs.ocfs2 -n -f "$1.commands" image 2> /dev/null | ${2:-cat} > theirs
  box debugfs.ocfs2 -n -f "$1.commands" image 2> errors | ${3:-cat} > ours
  cmp -s theirs ours || fail "$volume: $1: $(diff -a theirs ours | head -n 10) $(head -n 3 errors)"
  shown[$1]=$((${shown[$1]:-0} + $(wc -l < ours)))
}
declare -A shown=()
# The reference looks for the checksum of a directory block's trailer in the wrong place.
without_alarm() { grep -v 'FAILED CHECKSUM'; }
# An allocator or a truncate log has no extents.
without_others() { grep -vP 'extents: 0\t|clusters: 0\t'; }
# Bytes from 0x80 on of a journal's UUID come out of the reference as eight digits.
without_signs() { sed '/^\tUUID: /s/FFFFFF//g'; }

# whole_volume: what there is once
whole_volume() {
  same superblock <<< $'stats\nstats -h\ncurdev'
  same slotmap <<< slotmap
  same hb <<< hb
  same stat_sysdir <<< stat_sysdir
  same logdump without_signs < <(printf 'logdump %s\nlogdump -T %s\n' 0 0 1 1)
  seq 0 97 51000 | head -n 400 | xargs -n 50 echo icheck > list
  debugfs.ocfs2 -n -f list image 2> /dev/null | grep -v Unknown > theirs  # blocks of attributes, and others
  box debugfs.ocfs2 -n -f list image > ours
  [ "$(wc -l < theirs)" -gt 300 ] || fail "$volume: icheck of the reference shows nothing"
  grep -vxFf ours theirs > lost && fail "$volume: icheck does not know: $(head -n 5 lost)"
  # not known to this reference, but for the numbers, which "group" shows
  box debugfs.ocfs2 --strict -n -R gd_free_bits image | rows 8 > counted
  awk '{ print "group <" $1 ">" }' counted > list
  debugfs.ocfs2 -n -f list image 2> /dev/null | rows 7 > theirs
  cmp -s counted theirs && [ -s counted ] || fail "$volume: gd_free_bits: $(diff theirs counted | head -n 5)"
}
# rows COLUMNS: block, total, used, free, longest run of each group, from tables of so many columns
rows() {
  awk -v columns="$1" '/^\t##   Block#/ { on = 1; next }
    on && NF == columns { print $2, $3, $4, $5, $6; next } { on = 0 }' | sort -u
}

# each_inode: what there is of every inode, and of every block that belongs to one
each_inode() {
  same stat < <(sed 's/^/stat /' inodes)
  cp ours stats
  same stat-T < <(sed 's/^/stat -T /' inodes)
  same stat-t < <(head -n 300 inodes | sed 's/^/stat -t /')
  same bmap < <(sed 's/.*/bmap & 0\nbmap & 1\nbmap & 7\nbmap & 500/' inodes)
  same xattr < <(sed 's/^/xattr /' inodes)
  same xattr-v < <(sed 's/^/xattr -v /' inodes)
  same frag without_others without_others < <(sed 's/^/frag /' inodes)
  same refcount < <(sed 's/.*/refcount &\nrefcount -e &/' inodes)
  same encode < <(sed 's/^/encode /' inodes)
  awk '{ print "<" $1 ">" }' ours > names
  same decode < <(sed 's/^/decode /' names)
  same by-lock < <(sed 's/.*/stat &\nbmap & 0/' names)
  same extent < <(grep -oP 'Blknum: \K[0-9]+(?=   Next Leaf)' stats | sed 's/.*/extent <&>/')
  awk '/^\t##   Total/ { on = 1; next } on && /^\t[0-9]/ { print $5; next } { on = 0 }' stats | sort -u |
    sed 's/.*/group <&>\ngrpextents <&>/' > list
  same groups < list
  shuf -n 40 --random-source=stats inodes | xargs -n 20 > list
  same locate < <(sed 's/.*/locate &\nncheck &/' list)
  same findpath < <(shuf -n 10 --random-source=stats inodes | sed 's/^/findpath /')
}

each_directory() {
  local inside
  same ls < <(sed 's/.*/ls &\nls -l &/' dirs)
  same dirblocks without_alarm < <(sed 's/^/dirblocks /' dirs)
  same dx_space without_alarm < <(sed 's/^/dx_space /' dirs)
  same dx_dump < <(sed 's/^/dx_dump /' dirs)
  cp ours index
  same dx_root < <(grep -oP 'Indexed Tree Root: \K[0-9]+' stats | sed 's/.*/dx_root <&>/')
  same dx_leaf < <(grep -oP 'Dir Index Leaf: \K[0-9]+' index | sed 's/.*/dx_leaf <&>/')
  inside=$(tail -n 1 dirs)
  same session << END
cd $inside
ls
ls -l ..
stat .
chroot $inside
cd /
ls -l
stat ..
ls //
close
curdev
open image
ls -l /
curdev
END
}

# each_file: content, but of files of a terabyte
each_file() {
  awk '/^\tInode:/ { inode = $2 } /^\tType:/ { regular = /Type: Regular/ && !/System/ }
    /Size:/ && regular && $NF < 64000000 { print inode; regular = 0 }' stats > files
  same cat < <(sed 's/.*/cat <&>/' files)
}

# things FOLDER: what lies in it, and how; of files with what is in them
things() {
  (cd "$1" && find . -mindepth 1 -type l -printf '%p -> %l\n' -o -mindepth 1 ! -type l \
    -printf '%p %y %m %U %G %Ts\n' | sed -E 's/ (.) [0-7]?([0-7]{3}) / \1 \2 /' && find . -type f -print0 |
    xargs -0 -r sha256sum) | sort
}

# copies FOLDER: rdump and dump bring out the same. What the reference leaves out: fractions of seconds, the
# owner and time of a symbolic link, which it does not name either; setuid and its like; devices and pipes.
copies() {
  local who tool
  head -n 30 files > few
  for who in theirs ours; do
    mkdir -p $who.copy
    sed "s|.*|dump -p <&> $who.copy/&-kept\ndump <&> $who.copy/&|" few > list
    echo "rdump -v $1 $who.copy" >> list
    tool=debugfs.ocfs2
    [ $who = theirs ] || tool="box debugfs.ocfs2"
    $tool -n -f list image 2> $who.err | sed "s/$who.copy/copy/" | sort > $who.told
    find $who.copy -maxdepth 1 -type f -newer few -exec touch -d @0 {} +  # those of now
    things $who.copy > $who.things
  done
  find ours.copy -type l -printf '%p\n' | sed 's/^ours.//' > links
  [ ! -s theirs.err ] && [ ! -s ours.err ] || fail "$volume: copies: $(cat theirs.err ours.err)"
  cmp -s theirs.things ours.things || fail "$volume: copies: $(diff theirs.things ours.things | head -n 10)"
  grep -vxFf links ours.told | cmp -s theirs.told - ||
    fail "$volume: rdump -v: $(grep -vxFf links ours.told | diff theirs.told - | head -n 5)"
  shown[dump]=$((${shown[dump]:-0} + $(wc -l < few)))
  shown[rdump]=$((${shown[rdump]:-0} + $(wc -l < ours.told)))
  rm -rf theirs.copy ours.copy
}

# compare INODES FOLDER: the volume in the file "image", which has more than so many inodes
compare() {
  survey image
  [ "$(wc -l < inodes)" -gt "$1" ] || fail "$volume: only $(wc -l < inodes) inodes were found"
  whole_volume
  each_inode
  each_directory
  each_file
  copies "$2"
}

# made MKFS-OPTION...: a volume by the reference, with a tree in it and with nodes that have it mounted
made() {
  local block
  make_image image 300M
  seq 60000000 | head -c 100M | dd of=image conv=notrunc status=none  # what files will have in them
  mkfs.ocfs2 -q -F -M local -N 3 -J size=8M "$@" image > /dev/null 2>&1 || fail "the reference cannot: $*"
  "$(dirname "$BOX")/tests/populate" image 9000 "$RANDOM" 5 > tree || fail "cannot be filled: $*"
  box fsck.ocfs2 -fy image > /dev/null 2>&1  # quotas
  block=$(box debugfs.ocfs2 -R 'stat //slot_map' image | awk '/Flags$/ { getline; print $4; exit }')
  printf '\1\0\0\0\7\0\0\0' | dd of=image bs=1 seek=$((block * $2 + 8)) conv=notrunc status=none
  FIRST_BEAT=1700000000 beat 7 0x1234567890 60000
}

volume=plain
made -b 4096 -C 4096 --fs-features=nometaecc
compare 9000 /folder-2
volume=quota
made -b 4096 -C 8192 --fs-features=usrquota,grpquota,metaecc
compare 9000 /folder-2
volume=small
made -b 1024 -C 4096
compare 9000 /folder-2
for volume in rich-base rich-base-4k-metaecc; do
  zstd -q -dcf "$ROOT/tests/corpus/$volume.img.zst" > image
  compare 6000 /tree
done

# nothing was compared by chance only
for command in "${!shown[@]}"; do
  [ "${shown[$command]}" -gt 4 ] || fail "of $command only ${shown[$command]} lines were compared"
  printf '%s %s\n' "${shown[$command]}" "$command"
done | sort -n
