#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# o2image: our images are what the reference reads, its images are what we read, every tool that only looks
# opens any of them, and what is no image is refused in words.
. "$(dirname "$0")/lib.sh"

for name in rich-base rich-base-4k-metaecc; do
  zstd -q -dcf "$ROOT/tests/corpus/$name.img.zst" | cp --sparse=always /dev/stdin $name.img
done
make_image large.img 1100M  # has backup superblocks, and more than one group
expect_success box mkfs.ocfs2 -x -q -M local -b 4K -C 4K -N 4 -L large large.img

# what fsck says, without the device's name
findings() { box fsck.ocfs2 -fn "$1" 2>&1 | grep -v "^fsck.ocfs2\|${1%.*}"; }
# what the reference's and our debugfs see: facts of the volume and of every inode of its folders
view() {
  local tool=$1 image=$2 folder=$3
  shift 3
  $tool "$@" -n -R 'stats' "$image" 2>&1
  $tool "$@" -n -R "ls -l $folder" "$image" 2>&1
  $tool "$@" -n -R 'stat //journal:0000' "$image" 2>&1
  $tool "$@" -n -R "stat $folder" "$image" 2>&1
}
ours() { "$BOX" debugfs.ocfs2 "$@"; }

for volume in rich-base rich-base-4k-metaecc large; do
  image=$volume.img
  expect_success box o2image $image $volume.packed
  expect_success box o2image -r $image $volume.raw
  expect_success box o2image -z $image $volume.zst
  o2image $image $volume.theirs 2> theirs.words || fail "the reference's own: $(cat theirs.words)"
  o2image -r $image $volume.theirs-raw 2> theirs.words || fail "the reference's own: $(cat theirs.words)"
  box o2image $image - > $volume.stdout || fail "to standard output"
  cmp -i 8 $volume.packed $volume.stdout || fail "$volume: - gives another"
  equals "$(stat -c %s $volume.raw)" "$(stat -c %s $image)"

  # one is made of the other
  expect_success box o2image $volume.zst $volume.again
  cmp -i 8 $volume.packed $volume.again || fail "$volume: zstd to packed"
  zstd -q -dc $volume.zst | cmp -i 8 $volume.packed || fail "$volume: zstd -dc"
  expect_success box o2image -z $volume.packed $volume.zst2
  cmp <(zstd -qdc $volume.zst2 | tail -c +9) <(tail -c +9 $volume.packed) || fail "$volume: packed to zstd"
  expect_success box o2image -r $volume.theirs $volume.raw2
  expect_success box o2image $volume.raw $volume.packed2
  cmp -i 8 $volume.packed $volume.packed2 || fail "$volume: raw to packed"

  # the reference reads ours as it reads the volume
  view debugfs.ocfs2 $image / > expected
  view debugfs.ocfs2 $volume.packed / -i > seen
  cmp expected seen || fail "$volume: the reference reads our packed image otherwise: $(diff expected seen)"
  view debugfs.ocfs2 $volume.raw / > seen
  cmp expected seen || fail "$volume: the reference reads our raw image otherwise: $(diff expected seen)"
  fsck.ocfs2 -fn $volume.raw > theirs 2>&1 || fail "$volume: the reference finds: $(cat theirs)"

  # we read all of them as we read the volume
  view ours $image / > expected
  for form in packed raw zst theirs theirs-raw; do
    view ours $volume.$form / > seen
    cmp expected seen || fail "$volume.$form: read otherwise: $(diff expected seen)"
    # the reference leaves long targets of symbolic links out, and a checker misses them
    case $form in theirs*) ;; *) expect_success box fsck.ocfs2 -fn $volume.$form ;; esac
    box o2info --volinfo --freeinode $volume.$form | cmp - <(box o2info --volinfo --freeinode $image) ||
      fail "$volume.$form: o2info"
    equals "$(box tunefs.ocfs2 -Q '%B %T %N %V %U\n' $volume.$form)" \
      "$(box tunefs.ocfs2 -Q '%B %T %N %V %U\n' $image)"
    contains "$(box mounted.ocfs2 -f $volume.$form)" "$volume.$form"
  done
  view ours $volume.packed / -i > seen
  cmp expected seen || fail "$volume: debugfs -i"

  # and it comes back
  for form in packed zst raw theirs; do
    make_image back.img "$(stat -c %s $image)"
    expect_success box o2image -I -f back.img $volume.$form
    [ $form = theirs ] || expect_success box fsck.ocfs2 -fn back.img
    view ours back.img / > seen
    cmp expected seen || fail "$volume.$form: installed: $(diff expected seen)"
  done
done
# file data next to the metadata stays as it was
cp --sparse=always rich-base.img back.img
expect_success box o2image -I -f back.img rich-base.zst
cmp back.img rich-base.img || fail "installing changed what it should not"

# holes: the journals of a volume that was never mounted are zeros
[ $(($(stat -c %b large.packed) * 512)) -lt $(($(stat -c %s large.packed) / 4)) ] ||
  fail "zeros are written: $(stat -c '%b sectors of %s bytes' large.packed)"

# to a pipe, and beside it what a file has
mkfifo pipe
cat pipe > piped &
expect_success box o2image rich-base.img pipe
wait $!
cmp -i 8 piped rich-base.packed || fail "a pipe gets another"

# stopped in the middle
stopped() {
  local call=$1
  shift
  ran="o2image $* stopped"
  strace -f -qq -o /dev/null -e trace="$call" -e inject="$call":signal=INT:when=5 \
    "$BOX" o2image "$@" > .out 2> .err
  status=$? out=$(cat .out) err=$(cat .err)
  equals "$status" 1
}
for form in '' -r -z; do
  call=pwrite64
  [ "$form" = -r ] && call=pwritev
  [ "$form" = -z ] && call=pread64
  # shellcheck disable=SC2086  # none is no word
  stopped $call $form large.img stopped
  equals "$err" 'o2image: interrupted'
  [ ! -e stopped ] && [ ! -e stopped.new ] || fail "half an image is left"
done
cp --sparse=always large.img half.img
stopped pwritev -I -f half.img large.zst
equals "$err" "o2image: interrupted: half.img holds a part of the image now, without a superblock; \
run the same again"
expect_exit 1 box debugfs.ocfs2 --strict -R stats half.img
expect_success box o2image -I -f half.img large.zst
cmp half.img large.img || fail "not put back by a second run"

# a disk is what a file is
if [ "$(id -u)" = 0 ] && cp --sparse=always rich-base.img disk.img && loop=$(losetup --show -f disk.img); then
  at_exit "losetup -d $loop"
  expect_success box o2image "$loop" disk.packed
  cmp -i 8 disk.packed rich-base.packed || fail "another image of the disk"
  expect_success box o2image -r "$loop" disk.raw
  cmp disk.raw rich-base.raw || fail "another raw image of the disk"
  expect_exit 1 box o2image rich-base.img "$loop"
  contains "$err" 'an image is put on a device with -I'
  equals "$("$BOX" debugfs.ocfs2 -R 'stats -h' "$loop")" "$("$BOX" debugfs.ocfs2 -R 'stats -h' rich-base.img)"
  dd if=/dev/urandom of="$loop" bs=1k count=4 status=none
  expect_exit 1 box o2image -I "$loop" rich-base.zst <<< n
  expect_success box o2image -I -f "$loop" rich-base.zst
  cmp "$loop" rich-base.img || fail "the disk is not as it was"
  expect_success box fsck.ocfs2 -fn "$loop"
fi

# questions
expect_success box o2image -i rich-base.img asked <<< n
contains "$out" 'Image file expected to be '
[ ! -e asked ] || fail "an image nobody wanted"
expect_success box o2image -i rich-base.img asked <<< y
cmp -i 8 asked rich-base.packed || fail "asked"
cp --sparse=always large.img kept.img
expect_exit 1 box o2image -I kept.img large.zst <<< n
contains "$out" 'Install large.zst image to kept.img. Continue? (y/N): '
contains "$err" 'Aborting operation'
cmp kept.img large.img || fail "written without a yes"

# what cannot be
expect_exit 8 box fsck.ocfs2 -fy rich-base.packed
contains "$err" 'is a metadata image, which is only looked at: add -n'
expect_exit 20 box tunefs.ocfs2 -L new rich-base.zst
contains "$err" 'is a metadata image'
expect_exit 1 box debugfs.ocfs2 -i -R stats rich-base.img
contains "$err" 'is no image that o2image made; leave out -i'
run box debugfs.ocfs2 -n -R 'cat /nothing' rich-base.packed
make_image small.img 16M
expect_exit 1 box o2image -I -f small.img rich-base.packed
contains "$err" 'take a larger one'
expect_exit 1 box o2image small.img nothing
contains "$err" 'there is no OCFS2 file system'
[ ! -e nothing ] && [ ! -e nothing.new ] || fail "an image of nothing"
head -c 30000 rich-base.packed > short.packed
head -c 30000 rich-base.zst > short.zst
expect_exit 1 box o2image short.packed nothing
contains "$err" 'cut off'
expect_exit 1 box o2image short.zst nothing
contains "$err" 'cut off'
expect_exit 1 box o2image -r rich-base.img -
contains "$err" 'leave out -r'
expect_exit 1 box o2image -r -z rich-base.img nothing
zstd -q rich-base.packed -o whole.zst
expect_exit 1 box debugfs.ocfs2 --strict -R stats whole.zst
contains "$err" 'zstd -d'
cp rich-base.zst flipped.zst
printf '\377' | dd of=flipped.zst bs=1 seek=$(($(stat -c %s flipped.zst) / 2)) conv=notrunc status=none
expect_exit 1 box o2image flipped.zst mended
contains "$err" 'could not be read, and are zeros in mended'
equals "$(stat -c %s mended)" "$(stat -c %s rich-base.packed)"
