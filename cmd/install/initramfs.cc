// SPDX-License-Identifier: GPL-2.0-or-later
//
// A rescue shell before the root file system is there should be able to look at, repair and mount volumes:
// the binary, its links, the kernel's modules and the cluster's configuration go into the initramfs.
#include "cmd/install/install.h"

namespace ocfs2 {
namespace {

constexpr std::string_view initramfs_tools_hook =
    R"(#!/bin/sh
# initramfs-tools: ocfs2box, the modules and the configuration of an OCFS2 cluster
case "$1" in prereqs) exit 0 ;; esac
. /usr/share/initramfs-tools/hook-functions
manual_add_modules configfs ocfs2_stackglue ocfs2_stack_o2cb ocfs2_stack_user ocfs2_dlm ocfs2 ocfs2_dlmfs
copy_exec /usr/sbin/ocfs2box /sbin
/usr/sbin/ocfs2box --list | while read -r name words; do
  case $name in o* | *.ocfs2) ln -sf ocfs2box "$DESTDIR/sbin/$name" ;; esac
done
mkdir -p "$DESTDIR/etc/ocfs2" "$DESTDIR/etc/default" "$DESTDIR/dlm"
for file in /etc/ocfs2/cluster.conf /etc/default/o2cb; do
  [ ! -e "$file" ] || cp -p "$file" "$DESTDIR$file"
done
)";

constexpr std::string_view dracut_module =
    R"(#!/bin/bash
# dracut: ocfs2box, the modules and the configuration of an OCFS2 cluster
check() { require_binaries /usr/sbin/ocfs2box; }
depends() { echo network; }
installkernel() {
  instmods configfs ocfs2_stackglue ocfs2_stack_o2cb ocfs2_stack_user ocfs2_dlm ocfs2 ocfs2_dlmfs
}
install() {
  local name words
  inst /usr/sbin/ocfs2box /sbin/ocfs2box
  while read -r name words; do
    [[ $name == o* || $name == *.ocfs2 ]] && ln -sf ocfs2box "$initdir/sbin/$name"
  done < <(/usr/sbin/ocfs2box --list)
  inst_multiple -o /etc/ocfs2/cluster.conf /etc/default/o2cb /etc/sysconfig/o2cb
  mkdir -p "$initdir/dlm"
}
)";

constexpr InstalledFile files[] = {
    {"initramfs", "usr/share/initramfs-tools/hooks/ocfs2", initramfs_tools_hook, true},
    {"initramfs", "usr/lib/dracut/modules.d/95ocfs2/module-setup.sh", dracut_module, true},
};

}  // namespace

std::span<const InstalledFile> initramfs_files() { return files; }

}  // namespace ocfs2
