#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What scripts and people rely on in fsck.ocfs2: options, texts, questions, progress, JSON, exit status.
source "$(dirname "$0")/lib.sh"
source "$ROOT/tests/scripts/shared/terminal.sh"
source "$ROOT/tests/scripts/shared/wrong_links.sh"

header() {
  local uuid
  uuid=$(box mounted.ocfs2 -d image | awk 'END { print $(NF - 1) }')
  printf 'Checking OCFS2 filesystem in image:\n'
  printf '  Label:              demo\n  UUID:               %s\n' "$uuid"
  printf '  Number of blocks:   25600\n  Block size:         4096\n  Number of clusters: 25600\n'
  printf '  Cluster size:       4096\n  Number of slots:    2\n'
}

make_image image 100M
expect_success box mkfs.ocfs2 -q -M local -N 2 -b 4K -C 4K -L demo image
cp --sparse=always image sound

# Usage.
for words in '' '-n -y image' '-p -y image' '-nD image' '-r 0 image' '-r 7 image' '-b 1 image' \
  '-B 100 image' '-q image' 'image image' '-Cx image' '--memory=1 image' '-n --undo=x image'; do
  # shellcheck disable=SC2086
  expect_exit 16 box fsck.ocfs2 $words
  contains "$err" Usage:
  equals "$out" ''
done
expect_exit 16 box fsck.ocfs2 -n -D image
contains "$err" 'Compress directories (-D) incompatible with read-only mode'
expect_exit 16 box fsck.ocfs2 -V
contains "$err" 'fsck.ocfs2 2.'
expect_success box fsck.ocfs2 --explain=INODE_COUNT
contains "$out" '[INODE_COUNT]'
expect_success box fsck.ocfs2 --help
contains "$out" assume-offline
expect_exit 8 box fsck.ocfs2 nothing
truncate -s 10M empty
expect_exit 8 box fsck.ocfs2 -n empty
expect_exit 16 box fsck.ocfs2 --assume-offline=nobody -n image

# A sound volume.
expect_success box fsck.ocfs2 image
contains "$err" 'fsck.ocfs2 2.'
equals "$(head -8 <<< "$out")" "$(header)"
contains "$out" 'image is clean.'
lacks "$out" 'Pass'
for words in -fn -fN -fy -fp -fa '-f -T -A -R -M'; do
  # shellcheck disable=SC2086
  expect_success box fsck.ocfs2 $words image
  contains "$out" 'image was run with -f, check forced.'
  lacks "$out" '['
  contains "$out" 'image: 0 problems found, 0 fixed, 0 left; the volume is sound'
done
contains "$err$out" 'All passes succeeded.'
lacks "$err" '2.0'
for pass in '0a: Checking cluster allocation chains' '0b: Checking inode allocation chains' \
  '0c: Checking extent block allocation chains' '1: Checking inodes and blocks' \
  '2: Checking directory entries' '3: Checking directory connectivity' \
  '4a: Checking for orphaned inodes' '4b: Checking inodes link counts'; do
  contains "
$out" "
Pass $pass
"
done
before=$(sha256sum < image)
expect_success box fsck.ocfs2 -fn image
equals "$(sha256sum < image)" "$before"
expect_success box fsck.ocfs2 -fn -tt image
contains "$out" 'Times real:'
contains "$out" 'directories ('

# A damaged one, with every way to answer.
wrong_links image
cp --sparse=always image damaged
again() { cp --sparse=always damaged image; }
expect_exit 4 box fsck.ocfs2 -fn image
grep -q '^\[INODE_COUNT\] .* n$' <<< "$out" || fail 'no line of the finding'
contains "$out" '1 problem found, 0 fixed, 1 left'
expect_exit 1 box fsck.ocfs2 -fy image
grep -q '^\[INODE_COUNT\] .* y$' <<< "$out" || fail 'no line of the finding'
contains "$out" '1 problem found, 1 fixed, 0 left'
expect_success box fsck.ocfs2 -fn image
again
expect_exit 1 box fsck.ocfs2 -f image <<< y
again
expect_exit 4 box fsck.ocfs2 -f image <<< n
expect_exit 8 box fsck.ocfs2 -f image < /dev/null
contains "$out" 'input failed, aborting.'
contains "$out" '1 problem found, 0 fixed, 1 left; stopped before the end'

# Undoing.
again
expect_exit 1 box fsck.ocfs2 -fy --undo=back image
expect_success box undo back image
equals "$(sha256sum < image)" "$(sha256sum < damaged)"

# On a terminal: one key, no Enter, and the terminal as it was.
terminal y box fsck.ocfs2 -f image
equals "$status" 1
contains "$out" '<y> y'
again
for key in '\003:ctl-c pressed, aborting.' '\033:ESC pressed, aborting.'; do
  terminal "${key%%:*}" box fsck.ocfs2 -f image
  equals "$status" 40
  contains "$out" "${key#*:}"
  contains "$out" 'terminal as it was'
done
terminal ' ' box fsck.ocfs2 -f image
equals "$status" 1
again
terminal a box fsck.ocfs2 -f image
equals "$status" 1

# A program that follows the progress.
expect_success box fsck.ocfs2 -fn -C 5 -T image 5> progress
grep -qvE '^[1-5] [0-9]+ [0-9]+ image$' progress && fail 'a line that is no progress' "$(cat progress)"
grep -q '^1 ' progress || fail 'no progress of pass 1'
expect_success box fsck.ocfs2 -fnP image

# JSON: one document, whatever happens.
json() { python3 -c 'import json, sys; d = json.load(open(".out")); print(eval(sys.argv[1]))' "$1"; }
again
expect_exit 4 box fsck.ocfs2 -fn --json image
equals "$(json '[f["code"] for f in d["findings"]], d["found"], d["left"], d["exit_status"], d["verdict"]')" \
  "(['INODE_COUNT'], 1, 1, 4, 'errors left')"
equals "$(json 'd["volume"]["block_size"], d["findings"][0]["answer"], d["device"]')" "(4096, 'no', 'image')"
expect_exit 1 box fsck.ocfs2 -fy --json image
equals "$(json 'd["fixed"], d["verdict"], "Pass 1: Checking inodes and blocks" in d["passes"]')" \
  "(1, 'corrected', True)"
expect_success box fsck.ocfs2 --json image
equals "$(json 'd["verdict"]')" clean
expect_exit 8 box fsck.ocfs2 --json -n empty
equals "$(json 'd["verdict"], d["exit_status"], "error" in d')" "('failed', 8, True)"

# In use on this host: another program of ours has it.
mkfifo hold
python3 - << 'END' &
import fcntl
image = open("image", "r+b")
fcntl.flock(image, fcntl.LOCK_EX)
open("hold").read()
END
holder=$!
exec 7> hold
sleep 1
expect_exit 8 box fsck.ocfs2 -fy image
contains "$err" image
expect_success box fsck.ocfs2 -fn image
contains "$err" 'image: another program is changing it; some findings may be none'
exec 7>&-
wait $holder
expect_success box fsck.ocfs2 -fy image
