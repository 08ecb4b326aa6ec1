#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# long
#
# Every damage of fswreck, on two volumes that the kernel filled and on fresh ones. Each works or says what the
# volume lacks and leaves it alone; the same seed gives the same bytes; no block changes but those it names.
# What the reference checker can see it must report by the damage's code: that is the witness that the damage
# is what it says.
#
# ONLY=REGEX runs the damages whose names match.
source "$(dirname "$0")/lib.sh"
export TMP

# What the reference checker does not look at (or not without writing, or not on these volumes).
blind="BLIND_LIST"
export blind

# seen_by_reference DAMAGE CODES IMAGE SOUND-WORDS: one of the codes is told more often than of the sound volume
seen_by_reference() {
  local pattern="^\\[(${2// /|})\\]" count
  grep -qw "$1" <<< "$blind" && return
  count=$(timeout 120 fsck.ocfs2 -fn "$3" 2>&1 < /dev/null | grep -cE "$pattern")
  [ "$count" -gt "$(grep -cE "$pattern" "$4")" ] || echo "the reference does not report $2"
}

# check DAMAGE CODES VOLUME WITNESS: prints what is wrong, nothing when all is well; "lacks" when the volume
# has no victim
check() {
  local damage=$1 codes=$2 volume=$3 witness=$4 sound=$TMP/$3.img image status words allowed changed
  image=$TMP/$volume-$damage.img
  cp --sparse=always "$sound" "$image"
  words=$("$BOX" fswreck -C "$damage" --seed 1 "$image" 2>&1)
  status=$?
  if [ $status -eq 1 ]; then
    grep -qE "this damage needs one|damage $damage needs" <<< "$words" || echo "no victim, but: $words"
    cmp -s "$sound" "$image" || echo "no victim, but the volume changed"
    echo lacks
  elif [ $status -ne 0 ]; then
    echo "exit status $status: $words"
  else
    cp --sparse=always "$sound" "$image.again"
    "$BOX" fswreck -C "$damage" --seed 1 "$image.again" > /dev/null
    cmp -s "$image" "$image.again" || echo "the same seed gave other bytes"
    # A bucket of attributes is four blocks of 1 KiB, of which the first one's number is told.
    allowed=$(sed -nE 's/^  block ([0-9]+) \((xattr bucket)?.*/\1 \2/p' <<< "$words" | sort -u)
    [ -n "$allowed" ] || echo "nothing was changed"
    changed=$(cmp -l "$sound" "$image" | awk -v size="$(cat "$sound.block_size")" -v allowed="$allowed" '
      BEGIN { count = split(allowed, rows, "\n")
              for (i = 1; i <= count; i++) {
                split(rows[i], row, " ")
                for (b = 0; b < (row[2] == "" ? 1 : 4096 / size); b++) told[row[1] + b] = 1 } }
      { block = int(($1 - 1) / size); if (!(block in told)) print block }' | sort -un | head -n 3)
    [ -z "$changed" ] || echo "changed without a word: block" $changed
    [ "$witness" = yes ] && seen_by_reference "$damage" "$codes" "$image" "$sound.reference"
  fi
  rm -f "$image" "$image.again"
}

report() {
  local problems
  problems=$(check "$@" 2>&1)
  case $problems in
    '') echo "ok $3 $1" ;;
    lacks) echo "lacks $3 $1" ;;
    *) printf 'FAILED %s %s: %s\n' "$3" "$1" "$problems" ;;
  esac
}
export -f check report seen_by_reference

# check_fresh DAMAGE CODES: the damage works on a volume of the options that -M names, just formatted
check_fresh() {
  local image=$TMP/fresh-$1.img words
  truncate -s 2G "$image"
  # shellcheck disable=SC2046
  "$BOX" mkfs.ocfs2 -q -F $("$BOX" fswreck -C "$1" -M) "$image" > /dev/null 2>&1 || echo "cannot format it"
  words=$("$BOX" fswreck -C "$1" "$image" 2>&1) || echo "status $?: $words"
  if grep -q "^lacks rich1k $1$" results.rich1k; then
    seen_by_reference "$1" "$2" "$image" /dev/null
  fi
  rm -f "$image"
}
report_fresh() {
  local problems
  problems=$(check_fresh "$@" 2>&1)
  if [ -z "$problems" ]; then echo "ok fresh $1"; else printf 'FAILED fresh %s: %s\n' "$1" "$problems"; fi
}
export -f check_fresh report_fresh

list_damages() {
  box fswreck --list | sed -nE 's/^ *[0-9-]+  ([A-Z0-9_]+) +([A-Z0-9_ ]+): .*/\1\n\2/p' | paste - - |
    grep -E "${ONLY:-.}" | tr '\t' '\n'
}

# every_damage VOLUME BLOCK_SIZE WITNESS [LEAST]: checks them all; at least that many find a victim
every_damage() {
  echo "$2" > "$1.img.block_size"
  fsck.ocfs2 -fn "$1.img" > "$1.img.reference" 2>&1 < /dev/null
  list_damages | V=$1 W=$3 xargs -d '\n' -n 2 -P 2 bash -c 'report "$0" "$1" "$V" "$W"' > "results.$1"
  grep FAILED "results.$1" && failed=1
  echo "$1: $(grep -c '^ok' "results.$1") damages done, $(grep -c '^lacks' "results.$1") without a victim"
  [ -n "${ONLY:-}" ] || [ "$(grep -c '^ok' "results.$1")" -ge "$4" ] || { echo "too few on $1"; failed=1; }
}

failed=0
zstd -qdc "$ROOT/tests/corpus/rich-base.img.zst" | cp --sparse=always /dev/stdin rich1k.img
zstd -qdc "$ROOT/tests/corpus/rich-base-4k-metaecc.img.zst" | cp --sparse=always /dev/stdin rich4k.img
every_damage rich1k 1024 yes 285
every_damage rich4k 4096 no 295
list_damages | xargs -d '\n' -n 2 -P 2 bash -c 'report_fresh "$0" "$1"' > results.fresh
grep FAILED results.fresh && failed=1
echo "fresh: $(grep -c '^ok' results.fresh) damages done"
exit $failed
