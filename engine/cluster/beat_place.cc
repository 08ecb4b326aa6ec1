// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/cluster/beat_place.h"

#include "engine/cluster/heartbeat.h"

namespace ocfs2 {

BeatPlace beat_place(Volume& volume) {
  const HeartbeatRegion region = heartbeat_region(volume);
  return {volume.uuid(), volume.name(), region.block_bytes, region.offset / region.block_bytes, region.nodes};
}

}  // namespace ocfs2
