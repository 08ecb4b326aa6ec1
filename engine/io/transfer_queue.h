// SPDX-License-Identifier: GPL-2.0-or-later
//
// Many requests to one file at the same time. With io_uring up to 64 are in flight, so that a disk can order
// them and a network need not be waited for 64 times; where the kernel has no io_uring (old, or forbidden as
// in many containers) they go one after the other with preadv and pwritev. Each request is tried once:
// whoever queued it looks at the result and deals with what is missing.
#pragma once

#include <sys/uio.h>

#include <memory>
#include <mutex>
#include <vector>

#include "ondisk/integers.h"

namespace ocfs2 {

enum class Direction { read, write };

/// One request: consecutive bytes of the file, one or more pieces of memory.
struct Transfer {
  u64 offset;                 ///< bytes
  std::vector<iovec> memory;  ///< 1 … 1024 pieces
  u64 length;                 ///< bytes in all pieces
  s64 result = 0;             ///< bytes transferred, or a negative errno value
};

class TransferQueue {
 public:
  static constexpr u32 depth = 64;  ///< requests in flight at most

  TransferQueue();
  ~TransferQueue();

  enum class Order { parallel, one_by_one };
  /// Runs all of `transfers`; returns when each has its result. Callers of several threads take turns.
  void run(int file, Direction direction, std::span<Transfer> transfers, Order order);

  /// Has the kernel begin to bring to the disk what was written into the file's page cache, beside what we do
  /// next: who flushes then waits less. A favour; without io_uring nothing happens.
  void begin_writeback(int file);

  /// From now on one after the other, as on a kernel without io_uring.
  void forbid_io_uring();
  /// True when the last run went through io_uring.
  bool used_io_uring() const { return used_io_uring_; }

 private:
  struct Ring;
  bool ready();

  std::mutex turn_;
  std::unique_ptr<Ring> ring_;  ///< made at the first run
  bool possible_ = true;        ///< false once the kernel refused a ring, or somebody forbade it
  bool used_io_uring_ = false;
};

}  // namespace ocfs2
