#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# long
#
# Chains of six operations of tunefs.ocfs2 drawn at random (20 chains, or CHAINS, from SEED on) on volumes
# that we and kernels filled. An operation may be refused, with status 20. After each one our checker finds
# nothing and files are what they were; after each chain the reference's checker agrees.
# CHAIN=N shows what chain N does.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/scripts/shared/reference_fsck.sh"
digest=$(dirname "$BOX")/tests/tree_digest

# fill NAME BLOCK-SIZE MKFS-WORDS...: 96 MiB of which the volume takes 72
fill() {
  local name=$1 block_size=$2
  shift 2
  make_image "$name" 96M
  expect_success box mkfs.ocfs2 -q -M local -b "$block_size" -J size=4M "$@" "$name" \
    $((72 * 1024 * 1024 / block_size))
  "$digest" "$name" INODE_COUNT > /dev/null || fail "cannot be filled"
  box fsck.ocfs2 -fy "$name" > /dev/null 2>&1
  expect_success box fsck.ocfs2 -fn "$name"
  reference_findings "$name" > "$name.findings"
}
fill small 512 -C 8K -N 2
fill plain 1024 -C 4K -N 3 --fs-feature-level=max-compat
fill full 2048 -C 4K -N 1 --fs-feature-level=max-features
fill usual 4096 -C 4K -N 2
for rich in rich-base rich-base-4k-metaecc; do
  zstd -qdcf "$ROOT/tests/corpus/$rich.img.zst" | cp --sparse=always /dev/stdin "$rich"
  reference_findings "$rich" > "$rich.findings"
done
rm -f .out .err
volumes=(small plain full usual rich-base rich-base-4k-metaecc)
features=(sparse unwritten inline-data xattr refcount metaecc indexed-dirs discontig-bg extended-slotmap
  append-dio usrquota grpquota)

pick() { local -n from=$1; picked=${from[RANDOM % ${#from[@]}]}; }
# draw: the words of an operation, and a new size if that is one of them
draw() {
  local no=(no '') kinds=(usr grp)
  size=
  case $((RANDOM % 12)) in
    0) words="-L label-$RANDOM" ;;
    1) words="-U --cloned-volume=clone-$RANDOM" ;;
    2) words="-N $((1 + RANDOM % 5))" ;;
    3) words="-J size=$((4 + RANDOM % 4))M" ;;
    4) words="-J block$((32 << RANDOM % 2))" ;;
    5) words=-S size=$((64 + RANDOM % 80))M ;;
    6) pick kinds && words="--${picked}quota-sync-interval=$((100 + RANDOM))" ;;
    *)
      pick no && words="--fs-features=$picked"
      pick features && words+=$picked
      ;;
  esac
}

# contents VOLUME: size and digest of every file; shrinking gives inodes other numbers
contents() { "$digest" "$1" | cut -d' ' -f2,3 | sort; }

# chain N: prints what is wrong, then "done" and how many operations changed something
chain() {
  local words size picked copy=chain-$1 status said changed=0 history=
  RANDOM=$1
  pick volumes
  cp --sparse=always "$picked" "$copy"
  cp "$picked.findings" "$copy.findings"
  history=$picked
  contents "$copy" > "$copy.contents"
  for _ in 1 2 3 4 5 6; do
    draw
    history+=" | $words $size"
    # shellcheck disable=SC2086
    said=$(timeout 120 "$BOX" tunefs.ocfs2 -y $words "$copy" $size 2>&1)
    status=$?
    [ -n "${CHAIN:-}" ] && echo "  tunefs.ocfs2 $words $size: $status $said" >&2
    [ "$status" -eq 0 ] && changed=$((changed + 1))
    [ "$status" -eq 0 ] || [ "$status" -eq 20 ] || echo "chain $1: $history: status $status: $said"
    said=$(timeout 120 "$BOX" fsck.ocfs2 -fn "$copy" 2>&1) || {
      echo "chain $1: $history: our checker: $said"
      break
    }
    contents "$copy" | cmp -s - "$copy.contents" || echo "chain $1: $history: files differ"
  done
  said=$(reference_findings "$copy")
  [ "$said" = "$(cat "$copy.findings")" ] || echo "chain $1: $history: the reference finds: $said"
  rm -f "$copy" "$copy".*
  echo "done $changed"
}
export -f chain draw pick contents
export BOX digest
# arrays cannot be exported
lists="$(declare -p volumes features)"
export lists

first=${CHAIN:-${SEED:-1}}
[ -n "${CHAIN:-}" ] && CHAINS=1
seq "$first" $((first + ${CHAINS:-20} - 1)) |
  xargs -P "$(nproc)" -n 1 bash -c 'eval "$lists"; chain "$1"' _ > .results
grep -v '^done ' .results
awk '/^chain / { wrong[$2] = 1 } /^done / { chains++; operations += $2 }
     END {
       for (chain in wrong) failed++
       print chains - failed " passed, " failed + 0 " failed"
       exit failed > 0 || operations < 3 * chains
     }' .results
