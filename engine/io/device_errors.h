// SPDX-License-Identifier: GPL-2.0-or-later
//
// What every device says when a request fails, or does not lie on it: one wording, whichever device it is.
#pragma once

#include "engine/error.h"
#include "engine/io/block_device.h"

namespace ocfs2 {

/// True when `length` bytes from `offset` lie on a device of `size` bytes; no sum can overflow.
constexpr bool lies_inside(u64 offset, u64 length, u64 size) {
  return offset <= size && length <= size - offset;
}

/// Throws Error(io) when the range leaves the device; `verb` is what was to be done: "read", "write", "zero".
void require_inside(const BlockDevice& device, std::string_view verb, u64 offset, u64 length);

/// Throws what the failure of a request with errno value `error` means: Error(no_space) when the storage is
/// full (a sparse image on a full file system), else Error(io).
[[noreturn]] void fail_transfer(const BlockDevice& device, std::string_view verb, u64 offset, u64 length,
                                int error);
/// The same for a flush.
[[noreturn]] void fail_flush(const BlockDevice& device, int error);

}  // namespace ocfs2
