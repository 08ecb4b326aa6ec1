// SPDX-License-Identifier: GPL-2.0-or-later
//
// The words behind mount's -o: which are flags of mount(2), which are for mount(8) or for us, and which go to
// the kernel's ocfs2 (spec: cluster.md C1.1, C2).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ondisk/integers.h"

namespace ocfs2 {

/// By what a volume is mounted.
enum class MountWay {
  kernel,
  fuse,        ///< "fuse": ocfs2-fuse(1)
  fuse_if_so,  ///< "fuse=auto": that, if the kernel has no ocfs2
};

struct MountOptions {
  unsigned long flags = 0;          ///< of mount(2)
  std::vector<std::string> kernel;  ///< what ocfs2 is told, in order
  bool without_cluster = false;     ///< "nocluster": mounted alone, whoever else has it
  u64 wait_seconds = 0;             ///< "cluster_wait=SECONDS": for the device and the cluster
  MountWay way = MountWay::kernel;
  std::string loop;                  ///< "loop": refused by name, since mount(8) does that
  std::vector<std::string> unknown;  ///< of `kernel`, those that 6.1 does not know

  bool read_only() const;
  bool remount() const;
  std::vector<std::string> flag_words() const;  ///< the flags that are set: "ro", "nosuid", …
  /// What mount(2) gets as its last argument.
  std::string kernel_text() const;
};

/// Takes "rw,noatime,commit=5" apart; of words that contradict each other the last one counts. Throws Misuse
/// for a number that is none.
MountOptions parse_mount_options(std::string_view text);
/// Words for mount(8) itself, the boot, or people: nothing is to be done about them here.
bool is_for_mount(std::string_view word);
/// The option that was probably meant by an unknown one; empty when there is none.
std::string_view known_mount_option(std::string_view word);

}  // namespace ocfs2
