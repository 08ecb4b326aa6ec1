// SPDX-License-Identifier: GPL-2.0-or-later
//
// Users and groups of this host by name, from the files themselves: the name services cannot be asked from a
// static binary.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ondisk/integers.h"

namespace ocfs2 {

/// "unknown" when nobody has that number.
std::string user_name(u32 id);
std::string group_name(u32 id);
std::optional<u32> user_number(std::string_view name);
std::optional<u32> group_number(std::string_view name);

}  // namespace ocfs2
