#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# initramfs.sh WORK BOX CONF -- prints the initramfs that Debian's mkinitramfs makes on a host on which
# `ocfs2box --install --initramfs` was run, and whose cluster.conf is CONF. That host is a folder to change
# the root to: this machine's basic programs, the kernel's modules, initramfs-tools and ours.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
work=$(realpath "$1")/initramfs kernel=$(realpath "$1")/kernel box=$(realpath "$2") conf=$(realpath "$3")
root=$work/root release=$(ls "$kernel/lib/modules")

programs() {
  dpkg -L bash busybox-static coreutils cpio dash debianutils dpkg findutils grep gzip kmod libc-bin mawk \
    sed util-linux | grep -E '^/([^ ]*/)?s?bin/[^/ ]+$|/initramfs-tools/[^ ]+$'; }
# with the libraries of all, as the linker prints them
files() { { programs; programs | xargs ldd 2> /dev/null | grep -oE '/[^ :]+'; } | sort -u || true; }

mkdir -p "$work"
"$here/packages.sh" "$work" initramfs-tools-core initramfs-tools klibc-utils libklibc
rm -rf "$root"
mkdir -p "$root"/{boot,dev,proc,tmp,var/tmp,etc/ocfs2,etc/modprobe.d} "$root"/usr/{bin,sbin,lib/modules,lib64}
for folder in bin sbin lib lib64; do ln -s usr/$folder "$root/$folder"; done
tar -C "$work/packages" --exclude=./debs -c . | tar -C "$root" --keep-directory-symlink -x
files | tar -C / -h --no-recursion --ignore-failed-read -T - -c 2> /dev/null |
  tar -C "$root" --keep-directory-symlink -x
ln -sf dash "$root/usr/bin/sh"
ln -sf mawk "$root/usr/bin/awk"
touch "$root/dev/null" "$root/etc/ld.so.conf"
cp -al "$kernel/lib/modules/$release" "$root/lib/modules/"
cp "$kernel/boot/config-$release" "$root/boot/"

install "$box" "$root/usr/sbin/ocfs2box"
"$box" --install --initramfs "$root" > /dev/null
cp "$conf" "$root/etc/ocfs2/cluster.conf"
sed -i 's/^MODULES=.*/MODULES=list/; s/^COMPRESS=.*/COMPRESS=gzip/' "$root/etc/initramfs-tools/initramfs.conf"
printf 'virtio_pci\nvirtio_blk\nvirtio_net\n' > "$root/etc/initramfs-tools/modules"
chroot "$root" /usr/sbin/mkinitramfs -o /tmp/initrd.gz "$release" >&2
cat "$root/tmp/initrd.gz"
