#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# long
#
# Volumes of every shape, each judged by the reference checker, which must find nothing at all. The shapes
# are chosen so that every pair of values of two options occurs; SEED chooses others. MATRIX=full takes the
# whole product of block size, cluster size, slots, level and feature instead (an hour). Then the limits:
# the smallest volume of many shapes and one byte less, and the large ones.
. "$(dirname "$0")/lib.sh"
. "$ROOT/tests/scripts/shared/mkfs_lib.sh"

factors='512 1K 2K 4K
4K 64K 1M
1 2 8 255
default max-compat max-features
- nosparse sparse nobackup-super backup-super nounwritten unwritten noextended-slotmap extended-slotmap '\
'noinline-data inline-data nometaecc metaecc noxattr xattr noindexed-dirs indexed-dirs nousrquota usrquota '\
'nogrpquota '\
'grpquota norefcount refcount nodiscontig-bg discontig-bg noappend-dio append-dio
- mail datafiles vmstore
small medium large
local o2cb pcmk global
- part no-backup block64 label'

# The words that a row stands for go into $words, its volume's size in MiB into $size.
# shellcheck disable=SC2034
words_of() {
  local block=$1 cluster=$2 slots=$3 level=$4 feature=$5 type=$6 volume=$7 cluster_kind=$8 extra=$9 each=8
  words=(-b "$block" -C "$cluster" -N "$slots" --fs-feature-level="$level")
  [ "$feature" = - ] || words+=(--fs-features="$feature")
  [ "$type" = - ] || words+=(-T "$type")
  # each slot needs its journal of at least 4 MiB or 9 clusters, and 5 % of the volume for its extent
  # allocator
  [ "$cluster" = 1M ] && each=24
  case $volume in
    small) size=$((64 + slots * each)) ;;
    medium) size=$((1024 + slots * each)) ;;
    large) size=$((20480 + slots * each)) ;;
  esac
  # the checker reads all journals: many large ones would take minutes
  [ "$volume" != small ] && [ "$slots" -le 2 ] || words+=(-J size=$((each > 8 ? 9 : 4))M)
  case $type in datafiles | vmstore) [ $size -ge 2400 ] || size=2400 ;; esac
  case $cluster_kind in
    local) words+=(-M local) ;;
    o2cb | pcmk) words+=(-M cluster --cluster-stack="$cluster_kind" --cluster-name=lab) ;;
    global) words+=(--cluster-stack=o2cb --cluster-name=lab --global-heartbeat) ;;
  esac
  case $extra in
    no-backup) words+=(--no-backup-super) ;;
    block64) words+=(-J block64) ;;
    label)
      words+=(-L "a label of 63 characters is as long as it gets: 1234567890 1234")
      words+=(-U 0123456789abcdef0123456789abcdef)
      ;;
  esac; }

# judge NAME SIZE WORD...: formats a sparse file of SIZE and prints what is wrong with the volume
judge() { local name=$1 size=$2 findings; shift 2
  make_image "$name.img" "$size"
  run format "$@"
  [ "$status" -eq 0 ] || { echo "exit status $status: $err"; return; }
  grep -q '^mkfs.ocfs2 successful$' <<< "$out" || echo "it does not say that it was successful"
  # only ours promises an index for the system directory
  findings=$(reference_findings "$name.img" "$(ours && echo fresh)")
  [ -z "$findings" ] || echo "$findings"
  rm -f "$name.img"; }

row() { local name=$1 blocks=(); shift
  words_of "$@"
  [ "$9" = part ] && blocks=("$((size * 1024 * 1024 * 9 / 10 / $(numfmt --from=iec "$1")))")
  judge "$name" "${size}M" "${words[@]}" "$name.img" "${blocks[@]}"; }

# smallest WORD...: the smallest volume that these words allow is good, and one cluster less is refused
# untouched
smallest() { local cluster=$2 low=1 high=65536 middle before
  cluster=$(numfmt --from=iec "$cluster")
  while [ $((high - low)) -gt 1 ]; do
    middle=$(((low + high) / 2))
    make_image probe.img $((middle * cluster))
    run format -q -M local "$@" probe.img
    if [ "$status" -eq 0 ]; then high=$middle; else low=$middle; fi
  done
  make_image probe.img $((low * cluster))
  before=$(sha256sum < probe.img)
  expect_exit 1 format -q -M local "$@" probe.img
  [ -n "$err" ] || echo "refused without a word"
  [ "$before" = "$(sha256sum < probe.img)" ] || echo "$low clusters are refused, but not left alone"
  judge smallest $((high * cluster)) -M local "$@" smallest.img; }

# The reference checker does not know heartbeat devices; the reference's detector does.
heartbeat_device() {
  make_image heartbeat.img "$1"
  run format -H heartbeat.img
  [ "$status" -eq 0 ] || { echo "exit status $status: $err"; return; }
  contains "$out" "Heartbeat device"
  run mounted.ocfs2 -f heartbeat.img
  contains "$out" "Heartbeat device"; }

# one KIND WORD...: a line of the plan, done; prints nothing and succeeds when all is well
one() { local kind=$1 complaint
  case $kind in
    given) complaint=$(judge given "$2" "${@:3}" given.img) ;;
    *) complaint=$("$@") ;;
  esac
  [ -z "$complaint" ] && return
  echo "NOT GOOD: $*"
  head -5 <<< "$complaint" | sed 's/^/    /'
  return 1; }

plan() {
  cat <<'END'
given 10T -M local
given 10T -M local -C 1M -N 2 -T vmstore
given 3T -M local -b 512 -C 1M -N 2 -J size=16M,block64
given 300M -M local
given 600M
given 1500M
given 12G -M local
given 200G -M local -N 4
given 2T -M local -N 2 -J size=16M
heartbeat_device 1M
heartbeat_device 300M
END
  if ours; then  # the reference starts on volumes that turn out too small, and leaves a ruin
    cat <<'END'
smallest -C 4K -b 512 -N 1
smallest -C 4K -b 512 -N 2 --fs-feature-level=max-features
smallest -C 4K -b 1K -N 2
smallest -C 4K -b 4K -N 2 --fs-features=noinline-data
smallest -C 4K -b 4K -N 1 --fs-feature-level=max-compat
smallest -C 64K -b 2K -N 8
smallest -C 64K -b 4K -N 2 --fs-feature-level=max-features
smallest -C 1M -b 4K -N 1
smallest -C 1M -b 512 -N 2
smallest -C 4K -b 1K -N 4 -J size=8M,block64
END
  fi
  awk -v seed="${SEED:-1}" -v full="$([ "${MATRIX:-}" = full ] && echo 5 || echo 0)" \
    -f "$ROOT/tests/scripts/shared/pairs.awk" <<< "$factors" | sed 's/^/row row /'; }

# Four workers, each a copy of this script that reads its lines of the plan; a worker counts what it found.
# The reference checker waits most of the time, for the end of its asynchronous reads.
worker() { local line
  while IFS= read -r line; do
    # shellcheck disable=SC2086
    if one $line; then echo good; fi
  done; }

plan > plan
for part in 0 1 2 3; do
  awk -v part=$part 'NR % 4 == part' plan > plan.$part
  (mkdir "work.$part" && cd "work.$part" && TMP=$PWD && worker < "../plan.$part" > "../found.$part") &
done
wait
planned=$(wc -l < plan) good=$(cat found.[0-3] | grep -cx good)
grep -hvx good found.[0-3]
echo "$good passed, $((planned - good)) failed"
[ "$good" -eq "$planned" ]
