// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/index_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/check/checkup.h"
#include "engine/check/problems/directories.h"

namespace ocfs2 {
namespace {

std::string root_damage(const IndexRoot& root, BlockNo block, InodeNo directory, const VolumeFacts& facts) {
  if (!matches(root.signature, IndexRoot::signature_text)) return "its root has no signature";
  if (root.block != block.value) return fmt::format("its root says that it lies at block {}", root.block);
  if (root.fs_generation != facts.generation) return "its root is of another volume";
  if (root.directory_inode != directory.value)
    return fmt::format("its root says that it belongs to directory {}", root.directory_inode);
  if ((root.flags & ~IndexRoot::inline_entries) != 0)
    return fmt::format("its root has unknown flags 0x{:x}", root.flags);
  if (root.free_block != 0 && !facts.geometry.contains(BlockNo(root.free_block)))
    return "its list of blocks with room begins outside the volume";
  return {};
}

std::string entry_list_damage(const IndexEntryList& list, u32 capacity) {
  if (list.count != capacity) return fmt::format("has room for {} entries, not {}", capacity, list.count);
  if (list.used > list.count) return fmt::format("claims {} entries in a room for {}", list.used, list.count);
  return {};
}

std::string tree_damage(const IndexRoot& root, const TreeSummary& tree,
                        const std::vector<ExtentRun>& leaves) {
  if (!tree.sound) return "the tree of its leaves is damaged";
  if (leaves.empty()) return "it has no leaves";
  if (leaves.front().cpos != 0)
    return fmt::format("its first leaf serves hashes from {:#x} on", leaves.front().cpos);
  if (root.clusters != tree.clusters)
    return fmt::format("its root counts {} clusters of leaves, but there are {}", root.clusters,
                       tree.clusters);
  if (root.last_extent_block != tree.last_leaf.value)
    return fmt::format("its root takes block {} for its last extent block", root.last_extent_block);
  return {};
}

void walk_tree(IndexWalk& walk, InodeNo directory, BlockSource& source) {
  const Geometry& geometry = source.geometry();
  Examiner quiet;
  const TreeSummary tree = examine_extent_tree(
      {*walk.root, IndexRoot::list_offset, geometry.block_size() - IndexRoot::list_offset},
      {.capacity = geometry.extent_records_per_index_root(),
       .disjoint = false,
       .last_leaf = BlockNo((*walk.root)->last_extent_block)},
      directory, quiet, source, walk.claims, [&](const ExtentRun& run) { walk.leaves.push_back(run); });
  if (walk.damage.empty()) walk.damage = tree_damage(**walk.root, tree, walk.leaves);
}

}  // namespace

IndexWalk walk_index(InodeNo directory, BlockNo root, BlockSource& source) {
  IndexWalk walk;
  walk.root = source.look<IndexRoot>(root, directory);
  if (!walk.root) {
    walk.damage = "its root cannot be read";
    return walk;
  }
  const IndexRoot& index = **walk.root;
  walk.ours = matches(index.signature, IndexRoot::signature_text) || index.block == root.value;
  if (!walk.ours) {
    walk.damage = "its root is something else";
    return walk;
  }
  walk.claims.metadata.push_back({root, directory});
  walk.damage = root_damage(index, root, directory, source.facts());
  if (!index.is_inline()) {
    walk_tree(walk, directory, source);
  } else if (walk.damage.empty()) {
    const std::string words = entry_list_damage(index.entry_list, source.geometry().index_root_entries());
    if (!words.empty()) walk.damage = "its root " + words;
  }
  return walk;
}

void examine_index_tree(Patient<Inode>& inode, DirectoryFact& fact, Examiner& examiner, BlockSource& source,
                        Harvest& harvest) {
  const InodeNo number = inode_at(inode.block());
  fact.index = BlockNo(inode->index_root);
  IndexWalk walk = walk_index(number, fact.index, source);
  harvest.metadata.insert(harvest.metadata.end(), walk.claims.metadata.begin(), walk.claims.metadata.end());
  harvest.clusters.insert(harvest.clusters.end(), walk.claims.clusters.begin(), walk.claims.clusters.end());

  const bool possible = source.facts().features.has(feature::indexed_dirs);
  if (possible && walk.damage.empty()) return examine_checksum(*walk.root, number, examiner);
  const Facts facts{.inode = number, .block = fact.index, .detail = walk.damage};
  fact.rebuild_index = examiner.resolve(possible ? problem::DX_TREE_CORRUPT : problem::IV_DX_TREE, facts);
  fact.index_wrong = !fact.rebuild_index;
}

namespace {

/// Runs through the leaves in the order of hashes, beside the sorted names.
class Comparison {
 public:
  explicit Comparison(const DirectoryNames& names) : names_(names) {}

  /// The entries of one cluster of leaves, or of the root; in any order. Ascending from call to call.
  void take(std::vector<NameKey>& entries);
  std::string disagreement();

  u64 surplus = 0;  ///< entries that belong to no name

 private:
  void match_wide_names();

  const DirectoryNames& names_;
  std::size_t next_ = 0;         // of the plain names
  std::vector<NameKey> others_;  // entries that are no plain name's, no more than there are wide names
  u64 missing_ = 0;
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
      ++surplus;
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
  surplus += others_.size() - matched;
}

std::string Comparison::disagreement() {
  missing_ += names_.plain().size() - next_;
  match_wide_names();
  std::string words;
  if (missing_ > 0) words = fmt::format("{} of {} names are not found through it", missing_, names_.count());
  if (surplus > 0)
    words += fmt::format("{}{} of its entries lead nowhere", words.empty() ? "" : ", ", surplus);
  return words;
}

void add_entries(ConstBytes list, std::vector<NameKey>& all) {
  for (const IndexEntry& entry : IndexEntryList::entries(list))
    all.push_back({hash_number(entry.hash()), entry.entry_block});
}

std::string leaf_damage(const Patient<IndexLeaf>& leaf, const VolumeFacts& facts) {
  if (!matches(leaf->signature, IndexLeaf::signature_text)) return "has no signature";
  if (leaf->block != leaf.block().value) return fmt::format("says that it lies at block {}", leaf->block);
  if (leaf->fs_generation != facts.generation) return "is of another volume";
  if (const std::string words = entry_list_damage(leaf->list, facts.geometry.index_leaf_entries());
      !words.empty())
    return words;
  return leaf.check() == CheckResult::good ? "" : "has a wrong checksum";
}

/// Which hashes a cluster serves: those with a major part from `first` to `last`.
struct Served {
  u64 first, last;
};

class LeafWalk {
 public:
  LeafWalk(InodeNo directory, BlockSource& source, Comparison& comparison)
      : directory_(directory), source_(source), comparison_(comparison) {}

  /// Returns what is wrong with a leaf, or nothing.
  std::string run(const std::vector<ExtentRun>& leaves);

 private:
  std::string cluster(BlockNo first, const Served& served);
  void prefetch(std::span<const ExtentRun> runs);

  static constexpr std::size_t runs_ahead = 64;

  InodeNo directory_;
  BlockSource& source_;
  Comparison& comparison_;
  std::vector<NameKey> entries_;
};

std::string LeafWalk::run(const std::vector<ExtentRun>& leaves) {
  const u32 blocks = source_.geometry().blocks_per_cluster();
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    const ExtentRun& run = leaves[i];
    const u64 next = i + 1 < leaves.size() ? leaves[i + 1].cpos : u64{1} << 32;
    if (i % runs_ahead == 0) prefetch(std::span(leaves).subspan(i));
    for (u64 k = 0; k < run.clusters; ++k) {
      const bool last = k + 1 == run.clusters;
      const std::string words =
          cluster(run.block + k * blocks, {run.cpos + k, last ? next - 1 : run.cpos + k});
      if (!words.empty()) return words;
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

std::string LeafWalk::cluster(BlockNo first, const Served& served) {
  const u32 blocks = source_.geometry().blocks_per_cluster();
  entries_.clear();
  for (u32 i = 0; i < blocks; ++i) {
    const auto leaf = source_.look<IndexLeaf>(first + i, directory_);
    if (!leaf) return fmt::format("its leaf at block {} cannot be read", (first + i).value);
    if (const std::string words = leaf_damage(*leaf, source_.facts()); !words.empty())
      return fmt::format("its leaf at block {} {}", (first + i).value, words);
    const std::size_t before = entries_.size();
    add_entries(IndexLeaf::list_bytes(leaf->bytes()), entries_);
    for (std::size_t n = before; n < entries_.size(); ++n) {
      const u64 major = entries_[n].hash >> 32;
      if (major < served.first || major > served.last || (entries_[n].hash & (blocks - 1)) != i)
        return fmt::format("its leaf at block {} holds an entry of another leaf", (first + i).value);
    }
  }
  comparison_.take(entries_);
  return {};
}

}  // namespace

IndexComparison compare_index(const IndexWalk& walk, InodeNo directory, const DirectoryNames& names,
                              BlockSource& source) {
  Comparison comparison(names);
  if (walk.is_inline()) {
    std::vector<NameKey> entries;
    add_entries(IndexRoot::list_bytes(walk.root->bytes()), entries);
    comparison.take(entries);
  } else if (std::string damage = LeafWalk(directory, source, comparison).run(walk.leaves); !damage.empty()) {
    return {std::move(damage), {}};
  }
  return {{}, comparison.disagreement()};
}

}  // namespace ocfs2
