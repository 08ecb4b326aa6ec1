// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/wreck/furnish.h"

#include <fmt/format.h>

#include "engine/error.h"
#include "engine/volume/chain_allocator.h"
#include "engine/volume/directory_edit.h"
#include "engine/volume/inode_life.h"
#include "engine/volume/refcount_edit.h"
#include "engine/wreck/furnish_attributes.h"

namespace ocfs2 {
namespace {

constexpr u64 birthday = 1'500'000'000;  ///< always the same, so that the same volume gives the same bytes
constexpr u16 file_mode_bits = file_mode::regular | 0644;
constexpr u32 names_in_large_directory = 700;  ///< more than one block of an index holds

class Furnisher {
 public:
  Furnisher(Volume& volume, WriteAhead& write_ahead, u32 slot)
      : volume_(volume), write_ahead_(write_ahead), space_(volume, slot) {}

  void furnish() {
    piece([&](Transaction& change) { home_ = directory(change, volume_.root(), "wreckage"); });
    for (u32 i = 0; i < 3; ++i) piece([&](Transaction& change) { plain_files(change, i); });
    piece([&](Transaction& change) { directories(change); });
    piece([&](Transaction& change) { links(change); });
    piece([&](Transaction& change) { inline_file(change); });
    piece([&](Transaction& change) { large_directory(change); });
    piece([&](Transaction& change) { attributes(change); });
    piece([&](Transaction& change) { deep_files(change); });
    piece([&](Transaction& change) { small_share(change); });
    piece([&](Transaction& change) { deep_share(change); });
  }

 private:
  const Geometry& geometry() const { return volume_.geometry(); }

  template <class Make>
  void piece(const Make& make) {
    Transaction change(volume_.cache(), write_ahead_);
    try {
      make(change);
      change.commit();
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::no_space) throw;
    }
  }

  InodeNo directory(Transaction& change, InodeNo parent, std::string_view name) {
    return make_directory(change, space_, parent, name,
                          {.mode = file_mode::directory | 0755, .seconds = birthday});
  }
  InodeNo file(Transaction& change, std::string_view name) {
    const InodeNo inode = create_inode(change, space_, {.mode = file_mode_bits, .seconds = birthday});
    link_inode(change, space_, home_, name, inode);
    return inode;
  }

  /// Appends one run to a file.
  void append(Transaction& change, InodeNo inode, ClusterNo first, u32 clusters) {
    const auto ref = change.read<Inode>(block_of(inode));
    const BlockNo block = geometry().first_block_of(first);
    ExtentEdit(change, space_, ExtentRoot::of(ref))
        .insert({.cpos = ref->clusters, .clusters = clusters, .block = block});
    Inode& edited = change.edit<Inode>(block_of(inode));
    edited.size = u64{edited.clusters} << geometry().cluster_bits;
  }
  ClusterNo take(Transaction& change, u32 clusters) {
    const BitRun run = space_.allocate_clusters(change, clusters);
    if (run.count < clusters)
      fail(ErrorKind::no_space, "{}: no {} free clusters in a row", volume_.name(), clusters);
    change.zero_data(geometry().first_block_of(ClusterNo(run.first)),
                     clusters * geometry().blocks_per_cluster());
    return ClusterNo(run.first);
  }

  /// Files of one cluster, of several, and of several that do not follow each other.
  void plain_files(Transaction& change, u32 number) {
    append(change, file(change, fmt::format("small-{}", number)), take(change, 1), 1);
    append(change, file(change, fmt::format("whole-{}", number)), take(change, 5), 5);
    const InodeNo pieces = file(change, fmt::format("pieces-{}", number));
    const InodeNo others = file(change, fmt::format("others-{}", number));
    const ClusterNo run = take(change, 6);
    for (u32 i = 0; i < 6; ++i) append(change, i % 2 == 0 ? pieces : others, run + i, 1);
    file(change, fmt::format("empty-{}", number));
  }

  void directories(Transaction& change) {
    const InodeNo parent = directory(change, home_, "parent");
    const InodeNo child = directory(change, parent, "child");
    directory(change, child, "empty");
    const InodeNo twice = file(change, "two-names");
    link_inode(change, space_, child, "other-name", twice);
    // Too many names for an inode, few enough for an index of one block.
    const InodeNo medium = directory(change, home_, "medium");
    for (u32 i = 0; i < geometry().block_size() / 34; ++i)
      link_inode(change, space_, medium, fmt::format("a-name-of-some-length-{:04}", i), twice);
  }

  void links(Transaction& change) {
    const InodeBirth birth{.mode = file_mode::symlink | 0777, .seconds = birthday};
    link_inode(change, space_, home_, "short-link", create_symlink(change, space_, birth, "small-0"));
    std::string target;
    while (target.size() < 4000) target += "../wreckage/";
    link_inode(change, space_, home_, "long-link", create_symlink(change, space_, birth, target));
  }

  void inline_file(Transaction& change) {
    if (!volume_.has(feature::inline_data)) return;
    const InodeNo number = file(change, "inside");
    const Bytes block = change.edit_as(block_of(number), Inode::kind);
    auto& inode = as<Inode>(block);
    const Bytes body = Inode::body(block);
    std::fill(body.begin(), body.end(), u8{0});
    inode.dynamic_features |= dynamic_feature::inline_data;
    inode.inline_data.count = static_cast<u16>(geometry().inline_data_bytes());
    inode.size = 100;
    for (u8& byte : InlineData::data(body).first(100)) byte = 'x';
  }

  /// Many names of one file, then some of them gone: a directory of blocks with room here and there.
  void large_directory(Transaction& change) {
    const InodeNo large = directory(change, home_, "large");
    const InodeNo many = file(change, "many-names");
    for (u32 i = 0; i < names_in_large_directory; ++i)
      link_inode(change, space_, large, fmt::format("a-name-of-some-length-{:04}", i), many);
    DirectoryEditor editor(change, space_, large);
    u32 removed = 0;
    for (u32 i = 0; i < names_in_large_directory; i += 50)
      removed += editor.remove(fmt::format("a-name-of-some-length-{:04}", i)) ? 1 : 0;
    Inode& inode = change.edit<Inode>(block_of(many));
    inode.set_links(inode.links() - removed);
  }

  void attributes(Transaction& change) {
    if (!volume_.has(feature::xattr)) return;
    for (u32 i = 0; i < 2; ++i) {
      furnish_xattr_block(change, space_, file(change, fmt::format("attributes-{}", i)));
      furnish_xattr_buckets(change, space_, file(change, fmt::format("more-attributes-{}", i)));
    }
  }

  u32 deep_extents() const { return geometry().extent_records_per_extent_block() + 10; }

  /// Two files whose extents lie in turns, so that each needs extent blocks.
  void deep_files(Transaction& change) {
    const u32 extents = deep_extents();
    const InodeNo deep = file(change, "deep"), other = file(change, "deep-too");
    const ClusterNo run = take(change, 2 * extents);
    for (u32 i = 0; i < 2 * extents; ++i) append(change, i % 2 == 0 ? deep : other, run + i, 1);
  }

  /// Both files refer to the run, and a tree counts that.
  void share(Transaction& change, BlockNo tree, InodeNo file, const std::vector<ExtentRun>& runs,
             bool first) {
    RefcountEdit counts(change, space_, tree);
    counts.join();
    Inode& inode = change.edit<Inode>(block_of(file));
    inode.dynamic_features |= dynamic_feature::has_refcount;
    inode.refcount_root = tree.value;
    ExtentEdit extents(change, space_, ExtentRoot::of(change.read<Inode>(block_of(file))));
    for (const ExtentRun& run : runs) {
      if (first)
        extents.set_flags(run.cpos, run.end(), ExtentRecord::refcounted, 0);
      else
        extents.insert({run.cpos, run.clusters, run.block, ExtentRecord::refcounted});
      counts.increment(geometry().cluster_of(run.block), static_cast<u32>(run.clusters));
    }
    change.edit<Inode>(block_of(file)).size = runs.back().end() << geometry().cluster_bits;
  }

  /// A clone of the file `name`, as reflink makes it.
  void clone(Transaction& change, InodeNo original, std::string_view name, u32 generation) {
    if (!volume_.has(feature::refcount)) return;
    std::vector<ExtentRun> runs;
    const ExtentEdit extents(change, space_, ExtentRoot::of(change.read<Inode>(block_of(original))));
    extents.tree().each_run([&](const ExtentRun& run) { return runs.push_back(run), true; });
    if (runs.empty()) return;
    const BlockNo tree = RefcountEdit::create(change, space_, generation);
    share(change, tree, original, runs, true);
    share(change, tree, file(change, name), runs, false);
  }

  void small_share(Transaction& change) {
    const InodeNo original = file(change, "shared");
    const ClusterNo run = take(change, 8);
    for (const u32 first : {0u, 3u, 6u}) append(change, original, run + first, 2);
    space_.free_clusters(change, run + 2, 1);
    space_.free_clusters(change, run + 5, 1);
    clone(change, original, "shared-clone", 1);
  }

  void deep_share(Transaction& change) {
    DirectoryEditor editor(change, space_, home_);
    if (const auto deep = editor.find("deep-too")) clone(change, *deep, "deep-clone", 2);
  }

  Volume& volume_;
  WriteAhead& write_ahead_;
  Space space_;
  InodeNo home_;
};

}  // namespace

bool is_bare(Volume& volume) {
  u64 inodes = 0;
  for (u32 slot = 0; slot < volume.facts().max_slots; ++slot) {
    const ChainAllocator allocator(volume, volume.system_file(SystemFile::inode_alloc, slot));
    inodes += allocator.used_bits();
    allocator.each_group([&](const auto&) { return --inodes, true; });  // a group's first block is its own
  }
  return inodes <= 1;  // lost+found
}

void furnish(Volume& volume, WriteAhead& write_ahead, u32 slot) {
  Furnisher(volume, write_ahead, slot).furnish();
}

}  // namespace ocfs2
