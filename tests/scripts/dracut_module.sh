#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The module for dracut puts the binary, its links and the modules into an image. The functions of dracut
# are played here; what initramfs-tools makes of its hook is booted in tests/vm/test_initramfs.sh.
. "$(dirname "$0")/lib.sh"

expect_success "$BOX" --install --initramfs root
sed "s,/usr/sbin/ocfs2box,$BOX,g" root/usr/lib/dracut/modules.d/95ocfs2/module-setup.sh > module-setup.sh
cat > dracut.sh << 'END'
set -eu
initdir=$PWD/image
require_binaries() { [ -x "$1" ]; }
inst() { mkdir -p "$initdir$(dirname "$2")" && cp "$1" "$initdir$2"; }
inst_multiple() { [ "$1" = -o ] && printf '%s\n' "${@:2}" > optional; }
instmods() { printf '%s\n' "$@" > modules; }
. ./module-setup.sh
check
depends > needs
installkernel
install
END
expect_success bash dracut.sh
equals "$(cat needs)" network
equals "$(head -1 optional)" /etc/ocfs2/cluster.conf

# what Debian's hook takes, too
equals "$(xargs < modules)" "$(sed -n 's/^manual_add_modules //p' root/usr/share/initramfs-tools/hooks/ocfs2)"

for command in fsck.ocfs2 mount.ocfs2 o2cb ocfs2_hb_ctl; do
  equals "$(readlink "image/sbin/$command")" ocfs2box
  expect_success "image/sbin/$command" --help
done
[ -d image/dlm ] || fail "there is no place for the locks"
[ ! -e image/sbin/undo ] || fail "undo is no command of its own"
