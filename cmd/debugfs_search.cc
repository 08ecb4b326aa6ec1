// SPDX-License-Identifier: GPL-2.0-or-later
//
// The commands of debugfs.ocfs2 that search: whose a block is, and what an inode is called (spec:
// commands.md 4.2).
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

#include "cmd/debugfs.h"
#include "cmd/debugfs_walk.h"
#include "engine/error.h"
#include "engine/volume/chain_allocator.h"
#include "engine/volume/directory.h"
#include "engine/volume/inode_walk.h"
#include "engine/volume/refcount_tree.h"
#include "engine/volume/xattr_set.h"

namespace ocfs2 {
namespace {

/// Names of inodes, found by going through all directories.
class NameSearch {
 public:
  using Use = std::function<void(u64 inode, std::string_view path)>;

  NameSearch(DebugSession& session, Words words, bool first_only, Use use)
      : session_(session), first_only_(first_only), use_(std::move(use)) {
    if (words.empty()) throw WrongUsage{};
    for (const std::string& word : words) wanted_.insert(block_word(session, word).value);
  }

  void run() {
    Volume& volume = session_.volume();
    tell(volume.root().value, "/");
    tell(volume.system_directory().value, "//");
    NameWalk walk{volume,
                  [this](u64 inode, const std::string& path, bool directory) {
                    tell(inode, directory ? path + "/" : path);
                    return !over();
                  },
                  [this](const std::string& path, const Error& error) {
                    std::fflush(session_.out);
                    fmt::print(stderr, "{}: {}\n", path, error.what());
                  }};
    walk.below(volume.system_directory(), "//");
    if (!over()) walk.below(volume.root(), "/");
    if (found_.empty()) fail(ErrorKind::not_found, "no directory has a name of it");
  }

 private:
  bool over() const { return first_only_ && found_.size() == wanted_.size(); }

  void tell(u64 inode, std::string_view path) {
    if (over() || !wanted_.contains(inode)) return;
    found_.insert(inode);
    use_(inode, path);
  }

  DebugSession& session_;
  bool first_only_;
  Use use_;
  std::set<u64> wanted_, found_;
};

template <bool first_only>
void show_names(DebugSession& session, Words words) {
  NameSearch(session, words, first_only, [&](u64 inode, std::string_view path) {
    fmt::print(session.out, "\t{}\t{}\n", inode, path);
  }).run();
}

template <bool first_only>
void write_names(DebugSession& session, Words words, JsonWriter& json) {
  json.begin_array("names");
  NameSearch(session, words, first_only, [&](u64 inode, std::string_view path) {
    json.begin_object().field("inode", inode).field("path", path).end_object();
  }).run();
  json.end_array();
}

/// Whose blocks are.
class OwnerSearch {
 public:
  OwnerSearch(DebugSession& session, Words words) : session_(session), volume_(session.volume()) {
    if (words.empty()) throw WrongUsage{};
    for (const std::string& word : words) asked_.push_back({block_word(session, word)});
  }

  struct Asked {
    BlockNo block;
    std::optional<u64> owner{}, offset{};
    bool unused = false;
    bool open() const { return !owner && !unused; }
  };

  const std::vector<Asked>& run() {
    look_at_places();
    look_at_bitmap();
    look_at_inodes();
    return asked_;
  }

 private:
  bool done() const { return std::ranges::none_of(asked_, &Asked::open); }

  void owns(BlockNo first, u64 blocks, u64 owner, std::optional<u64> offset = std::nullopt) {
    for (Asked& asked : asked_) {
      if (!asked.open() || asked.block < first || asked.block.value - first.value >= blocks) continue;
      asked.owner = owner;
      if (offset) asked.offset = *offset + asked.block.value - first.value;
    }
  }

  /// What arithmetic tells: superblocks, and the clusters that hold groups of the global bitmap.
  void look_at_places() {
    const Geometry& geometry = volume_.geometry();
    const u64 cluster = geometry.blocks_per_cluster(), super = super_block_no.value;
    const u64 bitmap = volume_.find_system_file(SystemFile::global_bitmap).value_or(InodeNo(super)).value;
    owns(BlockNo(0), std::max(cluster, super + 1), super);
    for (u32 group = 0; group < geometry.cluster_groups(); ++group)
      owns(geometry.first_block_of(geometry.cluster_of(geometry.cluster_group_block(group))), cluster,
           bitmap);
    if (!volume_.has(feature::backup_super)) return;
    for (u32 number = 0; number < geometry.backup_supers(); ++number)
      owns(geometry.first_block_of(geometry.cluster_of(geometry.backup_super_block(number))), cluster, super);
  }

  void look_at_bitmap() {
    const ChainAllocator bitmap(volume_, volume_.system_file(SystemFile::global_bitmap));
    for (Asked& asked : asked_)
      if (asked.open()) asked.unused = !bitmap.place_of(volume_.geometry().cluster_of(asked.block)).in_use();
  }

  void look_at_inodes() {
    if (done()) return;
    look_at_allocator(SystemFile::global_inode_alloc, 0);
    for (u32 slot = 0; slot < volume_.facts().max_slots && !done(); ++slot)
      look_at_allocator(SystemFile::inode_alloc, slot);
  }

  /// Damage ends the search in one allocator, or in one inode, and is said.
  void look_at_allocator(SystemFile file, u32 slot) {
    passing(fmt::format("{}", system_file_name(file, slot)), [&] {
      each_inode_of(volume_, volume_.system_file(file, slot), [&](const BlockRef<Inode>& inode) {
        const u64 number = inode_at(inode.block()).value;
        owns(inode.block(), 1, number);
        passing(fmt::format("inode {}", number), [&] { look_into(inode, number); });
        return !done();
      });
    });
  }

  template <class Work>
  void passing(const std::string& what, const Work& work) {
    try {
      work();
    } catch (const Error& error) {
      fmt::print(stderr, "{}: {}\n", what, error.what());
    }
  }

  void look_into(const BlockRef<Inode>& inode, u64 number) {
    if (inode->has_flag(inode_flag::chain)) {
      ChainAllocator(volume_, inode).each_group([&](const auto& group) {
        owns(group.block(), 1, number);
        return true;
      });
    } else if (inode->body_kind() == InodeBody::extent_list) {
      look_at_tree(ExtentTree::of(volume_.cache(), inode), number, true);
    }
    if (inode->is_directory() && inode->has_dynamic(dynamic_feature::indexed_dir))
      look_at_index(BlockNo(inode->index_root), number);
    if (inode->has_dynamic(dynamic_feature::has_refcount)) owns(BlockNo(inode->refcount_root), 1, number);
    if (inode->xattr_block != 0) look_at_attributes(inode, number);
  }

  void look_at_tree(const ExtentTree& tree, u64 number, bool data) {
    const u64 cluster = volume_.geometry().blocks_per_cluster();
    tree.each_block([&](const BlockRef<ExtentBlock>& block) { owns(block.block(), 1, number); });
    tree.each_run([&](const ExtentRun& run) {
      owns(run.block, run.clusters * cluster, number,
           data ? std::optional(run.cpos * cluster) : std::nullopt);
      return true;
    });
  }

  void look_at_index(BlockNo at, u64 number) {
    const auto root = volume_.cache().read<IndexRoot>(at);
    owns(at, 1, number);
    if (!root->is_inline()) look_at_tree(ExtentTree::of(volume_.cache(), root), number, false);
  }

  void look_at_attributes(const BlockRef<Inode>& inode, u64 number) {
    owns(BlockNo(inode->xattr_block), 1, number);
    const u64 bucket = std::max<u64>(1, xattr_bucket_bytes >> volume_.geometry().block_bits);
    XattrSet(volume_, inode).each_container([&](BlockNo block, XattrContainer form, ConstBytes bytes) {
      if (form == XattrContainer::bucket) owns(block, bucket, number);
      for (const XattrEntry& entry : XattrHeader::entries(bytes))
        if (const auto root = entry.is_local() ? std::nullopt : xattr_value_root(bytes, entry))
          look_at_tree(ExtentTree(volume_.cache(), XattrValueRoot::list_bytes(*root), "an attribute"), number,
                       false);
      return true;
    });
  }

  DebugSession& session_;
  Volume& volume_;
  std::vector<Asked> asked_;
};

void show_owners(DebugSession& session, Words words) {
  OwnerSearch search(session, words);
  const auto& found = search.run();
  fmt::print(session.out, "\t{:<15}   {:<15}   {:<15}\n", "Block#", "Inode", "Block Offset");
  for (const OwnerSearch::Asked& asked : found)
    fmt::print(session.out, "\t{:<15}   {:<15}   {:<15}\n", asked.block.value,
               asked.unused  ? "Unused"
               : asked.owner ? std::to_string(*asked.owner)
                             : "Unknown",
               asked.offset ? std::to_string(*asked.offset) : "");
}

void write_owners(DebugSession& session, Words words, JsonWriter& json) {
  const auto optional = [&](std::string_view key, const std::optional<u64>& number) {
    json.key(key);
    number ? json.value(*number) : json.value(nullptr);
  };
  OwnerSearch search(session, words);
  const auto& found = search.run();
  json.begin_array("blocks");
  for (const OwnerSearch::Asked& asked : found) {
    json.begin_object().field("block", asked.block.value).field("used", !asked.unused);
    optional("inode", asked.owner);
    optional("offset", asked.offset);
    json.end_object();
  }
  json.end_array();
}

constexpr DebugCommand commands[] = {
    {"findpath", "findpath <block#>", "List one pathname of an inode", show_names<true>, write_names<true>},
    {"icheck", "icheck block# ...", "Show whose blocks are", show_owners, write_owners},
    {"locate", "locate <block#> ...", "List all pathnames of inodes", show_names<false>, write_names<false>},
    {"ncheck", "ncheck <block#> ...", "List all pathnames of inodes", show_names<false>, write_names<false>},
};

}  // namespace

std::span<const DebugCommand> search_commands() { return commands; }

}  // namespace ocfs2
