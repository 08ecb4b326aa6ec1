#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What --install writes around the tools: units that systemd accepts, a rule, hooks that are shell,
# completions that complete.
. "$(dirname "$0")/lib.sh"

expect_success "$BOX" --install --systemd --udev --initramfs --completions --man --magic root
for file in usr/lib/systemd/system/o2cb.service etc/init.d/o2cb usr/lib/systemd/system/ocfs2.service \
  usr/lib/udev/rules.d/60-ocfs2.rules usr/share/initramfs-tools/hooks/ocfs2 \
  usr/lib/dracut/modules.d/95ocfs2/module-setup.sh usr/share/bash-completion/completions/ocfs2box; do
  [ -s "root/$file" ] || fail "$file was not written"
  contains "$out" "$file"
done
for program in etc/init.d/o2cb usr/share/initramfs-tools/hooks/ocfs2 \
  usr/lib/dracut/modules.d/95ocfs2/module-setup.sh; do
  [ -x "root/$program" ] || fail "$program is no program"
  bash -n "root/$program" || fail "$program is no shell"
done
[ "$(readlink root/usr/share/bash-completion/completions/o2cb)" = ocfs2box ] || fail "no completion of o2cb"

# the cluster comes behind the network and before what is mounted over it
unit=root/usr/lib/systemd/system/o2cb.service
grep -q '^After=network-online.target' $unit || fail "the cluster does not wait for the network"
grep -q '^Before=remote-fs-pre.target' $unit || fail "volumes do not wait for the cluster"
if command -v systemd-analyze > /dev/null; then
  mkdir -p sbin
  systemd-analyze verify --man=no $unit 2>&1 | grep -v 'o2cb is not executable\|No such file' |
    grep o2cb.service && fail "systemd does not like the unit"
fi

# only what was asked for
expect_success "$BOX" --install=other --udev
[ "$(find other -type f)" = other/usr/lib/udev/rules.d/60-ocfs2.rules ] || fail "$(find other -type f)"
expect_exit 2 "$BOX" --install --udev
contains "$err" 'where to? --install takes one DIR'

# the pages are those of the sources, all of them
pages=root/usr/share/man/man8
for page in "$ROOT"/man/*.8; do
  gunzip -c "$pages/$(basename "$page").gz" | cmp - "$page" || fail "$page is not what was installed"
done
gunzip -c $pages/fsck.ocfs2.checks.8.gz | grep DIRENT_DOTTY_DUP > /dev/null ||
  fail "no page of what fsck finds"

# file(1) knows volumes of all sizes of blocks; lines of others stay, and ours are there once
printf '# of this host\n0\tstring\tmine\tMINE' > root/etc/magic
expect_success "$BOX" --install --magic root
expect_success "$BOX" --install --magic root
equals "$(grep -c 'OCFSV2' root/etc/magic)" 4
equals "$(head -1 root/etc/magic)" '# of this host'
if command -v file > /dev/null; then
  for size in 512 1K 2K 4K; do
    make_image sized.img 32M
    expect_success box mkfs.ocfs2 -x -q -M local -b $size -L "of $size" \
      -U 01234567-89AB-CDEF-0123-456789ABCDEF sized.img
    contains "$(file -m root/etc/magic sized.img)" \
      ", label \"of $size\", UUID 0123456789ABCDEF0123456789ABCDEF"
  done
fi

# what the completion offers
ln -s "$BOX" ocfs2box
"$BOX" --install=. > /dev/null 2>&1 || true
complete_word() { # complete_word COMMAND WORD...: what is offered for the last one
  PATH=$PWD:$PATH bash -c '. root/usr/share/bash-completion/completions/ocfs2box
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _ocfs2box "$1"
    printf "%s\n" "${COMPREPLY[@]}"' - "$@"
}
equals "$(complete_word o2cb add-c)" add-cluster
contains "$(complete_word mkfs.ocfs2 --lab)" --label=
equals "$(complete_word ocfs2box tune)" tunefs.ocfs2
