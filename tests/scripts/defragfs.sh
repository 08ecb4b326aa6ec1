#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# defragfs.ocfs2 --offline on volumes in long use: files come to lie in fewer pieces, as the reference shows
# them, free space in longer runs, every file has its content, and both checkers find nothing. Then how it
# ends, what it says, and what it refuses. The unit tests let it die at any moment.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/scripts/shared/reference_fsck.sh"
tools=$(dirname "$BOX")/tests
passed=0

contents() { "$tools/tree_digest" "$1" | cut -d' ' -f2,3 | sort; }
# pieces VOLUME: of the files that grew in turns, as the reference shows their extents
pieces() {
  local file size
  size=$(box tunefs.ocfs2 -Q %T "$1")
  for file in 0 1 2 3 4 5; do debugfs.ocfs2 -R "stat /file-$file" "$1" 2> /dev/null; done |
    awk -v per_cluster=$((size / $(box tunefs.ocfs2 -Q %B "$1"))) '
      /## Offset/ { leaf = /Flags/; next }
      leaf && $1 ~ /^[0-9]+$/ && NF >= 5 { pieces += $4 != next_block; next_block = $4 + $3 * per_cluster }
      END { print pieces + 0 }'
}
# longest_run VOLUME: free KiB
longest_run() { box o2info --freefrag=0 "$1" | sed -n 's/^Max\. free extent: \([0-9]*\) KB$/\1/p'; }
# wear VOLUME PERCENT MKFS-WORDS...: years of use
wear() {
  local volume=$1 percent=$2
  shift 2
  make_image "$volume" 96M
  expect_success box mkfs.ocfs2 -q -M local "$@" "$volume"
  "$tools/fill_volume" "$volume" "$percent" > /dev/null || fail 'cannot be filled'
  box fsck.ocfs2 -fy "$volume" > /dev/null 2>&1
}
sound() {
  expect_success box fsck.ocfs2 -fn "$1"
  equals "$(reference_findings "$1")" ''
}

# brought_together STATUS PERCENT MKFS-WORDS...
brought_together() {
  local wanted=$1 percent=$2 before_pieces before_run
  shift 2
  wear worn "$percent" "$@"
  contents worn > worn.digest
  before_pieces=$(pieces worn)
  before_run=$(longest_run worn)
  expect_exit "$wanted" box defragfs.ocfs2 --offline worn
  contains "$out" 'Longest free run:'
  equals "$err" ''
  sound worn
  contents worn | cmp -s - worn.digest || fail 'files differ'
  [ "$(pieces worn)" -lt $((before_pieces / ${fewer:-10})) ] ||
    fail "$(pieces worn) pieces of $before_pieces"
  [ "$(longest_run worn)" -gt "$before_run" ] ||
    fail "$(longest_run worn) KiB free in a row, $before_run before"
  cp --sparse=always worn once
  expect_exit "$wanted" box defragfs.ocfs2 --offline worn
  contains "$out" ' 0 clusters'
  cmp -s worn once || fail 'a second run writes again'
  passed=$((passed + 1))
}
brought_together 0 60 -b 4K -C 4K -N 2 -J size=4M
brought_together 0 45 -b 1K -C 4K -N 1 -J size=4M --fs-feature-level=max-features
brought_together 0 30 -b 512 -C 8K -N 2 -J size=4M --fs-feature-level=max-compat
brought_together 1 85 -b 2K -C 4K -N 2 -J size=4M
contains "$out" 'files stay in pieces: no free run is long enough'
fewer=1 brought_together 1 97 -b 4K -C 4K -N 2 -J size=4M

# An allocator that found no run for a group of inodes finds one: the bytes that it takes, in a row.
wear worn 85 -b 4K -C 4K -N 2 -J size=4M
[ "$(longest_run worn)" -lt 1024 ] || fail 'free space was together before'
expect_exit 1 box defragfs.ocfs2 --offline worn
[ "$(longest_run worn)" -ge 1024 ] || fail 'free space was not gathered'
passed=$((passed + 1))

# Only counting writes nothing, and agrees with what is done.
wear worn 60 -b 4K -C 4K -N 2 -J size=4M
cp --sparse=always worn before
expect_success box defragfs.ocfs2 -c --offline worn
cmp -s worn before || fail 'counting wrote'
equals "$(head -n 1 <<< "$out")" "$(box defragfs.ocfs2 -V)"
files=$(sed -n 's/^ *\([0-9]*\) files should be defraged in \[worn\]$/\1/p' <<< "$out")
[ "$files" -gt 5 ] || fail 'few files are counted'
expect_success box defragfs.ocfs2 -c --offline --json worn
contains "$out" "\"files_in_pieces\": $files"
cmp -s worn before || fail 'counting wrote'

# The way back.
expect_success box defragfs.ocfs2 --offline --undo=undo worn
contains "$out" "Files in pieces:$(printf '%18s' "$files") -> 0"
cmp -s worn before && fail 'nothing was done'
expect_success box undo undo worn
cmp -s worn before || fail 'the undo file does not lead back'
expect_success box defragfs.ocfs2 --offline --json worn
python3 -c 'import json, sys
target = json.load(sys.stdin)["targets"][0]
assert target["before"]["files_in_pieces"] == int(sys.argv[1]) and target["after"]["files_in_pieces"] == 0
assert target["moved_clusters"] > 1000 and target["device"] == "worn"' "$files" <<< "$out" ||
  fail 'the JSON document says something else'
passed=$((passed + 1))

# A run that is killed or stopped leaves a volume that a next one completes.
contents before > before.digest
for moment in 400 1500; do
  cp --sparse=always before worn
  { strace -f -qq -o /dev/null -e trace=pwrite64 -e "inject=pwrite64:signal=KILL:when=$moment" \
    "$BOX" defragfs.ocfs2 --offline worn > /dev/null; } 2> /dev/null
  equals "$?" 137
  expect_exit 1 box defragfs.ocfs2 --offline worn
  contains "$err" 'fsck.ocfs2'
  run box fsck.ocfs2 -fy worn
  [ "$status" -le 1 ] || fail 'what is left cannot be mended'
  expect_success box defragfs.ocfs2 --offline worn
  sound worn
  contents worn | cmp -s - before.digest || fail 'files differ'
done
cp --sparse=always before worn
strace -f -qq -o /dev/null -e trace=pwrite64 -e inject=pwrite64:signal=INT:when=1000 \
  "$BOX" defragfs.ocfs2 --offline worn > .out 2> .err
equals "$?" 1
contains "$(cat .out)" 'clusters were moved, and stay so; run this again to go on'
contains "$(cat .err)" 'Caught signal 2'
sound worn
contents worn | cmp -s - before.digest || fail 'files differ'
passed=$((passed + 1))

# What is refused, in words, with nothing written.
cp --sparse=always before worn
refused() {
  local wanted=$1 words=$2
  shift 2
  expect_exit "$wanted" box defragfs.ocfs2 "$@"
  contains "$err" "$words"
  cmp -s worn before || fail 'something was written'
}
refused 2 'no file, directory or device is named'
refused 2 'name none' -g worn
refused 2 'with --offline only' --undo=back worn
refused 2 'have no meaning with --offline' --offline -l worn
refused 1 'Not on ocfs2 fs; a volume in an image file takes --offline' worn
refused 1 '"nowhere":No such file or directory' nowhere
refused 1 'Not within ocfs2 fs' "$TMP"
refused 1 'irregular file' /dev/null
head -c 1M "$BOX" > other
refused 1 'there is no OCFS2 file system' --offline other
TMPDIR=$TMP refused 1 'no record of a run' -g
ln -s /etc/passwd .ocfs2.defrag.record
TMPDIR=$TMP refused 1 '.ocfs2.defrag.record' -g
rm .ocfs2.defrag.record && head -c 100 "$BOX" > .ocfs2.defrag.record
TMPDIR=$TMP refused 1 'is not a record of defragfs.ocfs2' -g

make_image shared.img 300M
expect_success box mkfs.ocfs2 -q -N 4 --cluster-stack=o2cb --cluster-name=elsewhere shared.img
expect_exit 2 box defragfs.ocfs2 --offline --assume-offline=300 shared.img
contains "$err" 'is no node'
expect_success box defragfs.ocfs2 --offline --assume-offline shared.img
passed=$((passed + 1))
echo "$passed passed, 0 failed"
