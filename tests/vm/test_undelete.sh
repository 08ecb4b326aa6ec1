#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Files that the kernel deleted come back by lsdel and undelete of debugfs.ocfs2, with their names and their
# content, from volumes of several shapes; where clusters were given to others since, that is said and nothing
# else is lost; files that were deleted while they were open, or just before, come out of a volume whose
# node died. The volumes themselves are not touched.
. "$(dirname "$0")/../scripts/lib.sh"
. "$ROOT/tests/vm/lib.sh"

shapes="plain|-b 4K -C 4K --fs-features=nometaecc
small|-b 1K -C 4K --fs-features=metaecc
noinline|-b 2K -C 8K --fs-features=noinline-data
reused|-b 4K -C 4K
orphans|-b 4K -C 4K
died|-b 4K -C 4K"

prepare_vms
drives="" letters=(a b c d e f)
count=0
while IFS='|' read -r name mkfs; do
  make_image "$name.img" 200M
  # shellcheck disable=SC2086  # words on purpose
  expect_success "$BOX" mkfs.ocfs2 -x -q -M local -N 2 -J size=8M $mkfs "$name.img"
  echo "vd${letters[count]} $name" >> "$share/volumes"
  drives+=" -drive file=$TMP/$name.img,format=raw,if=virtio,cache=unsafe"
  count=$((count + 1))
done <<< "$shapes"
# shellcheck disable=SC2086
VM_SECONDS=300 boot 0 undelete.sh $drives

passed=0 failed=0
judge() { # judge WHAT COMMAND...
  local what=$1
  shift
  if "$@" > verdict 2>&1; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    echo "$what: FAILED: $(head -n 8 verdict)"
  fi
}

# back NAME PATTERN: the deleted files whose names match are there again, under their names
back() {
  local wanted=0 good=0 sum file
  while read -r sum file; do
    wanted=$((wanted + 1))
    sha256sum "$1"/*-"${file#dir/}" 2> /dev/null | grep -q "^$sum " && good=$((good + 1)) ||
      echo "$file did not come back"
  done < <(grep " dir/$2" "$share/sums.$1")
  [ $wanted -gt 0 ] && [ $good -eq $wanted ]
}
# whole NAME: each file of which lsdel says that all is left is as it was; some are, some are not
whole() {
  local inode left all name sum whole=0 torn=0
  while read -r inode left all name; do
    [ "$left" = "$all" ] || { torn=$((torn + 1)); continue; }
    whole=$((whole + 1))
    sum=$(sha256sum < "$1/#$inode-$name" | sed 's/ .*//')
    grep -q "^$sum  dir/$name\$" "$share/sums.$1" || { echo "$name, $left of $all, is another"; return 1; }
  done < <(box debugfs.ocfs2 -R lsdel "$1.img" |
    sed -n 's,^\t\([0-9]*\) .* \([0-9]*\)/\([0-9]*\) .* \([a-z]*-[0-9]*\)$,\1 \2 \3 \4,p')
  echo "whole: $whole, torn: $torn"
  [ $whole -gt 5 ] && [ $torn -gt 0 ]
}

for name in plain small noinline reused orphans died; do
  judge "$name in the VM" grep -q "^VOLUME $name: good" "$share/output.0"
  sha256sum "$name.img" > "$name.sum"
  mkdir "$name"
  run box debugfs.ocfs2 --strict -R "undelete -a $TMP/$name" "$name.img"
  case $name in
    reused) judge "whole files of $name" whole $name ;;
    orphans) judge "open files of $name" back $name 'large-' ;;
    *)
      judge "small files of $name" back $name 'small-'
      judge "large files of $name" back $name 'large-'
      judge "link of $name" test -n "$(find $name -name '*-a link' -lname 'dir/small-1')"
      ;;
  esac
  judge "$name is not touched" sha256sum --quiet -c "$name.sum"
done
inode=$(box debugfs.ocfs2 -R lsdel plain.img | awk '$NF == "large-7" { print $1 }')
run box debugfs.ocfs2 --strict -R "undelete <$inode> one" plain.img
judge "one file" grep -q "^$(sha256sum < one | sed 's/ .*//')  dir/large-7\$" "$share/sums.plain"
[ $failed -eq 0 ] || tell_all
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
