// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/rescue/metadata_map.h"

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <unordered_set>

#include "engine/crew.h"
#include "engine/error.h"
#include "ondisk/directory.h"
#include "ondisk/group.h"
#include "ondisk/index.h"
#include "ondisk/inode.h"
#include "ondisk/refcount.h"
#include "ondisk/xattr.h"

namespace ocfs2 {
namespace {

constexpr u64 batch_bytes = 1 << 20;
constexpr std::size_t read_ahead = 256;  ///< blocks that are read at a time where they lie scattered

/// Names may lead to directories that nothing else led to, and so on.
constexpr u32 searches_max = 8;

/// A group descriptor that something names, and how many blocks its allocator says that groups have.
struct NamedGroup {
  BlockNo block;
  u64 blocks;
};

/// An extent block below a root whose leaves are metadata.
struct NamedNode {
  BlockNo block;
  u32 depth;
  InodeNo owner;
  MetadataRole role;
};

/// What reading yields: pieces, and what is to be read next.
struct Yield {
  std::vector<MetadataPiece> pieces;
  std::vector<NamedGroup> groups;
  std::vector<NamedNode> nodes;
  std::vector<BlockNo> inodes;  ///< that no group known so far holds
  bool chains_lost = false;     ///< an allocator has more than its chains lead to
  u64 unread = 0;
};

/// Reads what it can of consecutive blocks; the rest are zeros. Returns how many could not be read.
u64 read_patiently(BlockDevice& device, u64 offset, Bytes into, u32 block_size) {
  try {
    device.read(offset, into);
    return 0;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::io) throw;
  }
  std::vector<ReadRequest> requests;
  for (u64 done = 0; done < into.size(); done += block_size)
    requests.push_back({offset + done, into.subspan(done, block_size)});
  device.read_many(requests);
  u64 unread = 0;
  for (const ReadRequest& request : requests)
    if (request.error != 0) {
      std::ranges::fill(request.into, u8{0});
      ++unread;
    }
  return unread;
}

class MetadataSurvey {
 public:
  MetadataSurvey(BlockDevice& device, const VolumeFacts& facts, const SuperBlock& super, Reporter& reporter)
      : device_(device), facts_(facts), geometry_(facts.geometry), super_(super), reporter_(reporter) {}

  MetadataMap run();

 private:
  void begin();
  void add(MetadataPiece piece);
  void take(Yield& yield);
  void read_groups();
  void read_group(const NamedGroup& named, ConstBytes block, Yield& yield);
  void add_groups_region(BlockNo first, u64 blocks);
  void read_nodes();
  void scan_regions();
  bool scanned(const StoredRun& blocks) const;
  void scan(BlockNo first, ConstBytes bytes, Yield& yield) const;
  void note_inode(BlockNo at, ConstBytes block, Yield& yield) const;
  void note_allocator(ConstBytes block, Yield& yield) const;
  void note_tree(ConstBytes list, u32 depth_limit, InodeNo owner, MetadataRole role, Yield& yield) const;
  void note_single(u64 block, Yield& yield) const;
  bool is_system(BlockNo at, const Inode& inode) const;
  void note_names(ConstBytes area, Yield& yield) const;
  void read_inodes();
  bool follow_names();
  u64 group_blocks_max() const;
  template <class Use>
  void each_batch(const std::vector<StoredRun>& batches, const Use& use);
  template <class Named, class Use>
  void read_each(const std::vector<Named>& named, const Use& use);

  BlockDevice& device_;
  const VolumeFacts& facts_;
  const Geometry& geometry_;
  const SuperBlock& super_;
  Reporter& reporter_;
  MetadataMap map_;
  std::vector<NamedGroup> groups_;
  std::vector<NamedNode> nodes_;
  std::vector<StoredRun> regions_;  ///< blocks of allocators that are to be scanned
  std::vector<NamedGroup> inodes_;  ///< that only names lead to
  bool chains_lost_ = false;
  BlockSet scanned_;
  std::unordered_set<u64> seen_;  ///< groups and nodes
};

/// The most blocks that a group of a suballocator can have (spec: ondisk.md 1.7).
u64 MetadataSurvey::group_blocks_max() const {
  const u64 usual = u64{geometry_.suballocator_group_clusters()} * geometry_.blocks_per_cluster();
  const u64 system = 13 + 8 * std::max<u64>(32, facts_.max_slots);
  return std::max(usual, round_up(system, geometry_.blocks_per_cluster()));
}

void MetadataSurvey::begin() {
  const u64 first_group = std::max<u64>(super_.first_cluster_group, geometry_.cluster_group_block(0).value);
  add({.first = BlockNo(0), .blocks = first_group < geometry_.blocks() ? first_group + 1 : 1});
  for (u32 i = 0; i < geometry_.backup_supers(); ++i) add({geometry_.backup_super_block(i), 1});
  for (u32 i = 0; i < geometry_.cluster_groups(); ++i) add({geometry_.cluster_group_block(i), 1});
  Yield seeds;
  seeds.groups.push_back({geometry_.system_inode_group_block(), group_blocks_max()});
  take(seeds);
  for (const u64 directory : {u64{super_.root_inode}, u64{super_.system_dir_inode}})
    if (directory > super_block_no.value) add_groups_region(BlockNo(directory), 1);
}

void MetadataSurvey::add(MetadataPiece piece) {
  const u64 end = geometry_.blocks();
  if (piece.first.value >= end) return;
  piece.blocks = std::min(piece.blocks, end - piece.first.value);
  map_.blocks.add(piece.first, piece.blocks);
  if (piece.role != MetadataRole::labelled) map_.pieces.push_back(piece);
}

void MetadataSurvey::take(Yield& yield) {
  map_.unread += yield.unread;
  chains_lost_ = chains_lost_ || yield.chains_lost;
  for (const MetadataPiece& piece : yield.pieces) add(piece);
  const auto fresh = [this](BlockNo block) {
    return block > super_block_no && geometry_.contains(block) && seen_.insert(block.value).second;
  };
  for (const NamedGroup& group : yield.groups)
    if (fresh(group.block)) groups_.push_back(group);
  for (const NamedNode& node : yield.nodes)
    if (fresh(node.block)) nodes_.push_back(node);
  for (const BlockNo inode : yield.inodes)
    if (fresh(inode)) inodes_.push_back({inode, 0});
}

/// Reads blocks that lie anywhere, in device order, and calls `use` with each that could be read.
template <class Named, class Use>
void MetadataSurvey::read_each(const std::vector<Named>& named, const Use& use) {
  const u32 size = geometry_.block_size();
  std::vector<u8> memory(std::min(read_ahead, named.size()) * size);
  for (std::size_t from = 0; from < named.size(); from += read_ahead) {
    if (reporter_.interrupted()) fail(ErrorKind::interrupted, "interrupted");
    std::vector<ReadRequest> requests;
    for (std::size_t i = from; i < std::min(named.size(), from + read_ahead); ++i) {
      add({named[i].block, 1});
      requests.push_back({geometry_.byte_of(named[i].block), Bytes(memory).subspan((i - from) * size, size)});
    }
    device_.read_many(requests);
    for (std::size_t i = 0; i < requests.size(); ++i)
      requests[i].error == 0 ? use(named[from + i], ConstBytes(requests[i].into)) : void(++map_.unread);
  }
}

void MetadataSurvey::read_groups() {
  const std::vector<NamedGroup> groups = std::exchange(groups_, {});
  Yield yield;
  read_each(groups, [&](const NamedGroup& named, ConstBytes block) { read_group(named, block, yield); });
  take(yield);
}

void MetadataSurvey::read_group(const NamedGroup& named, ConstBytes block, Yield& yield) {
  const GroupDescriptor& group = as<GroupDescriptor>(block);
  const bool sound = matches(group.signature, GroupDescriptor::signature_text);
  if (sound) yield.groups.push_back({BlockNo(group.next_group), named.blocks});
  yield.chains_lost = yield.chains_lost || !sound;
  // The global bitmap's groups describe all clusters, and those are the users'.
  const u64 index = geometry_.cluster_of(named.block).value / geometry_.clusters_per_group();
  if (geometry_.cluster_group_block(static_cast<u32>(index)) == named.block) return;
  if (sound && GroupDescriptor::discontiguous(block)) {
    for (const ExtentRecord& piece : ExtentList::records(GroupDescriptor::pieces(block)))
      add_groups_region(BlockNo(piece.block), u64{piece.clusters} * geometry_.blocks_per_cluster());
    return;
  }
  const u64 blocks = std::max<u64>(sound ? u64{group.bits} : 0, named.blocks);
  add_groups_region(named.block, std::min(blocks, group_blocks_max()));
}

void MetadataSurvey::add_groups_region(BlockNo first, u64 blocks) {
  if (!geometry_.contains(first) || first <= super_block_no) return;
  blocks = std::min(blocks, geometry_.blocks() - first.value);
  add({first, blocks});
  const u64 batch = batch_bytes >> geometry_.block_bits;
  for (u64 done = 0; done < blocks; done += batch)
    regions_.push_back({first + done, std::min(batch, blocks - done)});
}

void MetadataSurvey::read_nodes() {
  const std::vector<NamedNode> nodes = std::exchange(nodes_, {});
  Yield yield;
  read_each(nodes, [&](const NamedNode& named, ConstBytes block) {
    if (matches(as<ExtentBlock>(block).signature, ExtentBlock::signature_text))
      note_tree(ExtentBlock::list_bytes(block), named.depth, named.owner, named.role, yield);
  });
  take(yield);
}

/// What a name leads to is an inode of a group, though its allocator may have lost that one.
void MetadataSurvey::read_inodes() {
  const std::vector<NamedGroup> inodes = std::exchange(inodes_, {});
  Yield yield;
  read_each(inodes, [&](const NamedGroup& named, ConstBytes block) {
    const Inode& inode = as<Inode>(block);
    if (!matches(inode.signature, Inode::signature_text)) return;
    add_groups_region(named.block, 1);
    const u64 bit = inode.suballoc_bit;
    const u64 group = inode.suballoc_group != 0 ? u64{inode.suballoc_group} : named.block.value - bit;
    if (bit < named.block.value) yield.groups.push_back({BlockNo(group), 0});
  });
  take(yield);
}

void MetadataSurvey::note_names(ConstBytes area, Yield& yield) const {
  for (EntryWalk walk(area); walk.next();)
    if (const BlockNo inode(walk.entry().inode); !walk.entry().free() && !scanned({inode, 1}))
      yield.inodes.push_back(inode);
}

/// Goes through all names for inodes that no chain leads to. True when there are some.
bool MetadataSurvey::follow_names() {
  std::vector<StoredRun> batches;
  std::vector<bool> holds_names;
  const auto add_batches = [&](BlockNo first, u64 blocks, bool names) {
    const u64 most = batch_bytes >> geometry_.block_bits;
    for (u64 done = 0; done < blocks; done += most) {
      batches.push_back({first + done, std::min(most, blocks - done)});
      holds_names.push_back(names);
    }
  };
  for (const StoredRun& run : scanned_.runs()) add_batches(run.first, run.count, false);
  for (const MetadataPiece& piece : map_.pieces)
    if (piece.role == MetadataRole::directory) add_batches(piece.first, piece.blocks, true);
  const u32 size = geometry_.block_size();
  each_batch(batches, [&](u64 index, ConstBytes bytes, Yield& yield) {
    for (u64 at = 0; at < bytes.size(); at += size) {
      const ConstBytes block = bytes.subspan(at, size);
      const Inode& inode = as<Inode>(block);
      if (holds_names[index])
        note_names(block, yield);
      else if (matches(inode.signature, Inode::signature_text) && inode.is_directory() &&
               inode.body_kind() == InodeBody::inline_data)
        note_names(InlineData::data(Inode::body(block)), yield);
    }
  });
  return !inodes_.empty();
}

bool MetadataSurvey::scanned(const StoredRun& blocks) const {
  const StoredRun* const run = scanned_.at_or_after(blocks.first);
  return run != nullptr && run->first <= blocks.first && blocks.end() <= run->end();
}

void MetadataSurvey::scan_regions() {
  BlockSet regions;
  for (const StoredRun& region : std::exchange(regions_, {})) regions.add(region.first, region.count);
  regions.settle();
  std::vector<StoredRun> batches;
  const u64 most = batch_bytes >> geometry_.block_bits;
  for (const StoredRun& run : regions.runs())
    for (u64 done = 0; done < run.count; done += most)
      if (const StoredRun batch{run.first + done, std::min(most, run.count - done)}; !scanned(batch))
        batches.push_back(batch);
  for (const StoredRun& batch : batches) scanned_.add(batch.first, batch.count);
  scanned_.settle();
  each_batch(batches,
             [&](u64 index, ConstBytes bytes, Yield& yield) { scan(batches[index].first, bytes, yield); });
}

/// Reads each of `batches` on any thread, calls `use(index, bytes, yield)`, and takes what that yields.
template <class Use>
void MetadataSurvey::each_batch(const std::vector<StoredRun>& batches, const Use& use) {
  std::mutex mutex;
  Crew(batches.size(), cores(), reporter_).run([&](Crew::Hand& hand) {
    std::vector<u8> memory(batch_bytes);
    while (const auto index = hand.next()) {
      const StoredRun& batch = batches[*index];
      const Bytes bytes = Bytes(memory).first(batch.count << geometry_.block_bits);
      Yield yield;
      yield.unread = read_patiently(device_, geometry_.byte_of(batch.first), bytes, geometry_.block_size());
      use(*index, ConstBytes(bytes), yield);
      const std::lock_guard lock(mutex);
      take(yield);
    }
  });
}

void MetadataSurvey::scan(BlockNo first, ConstBytes bytes, Yield& yield) const {
  const u32 size = geometry_.block_size();
  for (u64 i = 0; i * size < bytes.size(); ++i) {
    const ConstBytes block = bytes.subspan(i * size, size);
    const Signature& signature = as<Signature>(block);
    if (matches(signature, Inode::signature_text)) {
      note_inode(first + i, block, yield);
    } else if (matches(signature, IndexRoot::signature_text)) {
      const IndexRoot& root = as<IndexRoot>(block);
      if (!root.is_inline())
        note_tree(IndexRoot::list_bytes(block), ExtentList::depth_max, InodeNo(root.directory_inode),
                  MetadataRole::index_leaf, yield);
    } else if (matches(signature, XattrBlock::signature_text) && as<XattrBlock>(block).is_indexed()) {
      note_tree(XattrBlock::list_bytes(block), ExtentList::depth_max, {}, MetadataRole::buckets, yield);
    }
  }
}

/// System files have their inodes in the global allocator, which belongs to no slot.
bool MetadataSurvey::is_system(BlockNo at, const Inode& inode) const {
  const BlockNo group = geometry_.system_inode_group_block();
  const bool in_first_group = group <= at && at < group + group_blocks_max();
  return (inode.suballoc_slot == no_slot || in_first_group) &&
         (inode.has_flag(inode_flag::system) || in_first_group);
}

void MetadataSurvey::note_single(u64 block, Yield& yield) const {
  if (block > super_block_no.value) yield.pieces.push_back({.first = BlockNo(block), .blocks = 1});
}

void MetadataSurvey::note_inode(BlockNo at, ConstBytes block, Yield& yield) const {
  const Inode& inode = as<Inode>(block);
  if (!inode.has_flag(inode_flag::valid)) return;
  for (const u64 single : {u64{inode.xattr_block}, u64{inode.index_root}, u64{inode.refcount_root}})
    note_single(single, yield);
  switch (inode.body_kind()) {
    case InodeBody::chain_list:
      return note_allocator(block, yield);
    case InodeBody::inline_data:
      // Where a volume cannot have that the flag is wrong, and a checker takes the body for a list.
      if (facts_.features.has(feature::inline_data)) return;
      break;
    case InodeBody::extent_list:
      break;
    default:
      return;
  }
  const ConstBytes list = Inode::body(block);
  const bool system = is_system(at, inode);
  if (inode.is_directory() || inode.is_symlink() || system) {
    const MetadataRole role = inode.is_directory()                  ? MetadataRole::directory
                              : inode.is_symlink()                  ? MetadataRole::symlink
                              : inode.has_flag(inode_flag::journal) ? MetadataRole::journal
                                                                    : MetadataRole::system_data;
    note_tree(list, ExtentList::depth_max, inode_at(at), role, yield);
  } else if (inode.extents.tree_depth != 0) {
    for (const ChildRecord& child : ExtentList::children(list)) note_single(child.block, yield);
  }
}

void MetadataSurvey::note_allocator(ConstBytes block, Yield& yield) const {
  const ConstBytes list = Inode::body(block);
  const ChainList& chains = as<ChainList>(list);
  const u64 blocks = u64{chains.clusters_per_group} * chains.bits_per_cluster;
  u64 total = 0;
  for (const ChainRecord& chain : ChainList::chains(list)) {
    yield.groups.push_back({BlockNo(chain.block), blocks});
    total += chain.block == 0 ? 0 : u64{chain.total};
  }
  yield.chains_lost = yield.chains_lost || total != as<Inode>(block).bitmap.total;
}

void MetadataSurvey::note_tree(ConstBytes list, u32 depth_limit, InodeNo owner, MetadataRole role,
                               Yield& yield) const {
  const u32 depth = as<ExtentList>(list).tree_depth;
  if (depth == 0) {
    for (const ExtentRecord& record : ExtentList::records(list))
      if (!record.empty() && record.block > super_block_no.value)
        yield.pieces.push_back({.first = BlockNo(record.block),
                                .blocks = u64{record.clusters} * geometry_.blocks_per_cluster(),
                                .position = u64{record.cpos} * geometry_.blocks_per_cluster(),
                                .owner = owner,
                                .role = role});
    return;
  }
  if (depth > depth_limit) return;
  for (const ChildRecord& child : ExtentList::children(list))
    yield.nodes.push_back({BlockNo(child.block), depth - 1, owner, role});
}

MetadataMap MetadataSurvey::run() {
  begin();
  // Each round reads what none before it has read, and there is an end to blocks.
  u32 searches = 0;
  const auto more = [&] { return !groups_.empty() || !regions_.empty() || !nodes_.empty(); };
  while (more() || !inodes_.empty() || (chains_lost_ && searches++ < searches_max && follow_names())) {
    if (!groups_.empty())
      read_groups();  // chains are lists: all regions first, for one long scan
    else if (!regions_.empty())
      scan_regions();
    else if (!nodes_.empty())
      read_nodes();
    else
      read_inodes();
  }
  map_.blocks.settle();
  std::ranges::sort(map_.pieces, {}, &MetadataPiece::first);
  return std::move(map_);
}

}  // namespace

MetadataMap map_metadata(BlockDevice& device, const VolumeFacts& facts, const SuperBlock& super,
                         Reporter& reporter) {
  return MetadataSurvey(device, facts, super, reporter).run();
}

}  // namespace ocfs2
