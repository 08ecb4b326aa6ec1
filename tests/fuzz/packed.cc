// SPDX-License-Identifier: GPL-2.0-or-later
//
// What gzip or zstd are said to have packed: the first byte says which, and how much is read at a time.
#include <algorithm>
#include <vector>

#include "engine/error.h"
#include "engine/io/byte_stream.h"

namespace ocfs2 {
namespace {

constexpr u64 unpacked_max = 8 << 20;

void read_all(ConstBytes packed, bool zstd, std::size_t at_once) {
  const ByteStream from = [&](Bytes into) {
    const std::size_t length = std::min(into.size(), packed.size());
    std::ranges::copy(packed.first(length), into.begin());
    packed = packed.subspan(length);
    return length;
  };
  const ByteStream stream = zstd ? unpack_zstd("packed", from) : unpack_gzip("packed", from);
  std::vector<u8> bytes(at_once);
  for (u64 done = 0; done < unpacked_max; done += bytes.size())
    if (stream(bytes) < bytes.size()) return;
}

}  // namespace
}  // namespace ocfs2

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size == 0) return 0;
  try {
    ocfs2::read_all(ocfs2::ConstBytes(data, size).subspan(1), (data[0] & 1) != 0, 1 + data[0] * 100u);
  } catch (const ocfs2::Error&) {
  }
  return 0;
}
