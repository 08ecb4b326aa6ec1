// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/extent_edit.h"

#include <random>

#include "engine/error.h"
#include "tests/worlds/edit_world.h"

namespace ocfs2 {
namespace {

using Catch::Contains;

VolumeWish wish_for(u32 block_size) {
  VolumeWish wish;
  wish.block_size = block_size;
  wish.features = wish.features | feature::metaecc;
  return wish;
}

enum class Owner { inode, index, value, buckets };

/// A volume with one tree that is changed, and what should be in it, cluster by cluster.
class TreeWorld : public EditWorld {
 public:
  struct Cluster {
    u64 block;
    u8 flags;
    bool operator==(const Cluster&) const = default;
  };

  explicit TreeWorld(u32 block_size, Owner owner = Owner::inode)
      : EditWorld(wish_for(block_size)), owner_(owner), space_(space()) {
    edit([&](Transaction& transaction) { make_owner(transaction); });
    metadata_before_ = metadata_blocks();
    clusters_before_ = used_clusters() - groups_clusters();
  }

  ExtentRoot root(const Transaction& transaction) {
    switch (owner_) {
      case Owner::inode:
        return ExtentRoot::of(transaction.read<Inode>(block_));
      case Owner::index:
        return ExtentRoot::of(transaction.read<IndexRoot>(block_));
      case Owner::buckets:
        return ExtentRoot::of(transaction.read<XattrBlock>(block_));
      case Owner::value:
        return ExtentRoot::of_value(block_, XattrBlock::kind, geometry().block_size() - 48);
    }
    return {};
  }

  /// Takes up to `wanted` clusters and puts them at `cpos`; returns how many. `flags` as in a record.
  u64 insert(Transaction& transaction, u32 cpos, u32 wanted, u8 flags = 0, ClusterNo near = {}) {
    const BitRun run = space_.allocate_clusters(transaction, wanted, near);
    const BlockNo block = geometry().first_block_of(ClusterNo(run.first));
    ExtentEdit(transaction, space_, root(transaction)).insert({cpos, run.count, block, flags});
    for (u32 i = 0; i < run.count; ++i)
      REQUIRE(
          model.emplace(cpos + i, Cluster{block.value + i * geometry().blocks_per_cluster(), flags}).second);
    return run.count;
  }

  /// Removes a range, in as many transactions as it takes.
  u32 remove(u64 first, u64 end, std::size_t blocks_max = ExtentEdit::transaction_blocks_max) {
    u32 transactions = 0;
    for (u64 at = end; at > first; ++transactions)
      edit([&](Transaction& transaction) {
        const auto removed = [&](const ExtentRun& run) {
          for (u64 i = 0; i < run.clusters; ++i) REQUIRE(model.erase(static_cast<u32>(run.cpos + i)) == 1);
          space_.free_clusters(transaction, geometry().cluster_of(run.block), run.clusters);
        };
        at = ExtentEdit(transaction, space_, root(transaction)).remove(first, at, removed, blocks_max);
      });
    return transactions;
  }

  void set_flags(u64 first, u64 end, u8 set, u8 clear) {
    for (u64 at = end; at > first;)
      edit([&](Transaction& transaction) {
        at = ExtentEdit(transaction, space_, root(transaction)).set_flags(first, at, set, clear);
      });
    for (auto cluster = model.lower_bound(first); cluster != model.end() && cluster->first < end; ++cluster)
      cluster->second.flags = static_cast<u8>((cluster->second.flags | set) & ~clear);
  }

  /// Compares the tree on the device with the model and with every rule that trees have.
  void check() {
    volume().cache().drop_all();
    edit([&](Transaction& transaction) {
      const ExtentRoot at = root(transaction);
      const auto block = transaction.read_as(at.block, *at.kind);
      const ConstBytes list = ConstBytes(block->bytes).subspan(at.list_offset, at.list_bytes);
      previous_leaf_ = next_ = 0;
      nodes = runs = 0;
      found_.clear();
      depth = as<ExtentList>(list).tree_depth;
      check_node(list, 0, ~u64{0}, true);
      REQUIRE(next_ == 0);
      REQUIRE(found_ == model);
      REQUIRE(as<le32>(ConstBytes(block->bytes).subspan(at.clusters_offset)) == model.size());
      REQUIRE(as<le64>(ConstBytes(block->bytes).subspan(at.last_leaf_offset)) == previous_leaf_);
    });
    compare_with_reader();
    audit();
    REQUIRE(metadata_blocks() == metadata_before_ + nodes);
    REQUIRE(used_clusters() == clusters_before_ + model.size() + groups_clusters());
  }

  std::map<u32, Cluster> model;
  u32 depth = 0, nodes = 0, runs = 0;  ///< as `check` found them

 private:
  /// Blocks in use beside the groups' descriptors.
  u64 metadata_blocks() {
    const auto metadata = allocator(SystemFile::extent_alloc);
    u64 groups = 0;
    metadata.each_group([&](const auto&) { return ++groups; });
    return metadata.used_bits() - groups;
  }
  u64 groups_clusters() { return volume().system_file(SystemFile::extent_alloc)->clusters; }

  void make_owner(Transaction& transaction) {
    if (owner_ == Owner::inode) {
      block_ = space_.allocate_inode(transaction).block;
      begin<Inode>(transaction, [&](Inode& inode, Bytes) { become_file(inode, geometry(), 1 << 30); });
      return;
    }
    block_ = space_.allocate_metadata(transaction).block;
    if (owner_ == Owner::index)
      begin<IndexRoot>(transaction, [&](IndexRoot& index, Bytes) {
        index.directory_inode = volume().root().value;
        index.extents.count = static_cast<u16>(geometry().extent_records_per_index_root());
      });
    if (owner_ == Owner::buckets)
      begin<XattrBlock>(transaction, [&](XattrBlock& xattr, Bytes) {
        xattr.flags = XattrBlock::indexed;
        xattr.root.list.count = static_cast<u16>(geometry().extent_records_per_xattr_root());
      });
    if (owner_ == Owner::value)
      begin<XattrBlock>(transaction, [&](XattrBlock& x, Bytes b) { make_value(x, b); });
  }

  void make_value(XattrBlock& xattr, Bytes block) {
    const Bytes container = XattrBlock::container(block);
    const u32 name_offset = static_cast<u32>(container.size()) - 48 - 4;
    xattr.header.count = static_cast<u16>(1);
    XattrEntry& entry = XattrHeader::entries(container)[0];
    entry.name_hash = xattr_hash("name", volume().facts().uuid_hash);
    entry.name_offset = static_cast<u16>(name_offset);
    entry.name_length = 4;
    entry.type_and_local = static_cast<u8>(XattrType::user);
    entry.value_size = 1 << 20;
    std::ranges::copy(std::string_view("name"), container.begin() + name_offset);
    as<XattrValueRoot>(container.subspan(name_offset + 4)).list.count = static_cast<u16>(1);
  }

  template <class T>
  void begin(Transaction& transaction, const std::function<void(T&, Bytes)>& fill) {
    const Bytes bytes = transaction.create_bytes(block_, T::kind);
    T& structure = as<T>(bytes);
    stamp(structure.signature, T::signature_text);
    structure.fs_generation = volume().facts().generation;
    structure.block = block_.value;
    structure.suballoc_bit = static_cast<u16>(1);
    fill(structure, bytes);
  }

  /// A node whose parent gives it [first, end); `left` when nothing is further left.
  void check_node(ConstBytes list, u64 first, u64 end, bool left) {
    if (as<ExtentList>(list).tree_depth == 0) return check_leaf(list, first, end, left);
    const auto children = ExtentList::children(list);
    REQUIRE(!children.empty());
    for (std::size_t i = 0; i < children.size(); ++i) {
      const bool last = i + 1 == children.size();
      if (i == 0 && !left) REQUIRE(children[i].cpos == first);
      if (!last) REQUIRE(children[i].end() == children[i + 1].cpos);
      if (last && end != ~u64{0}) REQUIRE(children[i].end() == end);
      const auto block = volume().cache().read<ExtentBlock>(BlockNo(children[i].block));
      REQUIRE(block->list.tree_depth + 1 == as<ExtentList>(list).tree_depth);
      ++nodes;
      if (block->list.tree_depth == 0) {
        if (previous_leaf_ != 0) REQUIRE(next_ == children[i].block);
        previous_leaf_ = children[i].block;
        next_ = block->next_leaf;
      }
      check_node(ExtentBlock::list_bytes(block.bytes()), children[i].cpos, children[i].end(), left && i == 0);
    }
  }

  void check_leaf(ConstBytes list, u64 first, u64 end, bool left) {
    const auto records = ExtentList::records(list);
    if (depth > 0) {
      REQUIRE(!records.empty());
      if (next_ != 0) REQUIRE(records.size() == as<ExtentList>(list).count);  // or the kernel is not content
      REQUIRE_FALSE(records[0].empty());
      REQUIRE((left ? records[0].cpos >= first : records[0].cpos == first));
      if (next_ == 0) REQUIRE(records.back().end() == end);
      if (owner_ != Owner::buckets) REQUIRE(records.back().end() <= end);
    }
    for (const ExtentRecord& record : records) {
      ++runs;
      for (u32 i = 0; i < record.clusters; ++i)
        found_[record.cpos + i] = {record.block + i * geometry().blocks_per_cluster(), record.flags};
    }
  }

  void compare_with_reader() {
    std::map<u32, Cluster> read;
    edit([&](Transaction& transaction) {
      ExtentEdit(transaction, space_, root(transaction)).tree().each_run([&](const ExtentRun& run) {
        for (u32 i = 0; i < run.clusters; ++i)
          read[static_cast<u32>(run.cpos) + i] = {run.block.value + i * geometry().blocks_per_cluster(),
                                                  run.flags};
        return true;
      });
    });
    REQUIRE(read == model);
  }

  Owner owner_;
  Space space_;
  BlockNo block_;
  u64 metadata_before_ = 0, clusters_before_ = 0;
  u64 previous_leaf_ = 0, next_ = 0;
  std::map<u32, Cluster> found_;
};

}  // namespace

TEST_CASE("random changes leave the tree that a map of clusters foretells", "[extent]") {
  const u32 block_size = GENERATE(512u, 1024u, 4096u);
  const Owner owner = GENERATE(Owner::inode, Owner::index, Owner::value);
  TreeWorld world(block_size, owner);
  std::mt19937 random(block_size + static_cast<u32>(owner));
  const u32 keys = 30'000;
  u32 deepest = 0;
  for (u32 round = 0; round < 120; ++round) {
    world.edit([&](Transaction& transaction) {
      for (u32 i = 0; i < (round % 40 < 30 ? 40 : 2); ++i) {
        const u32 cpos = random() % keys, length = owner == Owner::index ? 1 : 1 + random() % 3;
        const auto next = world.model.lower_bound(cpos);
        if (next != world.model.end() && next->first < cpos + length) continue;
        world.insert(transaction, cpos, length, random() % 4 == 0 ? ExtentRecord::unwritten : 0);
      }
    });
    const u64 first = random() % keys;
    if (round % 3 == 0) world.remove(first, first + random() % (round % 40 < 30 ? 500 : 8000));
    if (round % 5 == 0)
      world.set_flags(first, first + 300, ExtentRecord::refcounted, ExtentRecord::unwritten);
    world.check();
    deepest = std::max(deepest, world.depth);
  }
  CHECK(deepest >= (block_size == 512 ? 2 : 1));

  world.remove(0, u64{1} << 32);

  world.check();
  CHECK(world.model.empty());
  CHECK(world.depth == 0);
  CHECK(world.nodes == 0);
}

TEST_CASE("keys that are hashes may lie closer than their records are long", "[extent]") {
  TreeWorld world(512, Owner::buckets);
  std::mt19937 random(7);
  std::map<u32, u64> lengths;
  world.edit([&](Transaction& transaction) {
    Space space = world.space();
    for (u32 i = 0; i < 300; ++i) {
      const u32 hash = random() % 2000;
      if (lengths.contains(hash)) continue;
      const BitRun run = space.allocate_clusters(transaction, 1 + random() % 4, ClusterNo(random() % 16000));
      const BlockNo block = world.geometry().first_block_of(ClusterNo(run.first));
      ExtentEdit(transaction, space, world.root(transaction)).insert({hash, run.count, block, 0});
      lengths[hash] = run.count;
    }
  });
  u64 seen = 0;
  world.edit([&](Transaction& transaction) {
    Space space = world.space();
    ExtentEdit tree(transaction, space, world.root(transaction));
    for (const auto& [hash, length] : lengths) {
      const auto run = tree.tree().last_at_or_before(hash);
      REQUIRE(run);
      REQUIRE(run->cpos == hash);
      seen += run->clusters;
    }
    REQUIRE_THROWS_WITH(tree.insert({lengths.begin()->first, 1, BlockNo(1000), 0}), Contains("already"));
    u64 removed = 0;
    REQUIRE(tree.remove(
                0, u64{1} << 32, [&](const ExtentRun& run) { removed += run.clusters; }, 100'000) == 0);
    REQUIRE(removed == seen);
  });
}

TEST_CASE("a file written from front to back fills its leaves", "[extent]") {
  TreeWorld world(512);
  for (u32 round = 0; round < 10; ++round)
    world.edit([&](Transaction& transaction) {
      for (u32 i = 0; i < 56; ++i) world.insert(transaction, 2 * (56 * round + i), 1);
    });
  world.check();
  CHECK(world.runs == 560);
  CHECK(world.nodes == 20 + 1);  // 20 leaves of 28 records, and the node above them, since the root has 19
}

TEST_CASE("what comes before the first leaf goes into it, also when an earlier one is gone", "[extent]") {
  TreeWorld world(512);
  world.edit([&](Transaction& transaction) {
    for (u32 i = 0; i < 1000; ++i) world.insert(transaction, 1000 + 2 * i, 1);
  });
  world.remove(0, 1000 + 2 * 500);
  world.check();
  REQUIRE(world.depth > 0);

  world.edit([&](Transaction& transaction) {
    for (u32 i = 0; i < 100; ++i) world.insert(transaction, 998 - 2 * i, 1);
  });

  world.check();
}

TEST_CASE("what continues is one record", "[extent]") {
  TreeWorld world(4096);
  world.edit([&](Transaction& transaction) {
    u64 at = 0;
    while (at < 100) at += world.insert(transaction, static_cast<u32>(at), 10);
  });
  world.check();
  CHECK(world.runs == 1);

  world.set_flags(10, 20, ExtentRecord::unwritten, 0);
  world.check();
  CHECK(world.runs == 3);
  world.set_flags(0, 100, 0, ExtentRecord::unwritten);
  world.check();
  CHECK(world.runs == 1);
}

TEST_CASE("a long removal stops where the transaction is full, and goes on from there", "[extent]") {
  TreeWorld world(512);
  for (u32 round = 0; round < 30; ++round)
    world.edit([&](Transaction& transaction) {
      for (u32 i = 0; i < 56; ++i) world.insert(transaction, 2 * (56 * round + i), 1);
    });

  const u32 transactions = world.remove(0, u64{1} << 32, 6);

  world.check();
  CHECK(transactions > 5);
}

TEST_CASE("what changes at the end of a large tree touches a few blocks", "[extent]") {
  TreeWorld world(512);
  for (u32 round = 0; round < 60; ++round)
    world.edit([&](Transaction& transaction) {
      for (u32 i = 0; i < 100; ++i) world.insert(transaction, 4 * (100 * round + i), 1);
    });
  world.check();
  REQUIRE(world.depth == 2);
  const std::size_t blocks_max = 10;  // inodes and groups of both allocators, the file, three nodes, two new
  world.edit([&](Transaction& transaction) {
    world.insert(transaction, 4 * 6001, 1);
    CHECK(transaction.blocks() <= blocks_max);
  });
  Space space = world.space();
  world.edit([&](Transaction& transaction) {
    ExtentEdit(transaction, space, world.root(transaction)).remove(4 * 5990, 4 * 6000, [](const ExtentRun&) {
    });
    CHECK(transaction.blocks() <= blocks_max);
    transaction.abort();
    ExtentEdit(transaction, space, world.root(transaction)).set_flags(0, 100, ExtentRecord::unwritten, 0);
    CHECK(transaction.blocks() <= blocks_max);
    transaction.abort();
    // The number of records in the middle concerns all leaves behind.
    ExtentEdit(transaction, space, world.root(transaction)).insert({4 * 3000 + 1, 1, BlockNo(80000), 0});
    CHECK(transaction.blocks() > 100);
  });
}

TEST_CASE("something that is there already is not covered", "[extent]") {
  TreeWorld world(512);
  world.edit([&](Transaction& transaction) {
    for (u32 i = 0; i < 100; ++i) world.insert(transaction, 10 * i, 1);
  });
  world.edit([&](Transaction& transaction) {
    Space space = world.space();
    ExtentEdit tree(transaction, space, world.root(transaction));
    for (const u32 cpos : {0u, 5u, 270u, 275u, 995u - 10})
      CHECK_THROWS_WITH(tree.insert({cpos, 6, BlockNo(80000), 0}), Contains("lies in its clusters"));
    CHECK(transaction.blocks() == 0);
  });
}

TEST_CASE("what is not there cannot be removed, and holes are passed over", "[extent]") {
  TreeWorld world(512);
  world.remove(0, 1000);
  world.edit([&](Transaction& transaction) { world.insert(transaction, 500, 1); });
  world.remove(0, 500);
  world.remove(501, 2000);
  world.check();
  CHECK(world.model.size() == 1);
}

}  // namespace ocfs2
