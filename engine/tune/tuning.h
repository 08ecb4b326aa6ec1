// SPDX-License-Identifier: GPL-2.0-or-later
//
// What all operations of one run share: the open volume, the way to write to it, and what the volume is going
// to be once the changes planned before are made.
//
// Nothing is written but by `change` and its like. Each is one transaction, after which the volume is sound:
// an operation that takes several leaves after each of them a volume that can be mounted, and begun again it
// goes on where it was.
#pragma once

#include <functional>
#include <string>

#include "engine/journal/transaction.h"
#include "engine/journal/way_to_write.h"
#include "engine/reporter.h"
#include "engine/volume/space.h"
#include "net/mounted_file_system.h"
#include "ondisk/super_inode.h"

namespace ocfs2 {

/// What the volume will be when it is the turn of the operation that looks.
struct Prospect {
  Features features;
  u32 clusters = 0;
  u32 slots = 0;
  u64 free_clusters = 0;

  /// Clusters were given out or back since `before`.
  bool gives_space(const Prospect& before) const {
    return clusters != before.clusters || free_clusters != before.free_clusters;
  }
};

struct TuneSurroundings {
  Reporter& reporter;
  std::function<u64()> now_seconds;  ///< since 1970
  /// The cluster that runs on this host; nothing when none does.
  std::function<std::optional<ClusterIdentity>()> running_cluster;
  std::function<std::array<u32, 3>()> index_seeds;  ///< of new directory indexes: random
};

class Tuning {
 public:
  /// `way` takes the changes; null when nothing is going to be written. All outlive this.
  Tuning(Volume& volume, WayToWrite* way, TuneSurroundings surroundings);
  /// The same for a volume that nodes have mounted. `way` takes single blocks; `kernel` is where this host
  /// has it mounted, null when only others have.
  Tuning(Volume& volume, WriteAhead* way, MountedFileSystem* kernel, TuneSurroundings surroundings);

  Volume& volume() const { return volume_; }
  const Geometry& geometry() const { return volume_.geometry(); }
  const std::string& name() const { return volume_.name(); }
  Reporter& reporter() const { return surroundings_.reporter; }
  u64 now_seconds() const { return surroundings_.now_seconds(); }
  std::optional<ClusterIdentity> running_cluster() const { return surroundings_.running_cluster(); }
  std::array<u32, 3> index_seeds() const { return surroundings_.index_seeds(); }
  bool mounted() const { return mounted_; }              ///< by some node
  MountedFileSystem* kernel() const { return kernel_; }  ///< null: not on this host

  Prospect prospect;
  /// Whether the volume will have these when it is the operation's turn.
  bool has(const Features& features) const { return prospect.features.has(features); }

  /// Everything that `make` does happens, or nothing. When it changed the superblock its backups follow in
  /// the same transaction, and the volume is what it says from then on. Throws Error(interrupted) before it
  /// begins, when the user asked to stop; what `make` and Transaction::commit throw.
  void change(const std::function<void(Transaction&)>& make);
  void change_super(const std::function<void(SuperBlock&)>& make);
  /// Writes a block that lies behind the end of the volume; durable at once.
  void write_behind(BlockNo block, ConstBytes bytes);
  /// Runs `work`, which changes the journal of `slot` itself: changes go through the journals of other slots
  /// meanwhile, or without one on a way that an undo file leads back from.
  void without_journal(u32 slot, const std::function<void()>& work);
  /// No log speaks of what was changed so far.
  void checkpoint();
  /// The journal of `slot` is not used any more: it is going to be removed.
  void give_up_journal(u32 slot);

 private:
  Volume& volume_;
  WriteAhead* way_;
  WayToWrite* journals_;  ///< null while it is mounted
  bool mounted_ = false;
  MountedFileSystem* kernel_ = nullptr;
  TuneSurroundings surroundings_;
};

/// The superblock, to be changed as a part of `transaction`.
inline SuperInode& edit_super(Transaction& transaction) {
  return transaction.edit<SuperInode>(super_block_no);
}

}  // namespace ocfs2
