// SPDX-License-Identifier: GPL-2.0-or-later
//
// A volume in the hands of this program alone, to be changed as a node changes one that has mounted it:
// nobody else has the device or the volume, what nodes that died left behind was brought to its end, and
// changes go through the journal of a slot. Killed at any moment it leaves what any dead node leaves.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cmd/console.h"
#include "engine/cluster/guard.h"
#include "engine/files/node.h"
#include "engine/io/file_device.h"

namespace ocfs2 {

/// By this host's clock.
Moment present_moment();

class ExclusiveVolume {
 public:
  static constexpr u64 cache_bytes = 64 << 20;
  static constexpr u32 slot = 0;  ///< ours, since there is nobody else

  /// `to_look`: what the user says to look only, for refusals: "-o ro". Throws Error saying what stands in
  /// the way, and what to do.
  ExclusiveVolume(const std::string& device, const std::optional<OfflineClaim>& offline,
                  std::string_view to_look, Console& console);
  ~ExclusiveVolume();

  FileDevice& device() { return *device_; }
  Volume& volume() { return *volume_; }
  Node& node() { return *node_; }

  /// What no file operation does: everything that `make` does happens, or nothing, behind all that the node
  /// did before. Returns true when the superblock was changed, with its backups: then this volume is to be
  /// closed, and opened again.
  bool change(const std::function<void(Transaction&)>& make);
  /// Leaves the volume clean; it can only be looked at then. Once.
  void close() { node_->close(); }

 private:
  void recover(Console& console);

  std::unique_ptr<FileDevice> device_;
  std::unique_ptr<ClusterGuard> guard_;
  Alone locks_;
  std::unique_ptr<Volume> volume_;
  std::unique_ptr<SlotJournal> journal_;
  std::unique_ptr<Node> node_;
};

}  // namespace ocfs2
