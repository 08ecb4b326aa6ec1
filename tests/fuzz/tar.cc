// SPDX-License-Identifier: GPL-2.0-or-later
//
// Archives that nobody made: every header, every map of holes, every access control list in them.
#include "engine/files/tar_source.h"

namespace ocfs2 {
namespace {

constexpr u64 steps_max = 10'000;

void read_all(ConstBytes archive) {
  TarSource source(
      "archive",
      [&](Bytes into) {
        const std::size_t length = std::min(into.size(), archive.size());
        std::ranges::copy(archive.first(length), into.begin());
        archive = archive.subspan(length);
        return length;
      },
      [](std::string_view, std::string_view name) { return std::optional(static_cast<u32>(name.size())); });
  u64 steps = 0;
  while (const auto file = source.next()) {
    u64 end = 0;
    while (const auto piece = source.next_piece()) {
      require(piece->offset >= end && piece->offset + piece->bytes.size() <= file->size);
      end = piece->offset + piece->bytes.size();
      if (++steps > steps_max) return;
    }
  }
}

}  // namespace
}  // namespace ocfs2

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  try {
    ocfs2::read_all({data, size});
  } catch (const ocfs2::Error&) {
  }
  return 0;
}
