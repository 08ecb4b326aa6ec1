// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/error.h"
#include "engine/io/block_device.h"

namespace ocfs2 {

/// A device behind which there is nothing to be changed: an image, a view.
class ReadOnlyDevice : public BlockDevice {
 public:
  /// What changes it throws Error(invalid_argument).
  void write(WriteKey, u64, ConstBytes) final { refuse_change(); }
  void zero(WriteKey, u64, u64) final { refuse_change(); }
  bool discard(WriteKey, u64, u64) final { return false; }
  void flush() final {}

 private:
  /// Says what this is, and what to do instead.
  [[noreturn]] virtual void refuse_change() const = 0;
};

/// What o2image made.
class MetadataImage : public ReadOnlyDevice {
 private:
  [[noreturn]] void refuse_change() const final {
    fail(ErrorKind::invalid_argument, "{}: is a metadata image, which is only read", name());
  }
};

}  // namespace ocfs2
