// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a device holds before we format it, and which device is meant by LABEL= or UUID=: libblkid knows the
// formats of others better than we ever could. Nothing else in the program includes it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ondisk/integers.h"

namespace ocfs2 {

/// One thing found on a device; what it does not have is empty.
struct FoundContent {
  std::string type;   ///< "xfs", "LVM2_member", "linux_raid_member", "gpt"
  std::string usage;  ///< "filesystem", "raid", "crypto", "other", "partition table"
  std::string label;
  std::string uuid;
};

/// All that is found on the device or file at `path`, `offset` bytes into it: also where several formats left
/// their marks, since each may be what the user would miss. Throws Error when it cannot be read.
std::vector<FoundContent> probe_content(const std::string& path, u64 offset = 0);

/// The words of a message: `xfs file system "home"`, `gpt partition table`.
std::string content_text(const FoundContent& content);

/// The device with that LABEL or UUID (`tag` is one of these, or PARTLABEL, PARTUUID), if there is one.
std::optional<std::string> find_by_tag(const std::string& tag, const std::string& value);

/// `LABEL=x` or `UUID=x` as the device it means, anything else as it is. Throws Error(not_found).
std::string resolve_device(const std::string& given);

}  // namespace ocfs2
