// SPDX-License-Identifier: GPL-2.0-or-later
//
// The table of the house: every command that this binary is.
#include "cmd/applets.h"

#include "cmd/applet.h"

namespace ocfs2 {
namespace {

/// As fsck(8) has it: 32 when the user stopped it, 8 when it could not be done.
constexpr int fsck_failed(ErrorKind kind) { return kind == ErrorKind::interrupted ? 32 : 8; }

constexpr Applet table[] = {
    {"debugfs.ocfs2", "sbin", "Look into a volume: its superblock, inodes, folders, allocators", run_debugfs,
     1},
    {"fsck.ocfs2", "sbin", "Check a volume and repair it", run_fsck, 16, fsck_failed},
    {"fswreck", "", "Damage a volume on purpose, to test or learn repairing", run_fswreck},
    {"mkfs.ocfs2", "sbin", "Make an OCFS2 volume on a device or in an image file", run_mkfs},
    {"mounted.ocfs2", "sbin", "List OCFS2 volumes, and the nodes that have them mounted", run_mounted, 1},
    {"undo", "", "Put back what a command overwrote that was run with --undo FILE", run_undo},
};

}  // namespace

std::span<const Applet> applets() { return table; }

}  // namespace ocfs2
