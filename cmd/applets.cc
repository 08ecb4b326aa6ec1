// SPDX-License-Identifier: GPL-2.0-or-later
//
// The table of the house: every command that this binary is.
#include "cmd/applets.h"

#include <cerrno>

#include "cmd/applet.h"

namespace ocfs2 {
namespace {

/// As fsck(8) has it: 32 when the user stopped it, 8 when it could not be done.
constexpr int fsck_failed(ErrorKind kind) { return kind == ErrorKind::interrupted ? 32 : 8; }

/// What scripts know: 20 is an operation that failed, 1 a run that was stopped.
constexpr int tunefs_failed(ErrorKind kind) { return kind == ErrorKind::interrupted ? 1 : 20; }

/// As mount(8) has it.
constexpr int mount_failed(ErrorKind kind) { return kind == ErrorKind::interrupted ? 1 : 32; }

/// A negative errno value, as the shell sees it.
constexpr int o2cb_ctl_failed(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::not_found:
      return 256 - ENOENT;
    case ErrorKind::busy:
      return 256 - EBUSY;
    case ErrorKind::interrupted:
      return 256 - EINTR;
    case ErrorKind::invalid_argument:
    case ErrorKind::corrupt:
      return 256 - EINVAL;
    case ErrorKind::no_space:
      return 256 - ENOSPC;
    default:
      return 256 - EIO;
  }
}

constexpr Applet table[] = {
    {"debugfs.ocfs2", "sbin", "Look into a volume, search it, and copy files out of it", run_debugfs,
     1},
    {"defragfs.ocfs2", "sbin", "Bring the pieces of files together, and free space with them", run_defragfs},
    {"fsck.ocfs2", "sbin", "Check a volume and repair it", run_fsck, 16, fsck_failed},
    {"fswreck", "", "Damage a volume on purpose, to test or learn repairing", run_fswreck},
    {"mkfs.ocfs2", "sbin", "Make an OCFS2 volume on a device or in an image file", run_mkfs},
    {"mount.fuse.ocfs2", "sbin", "Mount a volume through FUSE; mount(8) calls this", run_fuse_helper, 1,
     mount_failed},
    {"mount.ocfs2", "sbin", "Mount a volume, in its cluster; mount(8) calls this", run_mount, 1,
     mount_failed},
    {"mounted.ocfs2", "sbin", "List OCFS2 volumes, and the nodes that have them mounted", run_mounted, 1},
    {"o2cb", "sbin", "Set up, start and watch clusters", run_o2cb, 1},
    {"o2cb.init", "sbin", "The same, by the name that the init script has", run_o2cb, 1},
    {"o2cb_ctl", "sbin", "Create and show clusters and nodes, as scripts of old do", run_o2cb_ctl, 234,
     o2cb_ctl_failed},
    {"o2cluster", "sbin", "Show which cluster a volume belongs to, or change that", run_o2cluster, 1},
    {"o2hbmonitor", "sbin", "Warn before slow storage makes this host fence itself", run_hb_monitor, 1},
    {"o2image", "sbin", "Save the metadata of a volume as an image, or put it back", run_o2image, 1},
    {"o2info", "bin", "Tell what a volume is, how full, and why it takes no more", run_o2info, 1},
    {"ocfs2-fuse", "bin", "Mount a volume without the kernel's ocfs2, through FUSE", run_fuse},
    {"ocfs2_hb_ctl", "sbin", "Count users of a volume's heartbeat; the kernel calls this", run_hb_ctl, 1},
    {"tunefs.ocfs2", "sbin", "Change a volume: label, UUID, size, slots, journal, features", run_tunefs, 1,
     tunefs_failed},
    {"undo", "", "Put back what a command with --undo FILE overwrote", run_undo},
};

}  // namespace

std::span<const Applet> applets() { return table; }

}  // namespace ocfs2
