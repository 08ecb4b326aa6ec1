#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# long
#
# mkfs.ocfs2 -d: a tree with everything in it, told by a directory, by archives of every kind and by a pipe,
# makes volumes that hold the same, whatever they are made of; both checkers find nothing. What cannot be
# filled leaves no volume, and says why.
source "$(dirname "$0")/lib.sh"
. "$ROOT/tests/scripts/shared/reference_fsck.sh"
TOOLS=$(dirname "$BOX")/tests
root=$([ "$(id -u)" -eq 0 ] && echo yes || echo)

# A tree with everything.
deep=tree/$(printf 'd%.0s' {1..120})/$(printf 'e%.0s' {1..130})
mkdir -p "$deep" tree/empty tree/many tree/lost+found
printf 'content' > tree/file
head -c 3000000 /dev/urandom > "$deep/$(printf 'f%.0s' {1..200})"
: > tree/nothing
for offset in 0 1000000 2500000 7000000; do
  head -c 5000 /dev/urandom | dd of=tree/holes bs=1 seek=$offset conv=notrunc status=none
done
truncate -s 12000000 tree/holes
for number in {1..1500}; do echo "$number" > "tree/many/a-file-with-a-name-of-some-length-$number"; done
ln tree/file tree/second
ln tree/file "$deep/third"
ln -s ../elsewhere tree/link
ln -s "$(printf 'l%.0s' {1..300})" tree/longlink
mkfifo tree/pipe
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("tree/socket")'
setfattr -n user.comment -v 'an attribute' tree/file
setfattr -n user.long -v "$(printf 'v%.0s' {1..2000})" tree/file
setfacl -m u:1234:rw,g:4321:r tree/file
setfacl -d -m u:1234:rw tree/empty
[ -z "$root" ] || { mknod tree/device c 260 70000 && chown 70001:70002 tree/file tree/many; }
chmod 4751 tree/file
touch -h -d '2001-02-03 04:05:06.789' tree/file tree/empty tree/link
# Files of each size around what an inode holds.
for size in {100..4200..41}; do head -c "$size" /dev/urandom > "tree/size-$size"; done

# told TREE: one line a file, everything that has to be the same
told() {  # rdump keeps no times of devices and pipes
  (cd "$1" && find . ! -type s ! -path ./lost+found -printf '%p %y %m %U:%G %n %s %T@ %l\n' | sed '/^\. /d' |
    awk '$2 == "d" { $5 = $6 = "" } $2 ~ /[pc]/ { $7 = "" } 1' | sort
    find . -type f -print0 | sort -z | xargs -0 sha256sum
    find . ! -type s ! -name lost+found -print0 | sort -z | xargs -0 getfattr -hd -m '^user' 2> /dev/null
    getfacl -nR empty file many 2> /dev/null)
}
told tree > tree.told
[ "$(wc -l < tree.told)" -gt 3000 ] || fail 'the tree was not made'

# holds VOLUME: it is sound, and holds the tree
holds() {
  local volume=$1
  expect_success box fsck.ocfs2 -fn "$volume"
  equals "$(reference_findings "$volume" fresh)" ''
  rm -rf out && mkdir out
  expect_success box debugfs.ocfs2 -R 'rdump / out' "$volume"
  told out > out.told
  diff tree.told out.told > differences || fail "$volume: $(head -c 2000 differences)"
}

# filled SOURCE MKFS-WORDS...: a volume that holds the tree
filled() {
  local source=$1
  shift
  make_image volume 160M
  if [ "$source" = - ]; then
    expect_success box mkfs.ocfs2 -q -x -M local "$@" -d - volume
  else
    expect_success box mkfs.ocfs2 -q -x -M local "$@" -d "$source" volume < /dev/null
  fi
  holds volume
}

# From every form of source.
tar --numeric-owner --format=posix --xattrs --xattrs-include='user.*' --acls -S -C tree -cf tree.tar . \
  2> /dev/null
gzip -k tree.tar
zstd -q tree.tar
{ gzip < <(head -c 1000000 tree.tar); gzip < <(tail -c +1000001 tree.tar); } > members.tar.gz
{ zstd -q < <(head -c 1000000 tree.tar); zstd -q < <(tail -c +1000001 tree.tar); } > frames
for source in tree tree/ tree.tar tree.tar.gz tree.tar.zst members.tar.gz frames; do filled "$source"; done
filled - < tree.tar
filled - < <(cat tree.tar.gz)
filled - < <(cat tree.tar.zst)

# Into every kind of volume.
for words in '-b 512 -C 4K' '-b 1K -C 8K --fs-feature-level=max-features' '-b 2K -C 32K -N 2' \
  '-b 4K -C 1M -J size=16M' '-b 4K --fs-features=nosparse,nounwritten,norefcount,noappend-dio' \
  '-b 4K --fs-features=noinline-data,noindexed-dirs' '-b 4K --fs-features=metaecc,usrquota,grpquota'; do
  # shellcheck disable=SC2086
  filled tree $words
done
make_image volume 160M
expect_success box mkfs.ocfs2 -q -x --cluster-stack=o2cb --cluster-name=prod -N 3 -d tree volume
holds volume

# The same bytes each time, whoever read the source meanwhile.
export SOURCE_DATE_EPOCH=1700000000
uuid=0123456789abcdef0123456789abcdef
for copy in one two; do
  for words in "tree" "tree --shrink-to-fit" "tree.tar.gz"; do
    make_image "$copy-${words//[^a-z]/}" 160M
    # shellcheck disable=SC2086
    expect_success box mkfs.ocfs2 -q -x -M local -U $uuid "$copy-${words//[^a-z]/}" -d $words
  done
  cat tree/file > /dev/null && touch -a tree/file && sleep 1.1
done
for words in tree treeshrinktofit treetargz; do
  cmp "one-$words" "two-$words" || fail "$words is not reproducible"
  rm "one-$words" "two-$words"
done
unset SOURCE_DATE_EPOCH
told tree > tree.told

# As small as it can be.
for words in '' '-b 1K -C 4K' '-b 4K -C 64K' '-N 4 -J size=8M'; do
  for source in tree tree.tar.zst; do
    rm -f small
    # shellcheck disable=SC2086
    expect_success box mkfs.ocfs2 -q -x -M local $words --shrink-to-fit -d $source small
    [ "$(stat -c %s small)" -lt 100000000 ] || fail "$words: $(stat -c %s small) bytes are not small"
    holds small
  done
done
make_image small 2G
expect_success box mkfs.ocfs2 -x -M local --shrink-to-fit -d - small < tree.tar.gz
[ "$(stat -c %s small)" -lt 400000000 ] || fail "a file of 2 GiB became $(stat -c %s small) bytes"
holds small
rm small
expect_exit 1 box mkfs.ocfs2 -x --shrink-to-fit -d - small < tree.tar
contains "$err" 'nobody knows how much comes from standard input'
[ ! -e small ] || fail 'a file was made for nothing'
expect_exit 1 box mkfs.ocfs2 -x --shrink-to-fit small
contains "$err" 'name what with -d'

# What is told about it, and before it is done.
names=$(find tree -mindepth 1 ! -type s ! -path tree/lost+found | wc -l)
value() { python3 -c "import json; d = json.load(open('said.json')); print($1)"; }
make_image volume 160M
expect_success box mkfs.ocfs2 --json -x -M local -d tree volume
contains "$err" '1 sockets were left out'
cp "$TMP/.out" said.json
equals "$(value 'd["filled"]["source"], d["filled"]["files"]')" "tree $names"
[ "$(value 'd["filled"]["bytes"]')" -gt 3000000 ] || fail 'too few bytes'
expect_success box mkfs.ocfs2 --json -x -M local -d tree --shrink-to-fit volume
cp "$TMP/.out" said.json
equals "$(value 'd["filled"]["shrunk_to_bytes"]')" "$(stat -c %s volume)"
make_image volume 160M
for source in tree tree.tar.gz; do
  expect_success box mkfs.ocfs2 -n -x -M local -d $source volume
  contains "$out" "Would be filled from $source: "
  [ $source != tree ] || contains "$out" ": $((names + 1)) files, "  # lost+found, which is there already
done
cmp -s -n 167772160 volume /dev/zero || fail 'a dry run wrote'

# empty VOLUME: there is nothing that could be taken for one
empty() {
  run box debugfs.ocfs2 -n -R stats "$1"
  contains "$err" 'there is no OCFS2 file system'
}
# no_volume WORDS...: it failed, said so, and no volume is left
no_volume() {
  local part
  [ "$status" -eq 1 ] || fail "status $status"
  for part; do contains "$err" "$part"; done
  empty volume
}
make_image volume 160M
expect_success box mkfs.ocfs2 -q -M local volume
cp volume old
# fails SOURCE WORDS...: filling fails
fails() {
  local source=$1
  shift
  cp old volume
  run box mkfs.ocfs2 -q -x -M local -d "$source" volume < /dev/null
  no_volume "$@" 'volume holds no volume now'
}
head -c 2000000 tree.tar > cut.tar && fails cut.tar 'cut.tar: it ends in the middle'
head -c 2000000 tree.tar.gz > cut.gz && fails cut.gz 'cut.gz: what gzip packed is damaged: it is cut off'
head -c 2000000 tree.tar.zst > cut.zst && fails cut.zst 'cut.zst: what zstd packed is cut off'
for kind in gz zst; do
  cp tree.tar.$kind bad.$kind
  head -c 64 /dev/urandom | dd of=bad.$kind bs=1 seek=1000000 conv=notrunc status=none
  fails bad.$kind "bad.$kind: "
done
{ cat tree.tar.zst; echo 'something else'; } > tail.zst
fails tail.zst 'what follows a part that zstd packed'
head -c $(($(stat -c %s tree.tar.gz) - 3)) tree.tar.gz > cut.gz && fails cut.gz 'it is cut off'
head -c 20000 /dev/urandom > noise && fails noise 'noise: '
: > nothing && fails nothing 'nothing: '
printf '../outside' > tree/file2 && tar -C tree --transform 's,file2,../outside,' -Pcf out.tar file2 &&
  fails out.tar 'leads out of' && rm tree/file2
if [ -z "$root" ]; then
  chmod 0 tree/nothing
  fails tree 'cannot open tree/nothing: Permission denied'
  chmod 644 tree/nothing
fi
cp old volume
run box mkfs.ocfs2 -q -x -M local --fs-feature-level=max-compat -d tree volume
no_volume 'it has the attribute' '--fs-features=xattr'

# Too small: it says how large it has to be, and that is true.
for source in tree.tar.gz tree; do
  make_image volume 14M
  run box mkfs.ocfs2 -q -x -M local -b 4K -J size=4M -d $source volume
  needed=$(sed -n 's/.* need a volume of about \([0-9]*\) bytes.*/\1/p' <<< "$err")
  no_volume "volume is too small for $source: " 'need a volume of about' '--shrink-to-fit'
  make_image volume "$needed"
  expect_success box mkfs.ocfs2 -q -x -M local -b 4K -J size=4M -d $source volume
  [ "$needed" -lt 100000000 ] || fail "$needed bytes are too many"
done

# What is refused before anything is written.
refused() {
  local part=$1
  shift
  cp old volume
  run box mkfs.ocfs2 -q -x -M local "$@" < /dev/null
  [ "$status" -eq 1 ] || fail "status $status"
  contains "$err" "$part"
  cmp -s old volume || fail 'something was written'
}
refused 'none: No such file' -d none volume
xz -k tree.tar && refused 'xz -dc tree.tar.xz' -d tree.tar.xz volume
refused 'lies in .' -d . volume
refused 'holds no files' -H -d tree volume
refused 'leave out the 9000 blocks' --shrink-to-fit -d tree volume 9000
cp old tree/image
run box mkfs.ocfs2 -q -x -M local -d tree tree/image
contains "$err" 'the image tree/image lies in tree'
cmp -s old tree/image || fail 'something was written'
ln tree/image volume-too
run box mkfs.ocfs2 -q -x -M local -d tree volume-too
contains "$err" 'tree/image is the volume that is to be made'
rm tree/image

# A question cannot be answered by an archive.
cp old volume
run box mkfs.ocfs2 -M local -d - volume < tree.tar
[ "$status" -eq 1 ] || fail "status $status"
contains "$err" 'standard input is the archive'
cmp -s old volume || fail 'something was written'

# Interrupted while it waits for more: there is no volume. (SIGINT is ignored in what a script has in the
# background.)
mkfifo slow
(head -c 1000000 tree.tar; sleep 60) > slow &
feeder=$!
cp old volume
"$BOX" mkfs.ocfs2 -q -x -M local -d - volume < slow > words 2>&1 &
maker=$!
sleep 1
kill -TERM $maker
wait $maker
status=$? err=$(cat words) ran=interrupted
kill $feeder
no_volume 'volume holds no volume now'
