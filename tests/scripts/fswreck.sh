#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# long
#
# Every damage of fswreck, on volumes that the kernel filled and on fresh ones. Each works or says what the
# volume lacks and leaves it alone; the same seed gives the same bytes; no block changes but those it names.
# What the reference checker can see it must report by the damage's code: that is the witness that the damage
# is what it says.
#
# The second volume and the fresh ones are for the damages that those before had no victim for; MATRIX=full
# does them all everywhere. ONLY=REGEX runs the damages whose names match.
source "$(dirname "$0")/lib.sh"
source "$ROOT/tests/scripts/shared/reference_fsck.sh"
export TMP

# What the reference checker does not look at (or not without writing, or not on these volumes).
blind="
  ALLOCATOR_FLAGS ALLOCATOR_NO_CHAINS BACKUP_SUPERBLOCK_DIFFERS BACKUP_SUPERBLOCK_LOST CHAIN_BPC
  CHAIN_CPG CHAIN_REC_STRAY DEALLOC_PENDING DIO_ORPHAN_ENTRY_MISSING DIO_ORPHAN_SLOT DIRENT_INODE_SYSTEM
  DUP_CLUSTERS_ATTACHED DUP_METADATA EXTENT_LEAF_NOT_FULL
  DIR_BLOCK_SCRIBBLED DIR_BLOCK_ZEROS DIR_SIZE_ALIGN DIR_TRAILER_FREE_LEN DIR_TRAILER_FREE_LIST
  DIR_TRAILER_FREE_LOOP DIR_TRAILER_SIGNATURE DISCONTIG_BG_CPOS DUP_CLUSTERS_ALLOCATOR DUP_CLUSTERS_SELF
  DX_CLUSTERS DX_ENTRY_BLOCK DX_ENTRY_COUNT DX_ENTRY_DUPLICATE DX_ENTRY_MISPLACED DX_ENTRY_STRAY
  DX_ENTRY_WRONG DX_LAST_EB DX_LEAF_BLKNO DX_LEAF_GEN DX_LEAF_INVALID DX_LIST_COUNT DX_LIST_USED
  DX_ROOT_ALLOC_BIT_LOST DX_ROOT_BLKNO DX_ROOT_GEN DX_ROOT_PARENT DX_ROOT_SUBALLOC DX_TREE_KEYS
  EB_NEXT_LEAF EB_SUBALLOC EXTENT_ALLOC_BIT_LOST EXTENT_ALLOC_BIT_STRAY EXTENT_EB_SHARED EXTENT_EMPTY
  EXTENT_FLAGS EXTENT_LEAF_RANGE EXTENT_LIST_EMPTY EXTENT_ORDER EXTENT_SPAN GROUP_BITS GROUP_CONTIG_FREE
  GROUP_OWN_BIT GROUP_SIZE GROUP_UNEXPECTED_DESC HEARTBEAT_SIZE INDEX_FLAG INDEX_FLAG_LOST
  INODE_CLUSTERS INODE_FLAGS INODE_GEN_FIX INODE_ID1 INODE_LAST_EB INODE_MODE
  INODE_ORPHANED INODE_SUBALLOC_BIT INODE_TIME JOURNAL_ALL_UNKNOWN JOURNAL_BLOCK_SIZE
  JOURNAL_FILE_INVALID JOURNAL_LENGTH JOURNAL_MISSING_FEATURE JOURNAL_TOO_SMALL JOURNAL_UNKNOWN_FEATURE
  LALLOC_REPAIR LALLOC_USED LINK_BLOCKS LINK_FAST_DATA LINK_FAST_SIZE ORPHAN_ENTRY_MISSING
  ORPHAN_FLAG_MISSING ORPHAN_NAME ORPHAN_SLOT QTREE_BLK_INVALID QUOTA_BLOCKS QUOTA_ENTRIES
  QUOTA_FREE_LIST QUOTA_LOCAL_DIRTY QUOTA_LOCAL_INVALID QUOTA_USAGE RB_CPOS RB_FLAGS RB_ROOT_PARENT
  RB_SUBALLOC RB_TREE_GEN RECOVER_BACKUP_SUPERBLOCK RECOVER_CLUSTER_INFO REFCOUNT_ALLOC_BIT_LOST
  REFCOUNT_CLUSTERS REFCOUNT_LOC_MISSING REFCOUNT_REC_EMPTY REFCOUNT_REC_MISSING SLOT_MAP_SIZE
  SLOT_MAP_USED SUPERBLOCK_FEATURE_DEPENDENCY SUPERBLOCK_FIRST_GROUP SUPERBLOCK_IN_PROGRESS
  SUPERBLOCK_RESIZE_IN_PROGRESS SUPERBLOCK_ROOT SUPERBLOCK_SIGNATURE SUPERBLOCK_SLOTS
  SUPERBLOCK_SYSTEM_DIR SUPERBLOCK_UNKNOWN_FEATURE SUPERBLOCK_XATTR_SIZE SYSTEM_ENTRY_LOST
  SYSTEM_FILE_EXCESS SYSTEM_FILE_MISSING SYSTEM_INODE_FLAGS SYSTEM_INODE_SIGNATURE
  SYSTEM_INODE_VALID_FLAG SYSTEM_INODE_ZEROS TRUNCATE_REC_FREE TRUNCATE_REC_OWNED XATTR_ALLOC_BIT_LOST
  XATTR_BLOCK_BLKNO XATTR_BLOCK_GEN XATTR_BLOCK_INVALID XATTR_BLOCK_SCRIBBLED XATTR_BLOCK_SUBALLOC
  XATTR_BUCKET_CROSSING XATTR_BUCKET_ORDER XATTR_DUPLICATE XATTR_FLAG_INVALID XATTR_FLAG_MISSING
  XATTR_INDEX_CLUSTERS XATTR_INDEX_LAST_LEAF XATTR_INDEX_ORDER XATTR_INLINE_AREA_INVALID
  XATTR_INLINE_SIZE_INVALID XATTR_NAME_EMPTY XATTR_TYPE_INVALID XATTR_VALUE_CLUSTERS
  XATTR_VALUE_LAST_LEAF XATTR_VALUE_SHORT"
export blind

# seen_by_reference DAMAGE CODES IMAGE SOUND-WORDS: one of the codes is told more often than when sound
seen_by_reference() {
  local pattern="^\\[(${2// /|})\\]" count
  grep -qw "$1" <<< "$blind" && return
  count=$(reference_fsck -fn "$3" | grep -cE "$pattern")
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

# list_damages [all]: name and codes in turns, only those that rich1k lacks a victim for unless "all"
list_damages() {
  box fswreck --list | sed -nE 's/^ *[0-9-]+  ([A-Z0-9_]+) +([A-Z0-9_ ]+): .*/\1\t\2/p' |
    grep -E "${ONLY:-.}" | awk -v step="$STEP" 'NR % step == 0' |
    if [ "${1:-$MATRIX}" = all ] || [ "$MATRIX" = full ]; then cat; else grep -Ff lacking; fi | tr '\t' '\n'
}

# every_damage VOLUME BLOCK_SIZE WITNESS WHICH LEAST: checks them; of all, at least so many find a victim
every_damage() {
  echo "$2" > "$1.img.block_size"
  reference_fsck -fn "$1.img" > "$1.img.reference"
  list_damages "$4" | V=$1 W=$3 xargs -r -d '\n' -n 2 -P 2 bash -c 'report "$0" "$1" "$V" "$W"' > "results.$1"
  grep '^FAILED' "results.$1" && failed=1
  echo "$1: $(grep -c '^ok' "results.$1") damages done, $(grep -c '^lacks' "results.$1") without a victim"
  [ -n "${ONLY:-}" ] || [ "$(grep -c '^ok' "results.$1")" -ge "$5" ] || { echo "too few on $1"; failed=1; }
}

failed=0
MATRIX=${MATRIX:-quick}
STEP=4  # every fourth of them; all with MATRIX=full
[ "$MATRIX" = full ] && STEP=1
[ -z "${ONLY:-}" ] || STEP=1
zstd -qdc "$ROOT/tests/corpus/rich-base.img.zst" | cp --sparse=always /dev/stdin rich1k.img
zstd -qdc "$ROOT/tests/corpus/rich-base-4k-metaecc.img.zst" | cp --sparse=always /dev/stdin rich4k.img
every_damage rich1k 1024 yes all $((280 / STEP))
sed -nE 's/^lacks rich1k (.*)/\1\t/p' results.rich1k > lacking
every_damage rich4k 4096 no lacking 0
sed -nE 's/^lacks rich4k (.*)/\1\t/p' results.rich4k > lacking
list_damages | xargs -r -d '\n' -n 2 -P 2 bash -c 'report_fresh "$0" "$1"' > results.fresh
grep '^FAILED' results.fresh && failed=1
echo "fresh: $(grep -c '^ok' results.fresh) damages done"
exit $failed
