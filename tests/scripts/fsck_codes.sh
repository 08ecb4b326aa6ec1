#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# long
#
# Every damage of fswreck, mended: -fn reports one of its codes and exits 4, -fy mends it and exits 1, the
# second -fn finds nothing and exits 0, the reference checker agrees, and each file that was not damaged
# itself has the content that it had.
#
# A damage is done to the first of these that has a victim: the rich volume of 1 KiB blocks, the one of 4 KiB
# blocks with checksums, a furnished fresh one; to both rich ones with MATRIX=full. ONLY=REGEX runs the
# damages whose names match, STEP=N every Nth.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/scripts/shared/reference_fsck.sh"
DIGEST=$(dirname "$BOX")/tests/tree_digest
export ROOT BOX DIGEST TMP
export MATRIX=${MATRIX:-quick}

# What cannot hold, by nature: damage, what it is exempt from, and why.
#   all       it is no fault that this test could find
#   codes     recovered, as a journal is, without a question: -fn and -fy exit 0
#   witness   the reference checker cannot say
#   mend      the volume is refused (exit 8) and left alone
export exemptions="
  RECOVER_CLUSTER_INFO        all    needs a running cluster: tests/scripts/fsck_cluster.sh
  DX_TREE_MISSING             all    legal; -D makes the index
  LALLOC_REPAIR               codes  the window of a node that died
  LALLOC_USED                 codes  the same, whatever it counts
  DEALLOC_PENDING             codes  the truncate log of a node that died
  SLOT_MAP_USED               codes  the slot of a node that died
  DUP_CLUSTERS_SELF           witness  the reference dies of a file that shares a cluster with itself
  EXTENT_EMPTY                witness  the reference takes a legal empty first record for damage
  SUPERBLOCK_UNKNOWN_FEATURE  mend   nobody knows what the feature means
"
exempt() { grep -qE "^ *$1 +$2 " <<< "$exemptions"; }

# fsck_of STEP STATUS OPTION IMAGE: runs fsck.ocfs2, prints what is wrong; its output is in $words
fsck_of() {
  local status
  words=$(timeout 60 "$BOX" fsck.ocfs2 "$3" "$4" 2>&1)
  status=$?
  [ "$status" -eq "$2" ] || echo "$1 exits $status: $words"
  true
}

# harmed BEFORE AFTER CHANGED: the files of BEFORE with other content in AFTER, but for those of which a
# block of metadata is among CHANGED
harmed() {
  awk -v changed="$3" '
    BEGIN { count = split(changed, list); for (i = 1; i <= count; i++) touched[list[i]] = 1 }
    NR == FNR { after[$1] = $2 " " $3; next }
    { for (i = 4; i <= NF; i++) if ($i in touched) next
      if (after[$1] != $2 " " $3) print "file " $1 " had " $2 " " $3 ", has " after[$1]
    }' "$2" "$1" | head -n 3
}

# mended DAMAGE CODES IMAGE BEFORE CHANGED: prints what is wrong, nothing when all is well
mended() {
  local words findings pattern="^\\[(${2// /|})\\] "
  exempt "$1" mend && fsck_of "-fn" 8 -fn "$3" && fsck_of "-fy" 8 -fy "$3" && return
  if exempt "$1" codes; then
    fsck_of "-fn" 0 -fn "$3"
    fsck_of "-fy" 0 -fy "$3"
  else
    fsck_of "-fn" 4 -fn "$3"
    grep -qE "$pattern" <<< "$words" || echo "-fn does not report $2: $words"
    fsck_of "-fy" 1 -fy "$3"
  fi
  fsck_of "the second -fn" 0 -fn "$3"
  grep '^\[' <<< "$words"
  exempt "$1" witness || findings=$(reference_findings "$3")
  [ -z "${findings:-}" ] || echo "the reference finds: $findings"
  "$DIGEST" "$3" > "$3.after" 2>&1 || echo "cannot read it afterwards: $(cat "$3.after")"
  harmed "$4" "$3.after" "$5"
}

# on_volume VOLUME DAMAGE CODES: prints what is wrong; "lacks" when VOLUME has no victim
on_volume() {
  local image=$TMP/$1-$2.img before=$TMP/$1.before words status
  if [ "$1" = fresh ]; then
    before=$image.before
    truncate -s 2G "$image"
    # shellcheck disable=SC2046
    "$BOX" mkfs.ocfs2 -q -F $("$BOX" fswreck -C "$2" -M) "$image" 2>&1
    "$DIGEST" "$image" "$2" > "$before"
    "$BOX" fsck.ocfs2 -fy "$image" > /dev/null 2>&1  # the furniture is not in the quota files yet
  else
    cp --sparse=always "$TMP/$1.img" "$image"
  fi
  words=$("$BOX" fswreck -C "$2" --seed 1 "$image" 2>&1)
  status=$?
  if [ $status -eq 1 ]; then
    echo lacks
  elif [ $status -ne 0 ]; then
    echo "fswreck exits $status: $words"
  else
    mended "$2" "$3" "$image" "$before" "$(sed -nE 's/^  block ([0-9]+) .*/\1/p' <<< "$words" | sort -u)"
  fi
  rm -f "$image" "$image".*
}

# report DAMAGE CODES: a line "ok", or what is wrong
report() {
  local volume words victims=0
  exempt "$1" all && return
  for volume in rich1k rich4k fresh; do
    [ "$victims" -eq 0 ] || { [ "$MATRIX" = full ] && [ "$volume" != fresh ]; } || break
    words=$(on_volume "$volume" "$1" "$2" 2>&1)
    [ "$words" = lacks ] && continue
    victims=1
    if [ -z "$words" ]; then echo "ok $volume $1"; else sed "s|^|$1 ($volume): |" <<< "$words"; fi
  done
  [ "$victims" -gt 0 ] || echo "$1: no volume has a victim"
}
export -f report on_volume mended harmed fsck_of exempt

for volume in rich1k:rich-base rich4k:rich-base-4k-metaecc; do
  zstd -qdc "$ROOT/tests/corpus/${volume#*:}.img.zst" | cp --sparse=always /dev/stdin "${volume%:*}.img"
  "$DIGEST" "${volume%:*}.img" > "${volume%:*}.before" || fail "cannot read ${volume#*:}"
done
box fswreck --list | sed -nE 's/^ *[0-9-]+  ([A-Z0-9_]+) +([A-Z0-9_ ]+): .*/\1\t\2/p' |
  grep -E "^(${ONLY:-.*})\b" | awk -v step="${STEP:-1}" 'NR % step == 1 || step == 1' | tr '\t' '\n' |
  xargs -d '\n' -P "$(nproc)" -n 2 bash -c 'report "$1" "$2"' _ > results
grep -v '^ok ' results
passed=$(grep -c '^ok ' results)
failed=$(grep -v '^ok ' results | sed 's/[ :].*//' | sort -u | grep -c .)
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
