#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# long
#
# tunefs.ocfs2 is killed (SIGKILL) at a write, at several of every operation's. What is left is sound after
# fsck, the same command completes it, and every file has its content; or with --undo FILE, what is left goes
# back to the bytes of before. The unit tests let every operation die at many more moments, in memory.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/scripts/shared/reference_fsck.sh"
export DIGEST BOX
DIGEST=$(dirname "$BOX")/tests/tree_digest
moments=${MOMENTS:-4}

make_image fresh 200M
expect_success box mkfs.ocfs2 -q -M local -b 1K -C 4K -N 2 -J size=4M fresh 150000
"$DIGEST" fresh INODE_COUNT > /dev/null || fail "cannot be filled"
box fsck.ocfs2 -fy fresh > /dev/null 2>&1
zstd -qdcf "$ROOT/tests/corpus/rich-base-4k-metaecc.img.zst" | cp --sparse=always /dev/stdin rich
truncate -s +40M rich

# strace counts each system call for itself.
writes=pwrite64

# contents VOLUME: size and digest of every file; shrinking gives inodes other numbers
contents() { "$DIGEST" "$1" | cut -d' ' -f2,3 | sort; }
# tune VOLUME WORDS...
tune() { timeout 120 "$BOX" tunefs.ocfs2 "$@" 2>&1; }
# tune_and_die WHEN VOLUME WORDS...
tune_and_die() {
  timeout 120 strace -f -qq -o /dev/null -e "trace=$writes" -e "inject=$writes:signal=KILL:when=$1" \
    "$BOX" tunefs.ocfs2 "${@:2}" > /dev/null 2>&1
}

# die VOLUME WHEN WORDS...: prints what is wrong, nothing when all is well
die() {
  local volume=$1 when=$2 copy=$1.$BASHPID words
  shift 2
  cp --sparse=always "$volume" "$copy"
  tune_and_die "$when" "$copy" "$@" && echo 'it did not die'
  words=$(timeout 120 "$BOX" fsck.ocfs2 -fy "$copy" 2>&1) || [ $? -eq 1 ] || echo "mending: $words"
  words=$(tune "$copy" "$@") || echo "again: $words"
  words=$(timeout 120 "$BOX" fsck.ocfs2 -fn "$copy" 2>&1) || echo "our checker: $words"
  words=$(reference_findings "$copy")
  [ "$words" = "$(cat "$volume.findings")" ] || echo "the reference finds: $words"
  contents "$copy" | cmp -s - "$volume.digest" || echo 'files differ'
  cp --sparse=always "$volume" "$copy"
  tune_and_die "$when" "$copy" --undo="$copy.undo" "$@" && echo 'with --undo it did not die'
  if [ -s "$copy.undo" ]; then
    words=$(timeout 120 "$BOX" undo "$copy.undo" "$copy" 2>&1) || echo "undo: $words"
  fi
  cmp -s "$copy" "$volume" || echo 'undo did not bring back the same bytes'
  rm -f "$copy" "$copy.undo"
}
report() {
  local words
  # shellcheck disable=SC2086
  words=$(die "$1" "$2" $3)
  [ -z "$words" ] && echo "ok $*" && return
  sed "s|^|$1 $3, killed at write $2: |" <<< "$words"
}
export -f contents tune tune_and_die die report
export writes

# how_many VOLUME WORDS...: writes
how_many() {
  cp --sparse=always "$1" counted
  strace -f -qq -o calls -e "trace=$writes" "$BOX" tunefs.ocfs2 counted "${@:2}" > /dev/null 2>&1
  grep -cE "^[0-9]+ +$writes\\(" calls
}

trials() {
  local volume words count moment
  for volume in fresh rich; do
    reference_findings "$volume" > "$volume.findings"
    contents "$volume" > "$volume.digest"
    while read -r words; do
      # shellcheck disable=SC2086
      count=$(how_many "$volume" $words)
      [ "$count" -ge 2 ] || echo "$volume $words: only $count writes" >&2
      for moment in $(seq "$moments"); do
        printf '%s\n' "$volume" $((1 + (count - 1) * (moment - 1) / (moments - 1))) "$words"
      done
    done <<'END'
-L other
-N 4
-N 1
-S
-S 110M
-J size=9M
-J block64
--fs-features=noextended-slotmap
--fs-features=noindexed-dirs
-y --fs-features=nometaecc,noinline-data,norefcount,noxattr
--fs-features=noappend-dio,nodiscontig-bg -N 3 -S -L all
END
  done
}
trials > .trials
tr '\n' '\0' < .trials | xargs -0 -P 3 -n 3 bash -c 'report "$@"' _ > .results
grep -v '^ok ' .results
passed=$(grep -c '^ok ' .results)
failed=$(($(wc -l < .trials) / 3 - passed))
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
