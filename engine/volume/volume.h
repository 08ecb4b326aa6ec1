// SPDX-License-Identifier: GPL-2.0-or-later
//
// One open OCFS2 volume: what its superblock says, its blocks, and the files that it keeps for itself.
// Everything that reads or changes a volume gets one of these.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/io/block_cache.h"
#include "engine/volume/find_super.h"
#include "ondisk/slot_map.h"
#include "ondisk/system_files.h"

namespace ocfs2 {

struct OpenOptions {
  bool read_only = true;
  bool heartbeat_device = false;  ///< a volume that holds nothing but a heartbeat region will do
  bool unknown_features =
      false;  ///< open although somebody wrote what this program does not understand; only to look
  bool unfinished_change = false;  ///< open although a resize or tunefs was cut off
  SuperWish super{};
  u64 cache_bytes = BlockCache::default_budget_bytes;
};

/// Which cluster may mount a volume.
struct ClusterIdentity {
  bool local = false;             ///< no cluster: one node at a time
  std::string stack;              ///< "o2cb", "pcmk", …; empty when local
  std::string cluster;            ///< empty when the volume does not say
  bool global_heartbeat = false;  ///< its nodes beat on devices of their own, not in this volume

  bool classic() const { return !local && cluster.empty() && stack == "o2cb"; }
};
ClusterIdentity cluster_identity(const SuperBlock& super);

class Volume {
 public:
  /// Opens the volume on `device`, which must live as long. Throws what find_super throws, and
  /// Error(unsupported) naming the bit and the remedy for features that stand in the way.
  static std::unique_ptr<Volume> open(BlockDevice& device, const OpenOptions& options = {});
  /// The same by a superblock that was found otherwise.
  static std::unique_ptr<Volume> open(BlockDevice& device, FoundSuper super, const OpenOptions& options);

  BlockDevice& device() { return device_; }
  BlockCache& cache() { return cache_; }
  const std::string& name() const { return device_.name(); }
  const VolumeFacts& facts() const { return facts_; }
  const Geometry& geometry() const { return facts_.geometry; }
  const Features& features() const { return facts_.features; }
  bool has(const Features& wanted) const { return facts_.features.has(wanted); }

  /// The device was written behind the cache's back, by the replay of journals: forgets what was read, and
  /// goes by `super` from here on.
  void start_over(FoundSuper super);

  /// From here on the volume has so many clusters, whatever its superblock says: for fsck and resize.
  void set_clusters(u32 clusters);

  /// From here on the volume has these features, whatever its superblock says: for the change that makes it
  /// say so.
  void set_features(const Features& features);

  /// The superblock as it was when the volume was opened, or started over.
  const FoundSuper& found_super() const { return super_; }
  const SuperBlock& super() const { return super_.super(); }
  std::string label() const { return std::string(text_of(super().label)); }
  std::string uuid() const { return uuid_text(super().uuid); }
  ClusterIdentity cluster() const { return cluster_identity(super()); }
  InodeNo root() const { return InodeNo(super().root_inode); }
  InodeNo system_directory() const { return InodeNo(super().system_dir_inode); }

  /// An inode in use. Throws Error(corrupt) when it is not in use or not an inode, Error(invalid_argument)
  /// when the number lies outside the volume.
  BlockRef<Inode> inode(InodeNo number);
  /// The same, in use or free.
  BlockRef<Inode> any_inode(InodeNo number);

  /// The inode of a system file; nothing when the system directory does not name it.
  std::optional<InodeNo> find_system_file(SystemFile file, u32 slot = 0);
  /// The same; throws Error(corrupt) when it is missing.
  BlockRef<Inode> system_file(SystemFile file, u32 slot = 0);

  /// The node in each slot, nothing for a free one (spec: ondisk.md 6.1). Read from the device each time,
  /// since others write it behind our back.
  std::vector<std::optional<u32>> slot_map();
  /// True when the slot's log must be replayed before anybody uses the slot. Read from the device each time.
  bool journal_dirty(u32 slot);

 private:
  Volume(BlockDevice& device, FoundSuper super, const OpenOptions& options);

  BlockDevice& device_;
  FoundSuper super_;
  VolumeFacts facts_;
  BlockCache cache_;
};

}  // namespace ocfs2
