// SPDX-License-Identifier: GPL-2.0-or-later
//
// Checksums in all metadata (spec: commands.md 3.3, ondisk.md 10).
//
//     every block of directories gets a trailer, which is where its checksum stands
//     every block of metadata gets its checksum
//     the superblock says that they count, and has its own
//
// Without the feature a trailer is a free entry and a checksum means nothing. So a run that dies leaves a
// sound volume without the feature; and since whoever writes there next does not keep checksums up to date,
// the next run makes all of them again. A checksum is eight bytes that lie in one sector: it goes in place at
// once, past the journal.
//
// Blocks are found where they are given out: a suballocator's bitmap names all inodes and all nodes of trees,
// each of which says what it is. What lies in clusters hangs from one of these: directories, leaves of
// indexes, buckets of attributes, quota files.
#include <algorithm>

#include "engine/error.h"
#include "engine/tune/feature_change.h"
#include "engine/tune/inodes.h"
#include "engine/tune/quota_usage.h"
#include "engine/volume/chain_allocator.h"
#include "engine/volume/directory_rewrite.h"
#include "engine/volume/extent_tree.h"
#include "ondisk/directory.h"
#include "ondisk/quota.h"
#include "ondisk/refcount.h"
#include "ondisk/xattr.h"

namespace ocfs2 {
namespace {

constexpr u64 piece_bytes = 1 << 20;  ///< read and written at once

/// What a block of a suballocator says it is; null: nothing that one can be.
const BlockKind* kind_by_signature(ConstBytes block) {
  struct Row {
    const char* signature;
    const BlockKind* kind;
  };
  const Row rows[] = {{Inode::signature_text, &Inode::kind},
                      {ExtentBlock::signature_text, &ExtentBlock::kind},
                      {XattrBlock::signature_text, &XattrBlock::kind},
                      {IndexRoot::signature_text, &IndexRoot::kind},
                      {RefcountBlock::signature_text, &RefcountBlock::kind},
                      {GroupDescriptor::signature_text, &GroupDescriptor::kind}};
  for (const Row& row : rows)
    if (std::equal(block.begin(), block.begin() + sizeof(Signature), row.signature)) return row.kind;
  return nullptr;
}

/// Metadata in clusters, by the tree that leads there.
struct Hanging {
  ExtentTree tree;
  const BlockKind* kind;
  u64 blocks;  ///< more is not in use
};

class Sealer {
 public:
  explicit Sealer(Tuning& tuning) : tuning_(tuning), facts_(tuning.volume().facts()) {
    facts_.features = facts_.features | feature::metaecc;
  }

  /// All checksums but the superblock's.
  void run();

 private:
  Volume& volume() { return tuning_.volume(); }
  const Geometry& geometry() const { return facts_.geometry; }

  u64 blocks_in_use();
  void seal_group(const BlockRef<GroupDescriptor>& group);
  void seal_blocks(BlockNo first, u64 count);
  void seal_hanging(const Hanging& hanging);
  void seal_run(BlockNo first, u64 count, const BlockKind& kind);
  void seal_buckets(const ExtentRun& run);
  bool seal_one(BlockNo at, const BlockKind* kind, Bytes bytes);
  void note_hanging(BlockNo at, const BlockKind* kind, ConstBytes block);
  void write(BlockNo first, ConstBytes bytes);

  Tuning& tuning_;
  VolumeFacts facts_;  ///< of the volume to be
  std::vector<Hanging> hanging_;
  u64 done_ = 0, total_ = 0;
};

u64 Sealer::blocks_in_use() {
  u64 bits = 0;
  each_suballocator_group(tuning_, [&](const BlockRef<GroupDescriptor>& group) {
    bits += group->bits - std::min(group->free_bits, group->bits);
  });
  return bits;
}

void Sealer::run() {
  total_ = blocks_in_use();
  ChainAllocator(volume(), volume().system_file(SystemFile::global_bitmap))
      .each_group([&](const auto& group) {
        seal_blocks(group.block(), 1);
        return true;
      });
  each_suballocator_group(tuning_, [&](const BlockRef<GroupDescriptor>& group) { seal_group(group); });
}

void Sealer::seal_group(const BlockRef<GroupDescriptor>& group) {
  std::vector<BlockNo> blocks = taken_blocks(tuning_.geometry(), group);
  blocks.push_back(group.block());
  std::ranges::sort(blocks);
  for (std::size_t i = 0, end; i < blocks.size(); i = end) {
    for (end = i + 1; end < blocks.size() && blocks[end] == blocks[end - 1] + 1;) ++end;
    seal_blocks(blocks[i], end - i);
  }
  done_ += blocks.size();
  tuning_.reporter().progress(std::min(done_, total_), total_);
}

/// Blocks of an allocator, and what hangs from them.
void Sealer::seal_blocks(BlockNo first, u64 count) {
  const u64 at_once = piece_bytes >> geometry().block_bits;
  for (; count > 0; first = first + std::min(count, at_once), count -= std::min(count, at_once)) {
    std::vector<u8> bytes = volume().cache().read_raw(first, std::min(count, at_once));
    bool changed = false;
    for (u64 i = 0; i < std::min(count, at_once); ++i) {
      const Bytes block = Bytes(bytes).subspan(i << geometry().block_bits, geometry().block_size());
      const BlockKind* const kind = kind_by_signature(block);
      changed |= seal_one(first + i, kind, block);
      note_hanging(first + i, kind, block);
    }
    if (changed) write(first, bytes);
    for (const Hanging& hanging : hanging_) seal_hanging(hanging);
    hanging_.clear();
  }
}

bool Sealer::seal_one(BlockNo at, const BlockKind* kind, Bytes bytes) {
  Judgement judgement;
  if (kind == nullptr)
    judgement.holds(false, "signature", "must be that of an inode or a node of a tree");
  else if (kind->judge != nullptr)
    kind->judge(bytes, {facts_, at}, judgement);
  if (!judgement.clean())
    fail(ErrorKind::corrupt,
         "{}: block {} is damaged ({}), no checksum can vouch for it; run: fsck.ocfs2 -f {}", tuning_.name(),
         at.value, fault_text(judgement.faults().front()), tuning_.name());
  const ConstBytes check =
      ConstBytes(bytes).subspan(check_position(kind->check_offset, bytes.size()), sizeof(BlockCheck));
  const std::vector<u8> before(check.begin(), check.end());
  seal(*kind, facts_, bytes);
  return !std::ranges::equal(before, check);
}

void Sealer::note_hanging(BlockNo at, const BlockKind* kind, ConstBytes block) {
  const auto add = [&](ConstBytes list, const BlockKind& what, u64 blocks) {
    hanging_.push_back(
        {ExtentTree(volume().cache(), list, fmt::format("block {}", at.value)), &what, blocks});
  };
  const Inode& inode = as<Inode>(block);
  if (kind == &Inode::kind && inode.has_flag(inode_flag::valid) &&
      inode.body_kind() == InodeBody::extent_list) {
    const u64 blocks = geometry().blocks_for(inode.size);
    if (inode.is_directory()) add(Inode::body(block), DirectoryBlock::kind, blocks);
    // All blocks of quota files have their checksums in the same place.
    if (inode.has_flag(inode_flag::quota)) add(Inode::body(block), QuotaTreeBlock::kind, blocks);
  }
  if (kind == &IndexRoot::kind && !as<IndexRoot>(block).is_inline())
    add(IndexRoot::list_bytes(block), IndexLeaf::kind, geometry().blocks());
  if (kind == &XattrBlock::kind && as<XattrBlock>(block).is_indexed())
    add(XattrBlock::list_bytes(block), XattrBucket::kind, geometry().blocks());
}

void Sealer::seal_hanging(const Hanging& hanging) {
  hanging.tree.each_run([&](const ExtentRun& run) {
    if (hanging.kind == &XattrBucket::kind) {
      seal_buckets(run);
      return true;
    }
    const u64 first = run.cpos * geometry().blocks_per_cluster();
    const u64 count = run.clusters * geometry().blocks_per_cluster();
    const bool by_place = hanging.kind != &IndexLeaf::kind;  // keys of an index are hashes
    const u64 left = by_place ? hanging.blocks - std::min(first, hanging.blocks) : count;
    if (!run.unwritten()) seal_run(run.block, std::min(count, left), *hanging.kind);
    return true;
  });
}

/// The first bucket of a run says how many there are.
void Sealer::seal_buckets(const ExtentRun& run) {
  const auto first = volume().cache().read<XattrBucket>(run.block);
  const u64 room = (run.clusters << geometry().cluster_bits) / xattr_bucket_bytes;
  seal_run(run.block, std::min<u64>(first->header.buckets, room), XattrBucket::kind);
}

/// `count` blocks or regions of one kind.
void Sealer::seal_run(BlockNo first, u64 count, const BlockKind& kind) {
  const u32 region = region_bytes(kind, geometry());
  const u64 blocks = region >> geometry().block_bits, at_once = piece_bytes / region;
  for (u64 done = 0; done < count; done += at_once) {
    const u64 now = std::min(at_once, count - done);
    const BlockNo from = first + done * blocks;
    std::vector<u8> bytes = volume().cache().read_raw(from, now * blocks);
    bool changed = false;
    for (u64 i = 0; i < now; ++i)
      changed |= seal_one(from + i * blocks, &kind, Bytes(bytes).subspan(i * region, region));
    if (changed) write(from, bytes);
  }
}

void Sealer::write(BlockNo first, ConstBytes bytes) {
  tuning_.change([&](Transaction& transaction) { transaction.write_data(first, bytes); });
}

void make_trailers(Tuning& tuning) {
  tuning.reporter().stage("Adding trailers to directories");
  const std::vector<InodeNo> directories = directories_in_blocks(tuning);
  u64 done = 0;
  for (const InodeNo directory : directories) {
    tuning.change([&](Transaction& transaction) {
      Space space(tuning.volume(), 0);
      add_trailers(transaction, space, directory);
    });
    tuning.reporter().progress(++done, directories.size());
  }
  tuning.reporter().stage_done("done");
}

/// Clusters that trailers take, of which there must be enough.
u64 require_room_for_trailers(const Tuning& tuning) {
  u64 clusters = 0;
  for (const InodeNo directory : directories_in_blocks(tuning))
    clusters += clusters_for_trailers(tuning.volume(), directory);
  require_clusters(tuning, clusters,
                   fmt::format("There is not enough space to add directory trailers to the directories on "
                               "device \"{}\"",
                               tuning.name()));
  return clusters;
}

}  // namespace

FeatureChange enable_metaecc(Tuning& tuning, const FeatureRow& row) {
  FeatureChange change = set_bit(tuning, row);
  change.clusters = require_room_for_trailers(tuning);
  change.carry_out = [&tuning] {
    make_trailers(tuning);
    recount_quota(tuning);
    tuning.reporter().stage("Writing checksums to metadata");
    Sealer(tuning).run();
    tuning.change([&](Transaction& transaction) {
      const Features features = tuning.volume().features() | feature::metaecc;
      edit_super(transaction).super.set_features(features);
      tuning.volume().set_features(features);  // so that the superblock gets its checksum, too
    });
    tuning.reporter().stage_done("done");
  };
  return change;
}

}  // namespace ocfs2
