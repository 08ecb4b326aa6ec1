// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who on this host uses a device: mounts, swap, devices built on it, loop devices over an image file,
// partitions of a disk; and whatever else the kernel will not share. It says nothing about other hosts: that
// is what cluster locks are for.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace ocfs2 {

struct Use {
  enum class What {
    mounted,   ///< on `where`, as `type`
    swap,      ///< swap space
    held,      ///< part of `where`: "dm-3 (vg-data)", "md0"
    attached,  ///< an image file that is the loop device `where`
    busy,      ///< opened exclusively by somebody we cannot name
  };
  What what;
  std::string device;  ///< which one: what was asked about, a partition of it, or something built on it
  std::string where;
  std::string type;        ///< of a mounted file system
  bool read_only = false;  ///< mounted so
};

/// Where the kernel's answers are looked up; tests have their own.
struct SystemFiles {
  std::string proc = "/proc";
  std::string sys = "/sys";
};

/// All uses of the block device or image file at `path`, FUSE mounts of ours that change it among them;
/// nothing: it is free. Throws Error(not_found).
std::vector<Use> uses_of(const std::string& path, const SystemFiles& system = {});
/// The same for a device number, called `name` in the answers, but for `busy`, which takes opening.
std::vector<Use> uses_of_number(dev_t number, const std::string& name, const SystemFiles& system = {});

/// Whether another of our programs changes the image file at `path` just now.
bool is_being_changed(const std::string& path);

/// The words of a message: "/dev/sdb1 is mounted on /data as ext4".
std::string use_text(const Use& use);

}  // namespace ocfs2
