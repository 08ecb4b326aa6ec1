// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/format/format.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/format/fresh_blocks.h"
#include "engine/format/fresh_quota.h"
#include "engine/io/gathered_writes.h"
#include "engine/journal/fresh_volume.h"
#include "engine/journal/journal_writer.h"
#include "engine/journal/transaction.h"
#include "engine/volume/new_blocks.h"
#include "ondisk/directory.h"
#include "ondisk/group.h"
#include "ondisk/index.h"
#include "ondisk/ocfs1.h"
#include "ondisk/slot_map.h"
#include "ondisk/super_inode.h"

namespace ocfs2 {
namespace {

class VolumeWriter {
 public:
  VolumeWriter(const Layout& layout, BlockDevice& device, Reporter& reporter)
      : layout_(layout),
        reporter_(reporter),
        cache_(device, layout.facts, 0),  // nothing that is written here is read again
        fresh_(device, layout.geometry().block_size()),
        transaction_(cache_, fresh_) {}

  void write(const FormatOptions& options) {
    fresh_.begin(options.discard);
    reporter_.stage("Creating bitmaps");
    write_cluster_groups();
    reporter_.stage_done("done");
    reporter_.stage("Initializing superblock");
    prepare_supers();
    reporter_.stage_done("done");
    reporter_.stage("Writing system files");
    write_suballocators();
    write_inodes();
    write_file_contents();
    transaction_.commit();
    reporter_.stage_done("done");
    if (options.fill) fill(options);
    reporter_.stage("Writing superblock");
    fresh_.finish(supers_);
    reporter_.stage_done("done");
  }

 private:
  static constexpr std::size_t batch_blocks = 512;
  static constexpr u64 fill_cache_bytes = 32 << 20;

  const Geometry& geometry() const { return layout_.geometry(); }

  /// Opens the volume by the superblock that it is going to have.
  void fill(const FormatOptions& options) {
    const BlockImage& primary = supers_.front();
    const std::unique_ptr<Volume> volume =
        Volume::open(cache_.device(), FoundSuper{primary.block, {primary.bytes.begin(), primary.bytes.end()}},
                     {.read_only = false, .cache_bytes = fill_cache_bytes});
    options.fill(*volume, fresh_);
  }

  /// A zeroed block of the current batch, which is written first when it is full.
  Bytes block(BlockNo at, const BlockKind& kind) {
    if (transaction_.blocks() >= batch_blocks) {
      transaction_.commit();
      if (reporter_.interrupted())
        fail(ErrorKind::interrupted, "interrupted; the device holds no file system now");
    }
    return transaction_.create_bytes(at, kind);
  }
  template <class T>
  Bytes block(BlockNo at) {
    return block(at, T::kind);
  }

  void write_cluster_groups() {
    for (u32 index = 0; index < geometry().cluster_groups(); ++index) {
      fill_cluster_group(layout_, index, block<GroupDescriptor>(geometry().cluster_group_block(index)));
      reporter_.progress(index, geometry().cluster_groups());
    }
    transaction_.commit();
  }

  void write_suballocators() {
    write_suballocator(layout_.system_inodes, layout_.file(SystemFile::global_inode_alloc));
    for (u32 slot = 0; slot < layout_.parameters.slots; ++slot) {
      write_suballocator(layout_.extent_allocs[slot], layout_.file(SystemFile::extent_alloc, slot));
      write_suballocator(layout_.inode_allocs[slot], layout_.file(SystemFile::inode_alloc, slot));
    }
  }

  void write_suballocator(const FreshSuballocator& allocator, const PlannedFile& owner) {
    for (u32 index = 0; index < allocator.groups(); ++index)
      fill_suballocator_group(layout_, allocator, index, owner.number(),
                              block<GroupDescriptor>(allocator.group(index)));
  }

  void write_inodes() {
    write_file(layout_.root);
    write_file(layout_.system_directory);
    if (layout_.lost_and_found) write_file(*layout_.lost_and_found);
    for (const Layout::Placed& placed : layout_.files) {
      fill_system_inode(layout_, placed, block<Inode>(placed.file.inode.block));
      write_extent_blocks(placed.file.extents.tree, placed.file.extents.nodes);
      if (placed.file.directory) write_directory(placed.file);
    }
  }

  void write_file(const PlannedFile& file) {
    fill_file_inode(layout_, file, block<Inode>(file.inode.block));
    write_extent_blocks(file.extents.tree, file.extents.nodes);
    write_directory(file);
  }

  void write_extent_blocks(const BulkTree& tree, const std::vector<Suballocation>& places) {
    for (std::size_t i = 0; i < tree.nodes.size(); ++i)
      fill_extent_block(layout_, tree.nodes[i], places[i], block<ExtentBlock>(tree.nodes[i].block));
  }

  /// The blocks of a directory, and its index; from the last block to the first, so that each knows the next
  /// one that has a hole.
  void write_directory(const PlannedFile& file) {
    const auto& directory = *file.directory;
    BlockNo next_free;
    for (u64 index = directory.blocks.size(); index-- > 0;) {
      const BlockNo at = file.extents.block(geometry(), index);
      const bool listed = directory.index && hole_in_directory_block(layout_, file, index) > 0;
      const Bytes bytes = new_directories_have_trailers(layout_.facts) ? block<DirectoryBlock>(at)
                                                                       : block<PlainDirectoryBlock>(at);
      fill_directory_block(layout_, file, index, listed ? next_free : BlockNo(), bytes);
      if (listed) next_free = at;
    }
    if (directory.index) write_index(file, *directory.index, next_free);
  }

  void write_index(const PlannedFile& file, const PlannedIndex& index, BlockNo first_free) {
    fill_index_root(layout_, file, first_free, block<IndexRoot>(index.root.block));
    write_extent_blocks(index.tree, index.nodes);
    std::size_t next = 0;
    for (const ClusterRun& run : index.leaf_runs)
      for (u32 i = 0; i < run.clusters; ++i, ++next)
        write_index_cluster(run.start + i, index.names, index.clusters[next]);
  }

  void write_index_cluster(ClusterNo at, const std::vector<IndexedName>& names, const IndexCluster& cluster) {
    BlockNo leaf = geometry().first_block_of(at);
    for (const auto& in_leaf : leaves_of(names, cluster, geometry().blocks_per_cluster())) {
      format_index_leaf(layout_.facts, leaf, in_leaf, block<IndexLeaf>(leaf));
      ++leaf;
    }
  }

  void write_file_contents() {
    for (const Layout::Placed& placed : layout_.files) {
      switch (placed.kind) {
        case SystemFile::heartbeat:
          zero(placed.file);
          break;
        case SystemFile::slot_map:
          write_slot_map(placed.file);
          break;
        case SystemFile::journal:
          write_journal(placed);
          break;
        case SystemFile::user_quota:
        case SystemFile::group_quota:
          fill_global_quota(layout_, placed.kind, quota_blocks(placed.file));
          break;
        case SystemFile::local_user_quota:
        case SystemFile::local_group_quota:
          fill_local_quota(placed.kind, quota_blocks(placed.file));
          break;
        default:
          break;
      }
    }
  }

  void zero(const PlannedFile& file) {
    for (const ClusterRun& run : file.extents.runs)
      fresh_.zero_data(run.start.value << geometry().cluster_bits,
                       u64{run.clusters} << geometry().cluster_bits);
  }

  void write_slot_map(const PlannedFile& file) {
    const bool extended = layout_.has(feature::extended_slotmap);
    if (extended) return zero(file);  // free slots are zeros there
    std::vector<u8> map(file.size_bytes);
    clear_slot_map(map, extended);
    write_contents(file, map);
  }

  /// Writes the beginning of a file whose clusters are there.
  void write_contents(const PlannedFile& file, ConstBytes bytes) {
    for (u64 index = 0; !bytes.empty(); ++index) {
      const ConstBytes piece = bytes.first(std::min<std::size_t>(bytes.size(), geometry().block_size()));
      fresh_.write_data(geometry().byte_of(file.extents.block(geometry(), index)), piece);
      bytes = bytes.subspan(piece.size());
    }
  }

  /// An empty log. All of it is zeroed, so that nothing in it can be taken for a transaction when one day a
  /// node dies and its log is replayed.
  void write_journal(const Layout::Placed& placed) {
    reporter_.progress(placed.slot, layout_.parameters.slots);
    zero(placed.file);
    const u32 blocks = layout_.parameters.journal_clusters * geometry().blocks_per_cluster();
    const JournalSuperBlock super = fresh_journal_super(
        geometry().block_size(), blocks, layout_.identity.uuid, layout_.parameters.journal_block64);
    write_contents(placed.file, bytes_of(super));
  }

  QuotaBlockSource quota_blocks(const PlannedFile& file) {
    return
        [&](u64 index, const BlockKind& kind) { return block(file.extents.block(geometry(), index), kind); };
  }

  /// The superblocks as they will be written, and what lies around them.
  void prepare_supers() {
    write_prefix();
    add_super(super_block_no);
    if (!layout_.has(feature::backup_super)) return;
    for (u32 i = 0; i < geometry().backup_supers(); ++i) {
      zero_cluster(geometry().cluster_of(geometry().backup_super_block(i)));
      add_super(geometry().backup_super_block(i));
    }
  }

  /// Blocks 0 and 1 keep tools of OCFS version 1 away.
  void write_prefix() {
    std::vector<u8> prefix(2 * geometry().block_size());
    format_ocfs1_prefix(prefix);
    fresh_.write_data(0, prefix);
  }

  void zero_cluster(ClusterNo cluster) {
    fresh_.zero_data(cluster.value << geometry().cluster_bits, geometry().cluster_size());
  }

  void add_super(BlockNo at) {
    const Bytes image = super_images_.emplace_back(geometry().block_size());
    fill_super(layout_, at, image);
    seal(SuperInode::kind, layout_.facts, image);
    Judgement judgement;
    SuperInode::kind.judge(image, {layout_.facts, at}, judgement);
    require(judgement.clean());
    supers_.push_back({at, image});
  }

  const Layout& layout_;
  Reporter& reporter_;
  BlockCache cache_;
  FreshVolume fresh_;
  Transaction transaction_;
  std::vector<std::vector<u8>> super_images_;
  std::vector<BlockImage> supers_;
};

}  // namespace

void write_volume(const Layout& layout, BlockDevice& device, const FormatOptions& options,
                  Reporter& reporter) {
  if (!options.fill) return VolumeWriter(layout, device, reporter).write(options);
  GatheredWrites gathered(device);
  VolumeWriter(layout, gathered, reporter).write(options);
}

}  // namespace ocfs2
