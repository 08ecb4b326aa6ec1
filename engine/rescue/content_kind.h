// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

#include "ondisk/integers.h"

namespace ocfs2 {

/// How many bytes of a file `content_kind` wants to see.
inline constexpr u64 content_sample_bytes = 36 << 10;

/// What the first bytes of a file look like: "qcow2", "gzip", "text", …; "data" when they say nothing,
/// "empty" when there are none. The names are those that people give to the formats.
std::string_view content_kind(ConstBytes beginning);

}  // namespace ocfs2
