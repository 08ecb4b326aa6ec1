#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# build.sh WORK [FILE...] -- everything a test VM boots from, into WORK: vmlinux and initrd.gz.
#
# The kernel is Debian's own, only downloaded and unpacked, never installed. It is unpacked to the ELF file
# once, because an emulated processor takes 6 seconds for the xz stream. The initrd holds busybox, the
# modules that a node needs (loaded at the start in the order of modules.dep, and by modprobe), the program
# `tree`, and each FILE in /sbin with its shared libraries. Nothing is done again while it is newer than
# what it is made of.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
work=$(mkdir -p "$1" && realpath "$1"); shift
modules="virtio_pci virtio_blk virtio_net virtio_rng configfs crc32c_generic quota_tree ocfs2_stackglue
  ocfs2_stack_o2cb ocfs2_stack_user ocfs2_dlm ocfs2 ocfs2_dlmfs 9p 9pnet_virtio loop"

fail() { echo "tests/vm/build.sh: $*" >&2; exit 1; }

# Package lists may be missing or older than the archive: then they are fetched, once.
fetch_kernel() {
  [ -e "$work/vmlinuz" ] && return
  (download_kernel) 2> /dev/null || { apt-get -qq update && download_kernel; }; }

download_kernel() { local image
  image=$(apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -1)
  [ -n "$image" ] || fail "apt knows no linux-image-amd64; run: apt-get update"
  (cd "$work" && apt-get -qq download "$image" 2> download.log && dpkg -x "$image"_*.deb kernel) ||
    fail "cannot download $image: $(tail -1 "$work/download.log")"
  rm -f "$work/$image"_*.deb
  depmod -b "$work/kernel" "$(ls "$work/kernel/lib/modules")"
  cp "$work"/kernel/boot/vmlinuz-* "$work/vmlinuz"; }

unpack_kernel() { local offset
  [ -e "$work/vmlinux" ] && return
  offset=$(LC_ALL=C grep -abom1 -P '\xfd7zXZ\x00' "$work/vmlinuz" | head -1 | cut -d: -f1)
  # what follows the stream is no xz: the complaint about it says nothing
  { tail -c +$((offset + 1)) "$work/vmlinuz" | xz -dcq > "$work/vmlinux.new"; } 2> /dev/null || true
  [ "$(head -c 4 "$work/vmlinux.new" | tail -c 3)" = ELF ] || fail "no ELF kernel inside $work/vmlinuz"
  mv "$work/vmlinux.new" "$work/vmlinux"; }

# copy FILE into root/sbin, with the libraries that a dynamic one needs; one link for each name of a
# multicall binary
take() { local file=$1 library applet
  cp -L "$file" "$root/sbin/"
  if [ "$(basename "$file")" = ocfs2box ]; then
    "$file" --list | awk '{print $1}' | while read -r applet; do ln -sf ocfs2box "$root/sbin/$applet"; done
  fi
  { ldd "$file" 2> /dev/null || true; } | sed -n 's,.*\s\(/[^ ]*\) .*,\1,p' | sort -u |
    while read -r library; do
    mkdir -p "$root$(dirname "$library")"; cp -Ln "$library" "$root$library"
  done; }

declare -A taken
take_module() { local path=$1 need
  [ -n "${taken[$path]:-}" ] && return; taken[$path]=1
  for need in $(grep "^$path:" "$dep" | cut -d: -f2); do take_module "$need"; done
  install -D "$release/$path" "$there/$path"
  echo "${there#"$root"}/$path" >> "$root/lib/modules/order"
  grep "^$path:" "$dep" >> "$there/modules.dep"
  grep -E " $(basename "$path" .ko | tr - _)$" "$release/modules.alias" >> "$there/modules.alias" || true; }

build_root() { local file module path
  root=$work/root; rm -rf "$root"
  mkdir -p "$root"/{bin,sbin,lib/modules,proc,sys,dev,mnt,etc/ocfs2,tmp,run,dlm,host}
  cp "$(command -v busybox)" "$root/bin/busybox"
  "$root/bin/busybox" --list | grep -vx busybox |
    while read -r file; do ln -sf busybox "$root/bin/$file"; done
  for file; do take "$file"; done
  release=$work/kernel/lib/modules/$(ls "$work/kernel/lib/modules") dep=$release/modules.dep
  there=$root/lib/modules/$(basename "$release")
  mkdir -p "$there"
  for module in $modules; do
    path=$(grep -oE "^[^:]*/${module//_/[-_]}\.ko" "$dep" | head -1) || continue  # built in
    take_module "$path"
  done
  install -m 755 "$here/init" "$root/init"
  "$here/pack.sh" "$root" > "$work/initrd.new"
  mv "$work/initrd.new" "$work/initrd.gz"; }

fetch_kernel
unpack_kernel
if [ "$here/tree.cc" -nt "$work/tree" ]; then
  ${CXX:-g++} -std=c++20 -O2 -Wall -Wextra -Werror -static -s -o "$work/tree" "$here/tree.cc"
fi
rm -rf "$work/share"; cp -r "$here/jobs" "$work/share"
fresh() { local file; for file; do [ "$work/initrd.gz" -nt "$file" ] || return 1; done; }
[ "$(cat "$work/initrd.list" 2> /dev/null)" = "$*" ] && fresh "$work/tree" "$0" "$here/init" "$@" && exit
build_root "$work/tree" "$@"
echo "$*" > "$work/initrd.list"
