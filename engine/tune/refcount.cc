// SPDX-License-Identifier: GPL-2.0-or-later
//
// Clusters that files share (spec: commands.md 3.3, ondisk.md 9). To do without, every file but the last one
// of those that share gets a copy of its own, piece by piece, and leaves the tree that counts; the last one
// to leave takes the tree with it. All that is legal with the feature, which goes last.
#include <set>

#include "engine/error.h"
#include "engine/tune/batches.h"
#include "engine/tune/feature_change.h"
#include "engine/tune/inodes.h"
#include "engine/volume/refcount_edit.h"
#include "engine/volume/refcount_tree.h"
#include "engine/volume/xattr_set.h"

namespace ocfs2 {
namespace {

constexpr u64 piece_bytes = 1 << 20;           ///< copied at once
constexpr u64 clusters_beyond = u64{1} << 62;  ///< more than there can be

std::vector<InodeNo> sharing_inodes(const Tuning& tuning) {
  std::vector<InodeNo> inodes;
  each_inode(tuning, [&](const BlockRef<Inode>& inode) {
    if (inode->refcount_root != 0) inodes.push_back(inode_at(inode.block()));
  });
  return inodes;
}

/// What the copies take: a cluster for every reference but one.
u64 clusters_needed(const Tuning& tuning) {
  std::set<u64> roots;
  each_inode(tuning, [&](const BlockRef<Inode>& inode) {
    if (inode->refcount_root != 0) roots.insert(inode->refcount_root);
  });
  u64 clusters = 0;
  for (const u64 root : roots)
    RefcountTree(tuning.volume().cache(), BlockNo(root)).each([&](const RefcountRecord& record) {
      const u64 copies = std::max<u64>(record.references, 1) - 1;
      clusters += std::min(u64{record.clusters} * copies, clusters_beyond - clusters);
      return true;
    });
  return clusters;
}

/// Makes one inode the only owner of all that it has.
class Unsharing {
 public:
  Unsharing(Tuning& tuning, InodeNo number)
      : tuning_(tuning), number_(block_of(number)), counts_(tuning.volume().inode(number)->refcount_root) {}

  void run() {
    if (inode()->body_kind() == InodeBody::extent_list)
      unshare([&](Transaction& transaction) { return ExtentRoot::of(transaction.read<Inode>(number_)); });
    for (const Value& value : large_values())
      unshare([&](Transaction&) { return ExtentRoot::of_value(value.block, *value.kind, value.offset); });
    tuning_.change([&](Transaction& transaction) { leave(transaction); });
  }

 private:
  struct Value {
    BlockNo block;
    const BlockKind* kind;
    u32 offset;
  };

  const Geometry& geometry() const { return tuning_.geometry(); }
  BlockRef<Inode> inode() const { return tuning_.volume().inode(inode_at(number_)); }

  std::vector<Value> large_values();
  void unshare(const std::function<ExtentRoot(Transaction&)>& root);
  void own(Transaction& transaction, Space& space, const ExtentRoot& root, ExtentRun piece);
  BlockNo copy(Transaction& transaction, Space& space, ExtentRun& piece);
  void leave(Transaction& transaction);

  Tuning& tuning_;
  BlockNo number_;
  BlockNo counts_;
};

std::vector<Unsharing::Value> Unsharing::large_values() {
  std::vector<Value> values;
  XattrSet(tuning_.volume(), inode())
      .each_container([&](BlockNo block, XattrContainer form, ConstBytes container) {
        const BlockKind* const kind = form == XattrContainer::inline_area ? &Inode::kind
                                      : form == XattrContainer::block     ? &XattrBlock::kind
                                                                          : &XattrBucket::kind;
        // A container reaches to the end of what it stands in.
        const u64 start = region_bytes(*kind, geometry()) - container.size();
        for (const XattrEntry& entry : XattrHeader::entries(container)) {
          if (entry.is_local()) continue;
          const auto root = xattr_value_root(container, entry);
          if (!root)
            fail(ErrorKind::corrupt,
                 "{}: a value of inode {} lies outside its container; run: fsck.ocfs2 -f {}", tuning_.name(),
                 number_.value, tuning_.name());
          values.push_back({block, kind, static_cast<u32>(start + (root->data() - container.data()))});
        }
        return true;
      });
  return values;
}

void Unsharing::unshare(const std::function<ExtentRoot(Transaction&)>& root) {
  u64 key = 0;
  in_batches(tuning_, [&](Transaction& transaction, Space& space) {
    const ExtentRoot where = root(transaction);
    const auto run = ExtentEdit(transaction, space, where).first_from(key);
    if (!run) return false;
    key = run->end();
    if ((run->flags & ExtentRecord::refcounted) == 0) return true;
    const u64 most = std::clamp<u64>(piece_bytes >> geometry().cluster_bits, 1, RefcountEdit::clusters_max);
    ExtentRun piece = *run;
    piece.clusters = std::min(piece.clusters, most);
    const auto same = RefcountEdit(transaction, space, counts_)
                          .shares(geometry().cluster_of(piece.block), static_cast<u32>(piece.clusters));
    if (same.references == 0)
      fail(ErrorKind::corrupt, "{}: {} shares clusters that nobody counts; run: fsck.ocfs2 -f {}",
           tuning_.name(), where.owner, tuning_.name());
    piece.clusters = same.clusters;
    if (same.references > 1) piece.block = copy(transaction, space, piece);
    own(transaction, space, where, piece);
    key = piece.end();
    return true;
  });
}

/// A copy of the beginning of a piece, which becomes as long as there is room in a row.
BlockNo Unsharing::copy(Transaction& transaction, Space& space, ExtentRun& piece) {
  const BitRun run = space.allocate_clusters(transaction, static_cast<u32>(piece.clusters));
  const BlockNo to = geometry().first_block_of(ClusterNo(run.first));
  piece.clusters = run.count;
  if (!piece.unwritten())
    transaction.write_data(
        to, transaction.cache().read_raw(piece.block, run.count * geometry().blocks_per_cluster()));
  return to;
}

/// The piece is this inode's alone from now on, where it is or where it was copied to.
void Unsharing::own(Transaction& transaction, Space& space, const ExtentRoot& root, ExtentRun piece) {
  ExtentEdit tree(transaction, space, root);
  RefcountEdit counts(transaction, space, counts_);
  const auto part = [&](const ExtentRun& old) {
    const ClusterNo cluster = geometry().cluster_of(old.block);
    if (old.block == piece.block)
      counts.withdraw(cluster, static_cast<u32>(old.clusters));
    else
      counts.decrement(cluster, static_cast<u32>(old.clusters));
  };
  tree.remove(piece.cpos, piece.end(), part, ~std::size_t{0});
  piece.flags &= static_cast<u8>(~ExtentRecord::refcounted);
  tree.insert(piece);
}

void Unsharing::leave(Transaction& transaction) {
  Space space(tuning_.volume(), 0);
  RefcountEdit(transaction, space, counts_).leave();
  Inode& edited = transaction.edit<Inode>(number_);
  edited.dynamic_features = edited.dynamic_features & static_cast<u16>(~dynamic_feature::has_refcount);
  edited.refcount_root = 0;
}

}  // namespace

FeatureChange disable_refcount(Tuning& tuning, const FeatureRow& row) {
  FeatureChange change = clear_bit(tuning, row);
  change.clusters = clusters_needed(tuning);
  require_clusters(
      tuning, change.clusters,
      fmt::format("There is not enough space to fill all of the refcounted files on device \"{}\"",
                  tuning.name()));
  change.carry_out = [&tuning, put = change.carry_out] {
    tuning.reporter().stage("Copying shared clusters");
    const std::vector<InodeNo> inodes = sharing_inodes(tuning);
    u64 done = 0;
    for (const InodeNo inode : inodes) {
      Unsharing(tuning, inode).run();
      tuning.reporter().progress(++done, inodes.size());
    }
    tuning.reporter().stage_done("done");
    put();
  };
  return change;
}

}  // namespace ocfs2
