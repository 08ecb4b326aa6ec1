// SPDX-License-Identifier: GPL-2.0-or-later
//
// A device that remembers everything that was done to it, in order, and can show what a crash at any moment
// would have left behind.
//
//     RecordingDevice device(volume);            // starts as a copy of `volume`, a MemoryDevice
//     ... the scenario writes to `device` ...
//     for (std::size_t n = 0; n <= device.events(); ++n) {
//       MemoryDevice left = device.after(n);                   // the process died: every write arrived
//       MemoryDevice lost = device.after_power_loss(n, seed);  // the machine died: unflushed writes got lost
//       or torn
//       ... open, replay, check ...
//     }
//
// Several devices (a volume and its undo file) can share one Timeline; moments are then moments of that.
#pragma once

#include <memory>
#include <vector>

#include "engine/io/memory_device.h"

namespace ocfs2 {

/// One thing that changed a device, or made changes durable.
struct DeviceEvent {
  enum class What { write, zero, discard, flush };
  What what;
  const BlockDevice* device;
  u64 offset = 0;         ///< bytes
  u64 length = 0;         ///< bytes; 0 for a flush
  std::vector<u8> bytes;  ///< what a write wrote
};

/// Everything that happened, in the order in which it happened.
using Timeline = std::vector<DeviceEvent>;

class RecordingDevice final : public BlockDevice {
 public:
  explicit RecordingDevice(MemoryDevice initial,
                           std::shared_ptr<Timeline> timeline = std::make_shared<Timeline>());
  RecordingDevice(const RecordingDevice&) = delete;  // events point here
  RecordingDevice& operator=(const RecordingDevice&) = delete;

  const std::string& name() const override { return now_.name(); }
  u64 size_bytes() const override { return now_.size_bytes(); }
  u32 sector_size() const override { return now_.sector_size(); }
  void read(u64 offset, Bytes into) override { now_.read(offset, into); }
  void read_many(std::span<ReadRequest> requests) override { now_.read_many(requests); }
  void write(WriteKey, u64 offset, ConstBytes bytes) override;
  void zero(WriteKey, u64 offset, u64 length) override;
  bool discard(WriteKey, u64 offset, u64 length) override;
  void flush() override;

  std::size_t events() const { return timeline_->size(); }  ///< of the whole timeline
  const Timeline& timeline() const { return *timeline_; }
  const MemoryDevice& initial() const { return initial_; }  ///< before anything happened
  const MemoryDevice& now() const { return now_; }          ///< after everything that happened

  /// The device when its first `moment` events, and nothing else, reached the medium; moment ≤ events().
  MemoryDevice after(std::size_t moment) const;
  /// The device when the power failed at `moment`. What it flushed is there; of everything since its last
  /// flush an arbitrary part is there, chosen by `seed`: each event wholly, not at all, or some of its
  /// sectors.
  MemoryDevice after_power_loss(std::size_t moment, u64 seed) const;

 private:
  MemoryDevice initial_;
  MemoryDevice now_;
  std::shared_ptr<Timeline> timeline_;
};

}  // namespace ocfs2
