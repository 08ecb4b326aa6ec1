// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/worlds/recording_device.h"

#include <algorithm>
#include <random>

#include "engine/error.h"
#include "tests/worlds/test_key.h"

namespace ocfs2 {
namespace {

using What = DeviceEvent::What;

/// Does the part of `event` from `from` bytes into it again, for `length` bytes.
void apply(const DeviceEvent& event, u64 from, u64 length, MemoryDevice& to) {
  if (event.what == What::flush) return;
  if (event.what == What::write)
    to.write(TestKey{}, event.offset + from, ConstBytes(event.bytes).subspan(from, length));
  else
    to.zero(TestKey{}, event.offset + from, length);
}

void apply(const DeviceEvent& event, MemoryDevice& to) { apply(event, 0, event.length, to); }

using Dice = std::mt19937_64;  // its sequence is fixed by the standard: a seed means the same everywhere
bool heads(Dice& dice) { return dice() % 2 == 0; }

/// Does some of the sectors of `event`: writes in flight may reach the medium in any order and stop anywhere.
void tear(const DeviceEvent& event, Dice& dice, MemoryDevice& to) {
  constexpr u64 decisions_max = 4096;  // a large zeroing is torn into as many parts, not into every sector
  const u64 sectors = divide_up(event.length, to.sector_size());
  const u64 part_bytes = divide_up(sectors, decisions_max) * to.sector_size();
  u64 from = 0;
  for (u64 end = part_bytes - event.offset % to.sector_size(); from < event.length; end += part_bytes) {
    const u64 length = std::min(end, event.length) - from;
    if (heads(dice)) apply(event, from, length, to);
    from += length;
  }
}

}  // namespace

RecordingDevice::RecordingDevice(MemoryDevice initial, std::shared_ptr<Timeline> timeline)
    : initial_(initial), now_(std::move(initial)), timeline_(std::move(timeline)) {}

void RecordingDevice::write(WriteKey key, u64 offset, ConstBytes bytes) {
  now_.write(key, offset, bytes);
  timeline_->push_back({What::write, this, offset, bytes.size(), {bytes.begin(), bytes.end()}});
}

void RecordingDevice::zero(WriteKey key, u64 offset, u64 length) {
  now_.zero(key, offset, length);
  timeline_->push_back({What::zero, this, offset, length, {}});
}

bool RecordingDevice::discard(WriteKey key, u64 offset, u64 length) {
  now_.discard(key, offset, length);
  timeline_->push_back({What::discard, this, offset, length, {}});
  return true;
}

void RecordingDevice::flush() { timeline_->push_back({What::flush, this, 0, 0, {}}); }

MemoryDevice RecordingDevice::after(std::size_t moment) const {
  require(moment <= events());
  MemoryDevice left = initial_;
  for (std::size_t i = 0; i < moment; ++i)
    if ((*timeline_)[i].device == this) apply((*timeline_)[i], left);
  return left;
}

MemoryDevice RecordingDevice::after_power_loss(std::size_t moment, u64 seed) const {
  require(moment <= events());
  std::size_t durable = moment;
  const auto is_our_flush = [&](const DeviceEvent& event) {
    return event.device == this && event.what == What::flush;
  };
  while (durable > 0 && !is_our_flush((*timeline_)[durable - 1])) --durable;

  MemoryDevice left = after(durable);
  Dice dice(seed);
  for (std::size_t i = durable; i < moment; ++i) {
    const DeviceEvent& event = (*timeline_)[i];
    if (event.device != this) continue;
    switch (dice() % 3) {
      case 0:
        apply(event, left);
        break;
      case 1:
        tear(event, dice, left);
        break;
      default:
        break;  // lost
    }
  }
  return left;
}

}  // namespace ocfs2
