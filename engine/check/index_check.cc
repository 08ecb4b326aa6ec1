// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/index_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/check/check.h"
#include "engine/check/checkup.h"
#include "engine/check/problems/directories.h"

namespace ocfs2 {
namespace {

struct RootPlace {
  InodeNo directory;
  BlockNo block;
  u32 generation;
  const TreeSummary& tree;
  Facts facts() const { return {.inode = directory, .block = block}; }
};

constexpr Check<IndexRoot, RootPlace> root_checks[] = {
    {.problem = problem::DX_ROOT_BLKNO,
     .found = [](const IndexRoot& root, const RootPlace&) -> u64 { return root.block; },
     .expected = [](const IndexRoot&, const RootPlace& at) { return at.block.value; },
     .mend = [](IndexRoot& root, u64 block, const RootPlace&) { root.block = block; }},
    {.problem = problem::DX_ROOT_GEN,
     .found = [](const IndexRoot& root, const RootPlace&) -> u64 { return root.fs_generation; },
     .expected = [](const IndexRoot&, const RootPlace& at) -> u64 { return at.generation; },
     .mend = [](IndexRoot& root, u64 to, const RootPlace&) { root.fs_generation = static_cast<u32>(to); }},
    {.problem = problem::DX_ROOT_PARENT,
     .found = [](const IndexRoot& root, const RootPlace&) -> u64 { return root.directory_inode; },
     .expected = [](const IndexRoot&, const RootPlace& at) { return at.directory.value; },
     .mend = [](IndexRoot& root, u64 inode, const RootPlace&) { root.directory_inode = inode; }},
    {.problem = problem::DX_CLUSTERS,
     .found = [](const IndexRoot& root, const RootPlace&) -> u64 {
       return root.is_inline() ? 0 : u32{root.clusters};
     },
     .expected = [](const IndexRoot&, const RootPlace& at) { return at.tree.clusters; },
     .mend = [](IndexRoot& root, u64 to, const RootPlace&) { root.clusters = static_cast<u32>(to); }},
    {.problem = problem::DX_LAST_EB,
     .found = [](const IndexRoot& root, const RootPlace&) -> u64 {
       return root.is_inline() ? 0 : u64{root.last_extent_block};
     },
     .expected = [](const IndexRoot&, const RootPlace& at) { return at.tree.last_leaf.value; },
     .mend = [](IndexRoot& root, u64 block, const RootPlace&) { root.last_extent_block = block; }},
};

IndexFault entry_list_fault(const IndexEntryList& list, u32 capacity, const std::string& where) {
  if (list.count != capacity)
    return {&problem::DX_LIST_COUNT,
            fmt::format("{} has room for {} entries, but says {}", where, capacity, list.count)};
  if (list.used > list.count)
    return {&problem::DX_LIST_USED,
            fmt::format("{} claims {} entries in a room for {}", where, list.used, list.count)};
  return {};
}

IndexFault tree_fault(const TreeSummary& tree, const std::vector<ExtentRun>& leaves) {
  if (!tree.sound) return {&problem::DX_TREE_CORRUPT, "the tree of its leaves is damaged"};
  if (leaves.empty()) return {&problem::DX_TREE_CORRUPT, "it has no leaves"};
  if (leaves.front().cpos != 0)
    return {&problem::DX_TREE_KEYS,
            fmt::format("its first leaf serves hashes from {:#x} on", leaves.front().cpos)};
  return {};
}

/// The same cluster cannot hold two leaves.
bool overlap(std::vector<ExtentRun> leaves, u32 blocks_per_cluster) {
  std::ranges::sort(leaves, {}, &ExtentRun::block);
  return std::ranges::adjacent_find(leaves, [&](const ExtentRun& a, const ExtentRun& b) {
           return b.block < a.block + a.clusters * blocks_per_cluster;
         }) != leaves.end();
}

template <class T>
void append(std::vector<T>& all, const std::vector<T>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

/// True when `root` is the index of another directory.
bool is_index_of(InodeNo other, InodeNo directory, BlockNo root, BlockSource& source) {
  if (other == directory) return false;
  const auto inode = source.look<Inode>(block_of(other), directory);
  return inode && matches((*inode)->signature, Inode::signature_text) &&
         (*inode)->has_flag(inode_flag::valid) && (*inode)->has_dynamic(dynamic_feature::indexed_dir) &&
         (*inode)->index_root == root.value;
}

void walk_tree(IndexWalk& walk, InodeNo directory, BlockSource& source) {
  const Geometry& geometry = source.geometry();
  Examiner quiet;
  walk.tree = examine_extent_tree(
      {*walk.root, IndexRoot::list_offset, geometry.block_size() - IndexRoot::list_offset},
      {.capacity = geometry.extent_records_per_index_root(), .disjoint = false}, directory, quiet, source,
      walk.claims, [&](const ExtentRun& run) { walk.leaves.push_back(run); });
  walk.fault = tree_fault(walk.tree, walk.leaves);
  if (!walk.fault && overlap(walk.leaves, geometry.blocks_per_cluster()))
    walk.fault = {&problem::DX_TREE_CORRUPT, "two of its leaves lie at the same place"};
}

}  // namespace

IndexWalk walk_index(InodeNo directory, BlockNo root, BlockSource& source) {
  IndexWalk walk;
  walk.root = source.look<IndexRoot>(root, directory);
  if (!walk.root) {
    walk.fault = {&problem::DX_TREE_CORRUPT, "its root cannot be read"};
    return walk;
  }
  const IndexRoot& index = **walk.root;
  const bool is_signed = matches(index.signature, IndexRoot::signature_text);
  const bool ours = index.block == root.value && index.directory_inode == directory.value;
  if (!is_signed) walk.fault = {&problem::DX_TREE_CORRUPT, "its root has no signature"};
  if (!is_signed && !ours) return walk;
  if (is_index_of(InodeNo(index.directory_inode), directory, root, source)) {
    walk.fault = {&problem::DX_TREE_CORRUPT,
                  fmt::format("its root is the root of directory {}", index.directory_inode)};
    return walk;
  }
  walk.claims.metadata.push_back({root, directory});
  const IndexFault lost_signature = std::move(walk.fault);
  if ((index.flags & ~IndexRoot::inline_entries) != 0)
    walk.fault = {&problem::DX_TREE_CORRUPT, fmt::format("its root has unknown flags 0x{:x}", index.flags)};
  else if (index.is_inline())
    walk.fault = entry_list_fault(index.entry_list, source.geometry().index_root_entries(), "its root");
  else
    walk_tree(walk, directory, source);
  if (lost_signature) walk.fault = lost_signature;
  return walk;
}

void examine_index_tree(Patient<Inode>& inode, DirectoryFact& fact, Examiner& examiner, BlockSource& source,
                        Harvest& harvest) {
  const InodeNo number = inode_at(inode.block());
  fact.index = BlockNo(inode->index_root);
  IndexWalk walk = walk_index(number, fact.index, source);
  const auto claim = [&] {
    append(harvest.metadata, walk.claims.metadata);
    append(harvest.clusters, walk.claims.clusters);
  };
  const bool possible = source.facts().features.has(feature::indexed_dirs);
  if (possible && !walk.fault) {
    claim();
    const RootPlace place{number, fact.index, source.facts().generation, walk.tree};
    if (run_checks(root_checks, *walk.root, place, examiner).wrong == 0)
      examine_checksum(*walk.root, number, examiner);
    return;
  }
  const Problem& problem = possible ? *walk.fault.problem : problem::IV_DX_TREE;
  fact.rebuild_index =
      examiner.resolve(problem, {.inode = number, .block = fact.index, .detail = walk.fault.detail});
  fact.index_wrong = !fact.rebuild_index;
  fact.index_forsaken = fact.rebuild_index;
  if (!fact.index_forsaken) return claim();
  append(harvest.forsaken_clusters, walk.claims.clusters);
  for (const MetadataClaim& metadata : walk.claims.metadata)
    harvest.forsaken_metadata.push_back(metadata.block);
}

void examine_index_origin(IndexWalk& walk, InodeNo directory, const BlockLedger& ledger, Examiner& examiner) {
  const auto spot = ledger.find(walk.root->block());
  if (!spot) return;
  const LedgerGroup& group = ledger.groups()[spot->group];
  const IndexRoot& root = **walk.root;
  const bool group_right = root.suballoc_group == 0 || root.suballoc_group == group.descriptor.value;
  if (root.suballoc_slot == group.slot && root.suballoc_bit == spot->bit && group_right) return;
  const std::string detail =
      fmt::format("slot {}, bit {}, group {} instead of slot {}, bit {}, group {}", root.suballoc_slot,
                  root.suballoc_bit, root.suballoc_group, group.slot, spot->bit, group.descriptor.value);
  if (!examiner.resolve(problem::DX_ROOT_SUBALLOC,
                        {.inode = directory, .block = walk.root->block(), .detail = detail}))
    return;
  IndexRoot& mended = walk.root->mend();
  mended.suballoc_slot = group.slot;
  mended.suballoc_bit = static_cast<u16>(spot->bit);
  mended.suballoc_group = group.descriptor.value;
}

namespace {

/// Runs through the leaves in the order of hashes, beside the sorted names.
class Comparison {
 public:
  explicit Comparison(const DirectoryNames& names) : names_(names) {}

  /// The entries of one cluster of leaves, or of the root; in any order. Ascending from call to call.
  void take(std::vector<NameKey>& entries);
  IndexFault fault();

 private:
  void match_wide_names();

  const DirectoryNames& names_;
  std::size_t next_ = 0;         // of the plain names
  std::vector<NameKey> others_;  // entries that are no plain name's, no more than there are wide names
  u64 missing_ = 0;              // names without an entry
  u64 surplus_ = 0;              // entries that belong to no name
};

void Comparison::take(std::vector<NameKey>& entries) {
  std::sort(entries.begin(), entries.end());
  const std::vector<NameKey>& plain = names_.plain();
  for (const NameKey& entry : entries) {
    while (next_ < plain.size() && plain[next_] < entry) ++next_, ++missing_;
    if (next_ < plain.size() && plain[next_] == entry)
      ++next_;
    else if (others_.size() < names_.wide().size())
      others_.push_back(entry);
    else
      ++surplus_;
  }
}

void Comparison::match_wide_names() {
  std::sort(others_.begin(), others_.end());
  std::vector<bool> taken(others_.size());
  const auto take = [&](u64 hash, u64 block) {
    const NameKey wanted{hash, block};
    const auto first = std::lower_bound(others_.begin(), others_.end(), wanted);
    for (auto at = first; at != others_.end() && *at == wanted; ++at) {
      const std::size_t index = static_cast<std::size_t>(at - others_.begin());
      if (taken[index]) continue;
      return taken[index] = true, true;
    }
    return false;
  };
  u64 matched = 0;
  for (const DirectoryNames::Wide& name : names_.wide())
    matched += take(name.hash, name.block) || take(name.other, name.block);
  missing_ += names_.wide().size() - matched;
  surplus_ += others_.size() - matched;
}

IndexFault Comparison::fault() {
  missing_ += names_.plain().size() - next_;
  match_wide_names();
  const std::string missing =
      fmt::format("names that are not found through it: {} of {}", missing_, names_.count());
  const std::string surplus = fmt::format("entries of it that lead nowhere: {}", surplus_);
  if (missing_ == 0 && surplus_ == 0) return {};
  if (missing_ == 0) return {&problem::DX_ENTRY_STRAY, surplus};
  if (surplus_ == 0) return {&problem::DX_LOOKUP_FAILED, missing};
  return {&problem::DX_ENTRY_WRONG, missing + ", " + surplus};
}

void add_entries(ConstBytes list, std::vector<NameKey>& all) {
  for (const IndexEntry& entry : IndexEntryList::entries(list))
    all.push_back({hash_number(entry.hash()), entry.entry_block});
}

IndexFault leaf_fault(const Patient<IndexLeaf>& leaf, const VolumeFacts& facts) {
  const std::string where = fmt::format("its leaf at block {}", leaf.block().value);
  if (!matches(leaf->signature, IndexLeaf::signature_text))
    return {&problem::DX_LEAF_INVALID, where + " has no signature"};
  if (leaf->block != leaf.block().value)
    return {&problem::DX_LEAF_BLKNO, fmt::format("{} says that it lies at block {}", where, leaf->block)};
  if (leaf->fs_generation != facts.generation)
    return {&problem::DX_LEAF_GEN, fmt::format("{} has generation {:#x}", where, leaf->fs_generation)};
  if (IndexFault fault = entry_list_fault(leaf->list, facts.geometry.index_leaf_entries(), where))
    return fault;
  if (leaf.check() == CheckResult::good) return {};
  return {&problem::DX_TREE_CORRUPT, where + " has a wrong checksum"};
}

/// Which hashes a cluster serves: those with a major part from `first` to `last`.
struct Served {
  u64 first, last;
};

class LeafWalk {
 public:
  LeafWalk(InodeNo directory, BlockSource& source, Comparison& comparison)
      : directory_(directory), source_(source), comparison_(comparison) {}

  /// What is wrong with a leaf.
  IndexFault run(const std::vector<ExtentRun>& leaves);

 private:
  IndexFault cluster(BlockNo first, const Served& served);
  void prefetch(std::span<const ExtentRun> runs);

  static constexpr std::size_t runs_ahead = 64;

  InodeNo directory_;
  BlockSource& source_;
  Comparison& comparison_;
  std::vector<NameKey> entries_;
};

IndexFault LeafWalk::run(const std::vector<ExtentRun>& leaves) {
  const u32 blocks = source_.geometry().blocks_per_cluster();
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    const ExtentRun& run = leaves[i];
    const u64 next = i + 1 < leaves.size() ? leaves[i + 1].cpos : u64{1} << 32;
    if (i % runs_ahead == 0) prefetch(std::span(leaves).subspan(i));
    for (u64 k = 0; k < run.clusters; ++k) {
      const bool last = k + 1 == run.clusters;
      const Served served{run.cpos + k, last ? next - 1 : run.cpos + k};
      if (IndexFault fault = cluster(run.block + k * blocks, served)) return fault;
    }
  }
  return {};
}

void LeafWalk::prefetch(std::span<const ExtentRun> runs) {
  const u32 blocks = source_.geometry().blocks_per_cluster();
  std::vector<BlockNo> wanted;
  for (const ExtentRun& run : runs.first(std::min<std::size_t>(runs.size(), runs_ahead)))
    for (u64 k = 0; k < run.clusters * blocks && wanted.size() < 4 * runs_ahead; ++k)
      wanted.push_back(run.block + k);
  source_.prefetch(wanted);
}

IndexFault LeafWalk::cluster(BlockNo first, const Served& served) {
  const u32 blocks = source_.geometry().blocks_per_cluster();
  entries_.clear();
  for (u32 i = 0; i < blocks; ++i) {
    const auto leaf = source_.look<IndexLeaf>(first + i, directory_);
    const std::string where = fmt::format("its leaf at block {}", (first + i).value);
    if (!leaf) return {&problem::DX_TREE_CORRUPT, where + " cannot be read"};
    if (IndexFault fault = leaf_fault(*leaf, source_.facts())) return fault;
    const std::size_t before = entries_.size();
    add_entries(IndexLeaf::list_bytes(leaf->bytes()), entries_);
    for (std::size_t n = before; n < entries_.size(); ++n) {
      const u64 major = entries_[n].hash >> 32;
      if (major < served.first || major > served.last || (entries_[n].hash & (blocks - 1)) != i)
        return {&problem::DX_ENTRY_MISPLACED, where + " holds an entry of another leaf"};
    }
  }
  comparison_.take(entries_);
  return {};
}

}  // namespace

IndexFault compare_index(const IndexWalk& walk, InodeNo directory, const DirectoryNames& names,
                         BlockSource& source) {
  Comparison comparison(names);
  if (walk.is_inline()) {
    std::vector<NameKey> entries;
    add_entries(IndexRoot::list_bytes(walk.root->bytes()), entries);
    comparison.take(entries);
  } else if (IndexFault fault = LeafWalk(directory, source, comparison).run(walk.leaves)) {
    return fault;
  }
  return comparison.fault();
}

}  // namespace ocfs2
