// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/rescue/run_copy.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "engine/error.h"
#include "ondisk/zeros.h"

namespace ocfs2 {
namespace {

constexpr u64 piece_bytes = 1 << 20;

u64 write_piece(const RunCopy& copy, u64 offset, ConstBytes piece) {
  if (copy.passed) copy.passed(piece.size());
  if (is_zero(piece)) return 0;
  if (pwrite(copy.file, piece.data(), piece.size(), static_cast<off_t>(offset)) !=
      static_cast<ssize_t>(piece.size()))
    fail_errno(errno, "{}: cannot be written here", copy.path);
  return piece.size();
}

}  // namespace

u64 copy_run(const RunCopy& copy, BlockNo first, u64 offset, u64 bytes) {
  const Geometry& geometry = copy.volume.geometry();
  u64 written = 0;
  for (u64 done = 0, length; done < bytes; done += length) {
    if (copy.reporter.interrupted()) fail(ErrorKind::interrupted, "interrupted");
    length = std::min(piece_bytes, bytes - done);
    const u64 blocks = divide_up(length, geometry.block_size());
    const BlockNo at = first + (done >> geometry.block_bits);
    std::vector<u8> piece;
    try {
      piece = copy.volume.cache().read_raw(at, blocks);
    } catch (const Error& error) {
      if (blocks == 1) copy.lost(offset + done, offset + done + length, error.what());
      for (u64 i = 0, from = 0; blocks > 1 && i < blocks; ++i, from += geometry.block_size())
        written += copy_run(copy, at + i, offset + done + from,
                            std::min<u64>(geometry.block_size(), length - from));
      continue;
    }
    written += write_piece(copy, offset + done, ConstBytes(piece).first(length));
  }
  return written;
}

}  // namespace ocfs2
