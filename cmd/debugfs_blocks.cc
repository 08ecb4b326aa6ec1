// SPDX-License-Identifier: GPL-2.0-or-later
//
// The commands of debugfs.ocfs2 that show single blocks and what hangs on them: extent blocks, groups,
// directory blocks and indexes, attributes, refcount trees, heartbeat (spec: commands.md 4.2).
#include <fmt/format.h>

#include <algorithm>

#include "cmd/debugfs.h"
#include "cmd/debugfs_blocks.h"
#include "cmd/debugfs_json.h"
#include "cmd/debugfs_walk.h"
#include "engine/cluster/heartbeat.h"
#include "engine/error.h"
#include "engine/volume/directory.h"
#include "engine/volume/file_data.h"
#include "engine/volume/refcount_tree.h"
#include "engine/volume/xattr_set.h"
#include "ondisk/bitmap.h"
#include "ondisk/heartbeat_block.h"

namespace ocfs2 {
namespace {

void show_trailer(std::FILE* out, const Features& features, ConstBytes block) {
  const DirectoryTrailer& trailer = DirectoryBlock::trailer(block);
  fmt::print(out, "\tTrailer Block: {}   Inode: {}   Len: {}\n\tLargest Hole: {}   Next Block: {}\n",
             u64{trailer.block}, u64{trailer.parent_inode}, u16{trailer.compat_record_length},
             u16{trailer.free_record_length}, u64{trailer.free_next});
  show_check(out, features, block,
             static_cast<u32>(block.size() - sizeof(DirectoryTrailer) + offsetof(DirectoryTrailer, check)));
}

void show_index_entries(std::FILE* out, ConstBytes list, bool each) {
  const auto& header = as<IndexEntryList>(list);
  fmt::print(out, "\tCount: {}  Num Used: {}\n", u16{header.count}, u16{header.used});
  if (!each) return;
  fmt::print(out, "\t## {:<11}         {:<13}\n", "Hash (Major Minor)", "Dir Block#");
  u32 index = 0;
  for (const IndexEntry& entry : IndexEntryList::entries(list))
    fmt::print(out, "\t {:<2} (0x{:08x} 0x{:08x})    {:<13}\n", index++, u32{entry.major_hash},
               u32{entry.minor_hash}, u64{entry.entry_block});
}

}  // namespace

void show_directory_block(std::FILE* out, const Features& features, ConstBytes block) {
  const bool trailer = matches(DirectoryBlock::trailer(block).signature, DirectoryTrailer::signature_text);
  if (trailer) show_trailer(out, features, block);
  fmt::print(out, "\tEntries:\n");
  for (EntryWalk walk(directory_area(block, trailer)); walk.next();)
    show_entry(out, walk.entry(), walk.name());
}

void show_index_root(std::FILE* out, const Features& features, ConstBytes block) {
  const auto& root = as<IndexRoot>(block);
  fmt::print(out, "\tDir Index Root: {0}   FS Generation: {1} (0x{1:x})\n", u64{root.block},
             u32{root.fs_generation});
  fmt::print(out, "\tClusters: {}   Last Extblk: {}   Dir Inode: {}\n", u32{root.clusters},
             u64{root.last_extent_block}, u64{root.directory_inode});
  const std::string slot =
      root.suballoc_slot == no_slot ? "Invalid Slot" : std::to_string(u16{root.suballoc_slot});
  fmt::print(out, "\tSub Alloc Slot: {}   Sub Alloc Bit: {}", slot, u16{root.suballoc_bit});
  if (root.suballoc_group != 0) fmt::print(out, "   SubAlloc Group: {}", u64{root.suballoc_group});
  fmt::print(out, "\n\tFlags: (0x{:x}) {}\n", root.flags, root.is_inline() ? "Inline " : "");
  fmt::print(out, "\tTotal Entry Count: {}\n", u32{root.entries});
  show_check(out, features, block, offsetof(IndexRoot, check));
  if (root.is_inline()) show_index_entries(out, IndexRoot::list_bytes(block), false);
}

void show_index_leaf(std::FILE* out, const Features& features, ConstBytes block) {
  const auto& leaf = as<IndexLeaf>(block);
  fmt::print(out, "\tDir Index Leaf: {0}  FS Generation: {1} (0x{1:x})\n", u64{leaf.block},
             u32{leaf.fs_generation});
  show_check(out, features, block, offsetof(IndexLeaf, check));
  show_index_entries(out, IndexLeaf::list_bytes(block), true);
}

void show_attributes(std::FILE* out, ConstBytes container) {
  fmt::print(out, "\t###   {:<4}   {:<6}  {:<13}  {}\n", "Type", "Inline", "Name Length", "Value Length");
  u32 index = 0;
  for (const XattrEntry& entry : XattrHeader::entries(container)) {
    fmt::print(out, "\t#{:<2}   {:<4}   {:<6}  {:<13}  {:<13}\n", index++, entry.type(),
               entry.is_local() ? 1 : 0, entry.name_length, u64{entry.value_size});
    if (const auto root = entry.is_local() ? std::nullopt : xattr_value_root(container, entry))
      show_extent_list(out, XattrValueRoot::list_bytes(*root));
  }
}

void show_refcount_block(std::FILE* out, const Features& features, ConstBytes bytes) {
  const auto& block = as<RefcountBlock>(bytes);
  show_suballoc(out, block.suballoc_bit, block.suballoc_slot, block.suballoc_group);
  fmt::print(out, "\tFS Generation: {0} (0x{0:x})\n", u32{block.fs_generation});
  fmt::print(out, "\tBlknum: {}   Parent: {}\n\tCpos: {}   Last Leaf block: {}\n", u64{block.block},
             u64{block.parent}, u32{block.cpos}, u64{block.last_extent_block});
  fmt::print(out, "\tReftree Count: {}   Ref clusters: {}\n", u32{block.inodes}, u32{block.leaf_blocks});
  fmt::print(out, "\tFlags: 0x{:x} {}{}\n", u32{block.flags}, block.is_leaf() ? "Leaf" : "",
             block.is_tree() ? "Tree" : "");
  show_check(out, features, bytes, offsetof(RefcountBlock, check));
}

std::optional<std::vector<u8>> index_root_of(DebugSession& session, InodeNo number) {
  const auto block = session.inode_block(number);
  const auto& inode = as<Inode>(ConstBytes(block));
  if (!inode.is_directory() || !inode.has_dynamic(dynamic_feature::indexed_dir)) return std::nullopt;
  return read_unjudged(session.volume(), BlockNo(inode.index_root), IndexRoot::signature_text,
                       "directory index root");
}

BlockNo refcount_root(DebugSession& session, const std::string& word) {
  const InodeNo number = session.filespec(word);
  const auto bytes = session.volume().cache().read_raw(block_of(number), 1);
  if (matches(as<Signature>(ConstBytes(bytes)), RefcountBlock::signature_text)) return block_of(number);
  const auto block = session.inode_block(number);
  const auto& inode = as<Inode>(ConstBytes(block));
  if (!inode.has_dynamic(dynamic_feature::has_refcount))
    fail(ErrorKind::not_found, "Inode {} does not have a refcount tree", number.value);
  return BlockNo(inode.refcount_root);
}

namespace {

void show_extent(DebugSession& session, Words words) {
  Volume& volume = session.volume();
  const auto block = read_unjudged(volume, block_word(session, only_word(words)), ExtentBlock::signature_text,
                                   "extent block");
  show_extent_block(session.out, volume.features(), block);
  show_extent_list(session.out, ExtentBlock::list_bytes(ConstBytes(block)));
}

/// The group that the word means, and those behind it in its chain.
void each_group_from(DebugSession& session, Words words,
                     const std::function<void(ConstBytes block, u32 index)>& use) {
  BlocksSeen seen;
  each_group(session.volume(), block_word(session, only_word(words)).value, seen, use);
}

void show_groups(DebugSession& session, Words words) {
  const Features features = session.volume().features();
  each_group_from(session, words,
                  [&](ConstBytes block, u32 index) { show_group(session.out, features, block, index); });
}

/// Runs of free bits, three a line.
void show_free_runs(std::FILE* out, ConstBytes bitmap, u32 bits) {
  u64 found = 0, longest = 0, total = 0;
  for (BitRun run = next_clear_run(bitmap, 0, bits); run.count > 0;
       run = next_clear_run(bitmap, run.first + run.count, bits)) {
    if (found == 0)
      fmt::print(out, "\t{0:<3}   {1:<6}   {2:<6}    {0:<3}   {1:<6}   {2:<6}    {0:<3}   {1:<6}   {2:<6}\n",
                 "###", "Start", "Length");
    ++found;
    fmt::print(out, "{}{:<3}   {:<6}   {:<6}{}", found % 3 == 1 ? "\t" : "", found, run.first, run.count,
               found % 3 == 0 ? "\n" : "    ");
    total += run.count;
    longest = std::max(longest, run.count);
  }
  if (found % 3 != 0) fmt::print(out, "\n");
  fmt::print(out, "\tFree Extent Count: {}   Longest: {}   Average: {}\n\n", found, longest,
             found == 0 ? 0 : total / found);
}

void show_group_extents(DebugSession& session, Words words) {
  each_group_from(session, words, [&](ConstBytes block, u32) {
    const auto& group = as<GroupDescriptor>(block);
    fmt::print(session.out, "\tGroup# {}   Total: {}   Used: {}   Free: {}\n", u64{group.block},
               u16{group.bits}, u32{group.bits} - u32{group.free_bits}, u16{group.free_bits});
    const ConstBytes bitmap = GroupDescriptor::bitmap(block);
    show_free_runs(session.out, bitmap, std::min<u32>(group.bits, static_cast<u32>(bitmap.size()) * 8));
  });
}

/// The allocator of clusters, group by group.
void show_free_bits(DebugSession& session, Words words) {
  const bool save = asks_to_save(words);
  if (save) fmt::print(session.out, "{} groups corrected\n", save_free_bits(session));
  Volume& volume = session.volume();
  const auto block = session.inode_block(session.filespec("//global_bitmap"));
  show_inode(session.out, volume.features(), block);
  const ConstBytes list = Inode::body(ConstBytes(block));
  show_chain_list(session.out, list);
  BlocksSeen seen;
  for (const ChainRecord& chain : ChainList::chains(list)) {
    fmt::print(session.out, "\n");
    each_group(volume, chain.block, seen, [&](ConstBytes group, u32 index) {
      show_group_free_bits(session.out, volume.features(), group, index);
    });
  }
}

void show_directory_blocks(DebugSession& session, Words words) {
  each_directory_block(session.volume(), session.filespec(only_word(words)),
                       [&](BlockNo at, ConstBytes block) {
                         fmt::print(session.out, "\tDirblock: {}\n", at.value);
                         show_directory_block(session.out, session.volume().features(), block);
                       });
}

void show_index_root_block(DebugSession& session, Words words) {
  Volume& volume = session.volume();
  const auto block = read_unjudged(volume, block_word(session, only_word(words)), IndexRoot::signature_text,
                                   "directory index root");
  show_index_root(session.out, volume.features(), block);
  if (!as<IndexRoot>(ConstBytes(block)).is_inline())
    show_whole_tree(session.out, volume, IndexRoot::list_bytes(ConstBytes(block)));
}

void show_index_leaf_block(DebugSession& session, Words words) {
  Volume& volume = session.volume();
  show_index_leaf(session.out, volume.features(),
                  read_unjudged(volume, block_word(session, only_word(words)), IndexLeaf::signature_text,
                                "directory index leaf"));
}

void show_index(DebugSession& session, Words words) {
  Volume& volume = session.volume();
  const auto root = index_root_of(session, session.filespec(only_word(words)));
  if (!root) return;
  show_index_root(session.out, volume.features(), *root);
  if (as<IndexRoot>(ConstBytes(*root)).is_inline())
    return show_index_entries(session.out, IndexRoot::list_bytes(ConstBytes(*root)), true);
  each_index_leaf(volume, *root,
                  [&](ConstBytes leaf) { show_index_leaf(session.out, volume.features(), leaf); });
}

void show_index_space(DebugSession& session, Words words) {
  Volume& volume = session.volume();
  const InodeNo number = session.filespec(only_word(words));
  const auto root = index_root_of(session, number);
  if (!root) return fmt::print(session.out, "Inode {} is not indexed\n", number.value);
  each_block_with_room(volume, *root,
                       [&](ConstBytes block) { show_trailer(session.out, volume.features(), block); });
}

/// The buckets of one run of clusters; how many attributes are in them.
u64 show_buckets(DebugSession& session, const ExtentRun& run, bool names) {
  Volume& volume = session.volume();
  const Geometry& geometry = volume.geometry();
  const u64 blocks = std::max<u64>(1, xattr_bucket_bytes >> geometry.block_bits);
  u64 buckets = run.clusters * geometry.blocks_per_cluster() / blocks, total = 0;
  fmt::print(session.out, "\tExtended Attributes extent record start at #{}  Has clusters: {}",
             run.block.value, run.clusters);
  for (u64 i = 0; i < buckets; ++i) {
    const auto bytes =
        volume.cache().read_raw(BlockNo(run.block.value + i * blocks), static_cast<u32>(blocks));
    const auto& header = as<XattrHeader>(ConstBytes(bytes));
    if (i == 0) {
      buckets = std::min<u64>(buckets, header.buckets);
      fmt::print(session.out, "  Has buckets: {}\n", u16{header.buckets});
    }
    fmt::print(session.out, "\t\tExtended Attributes in bucket #{}: {}\n", i, u16{header.count});
    if (names) show_attributes(session.out, bytes);
    total += header.count;
  }
  return total;
}

u64 show_attribute_tree(DebugSession& session, ConstBytes block, bool names) {
  const ConstBytes list = XattrBlock::list_bytes(block);
  const auto& header = as<ExtentList>(list);
  if (header.used == 0) return 0;
  fmt::print(session.out, "\tExtended Attributes extent tree in index block #{}  Depth: {}  Records: {}\n",
             u64{as<XattrBlock>(block).block}, u16{header.tree_depth}, u16{header.used});
  if (names) show_extent_list(session.out, list);
  std::vector<ExtentRun> runs;
  ExtentTree(session.volume().cache(), list, "the attributes").each_run([&](const ExtentRun& run) {
    runs.push_back(run);
    return true;
  });
  u64 total = 0;
  for (auto run = runs.rbegin(); run != runs.rend(); ++run) total += show_buckets(session, *run, names);
  return total;
}

u64 show_attribute_block(DebugSession& session, BlockNo at, bool names) {
  const auto block = read_unjudged(session.volume(), at, XattrBlock::signature_text, "xattr block");
  const auto& header = as<XattrBlock>(ConstBytes(block));
  if (header.is_indexed()) return show_attribute_tree(session, block, names);
  fmt::print(session.out, "\tExtended Attributes in block #{}: {}\n", at.value, u16{header.header.count});
  if (names) show_attributes(session.out, XattrBlock::container(ConstBytes(block)));
  return header.header.count;
}

void show_xattr(DebugSession& session, Words words) {
  const bool names = !words.empty() && words[0] == "-v";
  if (names) words = words.subspan(1);
  const auto block = session.inode_block(session.filespec(only_word(words)));
  const auto& inode = as<Inode>(ConstBytes(block));
  if (!inode.has_dynamic(dynamic_feature::has_xattr)) return;
  u64 total = 0;
  if (inode.has_dynamic(dynamic_feature::inline_xattr) && inode.xattr_inline_size <= block.size()) {
    const ConstBytes container = ConstBytes(block).last(inode.xattr_inline_size);
    total = as<XattrHeader>(container).count;
    fmt::print(session.out, "\tExtended Attributes inline: {}\n", total);
    if (names) show_attributes(session.out, container);
  } else {
    fmt::print(session.out, "\tExtended Attributes inline: 0\n");
  }
  if (inode.xattr_block != 0) total += show_attribute_block(session, BlockNo(inode.xattr_block), names);
  fmt::print(session.out, "\n\tExtended attributes in total: {}\n", total);
}

struct Fragmentation {
  u64 inode, extents = 0;
  u32 clusters;
  double percent = 0, score = 0;
};

Fragmentation fragmentation(DebugSession& session, Words words) {
  Volume& volume = session.volume();
  const auto inode = volume.any_inode(session.filespec(only_word(words)));
  Fragmentation found{.inode = inode->block, .clusters = inode->clusters};
  if (inode->body_kind() == InodeBody::extent_list)
    ExtentTree::of(volume.cache(), inode).each_run([&](const ExtentRun&) { return ++found.extents, true; });
  if (found.clusters > 1) found.percent = 100.0 * static_cast<double>(found.extents) / found.clusters;
  found.score = found.percent * static_cast<double>((1u << 20) >> volume.geometry().cluster_bits);
  return found;
}

void show_fragmentation(DebugSession& session, Words words) {
  const Fragmentation found = fragmentation(session, words);
  fmt::print(session.out, "Inode: {}\t% fragmented: {:.2f}\tclusters: {}\textents: {}\tscore: {:.0f}\n",
             found.inode, found.percent, found.clusters, found.extents, found.score);
}

void write_fragmentation(DebugSession& session, Words words, JsonWriter& json) {
  const Fragmentation found = fragmentation(session, words);
  json.field("inode", found.inode).field("percent", found.percent).field("clusters", found.clusters);
  json.field("extents", found.extents).field("score", found.score);
}

void show_refcount_records(std::FILE* out, ConstBytes block) {
  const ConstBytes list = RefcountBlock::list_bytes(block);
  const auto& header = as<RefcountList>(list);
  fmt::print(out, "\tRefcount records: {}   Used: {}\n", u16{header.count}, u16{header.used});
  fmt::print(out, "\t### {:<20}   {:<12}   {:<12}\n", "Physical cpos", "Clusters", "Reference count");
  u32 index = 0;
  for (const RefcountRecord& record : RefcountList::records(list))
    fmt::print(out, "\t{:<3} {:<20}   {:<12}   {}\n", index++, u64{record.cluster}, u32{record.clusters},
               u32{record.references});
}

void show_refcount_leaves(DebugSession& session, ConstBytes root) {
  Volume& volume = session.volume();
  std::vector<u64> leaves;
  ExtentTree(volume.cache(), RefcountBlock::list_bytes(root), "the refcount tree")
      .each_run([&](const ExtentRun& run) { return leaves.push_back(run.block.value), true; });
  for (auto at = leaves.rbegin(); at != leaves.rend(); ++at) {
    const auto leaf = read_unjudged(volume, BlockNo(*at), RefcountBlock::signature_text, "refcount block");
    show_refcount_block(session.out, volume.features(), leaf);
    if (!as<RefcountBlock>(ConstBytes(leaf)).is_tree()) show_refcount_records(session.out, leaf);
  }
}

void show_refcount(DebugSession& session, Words words) {
  const bool extents = !words.empty() && words[0] == "-e";
  if (extents) words = words.subspan(1);
  Volume& volume = session.volume();
  const auto root = read_unjudged(volume, refcount_root(session, only_word(words)),
                                  RefcountBlock::signature_text, "refcount block");
  show_refcount_block(session.out, volume.features(), root);
  if (!as<RefcountBlock>(ConstBytes(root)).is_tree()) return show_refcount_records(session.out, root);
  const ConstBytes list = RefcountBlock::list_bytes(ConstBytes(root));
  if (extents) {
    fmt::print(session.out, "\tExtent tree in refcount block {}\n\tDepth: {}  Records: {}\n",
               u64{as<RefcountBlock>(ConstBytes(root)).block}, u16{as<ExtentList>(list).tree_depth},
               u16{as<ExtentList>(list).used});
    show_whole_tree(session.out, volume, list);
  }
  show_refcount_leaves(session, root);
}

/// The blocks of nodes that ever beat.
void each_beat(DebugSession& session, Words words,
               const std::function<void(u32 node, const HeartbeatBlock& block)>& use) {
  if (!words.empty()) throw WrongUsage{};
  Volume& volume = session.volume();
  const HeartbeatRegion region = heartbeat_region(volume);
  std::vector<u8> bytes(u64{region.nodes} * region.block_bytes);
  volume.device().read(region.offset, bytes);
  for (u32 node = 0; node < region.nodes; ++node) {
    const auto& block = as<HeartbeatBlock>(ConstBytes(bytes).subspan(u64{node} * region.block_bytes));
    if (block.sequence != 0) use(node, block);
  }
}

void show_heartbeat(DebugSession& session, Words words) {
  if (words.empty() && session.is_open())
    fmt::print(session.out, "\t{:>4}: {:>4} {:>16} {:>16} {:>8} {:>6}\n", "node", "node", "seq", "generation",
               "checksum", "deadms");
  each_beat(session, words, [&](u32 node, const HeartbeatBlock& block) {
    fmt::print(session.out, "\t{:>4}: {:>4} {:016x} {:016x} {:08x} {:>6}\n", node, block.node,
               u64{block.sequence}, u64{block.generation}, u32{block.checksum}, u32{block.dead_ms});
  });
}

void write_heartbeat(DebugSession& session, Words words, JsonWriter& json) {
  json.begin_array("nodes");
  each_beat(session, words, [&](u32, const HeartbeatBlock& block) {
    json.begin_object();
    write_fields(json, [&](const FieldVisitor& visit) {
      describe_structure<HeartbeatBlock>(bytes_of(block), "", visit);
    });
    json.end_object();
  });
  json.end_array();
}

constexpr DebugCommand commands[] = {
    {"dirblocks", "dirblocks <filespec>", "Dump directory blocks", show_directory_blocks,
     write_directory_blocks},
    {"dx_dump", "dx_dump <filespec>", "Show the whole index of a directory", show_index, write_index},
    {"dx_leaf", "dx_leaf <blkno>", "Show a block of index entries", show_index_leaf_block, write_index_leaf},
    {"dx_root", "dx_root <blkno>", "Show the root of a directory's index", show_index_root_block,
     write_index_root},
    {"dx_space", "dx_space <filespec>", "Show the blocks of a directory that have room", show_index_space,
     write_index_space},
    {"extent", "extent <block#>", "Show extent block", show_extent, write_extent},
    {"frag", "frag <filespec>", "Show how fragmented a file is", show_fragmentation, write_fragmentation},
    {"gd_free_bits", "gd_free_bits [-s]",
     "Show the free clusters group by group, as counted and as kept (-s: as counted)", show_free_bits,
     write_free_bits},
    {"group", "group <block#>", "Show the groups of a chain from a block on", show_groups, write_groups},
    {"grpextents", "grpextents <block#>", "Show the free runs of the same groups", show_group_extents,
     write_free_runs},
    {"hb", "hb", "Show the heartbeat blocks", show_heartbeat, write_heartbeat},
    {"refcount", "refcount [-e] <filespec>", "Show a file's refcount tree, or a refcount block",
     show_refcount, write_refcount},
    {"xattr", "xattr [-v] <filespec>", "Show extended attributes", show_xattr, write_attributes},
};

}  // namespace

std::span<const DebugCommand> block_commands() { return commands; }

}  // namespace ocfs2
