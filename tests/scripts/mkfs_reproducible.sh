#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# SOURCE_DATE_EPOCH and a UUID determine every byte of a new volume.
source "$(dirname "$0")/lib.sh"
uuid=0123456789abcdef0123456789abcdef

# made FILE EPOCH OPTION...: a volume of that time
made() {
  local file=$1 epoch=$2
  shift 2
  make_image "$file" 100M
  expect_success env SOURCE_DATE_EPOCH="$epoch" \
    "$BOX" mkfs.ocfs2 -q -L same --fs-feature-level=max-features "$@" "$file"
}

made first 1000000000 -U $uuid
sleep 1.1
made second 1000000000 -U $uuid
cmp first second || fail 'two volumes with one UUID and one epoch differ'
expect_success box debugfs.ocfs2 -R stats first
contains "$out" 'UUID: 0123456789ABCDEF0123456789ABCDEF'
contains "$out" 'ctime: 0x3b9aca00 0x0 -- Sun Sep  9 01:46:40'

# What was in the file before does not show through.
head -c 100M /dev/urandom > second
expect_success env SOURCE_DATE_EPOCH=1000000000 "$BOX" mkfs.ocfs2 -x -q -L same -U $uuid \
  --fs-feature-level=max-features second
cmp <(box debugfs.ocfs2 -R stats first) <(box debugfs.ocfs2 -R stats second) ||
  fail 'old content shows through'

# Another time or another UUID is another volume, and so is each one without an epoch.
made second 1000000001 -U $uuid
cmp -s first second && fail 'another epoch made the same bytes'
made second 1000000000
cmp -s first second && fail 'a random UUID made the same bytes'
make_image second 100M
expect_success env -u SOURCE_DATE_EPOCH "$BOX" mkfs.ocfs2 -q -L same -U $uuid second
cp second third
expect_success env -u SOURCE_DATE_EPOCH "$BOX" mkfs.ocfs2 -x -q -L same -U $uuid second
cmp -s second third && fail 'two generations without an epoch are the same'

# A time that is none is refused before anything is written.
for epoch in yesterday -1 12x 99999999999999999999; do
  expect_exit 1 env SOURCE_DATE_EPOCH=$epoch "$BOX" mkfs.ocfs2 -x second
  contains "$err" "SOURCE_DATE_EPOCH is '$epoch'"
done
make_image fourth 100M
expect_exit 1 env SOURCE_DATE_EPOCH=yesterday "$BOX" mkfs.ocfs2 fourth
cmp -n 104857600 fourth /dev/zero || fail 'a refused format wrote'
