#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# long
#
# Volumes in long use, filled to 30, 60, 85 and 97 %: files in pieces with holes between them, space in
# reserve, shared clusters, attributes, large directories, up to the very end. Each is shrunk at once to the
# size that --minimum-size promises; then, from the beginning again, to a size between and on to what is
# promised there, and grown back. After each step both checkers find nothing and every file has its content.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/scripts/shared/reference_fsck.sh"
export TOOLS BOX
TOOLS=$(dirname "$BOX")/tests

contents() { "$TOOLS/tree_digest" "$1" | cut -d' ' -f2,3 | sort; }

# resize STEP VOLUME [BLOCKS]: prints what is wrong afterwards
resize() {
  local step=$1 volume=$2 words
  words=$("$BOX" tunefs.ocfs2 -S "${@:2}" 2>&1) || echo "$step: $words"
  [ -z "${3:-}" ] || [ "$("$BOX" debugfs.ocfs2 -R 'stat //global_bitmap' "$volume" |
    sed -n 's/.* Size: \([0-9]*\)$/\1/p')" = $(($3 * block_size)) ] || echo "$step: the size is another"
  words=$("$BOX" fsck.ocfs2 -fn "$volume" 2>&1) || echo "$step: our checker: $words"
  words=$(reference_findings "$volume")
  [ -z "$words" ] || echo "$step: the reference finds: $words"
  contents "$volume" | cmp -s - filled.digest || echo "$step: files differ"
}

# shrink PERCENT MKFS-WORDS...: prints what is wrong
shrink() {
  local percent=$1 measured least most block_size
  shift
  truncate -s 96M filled
  "$BOX" mkfs.ocfs2 -q -M local "$@" filled || return
  measured=$("$TOOLS/fill_volume" filled "$percent") || echo 'cannot be filled'
  [ "$measured" = "$percent" ] || echo "filled to $measured %"
  "$BOX" fsck.ocfs2 -fy filled > words 2>&1 || [ $? -eq 1 ] || cat words
  [ -z "$(reference_findings filled)" ] || echo "filled: the reference finds: $(reference_findings filled)"
  contents filled > filled.digest
  block_size=$("$BOX" tunefs.ocfs2 -Q %B filled)
  most=$((96 * 1024 * 1024 / block_size))
  least=$("$BOX" tunefs.ocfs2 -Q %m filled)
  [ "$least" -lt "$most" ] || echo "not smaller than $least blocks"
  cp --sparse=always filled at-once
  resize 'at once' at-once "$least"
  resize between filled $(((least + most) / 2 / 256 * 256))
  least=$("$BOX" tunefs.ocfs2 -Q %m filled)
  resize least filled "$least"
  resize 'grown back' filled
}

report() {
  local folder words
  folder=$(mktemp -d -p .)
  # shellcheck disable=SC2086
  words=$(cd "$folder" && shrink $1 2>&1)
  rm -rf "$folder"
  [ -z "$words" ] && echo "ok $1" && return
  sed "s|^|$1: |" <<< "$words"
}
export -f contents resize shrink report

for percent in 30 60 85 97; do
  for size in 512 1K 2K 4K; do
    echo "$percent -b $size -C 4K -N 2 -J size=4M"
    echo "$percent -b $size -C 4K -N 1 -J size=4M --fs-feature-level=max-features"
    echo "$percent -b $size -C 8K -N 2 -J size=4M --fs-feature-level=max-compat"
  done
done | grep -E -e "${ONLY:-.}" | tr '\n' '\0' | xargs -0 -P "$(nproc)" -n 1 bash -c 'report "$1"' _ > .results
grep -v '^ok ' .results
passed=$(grep -c '^ok ' .results)
failed=$(grep -v '^ok ' .results | cut -d: -f1 | sort -u | grep -c .)
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
