#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What --install writes around the tools: units that systemd accepts, a rule, hooks that are shell,
# completions that complete.
. "$(dirname "$0")/lib.sh"

expect_success "$BOX" --install --systemd --udev --initramfs --completions root
for file in usr/lib/systemd/system/o2cb.service usr/lib/systemd/system/ocfs2.service \
  usr/lib/udev/rules.d/60-ocfs2.rules usr/share/initramfs-tools/hooks/ocfs2 \
  usr/lib/dracut/modules.d/95ocfs2/module-setup.sh usr/share/bash-completion/completions/ocfs2box; do
  [ -s "root/$file" ] || fail "$file was not written"
  contains "$out" "$file"
done
for program in usr/share/initramfs-tools/hooks/ocfs2 usr/lib/dracut/modules.d/95ocfs2/module-setup.sh; do
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
