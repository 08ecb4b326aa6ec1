// SPDX-License-Identifier: GPL-2.0-or-later
//
// What all passes of one fsck run share. A pass is a function of this, and may rely on what the passes before
// it found and mended (spec: fsck-checks.md A).
#pragma once

#include "engine/check/examiner.h"
#include "engine/check/survey.h"
#include "engine/error.h"
#include "engine/reporter.h"
#include "engine/volume/volume.h"

namespace ocfs2 {

struct CheckOptions {
  bool read_only = false;           ///< -n: nothing is written, every answer is no
  bool force = false;               ///< -f
  bool stale_generations = false;   ///< -G: look at inodes of another generation, too
  bool compact_directories = false; ///< -D
  u64 memory_bytes = 64 << 20;      ///< --memory: caches and the number of threads go by it
  unsigned threads = 0;             ///< 0: one for each core

  u64 main_cache_bytes() const { return memory_bytes / 8; }
  u64 worker_cache_bytes() const { return memory_bytes / 32; }
  unsigned workers() const;         ///< how many threads there will be at most, 1 to 8
  u64 cache_bytes() const { return main_cache_bytes() + workers() * worker_cache_bytes(); }
  /// How many claims of blocks that others have can be kept in mind, of each kind.
  u64 claims_max() const { return memory_bytes / claim_memory_bytes; }
  static constexpr u64 claim_memory_bytes = 160;
};

struct Checkup {
  Volume& volume;
  const CheckOptions& options;
  Reporter& reporter;
  Examiner& examiner;   ///< the one that asks
  Mender* mender;       ///< null when nothing may be written
  BlockSource& source;  ///< of the main thread: sees what the mender has pending
  Survey survey;
  u64 now_seconds;      ///< since 1970
  u64 bytes_from_workers_caches = 0;  ///< what threads that have ended did not need to read again

  const VolumeFacts& facts() const { return volume.facts(); }
  const Geometry& geometry() const { return volume.geometry(); }
  bool has(const Features& wanted) const { return volume.has(wanted); }
  /// Between two repairs.
  void settle() {
    if (mender != nullptr) mender->settle();
    if (reporter.interrupted()) fail(ErrorKind::interrupted, "interrupted");
  }
};

// The passes, in order. Each prints its heading ("Pass 0a: ...") through the reporter's stage().

/// Finds the system files, by name or by what they are, and puts lost names back.
void find_system_files(Checkup& checkup);
/// 0a to 0c: chains and groups of the global bitmap, the inode and the extent allocators.
void check_allocators(Checkup& checkup);
/// 1: every inode, its extents, attributes and index.
void check_inodes(Checkup& checkup);
/// 1, end: refcount trees against what shares clusters.
void check_refcount_trees(Checkup& checkup);
/// 1b to 1d: clusters that several claim.
void resolve_duplicates(Checkup& checkup);
/// 1, end: the bitmaps of all allocators against what is in use.
void check_bitmaps(Checkup& checkup);
/// The same: where blocks of metadata say that they come from.
void check_metadata_places(Checkup& checkup);
/// One of these at once, before it is claimed: the engine changes no block that says it comes from elsewhere.
void examine_metadata_place(Checkup& checkup, MetadataClaim& claim);
/// Makes new system files in the place of those that are gone; the bitmaps must be right.
void create_missing_system_files(Checkup& checkup);
/// Some must lie in one piece of a certain length, also after they got copies of what others have, too.
void check_room_of_system_files(Checkup& checkup);
/// Extent trees that lost records to a repair are made dense again: the kernel wants full leaves. Asks
/// nothing, since it belongs to that repair.
void fill_thinned_trees(Checkup& checkup);
/// 2: directory entries and indexes.
void check_directories(Checkup& checkup);
/// 3: everything is reachable.
void check_connectivity(Checkup& checkup);
/// 4a, 4b: orphans and link counts.
void check_orphans(Checkup& checkup);
void check_link_counts(Checkup& checkup);
/// 5: quota files against usage.
void check_quota(Checkup& checkup);

/// Pass 1's parts that have files of their own. `inode` is valid and of the right kind.
void examine_attributes(Patient<Inode>& inode, Examiner& examiner, BlockSource& source, Harvest& harvest);
void examine_index_tree(Patient<Inode>& inode, DirectoryFact& fact, Examiner& examiner, BlockSource& source,
                        Harvest& harvest);

/// Runs `work` for 0 … count-1 on the run's threads, each with a BlockSource and a triage Examiner of its
/// own; results are handed over by the work itself, under a lock of its own. What is pending is committed
/// first. An exception of any thread ends all and is thrown here.
struct Worker {
  BlockSource& source;
  Examiner& triage;
  std::vector<u8>& scratch;  ///< kept from one piece of work to the next
};
void in_parallel(Checkup& checkup, u64 count, const std::function<void(u64, Worker&)>& work);

}  // namespace ocfs2
