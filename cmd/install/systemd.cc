// SPDX-License-Identifier: GPL-2.0-or-later
//
// A cluster comes up behind the network and the storage that it needs, and before what is mounted over the
// network; systemd stops in the reverse order: unmount, cluster, storage, network.
#include "cmd/install/install.h"

namespace ocfs2 {
namespace {

constexpr std::string_view o2cb_service =
    R"([Unit]
Description=Cluster of OCFS2 nodes
Documentation=man:o2cb(8)
Wants=network-online.target remote-fs-pre.target
After=network-online.target
After=iscsid.service iscsi.service open-iscsi.service multipathd.service
After=drbd.service drbd.target corosync.service dlm.service
Before=remote-fs-pre.target ocfs2.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/o2cb start
ExecStop=/usr/sbin/o2cb stop

[Install]
WantedBy=multi-user.target
)";

constexpr std::string_view ocfs2_service =
    R"([Unit]
Description=OCFS2 volumes of /etc/fstab
Documentation=man:mount.ocfs2(8)
Requires=o2cb.service
After=o2cb.service remote-fs-pre.target
Before=remote-fs.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/mount --all --types ocfs2
ExecStop=/bin/umount --all --types ocfs2

[Install]
WantedBy=multi-user.target
)";

/// For what systemctl does not do, such as `service o2cb configure`.
constexpr std::string_view init_script = R"(#!/bin/sh
PATH=$PATH:/usr/sbin:/sbin exec o2cb.init "$@"
)";

constexpr InstalledFile files[] = {
    {"systemd", "usr/lib/systemd/system/o2cb.service", o2cb_service},
    {"systemd", "usr/lib/systemd/system/ocfs2.service", ocfs2_service},
    {"systemd", "etc/init.d/o2cb", init_script, true},
};

}  // namespace

std::span<const InstalledFile> systemd_files() { return files; }

}  // namespace ocfs2
