// SPDX-License-Identifier: GPL-2.0-or-later
//
// Making a volume larger while nodes write to it: the kernel of one of them does it, and the others learn of
// it through the locks that they take anyway. Ours is to write the descriptors of groups that lie behind the
// end, where nobody looks yet, and to say in which chain each belongs.
#include <algorithm>
#include <cerrno>

#include "engine/error.h"
#include "engine/refusal.h"
#include "engine/tune/grow.h"

namespace ocfs2 {
namespace {

class MountedGrowth {
 public:
  explicit MountedGrowth(Tuning& tuning) : tuning_(tuning), now_(tuning.geometry()) {
    now_.clusters = mounted_clusters(tuning);
    const auto bitmap = tuning.volume().system_file(SystemFile::global_bitmap);
    chains_ = bitmap->chains.count;
    if (chains_ == 0 || bitmap->chains.clusters_per_group != now_.clusters_per_group())
      fail(ErrorKind::unsupported,
           "{}: the groups of its allocator are smaller than they could be, as ancient tools made them, and "
           "the kernel makes only full ones larger. Unmount the volume on all nodes, then run this again",
           tuning.name());
  }

  void grow_to(u32 clusters) {
    const u32 begin = now_.clusters;
    tuning_.reporter().stage("Growing the mounted volume");
    while (now_.clusters < clusters) {
      if (tuning_.reporter().interrupted()) fail(ErrorKind::interrupted, "interrupted");
      if (now_.clusters % now_.clusters_per_group() != 0)
        extend_last(clusters);
      else
        add_group(clusters);
      tuning_.reporter().progress(now_.clusters - begin, clusters - begin);
    }
    renew_backups();
    tuning_.reporter().stage_done("done");
  }

 private:
  void extend_last(u32 clusters) {
    const u32 room = now_.clusters_per_group() - now_.clusters % now_.clusters_per_group();
    const u32 more = std::min(room, clusters - now_.clusters);
    expect(tuning_.kernel()->extend_last_group(more));
    now_.clusters += more;
  }

  /// The kernel wants a new chain as long as there are any; later they take turns.
  void add_group(u32 clusters) {
    const u32 index = now_.cluster_groups();
    Geometry after = now_;
    after.clusters += std::min(now_.clusters_per_group(), clusters - now_.clusters);
    const u32 bits = after.clusters_in_group(index);
    const std::size_t chain = index % chains_;
    NewClusterGroup group = new_cluster_group(tuning_.volume(), after, index, chain);
    seal(GroupDescriptor::kind, tuning_.volume().facts(), group.bytes);
    const BlockNo at = after.cluster_group_block(index);
    tuning_.write_behind(at, group.bytes);
    expect(tuning_.kernel()->add_group({at.value, bits, bits - group.used, static_cast<u16>(chain)}));
    now_ = after;
  }

  /// The kernel changes the superblock; whether it writes the backups depends on which kernel it is.
  void renew_backups() {
    tuning_.change_super([](SuperBlock&) {});
  }

  void expect(const std::optional<Refusal>& refusal) const {
    if (!refusal) return;
    if (refusal->number == EINVAL)
      fail(ErrorKind::io,
           "the kernel refuses to {}; its log (dmesg) says why. Unmount the volume on all nodes, then run "
           "this again: it goes on where it was, without the kernel",
           refusal->tried);
    fail_refused(*refusal);
  }

  Tuning& tuning_;
  Geometry now_;  ///< as far as it has grown
  u32 chains_ = 0;
};

}  // namespace

u32 mounted_clusters(Tuning& tuning) {
  if (tuning.kernel() == nullptr)
    fail(ErrorKind::not_found,
         "Mountpoint not found for online operation: other nodes have \"{}\" mounted and this host has not; "
         "run the same command on one of them",
         tuning.name());
  u64 blocks = 0;
  if (const auto refusal = tuning.kernel()->blocks(blocks))
    fail_refused(*refusal);
  return static_cast<u32>(blocks / tuning.geometry().blocks_per_cluster());
}

void grow_mounted(Tuning& tuning, u32 clusters) { MountedGrowth(tuning).grow_to(clusters); }

}  // namespace ocfs2
