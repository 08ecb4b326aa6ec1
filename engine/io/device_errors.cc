// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/io/device_errors.h"

namespace ocfs2 {
namespace {

ErrorKind kind_of_failure(int error) {
  return kind_of_errno(error) == ErrorKind::no_space ? ErrorKind::no_space : ErrorKind::io;
}

}  // namespace

void require_inside(const BlockDevice& device, std::string_view verb, u64 offset, u64 length) {
  if (lies_inside(offset, length, device.size_bytes())) return;
  fail(ErrorKind::io, "{}: cannot {} {} bytes at offset {}: past the end of the device ({} bytes)",
       device.name(), verb, length, offset, device.size_bytes());
}

void fail_transfer(const BlockDevice& device, std::string_view verb, u64 offset, u64 length, int error) {
  fail(kind_of_failure(error), "{}: cannot {} {} bytes at offset {}: {}", device.name(), verb, length, offset,
       errno_text(error));
}

void fail_flush(const BlockDevice& device, int error) {
  fail(kind_of_failure(error), "{}: what was written may not have reached the device: {}", device.name(),
       errno_text(error));
}

}  // namespace ocfs2
