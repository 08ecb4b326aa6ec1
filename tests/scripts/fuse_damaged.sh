#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# long
#
# Damaged volumes, mounted through FUSE to be looked at. 100 times chance damages the metadata of a rich one
# (LOOKS says how often each of two, SEED from where on): what was not damaged itself can be read. And the
# 218 of tests/corpus/fswreck: with -o ro the mount shows what debugfs.ocfs2 gets off the volume as it stands,
# or answers with an error, with -o rescue all that a repair on the device leaves; the daemon lives on, and
# the volume stays as it is. ONLY=REGEX takes those whose names match. Where nothing can be mounted, only
# chance is tried.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/scripts/shared/fuse.sh"
. "$ROOT/tests/scripts/shared/trials.sh"

try_rich looks "${LOOKS:-50}"

# contents FOLDER: a line for each thing in it that can be read, with the sums of files
contents() {
  (cd "$1" && find . -type f -size -1000M -print0 | xargs -0 -r sha256sum
    find . -printf '%y %m %s %l %p\n' | sed 's/^d \([0-7]*\) [0-9]* /d \1 /') | sort
}
# mounted FOLDER: also when it answers nothing but errors
mounted() { grep -qF " $PWD/$1 " /proc/mounts; }
# shown FILE OPTIONS: the same of a mount
shown() {
  local daemon
  mkdir "$1.mount"
  timeout 60 "$BOX" ocfs2-fuse -f -o "$2" "$1" "$1.mount" > "$1.words" 2>&1 &
  daemon=$!
  for _ in $(seq 200); do
    mounted "$1.mount" && break
    kill -0 $daemon 2> /dev/null || break
    sleep 0.05
  done
  if mounted "$1.mount"; then
    timeout 50 bash -c 'contents "$1"' _ "$1.mount" 2> "$1.errors" || echo "looking at it does not end"
    kill -0 $daemon 2> /dev/null || echo "the daemon is gone: $(tail -n 3 "$1.words")"
    umount "$1.mount"
  fi
  wait $daemon
  [ $? -le 1 ] || echo "the daemon ends badly: $(tail -n 3 "$1.words")"
  rmdir "$1.mount"
}
# look FILE: prints what is wrong, nothing when all is well
look() {
  local image=$1.img before
  zstd -qdcf "$ROOT/tests/corpus/fswreck/$1" | cp --sparse=always /dev/stdin "$image"
  before=$(sha256sum < "$image")
  mkdir "$1.as-is" "$1.repaired"
  timeout 60 "$BOX" debugfs.ocfs2 -R "rdump -a / $PWD/$1.as-is" "$image" > /dev/null 2>&1
  shown "$image" ro > "$1.shown"
  contents "$1.as-is" | grep -v ' \.$' | comm -23 - "$1.shown" | while read -r line; do
    grep -qsF "./${line#*./}" "$image.errors" || echo "neither shown nor an error: $line"
  done | head -n 3
  shown "$image" rescue > "$1.shown"
  [ "$(sha256sum < "$image")" = "$before" ] || echo "the volume was written to"
  timeout 60 "$BOX" fsck.ocfs2 -fy "$image" > /dev/null 2>&1
  timeout 60 "$BOX" debugfs.ocfs2 -R "rdump / $PWD/$1.repaired" "$image" > /dev/null 2>&1
  contents "$1.repaired" | comm -23 - "$1.shown" | head -n 3
  rm -rf "$image"* "$1".*
}
report() {
  local words
  words=$(look "$1")
  [ -z "$words" ] && echo "ok $1" && return
  sed "s|^|$1: |" <<< "$words"
}
export -f look shown mounted report contents
export ROOT BOX

if can_mount; then
  grep -v '^#' "$ROOT/tests/corpus/fswreck/index.tsv" | cut -f1 | grep -E "${ONLY:-.}" |
    xargs -r -P "$(nproc)" -n 1 bash -c 'report "$1"' _ > results
else
  echo "nothing can be mounted through FUSE here"
  : > results
fi
judge_trials results
