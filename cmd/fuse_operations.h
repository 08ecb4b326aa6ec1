// SPDX-License-Identifier: GPL-2.0-or-later
//
// The questions that the kernel asks of a mounted volume, and who answers them.
#pragma once

#define FUSE_USE_VERSION 314
#include <fuse3/fuse_lowlevel.h>

#include "cmd/fuse.h"

namespace ocfs2 {

struct Server {
  FuseVolume& volume;
  FuseLog& log;
  const FuseRequest& request;
  u32 cluster_bits;
  InodeNo root;
  double seconds;  ///< for which the kernel may believe what it was told
};

/// The kernel reads so far ahead of who reads one byte after the other, where it lets us say so.
inline constexpr u32 read_ahead_bytes = 1 << 20;

/// One function a question. The user data of their session is a Server.
const fuse_lowlevel_ops& fuse_operations();

}  // namespace ocfs2
