// SPDX-License-Identifier: GPL-2.0-or-later
//
// The way back: a file that keeps what a command overwrites (--undo FILE), and puts it back (`ocfs2box
// undo`).
//
//     auto store = FileDevice::create(path);
//     UndoDevice device(*disk, *store);     // lies under whatever changes the volume, a slot journal too
//     ... the command works on `device` ...
//     device.finish();
//
// Before a range is written for the first time its old bytes are appended to the file and the file is
// flushed. So at every moment the file can undo all that has reached the device, and what a crash tore off
// its end was never acted upon. The format is our own, little endian, and described by the structures in
// undo_file.cc.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "engine/io/reversible_device.h"

namespace ocfs2 {

/// Checksums of parts of a device, to know it again: its first 64 KiB, where superblocks and labels of all
/// kinds lie, and 48 places spread over all of it.
inline constexpr u32 fingerprint_parts = 64;
using Fingerprint = std::array<le32, fingerprint_parts>;

class UndoDevice final : public ReversibleDevice {
 public:
  static constexpr u64 unit_bytes = 4096;  ///< old bytes are kept in multiples of this

  /// Everything written to `device` through this can be undone from `store`, which begins empty and grows,
  /// and must not lie on `device`. Both outlive this. Writes the header; throws Error(io).
  UndoDevice(BlockDevice& device, BlockDevice& store);

  /// The command came to its end: notes what the device looks like now, so that an undo can tell whether it
  /// is still the same. Without it (a crash) undoing works too, with one safeguard less.
  void finish();
  u64 saved_bytes() const;  ///< old bytes kept so far

  const std::string& name() const override { return device_.name(); }
  u64 size_bytes() const override { return device_.size_bytes(); }
  u32 sector_size() const override { return device_.sector_size(); }
  void read(u64 offset, Bytes into) override { device_.read(offset, into); }
  void read_many(std::span<ReadRequest> requests) override { device_.read_many(requests); }
  void write(WriteKey key, u64 offset, ConstBytes bytes) override;
  void write_many(WriteKey key, std::span<const WriteRequest> requests) override;
  void zero(WriteKey key, u64 offset, u64 length) override;
  /// Never takes the hint: what was discarded cannot be brought back.
  bool discard(WriteKey, u64, u64) override { return false; }
  void flush() override { device_.flush(); }

 private:
  struct Range {
    u64 from, to;  ///< bytes
  };
  void save(std::span<const Range> ranges);
  void find_unsaved(Range range, std::vector<Range>& unsaved) const;
  void append(std::span<const Range> ranges);
  void mark_saved(Range range);

  BlockDevice& device_;
  BlockDevice& store_;
  u64 store_end_ = 0;         ///< where the next record goes
  u64 store_synced_ = 0;      ///< what lies before this is durable
  u32 tag_ = 0;               ///< ties the records to this file's header
  std::map<u64, u64> saved_;  ///< ranges whose old bytes are safe: from → to
};

class UndoReader {
 public:
  /// Reads all of an undo file and checks it. Throws Error(corrupt) when it is none or damaged; records at
  /// its end that a crash cut off are not missed.
  explicit UndoReader(BlockDevice& store);

  const std::string& device_name() const {
    return device_name_;
  }  ///< as it was called when the file was made
  u64 device_bytes() const { return device_bytes_; }
  u64 saved_bytes() const;

  /// Puts all old bytes back and flushes. May be repeated after a crash in the middle. Throws
  /// Error(invalid_argument), and has written nothing, when `device` is not the one the file was made for or
  /// was changed by something else since.
  void restore(BlockDevice& device);

 private:
  struct Saved {
    u64 offset;        ///< on the device
    u64 length;        ///< bytes
    u64 store_offset;  ///< where the old bytes lie in the undo file
  };
  void note(u32 kind);
  void put_back(BlockDevice& device, std::span<const Saved> batch, u64 bytes);
  void read_header();
  void scan();
  void require_nothing_lost() const;
  void require_same_device(BlockDevice& device) const;
  Fingerprint restored_fingerprint(BlockDevice& device) const;

  BlockDevice& store_;
  std::string device_name_;
  u64 device_bytes_ = 0;
  u32 tag_ = 0;
  u64 end_ = 0;                          ///< of the sound records
  Fingerprint before_{};                 ///< of the device before the first write
  std::optional<Fingerprint> finished_;  ///< of the device when the command had ended
  bool undoing_ = false;                 ///< an undo was begun before
  bool undone_ = false;                  ///< and ended
  std::vector<Saved> saved_;
};

}  // namespace ocfs2
