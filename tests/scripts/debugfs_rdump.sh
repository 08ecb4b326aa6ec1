#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dump and rdump of debugfs.ocfs2 bring out what kernels wrote: content, holes, modes, owners, times, links,
# attributes; a second run has nothing to do; damage is gone around, or mended in memory, and said; nothing
# leaves the folder.
. "$(dirname "$0")/lib.sh"

rdump() { "$BOX" debugfs.ocfs2 --strict -R "rdump $1 $2" "$image" > out 2> err < /dev/null; }
for image in rich-base rich-base-4k-metaecc; do
  zstd -q -dcf "$ROOT/tests/corpus/$image.img.zst" > $image.img
done
for list in manifest stat links xattr; do zstd -q -dcf "$ROOT/tests/corpus/rich-base.$list.zst" > $list; done

image=rich-base.img
mkdir all
rdump / "$TMP/all" || true  # not every attribute has room on every file system
equals "$(cat out)" "Copying to $TMP/all/"
grep -v 'attributes, .* first, are not possible here' err | grep -v '^rdump:' > other
[ ! -s other ] || fail "something did not come along: $(head -n 5 other)"
(cd all && sha256sum --quiet -c ../manifest) > wrong 2>&1 || fail "content: $(head -n 5 wrong)"
if [ "$(id -u)" = 0 ]; then
  grep -v '^#' stat | sort > wanted
  cut -d'|' -f1 wanted | tr '\n' '\0' |
    (cd all && xargs -0 stat --printf '%n|%f|%s|%h|%u|%g|%t,%T\n') | sort > found
  # a directory's size and links are those of the file system that it is on
  awk -F'|' -v OFS='|' 'substr($2, 1, 1) == "4" && length($2) == 4 { $3 = $4 = "" } 1' wanted > wanted.even
  awk -F'|' -v OFS='|' 'substr($2, 1, 1) == "4" && length($2) == 4 { $3 = $4 = "" } 1' found > found.even
  cmp -s wanted.even found.even || fail "owners, modes, links: $(diff wanted.even found.even | head -n 6)"
fi
while IFS='|' read -r path target; do
  equals "$(readlink "all/$path")" "$target"
done < <(grep -v '^#' links)
# attributes: what is there has its value, and what is not there is said, file by file
python3 - << 'END' || fail "attributes: $(grep -c attributes err) losses were told"
import os, re
wanted = {}
for line in open("xattr").read().split("\n")[1:]:
    if line:
        path, name, length, digest = line.split("\t")
        wanted.setdefault(path[2:], {})[name] = int(length), digest
told = {m[1]: int(m[2]) for m in
        re.finditer(r"^(.+): (\d+) attributes, .* are not possible here", open("err").read(), re.M)}

def fnv(value):
    digest = 1469598103934665603  # as tests/vm/tree.cc has it
    for byte in value:
        digest = (digest ^ byte) * 0x100000001b3 % (1 << 64)
    return "%016x" % digest

here = 0
for path, attributes in wanted.items():
    for name in os.listxattr("all/" + path, follow_symlinks=False):
        value = os.getxattr("all/" + path, name, follow_symlinks=False)
        if name in attributes:
            assert (len(value), fnv(value)) == attributes.pop(name), (path, name)
            here += 1
    assert len(attributes) == told.get(path, 0), (path, len(attributes), told.get(path))
assert here > 20, here
END
[ "$(du -s --block-size=1M all | cut -f1)" -lt 200 ] || fail "holes were filled: $(du -sh all)"
rdump '/ext' "$TMP" || fail "a part: $(cat err)"
equals "$(cat out)" "Copying to $TMP/ext"

# what is there is not copied again, what was cut off is
touch -d 2001-01-01 all/big/entry-00001
echo changed > all/big/entry-00002
ls -i all/big/entry-00003 > before
rdump / "$TMP/all" || true
ls -i all/big/entry-00003 | cmp -s - before || fail "a file that was whole is copied again"
(cd all && sha256sum --quiet -c ../manifest) > wrong 2>&1 || fail "again: $(head -n 5 wrong)"

# a file alone
printf 'dump -p /ref/x %s/kept\ndump /ref/x %s/plain\ndump /big %s/no\n' "$TMP" "$TMP" "$TMP" > list
"$BOX" debugfs.ocfs2 -n -f list $image > out 2> err
cmp -s kept plain || fail "dump gives different content"
cmp -s kept all/ref/x || fail "dump and rdump give different content"
equals "$(stat -c %Y kept)" "$(stat -c %Y all/ref/x)"
equals "$(stat -c %a plain)" "$(printf '%o' $((0666 & ~$(umask))))"
ln -s plain way
expect_exit 1 "$BOX" debugfs.ocfs2 --strict -R "dump /ref/x way" $image
contains "$err" "'way' is there and no regular file; name another, or use cat"
[ -h way ] || fail "a link is replaced: as /dev/stdout would be"
grep -q 'Not a regular file' err || fail "a folder is dumped: $(cat err)"

# damage: a directory block of the large folder, an inode of a file
image=rich-base-4k-metaecc.img
block=$("$BOX" debugfs.ocfs2 -n -R 'dirblocks /big' $image | sed -n 's/^\tDirblock: //p' | sed -n 3p)
inode=$("$BOX" debugfs.ocfs2 -n -R 'ls /ref' $image | awk '$5 == "x" { print $1 }')
names=$("$BOX" debugfs.ocfs2 -n -R 'dirblocks /big' $image | awk -v at="$block" \
  '/Dirblock/ { on = $2 == at } on && $5 ~ /^entry/ { print $5 }' | wc -l)
for damaged in $block $inode; do
  dd if=/dev/urandom of=$image bs=4096 seek="$damaged" count=1 conv=notrunc status=none
done
mkdir some
rdump '-a /' "$TMP/some" && fail "damage is no failure"
grep -q "^big: some names: " err || fail "the damaged folder is not named: $(head -n 5 err)"
grep -q "^ref/x: .*is no inode" err || fail "the damaged file is not named: $(head -n 5 err)"
all=$(ls all/big | wc -l) some=$(ls some/big | wc -l)
equals $((all - some)) "$names"
(cd some && sha256sum -c ../manifest 2> /dev/null) | grep -v ': OK$' > wrong
grep -v '^\./big/entry-\|^\./ref/x: ' wrong && fail "other files are wrong, too"

# ... unless a repair in memory finds what lost its name; the volume is not touched
sha256sum $image > image.sum
mkdir mended
rdump / "$TMP/mended" && fail "mended damage is no failure"
grep -q '^  \[.*(/big)' err || fail "the damaged folder is not named: $(head -n 5 err)"
equals "$(ls mended/lost+found | wc -l)" "$names"
sed 's/ .*//' manifest | sort -u > wanted
(cd mended && find . -type f -size -1000M -print0 | xargs -0 sha256sum) | sed 's/ .*//' | sort -u > found
equals "$(comm -23 wanted found | wc -l)" 0 # a reflink has what the lost inode had
sha256sum --quiet -c image.sum || fail "rdump wrote to the volume"

# the root directory is lost: every file comes out all the same
root=$("$BOX" debugfs.ocfs2 -R 'stat /' rich-base.img | awk '$1 == "Inode:" { print $2; exit }')
cp --sparse=always rich-base.img rootless.img
dd if=/dev/zero of=rootless.img bs=1024 seek="$root" count=1 conv=notrunc status=none
mkdir rootless
image=rootless.img rdump / "$TMP/rootless" && fail "no root is no failure"
(cd rootless && find . -type f -size -1000M -print0 | xargs -0 sha256sum) | sed 's/ .*//' | sort -u > found
equals "$(comm -23 wanted found | wc -l)" 0

# of an image that holds metadata only comes a line a file, not one a block
box o2image rich-base.img packed
mkdir hollow
image=packed rdump /tree/d0/s1/t0 "$TMP/hollow" && fail "files come out of an image that has none"
equals "$(grep -c '^t0/file-0410.txt: 15557 bytes at 0: .* metadata only$' err)" 1
equals "$(grep -c '^t0/file-0410.txt' err)" 1

# a volume cannot make us write elsewhere
image=rich-base.img
mkdir trap && ln -s "$TMP/outside" trap/ext && mkdir outside
rdump / "$TMP/trap" && fail "a link in the way is followed"
[ -z "$(ls outside)" ] || fail "files were written through a link"
