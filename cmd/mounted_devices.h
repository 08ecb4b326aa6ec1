// SPDX-License-Identifier: GPL-2.0-or-later
//
// The block devices of this machine on which a volume can be.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ocfs2 {

/// Paths of all block devices in /proc/partitions, of whatever driver, in its order; device-mapper ones by
/// their names. Without those of a mebibyte or less, those of a SCSI disk that would keep us waiting
/// because its path is down, and whole disks that have partitions. `root` is "/", but for tests.
std::vector<std::string> candidate_devices(const std::filesystem::path& root);

}  // namespace ocfs2
