#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# long
#
# An image of a damaged volume shows the damage. Of the 218 of tests/corpus/fswreck: a checker ends alike and
# finds the same on the volume and on its packed, raw, compressed and scrambled image; the reference reads our
# image as it reads the volume; and we read its image as we read the volume. ONLY=REGEX takes those whose
# names match.
. "$(dirname "$0")/lib.sh"

# findings FILE: how the check ends, and each code as often as it is found
findings() {
  local words status
  words=$(timeout 60 "$BOX" fsck.ocfs2 -fn "$1" 2>&1)
  status=$?
  echo "status $status"
  grep -oE '^\[[A-Z0-9_]+\]' <<< "$words" | sort | uniq -c
}
# view DEBUGFS... FILE: the superblock, the root directory, and the inodes of both directories
view() {
  timeout 60 "$@" <<< $'stats\nls -l /\nstat /\nls -l //\nstat //journal:0000\nstat //slot_map' 2>&1 |
    grep -v '^debugfs.ocfs2 [0-9]'
}
# same WHAT EXPECTED FOUND: says what differs
same() {
  [ "$2" = "$3" ] && return
  echo "$1: $(diff <(echo "$2") <(echo "$3") | head -n 5 | tr '\n' '|')"
}
# compare FILE: prints what is wrong, nothing when all is well
compare() {
  local volume=$1.img image=$1.image found seen form
  zstd -qdcf "$ROOT/tests/corpus/fswreck/$1" | cp --sparse=always /dev/stdin "$volume"
  found=$(findings "$volume")
  [[ $found == 'status 4'* ]] || echo "nothing is found on the volume: $found"
  for form in '' -r -z -s; do
    rm -f "$image"
    # shellcheck disable=SC2086  # none is no word
    timeout 60 "$BOX" o2image $form "$volume" "$image" > words 2>&1 ||
      grep -q 'blocks could not be read, and are zeros' words || echo "o2image $form: $(cat words)"
    same "findings of o2image $form" "$found" "$(findings "$image")"
  done
  rm -f "$image"
  "$BOX" o2image "$volume" "$image" > words 2>&1
  seen=$(view debugfs.ocfs2 -n "$volume")
  same 'the reference on our image' "$seen" "$(view debugfs.ocfs2 -n -i "$image")"
  rm -f "$image"
  if timeout 60 o2image "$volume" "$image" > /dev/null 2>&1; then
    seen=$(view "$BOX" debugfs.ocfs2 -n "$image")
    # it leaves out what damage hides from it, or ends early
    grep -q 'is not in this image\|this image is cut off' <<< "$seen" || {
      echo read > "$1.theirs"
      same 'we on its image' "$(view "$BOX" debugfs.ocfs2 -n "$volume")" "${seen//"$image"/"$volume"}"
    }
  fi
  rm -f "$volume" "$image"
}
report() {
  local words
  mkdir "$1.d" && cd "$1.d" || return
  words=$(compare "$1")
  [ -e "$1.theirs" ] && echo "its $1"
  [ -z "$words" ] && echo "ok $1" && return
  sed "s|^|$1: |" <<< "$words"
}
export -f findings view same compare report
export ROOT BOX

grep -v '^#' "$ROOT/tests/corpus/fswreck/index.tsv" | cut -f1 | grep -E "${ONLY:-.}" |
  xargs -P "$(nproc)" -n 1 bash -c 'report "$1"' _ > results
grep -v '^ok \|^its ' results
passed=$(grep -c '^ok ' results)
failed=$(grep -v '^ok \|^its ' results | cut -d: -f1 | sort -u | grep -c .)
[ -n "${ONLY:-}" ] || [ "$(grep -c '^its ' results)" -gt 50 ] || fail 'the reference makes images of few'
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
