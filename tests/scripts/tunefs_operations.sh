#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# long
#
# Every operation of tunefs.ocfs2 on volumes that kernels filled and on fresh ones of every block size, each
# on a copy of its own. Afterwards our checker and the reference's find nothing that was not there before,
# every file has its content, and the way back leads to the same bytes.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/scripts/shared/reference_fsck.sh"
digest=$(dirname "$BOX")/tests/tree_digest

# contents VOLUME: size and digest of every file; its inode, and the blocks behind it, may be others
contents() { "$digest" "$1" | cut -d' ' -f2,3 | sort; }

# fresh NAME MKFS-WORDS...: 160 MiB of which the volume takes 120, filled with something of everything
fresh() {
  local name=$1 block_size=$2 bytes=$2
  shift 2
  [ "${bytes%K}" = "$bytes" ] || bytes=$((${bytes%K} * 1024))
  make_image "$name" 160M
  expect_success box mkfs.ocfs2 -q -M local -b "$block_size" "$@" "$name" $((120 * 1024 * 1024 / bytes))
  "$digest" "$name" INODE_COUNT > /dev/null || fail "cannot be filled"
  box fsck.ocfs2 -fy "$name" > .filled 2>&1
  expect_success box fsck.ocfs2 -fn "$name"
}

for size in 512 1K 2K 4K; do
  fresh "fresh-$size" $size -C 4K -N 2 -J size=4M -L fresh
  fresh "max-$size" $size -C 16K -N 1 -J size=4M --fs-feature-level=max-features
  fresh "old-$size" $size -C 8K -N 3 -J size=4M --fs-feature-level=max-compat
done
for rich in rich-base rich-base-4k-metaecc; do
  zstd -qdcf "$ROOT/tests/corpus/$rich.img.zst" | cp --sparse=always /dev/stdin "$rich"
  truncate -s +40M "$rich"
done
rm -f .filled .out .err

# shrunk_size VOLUME PERCENT: blocks between the least it can have (0) and what it has now (100)
shrunk_size() {
  local least blocks
  least=$("$BOX" tunefs.ocfs2 -Q %m "$1")
  blocks=$("$BOX" debugfs.ocfs2 -R stats "$1" | sed -n 's/.*Clusters: \([0-9]*\).*/\1/p')
  blocks=$((blocks * ($("$BOX" tunefs.ocfs2 -Q %T "$1") / $("$BOX" tunefs.ocfs2 -Q %B "$1"))))
  echo $((least + (blocks - least) * $2 / 100))
}

# expect_kept VOLUME WORDS...: prints what is wrong after tunefs with these words, nothing when all is well
expect_kept() {
  local volume=$1 copy=$1.$BASHPID words status findings size=()
  shift
  cp --sparse=always "$volume" "$copy"
  if [ "$1" = shrink ]; then
    size=("$(shrunk_size "$copy" "$2")")
    set -- -S
  fi
  words=$(timeout 120 "$BOX" tunefs.ocfs2 --undo="$copy.undo" "$@" "$copy" "${size[@]}" 2>&1)
  status=$?
  [ "$status" -eq 0 ] || echo "exits $status: $words"
  words=$(timeout 120 "$BOX" fsck.ocfs2 -fn "$copy" 2>&1) || echo "our checker: $words"
  findings=$(reference_findings "$copy")
  [ "$findings" = "$(cat "$volume.findings")" ] || echo "the reference finds: $findings"
  contents "$copy" | cmp -s - "$volume.digest" || echo 'files differ'
  [ "$(stat -c %s "$copy.undo")" -gt 0 ] || echo 'nothing was changed'
  words=$(timeout 120 "$BOX" undo "$copy.undo" "$copy" 2>&1) || echo "undo: $words"
  cmp -s "$copy" "$volume" || echo 'undo did not bring back the same bytes'
  rm -f "$copy" "$copy.undo"
}

report() {
  local volume=$1 words
  # shellcheck disable=SC2086
  words=$(expect_kept "$volume" $2)
  [ -z "$words" ] && echo "ok $volume $2" && return
  sed "s|^|$volume $2: |" <<< "$words"
}
export -f contents expect_kept report shrunk_size
export BOX digest

operations() {
  local features off volume=$1
  printf '%s\n' '-L other' '-U' '-y --cloned-volume' '-J size=9M' '-J block64' '-S' '-N 4' \
    '-N 20 -S -L grown' '-J size=6M,block64 -N 6' 'shrink 0' 'shrink 50'
  [ "$(box tunefs.ocfs2 -Q %N "$volume")" -eq 1 ] || echo '-N 1'
  features=" $(box tunefs.ocfs2 -Q '%H %O ' "$volume") "
  for off in append-dio extended-slotmap discontig-bg indexed-dirs unwritten; do
    case $features in *" $off "*) echo "--fs-features=no$off" ;; *) echo "--fs-features=$off" ;; esac
  done
  case $features in
    *' sparse '*) ;;
    *) echo '--fs-features=unwritten,inline-data,xattr,refcount' ;;
  esac
  case $features in
    *' metaecc '*) echo --fs-features=nometaecc ;;
    *) echo '-N 4 --fs-features=metaecc' ;;
  esac
  for off in inline-data sparse refcount xattr; do
    [[ $off = sparse && $volume = rich* ]] && continue  # holes of a tebibyte
    case $features in *" $off "*) echo "-y --fs-features=no$off" ;; esac
  done
  case $features in *' usrquota '*) echo '--usrquota-sync-interval=5000 --grpquota-sync-interval=500'
                     echo --fs-features=nousrquota,nogrpquota ;;
    *) echo '--fs-features=usrquota,grpquota -N 4' ;;
  esac
}

for volume in $(printf '%s\n' * | grep -E "${ONLY:-.}"); do
  reference_findings "$volume" > "$volume.findings"
  contents "$volume" > "$volume.digest"
  operations "$volume" | sed "s|^|$volume\n|"
done | tr '\n' '\0' |
  xargs -0 -P "$(nproc)" -n 2 bash -c 'report "$1" "$2"' _ > .results
grep -v '^ok ' .results
passed=$(grep -c '^ok ' .results)
failed=$(grep -v '^ok ' .results | cut -d: -f1 | sort -u | grep -c .)
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
