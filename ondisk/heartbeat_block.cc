// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/heartbeat_block.h"

#include "ondisk/check.h"

namespace ocfs2 {

u32 HeartbeatBlock::compute_checksum(ConstBytes sector) {
  constexpr std::array<u8, 4> zeros{};
  const u32 head = crc32(sector.first(0x0C), 0);
  return crc32(sector.subspan(0x10), crc32(zeros, head));
}

bool HeartbeatBlock::verify(ConstBytes sector) {
  return compute_checksum(sector) == as<HeartbeatBlock>(sector).checksum;
}

void HeartbeatBlock::seal(Bytes sector) { as<HeartbeatBlock>(sector).checksum = compute_checksum(sector); }

}  // namespace ocfs2
