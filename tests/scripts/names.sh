#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# long
#
# Thousands of names come and go, directories are compacted and get new indexes, files of every type are made,
# system files replaced, all through the journal: the reference checker finds nothing afterwards. Then
# everything is deleted, also from a volume that the kernel filled with attributes and shared clusters: again
# it finds nothing, and nothing is left that a count of clusters would miss.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/scripts/shared/reference_fsck.sh"

change() { expect_success "$ROOT/${B:-build}/tests/change_names" "$@"; }
require_clean() {
  local words
  words=$(reference_findings "$1")
  [ -z "$words" ] || fail "$2: the reference checker finds: $(head -20 <<< "$words")"
}

seed=${SEED:-1}
for block in 512 1K 4K; do
  for features in - metaecc noindexed-dirs,metaecc noinline-data,metaecc noinline-data,noindexed-dirs; do
    words=(-q -M local -N 2 -b "$block" -C 4K -J size=4M --fs-feature-level=max-features)
    [ "$features" = - ] || words+=(--fs-features="nousrquota,nogrpquota,$features")
    [ "$features" = - ] && words+=(--fs-features=nousrquota,nogrpquota)
    rm -f image && truncate -s 300M image
    expect_success "$BOX" mkfs.ocfs2 "${words[@]}" image
    change live image "$seed"
    require_clean image "$block $features"
    change empty image
    require_clean image "$block $features, emptied"
    seed=$((seed + 1))
  done
done

zstd -q -dc "$ROOT/tests/corpus/rich-base-4k-metaecc.img.zst" > rich.img
change empty rich.img
require_clean rich.img 'the rich volume, emptied'
