#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# long
#
# A repair may die at every one of its writes. Each damage of fswreck is done to a furnished volume and
# mended; the mending dies at up to MOMENTS of its writes (all of them but in very long ones), with and
# without losing what was not flushed; tests/tools/repair_crashes.cc tells what must hold then. Some damages
# that take long to mend die on the rich volumes, too, at fewer moments; with MATRIX=full all do. ONLY=REGEX
# runs the damages whose names match.
. "$(dirname "$0")/lib.sh"
CRASHES=$(dirname "$BOX")/tests/repair_crashes
export BOX CRASHES TMP
moments=${MOMENTS:-200}
rich_moments=8

# What dies not: damage, and why.
exemptions="
  RECOVER_CLUSTER_INFO        needs a running cluster: tests/scripts/fsck_cluster.sh
  DX_TREE_MISSING             legal; -D makes the index
  SUPERBLOCK_UNKNOWN_FEATURE  is left alone: nobody knows what the feature means
"
# Those with the longest repairs.
rich="GROUP_ZEROS|GROUP_EXPECTED_DESC|INODE_SCRIBBLED|DIR_INODE_SCRIBBLED|DIR_BLOCK_ZEROS|EXTENT_BLOCK_ZEROS|
  REFCOUNT_BLOCK_SCRIBBLED|DX_ROOT_SCRIBBLED|XATTR_BLOCK_SCRIBBLED|DUP_CLUSTERS_CLONE|QMAGIC_INVALID|
  JOURNAL_FILE_INVALID|ROOT_NOTDIR|SYSTEM_INODE_ZEROS|CHAIN_NEXT_FREE|DUP_METADATA"
[ "${MATRIX:-quick}" = full ] && rich='.*'

# die DAMAGE VOLUME MOMENTS [mkfs options]: a line "ok", or what is wrong
die() {
  local damage=$1 volume=$2 moments=$3 image=$TMP/$2.img words
  shift 3
  if [ "$volume" = fresh ]; then
    image=$TMP/$damage.img
    truncate -s 1100M "$image"
    "$BOX" mkfs.ocfs2 -q -F "$@" "$image" || return
  fi
  words=$(timeout 600 "$CRASHES" "$image" "$damage" "$moments" 2>&1)
  [ "$volume" != fresh ] || rm -f "$image"
  case $words in
    lacks) ;;
    "ok "*) echo "ok $damage $volume ${words#ok }" ;;
    *) echo "$damage ($volume): ${words:-dies itself}" ;;
  esac
}
export -f die

for volume in rich1k:rich-base rich4k:rich-base-4k-metaecc; do
  zstd -qdc "$ROOT/tests/corpus/${volume#*:}.img.zst" | cp --sparse=always /dev/stdin "${volume%:*}.img"
done
box fswreck --list | sed -nE 's/^ *[0-9-]+  ([A-Z0-9_]+) .*/\1/p' | grep -E "^(${ONLY:-.*})$" |
  grep -vxF "$(awk '{ print $1 }' <<< "$exemptions" | grep .)" > names
{ grep -xE "$(tr -d ' \n' <<< "$rich")" names | sed "s/.*/& rich1k $rich_moments\n& rich4k $rich_moments/"
  while read -r name; do
    echo "$name fresh $moments $(box fswreck -C "$name" -M)"
  done < names; } > trials
xargs -P "$(nproc)" -L 1 bash -c 'die "$@"' _ < trials > results
sed 's/ .*//' <(sed 's/^ok //' results) | sort -u | grep -vxF -f - names |
  sed 's/$/: no volume has a victim/' > without
cat results without | grep -v '^ok ' > faults
cat faults
passed=$(grep -c '^ok ' results)
failed=$(grep -c . faults)
awk '/^ok / { events += $4; moments += $5 }
  END { print moments + 0 " crashes in repairs of " events + 0 " writes" }' results
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
