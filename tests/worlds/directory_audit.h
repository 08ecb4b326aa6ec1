// SPDX-License-Identifier: GPL-2.0-or-later
//
// Looks whether a directory holds what a test believes, and whether what it tells about itself is exact: the
// trailers' holes and their list, the index and its counts (spec: ondisk.md 7.3, 7.4).
#pragma once

#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "engine/volume/directory.h"
#include "tests/worlds/edit_world.h"

namespace ocfs2 {

using NameModel = std::map<std::string, InodeNo>;

class DirectoryAudit {
 public:
  DirectoryAudit(Volume& volume, InodeNo number)
      : volume_(volume), directory_(volume, number), number_(number) {}

  /// Fails the test unless the directory holds `model` and is exact.
  void require_holds(const NameModel& model) {
    require_names(model);
    require_found(model);
    if (directory_.inode().body_kind() == InodeBody::inline_data) return;
    REQUIRE(directory_.inode().size % volume_.geometry().block_size() == 0);
    if (!directory_.indexed()) return;
    require_list();
    require_index();
  }

 private:
  void require_names(const NameModel& model) {
    NameModel found;
    std::vector<std::string> order;
    directory_.each([&](const DirectoryEntry& entry, std::string_view name) {
      if (order.size() < 2) order.emplace_back(name);
      REQUIRE(found.emplace(name, InodeNo(entry.inode)).second);
      return true;
    });
    REQUIRE(order == std::vector<std::string>{".", ".."});
    REQUIRE(found.at(".") == number_);
    found.erase(".");
    found.erase("..");
    REQUIRE((found == model));
  }

  /// Every name by the index; of very many, some by search.
  void require_found(const NameModel& model) {
    const std::size_t step = model.size() / 300 + 1;
    std::size_t count = 0;
    for (const auto& [name, inode] : model) {
      if (directory_.indexed() || count % step == 0) REQUIRE(directory_.lookup(name) == inode);
      if (count++ % step == 0) REQUIRE(directory_.search(name) == inode);
    }
    REQUIRE_FALSE(directory_.lookup("a name that is nowhere").has_value());
  }

  const IndexRoot& root() {
    root_ = volume_.cache().read<IndexRoot>(BlockNo(directory_.inode().index_root));
    return *root_;
  }

  void require_list() {
    std::map<u64, u32> holes;  // of the blocks that have any
    std::map<u64, u64> next;
    directory_.each_area([&](BlockNo at, ConstBytes area) {
      const auto block = volume_.cache().read<DirectoryBlock>(at);
      const DirectoryTrailer& trailer = DirectoryBlock::trailer(block.bytes());
      REQUIRE(trailer.free_record_length == largest_hole(area));
      REQUIRE(trailer.parent_inode == number_.value);
      if (trailer.free_record_length != 0) holes[at.value] = trailer.free_record_length;
      next[at.value] = trailer.free_next;
      return true;
    });
    std::set<u64> listed;
    for (u64 at = root().free_block; at != 0; at = next.at(at)) REQUIRE(listed.insert(at).second);
    REQUIRE(listed.size() == holes.size());
    for (const u64 at : listed) REQUIRE(holes.contains(at));
  }

  void require_index() {
    using Entry = std::tuple<u32, u32, u64>;
    std::multiset<Entry> expected, found;
    directory_.each_area([&](BlockNo at, ConstBytes area) {
      EntryWalk walk(area);
      while (walk.next()) {
        if (walk.entry().free()) continue;
        const NameHash hash = index_hash(walk.name(), volume_.facts());
        expected.emplace(hash.major, hash.minor, at.value);
      }
      return true;
    });
    const auto take = [&](ConstBytes list) {
      for (const IndexEntry& entry : IndexEntryList::entries(list))
        found.emplace(entry.major_hash, entry.minor_hash, entry.entry_block);
    };
    if (root().is_inline())
      take(IndexRoot::list_bytes(root_.bytes()));
    else
      each_leaf(take);
    REQUIRE(root().entries == expected.size());
    REQUIRE((found == expected));
  }

  void each_leaf(const std::function<void(ConstBytes list)>& use) {
    const Geometry& geometry = volume_.geometry();
    u64 clusters = 0;
    ExtentTree::of(volume_.cache(), root_).each_run([&](const ExtentRun& run) {
      clusters += run.clusters;
      for (u64 i = 0; i < run.clusters * geometry.blocks_per_cluster(); ++i)
        use(IndexLeaf::list_bytes(volume_.cache().read<IndexLeaf>(run.block + i).bytes()));
      return true;
    });
    REQUIRE(root().clusters == clusters);
  }

  Volume& volume_;
  Directory directory_;
  InodeNo number_;
  BlockRef<IndexRoot> root_;
};

}  // namespace ocfs2
