// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/xattr_edit.h"

#include "engine/error.h"
#include "engine/volume/refcount_edit.h"
#include "engine/volume/volume_journal.h"
#include "engine/volume/xattr_buckets.h"
#include "tests/worlds/attribute_world.h"
#include "tests/worlds/check_world.h"
#include "tests/worlds/edit_world.h"
#include "tests/worlds/recording_device.h"

namespace ocfs2 {
namespace {

using Catch::Contains;

struct Measures {
  u32 block_size, cluster_size;
  bool metaecc;
};
constexpr Measures all_measures[] = {{512, 4096, true},      {512, 16384, false}, {1024, 4096, false},
                                     {1024, 65536, true},    {4096, 4096, true},  {4096, 8192, false},
                                     {4096, 1 << 20, false}, {2048, 32768, true}};

VolumeWish wish_for(const Measures& measures, u64 bytes = 96 << 20) {
  VolumeWish wish;
  wish.bytes = measures.cluster_size == 1 << 20 ? u64{400} << 20 : bytes;
  wish.block_size = measures.block_size;
  wish.cluster_size = measures.cluster_size;
  if (measures.metaecc) wish.features = wish.features | feature::metaecc;
  return wish;
}

class AttributeWorld : public EditWorld {
 public:
  explicit AttributeWorld(const Measures& measures, u64 bytes = 96 << 20)
      : EditWorld(wish_for(measures, bytes)), space_(space()) {}

  InodeNo make(Bearer bearer, std::string_view name) {
    InodeNo inode;
    edit([&](Transaction& transaction) { inode = make_bearer(transaction, space_, bearer, name); });
    model[inode.value] = {};
    return inode;
  }
  XattrEditor editor(Transaction& transaction, InodeNo inode) { return {transaction, space_, inode}; }

  void set(Transaction& transaction, InodeNo inode, const std::string& name, const std::vector<u8>& value,
           XattrMode mode = XattrMode::either) {
    Attributes& has = model.at(inode.value);
    const bool allowed = mode == XattrMode::either || has.contains(name) == (mode == XattrMode::replace);
    const bool done = editor(transaction, inode).set(name, value, mode);
    REQUIRE(done == allowed);
    if (allowed) has[name] = value;
    const auto found = has.find(name);
    if (found == has.end())
      REQUIRE_FALSE(editor(transaction, inode).get(name));
    else
      REQUIRE(editor(transaction, inode).get(name) == found->second);
  }
  void set(InodeNo inode, const std::string& name, const std::vector<u8>& value) {
    edit([&](Transaction& transaction) { set(transaction, inode, name, value); });
  }
  void remove(Transaction& transaction, InodeNo inode, const std::string& name) {
    REQUIRE(editor(transaction, inode).remove(name) == (model.at(inode.value).erase(name) == 1));
    REQUIRE_FALSE(editor(transaction, inode).get(name));
  }
  void remove(InodeNo inode, const std::string& name) {
    edit([&](Transaction& transaction) { remove(transaction, inode, name); });
  }

  /// Gives all clusters to a file, and takes `free` of them away again that do not touch each other.
  void fill_up(u32 free) {
    edit([&](Transaction& transaction) {
      space_.reserve_metadata(transaction, 40);
      const InodeNo file = make_bearer(transaction, space_, Bearer::empty_file, "greedy");
      const auto tree = [&] {
        return ExtentEdit(transaction, space_, ExtentRoot::of(transaction.read<Inode>(block_of(file))));
      };
      u64 left = 0, cpos = 0;
      for (u32 i = 0; i < geometry().cluster_groups(); ++i)
        left += transaction.read<GroupDescriptor>(geometry().cluster_group_block(i))->free_bits;
      while (cpos < left) {
        const BitRun run =
            space_.allocate_clusters(transaction, static_cast<u32>(std::min<u64>(left - cpos, 60'000)));
        tree().insert(
            {cpos, run.count, geometry().first_block_of(ClusterNo(run.first)), ExtentRecord::unwritten});
        cpos += run.count;
      }
      transaction.edit<Inode>(block_of(file)).size = cpos << geometry().cluster_bits;
      for (u64 i = 0; i < free; ++i)
        tree().remove(2 * i + 1, 2 * i + 2, [&](const ExtentRun& run) {
          space_.free_clusters(transaction, geometry().cluster_of(run.block), run.clusters);
        });
    });
  }

  /// Compares every inode's attributes on the device with the model, and lets fsck look.
  void check() {
    volume().cache().drop_all();
    for (const auto& [inode, has] : model) {
      INFO("inode " << inode);
      REQUIRE(attributes_of(volume(), InodeNo(inode)) == has);
      REQUIRE(XattrSet(volume(), volume().inode(InodeNo(inode))).list().size() == has.size());
      check_form(InodeNo(inode));
    }
    REQUIRE(check_volume(device, {.read_only = true, .force = true}).texts == std::vector<std::string>());
    audit();
  }

  BlockRef<XattrBlock> block(InodeNo inode) {
    return volume().cache().read<XattrBlock>(BlockNo(volume().inode(inode)->xattr_block));
  }
  bool indexed(InodeNo inode) {
    return volume().inode(inode)->xattr_block != 0 && block(inode)->is_indexed();
  }
  u64 metadata_blocks() {
    const auto metadata = allocator(SystemFile::extent_alloc);
    u64 groups = 0;
    metadata.each_group([&](const auto&) { return ++groups; });
    return metadata.used_bits() - groups;
  }
  /// In use, those of the allocator of metadata left out, which never gives any back here.
  u64 other_clusters() { return used_clusters() - volume().system_file(SystemFile::extent_alloc)->clusters; }

  std::map<u64, Attributes> model;  ///< by inode

 private:
  /// What the kernel expects beyond what a checker asks for.
  void check_form(InodeNo inode) {
    u64 last_hash = 0, buckets_here = 0;
    XattrSet(volume(), volume().inode(inode))
        .each_container([&](BlockNo, XattrContainer form, ConstBytes bytes) {
          const auto& header = as<XattrHeader>(bytes);
          const auto entries = XattrHeader::entries(bytes);
          u32 lowest = static_cast<u32>(bytes.size());
          for (const XattrEntry& entry : entries) lowest = std::min<u32>(lowest, entry.name_offset);
          REQUIRE(lowest >= sizeof(XattrHeader) + entries.size_bytes() + 4);
          if (form != XattrContainer::bucket) {
            if (!entries.empty()) REQUIRE(entries.back().name_offset == lowest);
            if (form == XattrContainer::block) REQUIRE(!entries.empty());
            return true;
          }
          REQUIRE(header.free_start == lowest);
          REQUIRE((!entries.empty() || ++buckets_here == 1));
          for (const XattrEntry& entry : entries) {
            REQUIRE(entry.name_hash >= last_hash);
            last_hash = entry.name_hash;
          }
          last_hash += 1;  // no hash in two buckets
          return true;
        });
    if (!indexed(inode)) return;
    const u64 longest = std::max<u64>(1, 65536u >> geometry().cluster_bits);
    u64 clusters = 0, first = ~u64{0};
    ExtentTree(volume().cache(), XattrBlock::list_bytes(block(inode).bytes()), "index")
        .each_run([&](const ExtentRun& run) {
          first = std::min(first, run.cpos);
          clusters += run.clusters;
          REQUIRE(run.clusters <= longest);
          return true;
        });
    REQUIRE(first == 0);
    REQUIRE(block(inode)->root.clusters == clusters);
  }

  Space space_;
};

/// Suffixes with one hash: a bit of a letter may be changed if one of the next is, too.
std::string same_hash_name(u32 number, u32 pairs) {
  std::string name = "user.";
  for (u32 i = 0; i < pairs; ++i) name += (number >> i & 1) != 0 ? "bA" : "ca";
  return name;
}

}  // namespace

TEST_CASE("random changes leave the attributes that a map foretells", "[xattr]") {
  const Measures measures = GENERATE(from_range(std::begin(all_measures), std::end(all_measures)));
  INFO("block size " << measures.block_size << ", cluster size " << measures.cluster_size);
  AttributeWorld world(measures);
  std::mt19937 dice(measures.block_size + measures.cluster_size);
  std::vector<InodeNo> inodes;
  for (const Bearer bearer : all_bearers)
    inodes.push_back(world.make(bearer, fmt::format("bearer-{}", static_cast<int>(bearer))));
  const u64 blocks = world.metadata_blocks(), clusters = world.other_clusters();
  for (u32 round = 0; round < 240; ++round) {
    const bool shrinks = round % 60 >= 40;
    world.edit([&](Transaction& transaction) {
      for (u32 i = 0; i < 1 + dice() % 12; ++i) {
        const InodeNo inode = inodes[dice() % inodes.size()];
        const std::string name = attribute_name(dice() % 120);
        const u32 kind = dice() % 10;
        if (kind < (shrinks ? 8 : 3)) {
          world.remove(transaction, inode, name);
        } else {
          const XattrMode mode = kind == 9   ? XattrMode::create
                                 : kind == 8 ? XattrMode::replace
                                             : XattrMode::either;
          world.set(transaction, inode, name, attribute_value(name, dice, 20000), mode);
        }
      }
    });
    if (round % 40 == 39) world.check();
  }
  for (const InodeNo inode : inodes)
    world.edit([&](Transaction& transaction) {
      const Attributes all = world.model.at(inode.value);
      for (const auto& [name, value] : all) world.remove(transaction, inode, name);
    });
  world.check();
  REQUIRE(world.metadata_blocks() == blocks);
  REQUIRE(world.other_clusters() == clusters);
  for (const InodeNo inode : inodes) {
    const auto ref = world.volume().inode(inode);
    REQUIRE(ref->xattr_block == 0);
    REQUIRE(ref->has_dynamic(dynamic_feature::has_xattr) == ref->has_dynamic(dynamic_feature::inline_xattr));
  }
}

TEST_CASE("one inode takes two thousand attributes and gives everything back", "[xattr]") {
  const Measures measures = GENERATE(from_range(std::begin(all_measures), std::end(all_measures)));
  INFO("block size " << measures.block_size << ", cluster size " << measures.cluster_size);
  AttributeWorld world(measures);
  std::mt19937 dice(7 + measures.block_size);
  const InodeNo inode = world.make(Bearer::empty_file, "crowded");
  const u64 blocks = world.metadata_blocks(), clusters = world.other_clusters();
  std::vector<u32> numbers(2000);
  std::iota(numbers.begin(), numbers.end(), 1000);
  std::ranges::shuffle(numbers, dice);
  for (u32 i = 0; i < numbers.size(); i += 50) {
    world.edit([&](Transaction& transaction) {
      for (u32 j = i; j < i + 50; ++j) {
        const std::string name = attribute_name(numbers[j]);
        world.set(transaction, inode, name, attribute_value(name, dice, 300));
      }
    });
    if (i % 500 == 0) world.check();
  }
  world.check();
  REQUIRE(world.indexed(inode));
  std::ranges::shuffle(numbers, dice);
  for (u32 i = 0; i < numbers.size(); i += 50) {
    world.edit([&](Transaction& transaction) {
      for (u32 j = i; j < i + 50; ++j) world.remove(transaction, inode, attribute_name(numbers[j]));
    });
    if (i % 500 == 0) world.check();
  }
  world.check();
  REQUIRE(world.metadata_blocks() == blocks);
  REQUIRE(world.other_clusters() == clusters);
}

TEST_CASE("an index with more runs than its root has records for grows in depth, and shrinks", "[xattr]") {
  AttributeWorld world({512, 4096, true}, 128 << 20);
  const InodeNo inode = world.make(Bearer::empty_file, "file");
  const u64 blocks = world.metadata_blocks(), clusters = world.other_clusters();
  const auto name = [](u32 i) { return fmt::format("user.{:0200}", i * 7919); };
  const auto depth = [&] { return u32{world.block(inode)->root.list.tree_depth}; };
  for (u32 i = 0; i < 4000; i += 100)
    world.edit([&](Transaction& transaction) {
      for (u32 j = i; j < i + 100; ++j) world.set(transaction, inode, name(j), random_bytes(70, j));
    });
  world.check();
  REQUIRE(depth() >= 1);
  for (u32 i = 0; i < 4000; i += 100) {
    world.edit([&](Transaction& transaction) {
      for (u32 j = i; j < i + 100; ++j) world.remove(transaction, inode, name(j));
    });
    if (i % 1000 == 0 || i > 3600) world.check();
  }
  REQUIRE(world.metadata_blocks() == blocks);
  REQUIRE(world.other_clusters() == clusters);
}

TEST_CASE("an attribute goes into the inode as long as there is room", "[xattr]") {
  AttributeWorld world({1024, 4096, true});
  const auto area = [&](InodeNo inode) { return world.volume().inode(inode)->xattr_area_bytes(); };
  const std::vector<u8> value = random_bytes(20, 1), large = random_bytes(300, 1);
  for (const Bearer bearer : all_bearers) {
    INFO("bearer " << static_cast<int>(bearer));
    const InodeNo inode = world.make(bearer, fmt::format("bearer-{}", static_cast<int>(bearer)));
    world.set(inode, "user.name", value);
    const bool full = bearer == Bearer::small_directory || bearer == Bearer::large_file;
    REQUIRE(area(inode) == (full ? 0 : 256));
    REQUIRE((world.volume().inode(inode)->xattr_block == 0) == !full);
    world.set(inode, "user.name", large);  // its root takes hardly more room
    REQUIRE((world.volume().inode(inode)->xattr_block == 0) == !full);
  }
  world.check();
}

TEST_CASE("what the inode holds keeps its room to the last byte", "[xattr]") {
  const u32 beyond = GENERATE(0u, 1u);
  AttributeWorld world({1024, 4096, true});
  const Geometry& geometry = world.geometry();
  const InodeNo link = world.make(Bearer::fast_link, "link"), file = world.make(Bearer::small_file, "file");
  const InodeNo extents = world.make(Bearer::empty_file, "extents");
  world.edit([&](Transaction& transaction) {
    Inode& small = transaction.edit<Inode>(block_of(file));
    small.size = geometry.inline_data_bytes() - 256 + beyond;
    const Bytes block = transaction.edit_as(block_of(link), Inode::kind);
    as<Inode>(block).size = geometry.block_size() - Inode::body_offset - 256 - 1 + beyond;  // a NUL follows
    std::ranges::fill(Inode::body(block).first(as<Inode>(block).size), 't');
    Space space = world.space();
    for (u32 i = 0; i < geometry.extent_records_per_inode() - 16 + beyond; ++i) {
      const BlockNo first = geometry.first_block_of(ClusterNo(space.allocate_clusters(transaction, 1).first));
      ExtentEdit(transaction, space, ExtentRoot::of(transaction.read<Inode>(block_of(extents))))
          .insert({.cpos = 2 * i, .clusters = 1, .block = first, .flags = ExtentRecord::unwritten});
      transaction.edit<Inode>(block_of(extents)).size = (2 * i + 1) << geometry.cluster_bits;
    }
  });
  for (const InodeNo inode : {link, file, extents}) {
    world.set(inode, "user.name", random_bytes(20, 1));
    REQUIRE((world.volume().inode(inode)->xattr_area_bytes() == 256) == (beyond == 0));
  }
  world.check();
}

TEST_CASE("a name that does not fit its inode any more moves to the block, and back", "[xattr]") {
  AttributeWorld world({4096, 4096, false});
  const InodeNo inode = world.make(Bearer::empty_file, "file");
  const auto outside = [&] { return world.volume().inode(inode)->xattr_block != 0; };
  world.set(inode, "user.one", random_bytes(60, 1));
  world.set(inode, "user.two", random_bytes(10, 2));
  world.set(inode, "user.three", random_bytes(10, 3));
  REQUIRE_FALSE(outside());
  world.set(inode, "user." + std::string(80, 'n'), random_bytes(80, 4));
  REQUIRE(outside());
  world.check();
  world.set(inode, "user.two", random_bytes(75, 5));
  world.set(inode, "user.three", random_bytes(80, 5));
  world.check();
  world.remove(inode, "user.one");
  world.remove(inode, "user." + std::string(80, 'n'));
  world.set(inode, "user.three", random_bytes(8, 5));
  world.set(inode, "user.two", random_bytes(8, 5));
  REQUIRE_FALSE(outside());
  world.check();
}

TEST_CASE("what cannot be an attribute is refused, and nothing changes", "[xattr]") {
  AttributeWorld world({4096, 4096, false});
  const InodeNo inode = world.make(Bearer::empty_file, "file");
  world.edit([&](Transaction& transaction) {
    XattrEditor editor = world.editor(transaction, inode);
    const std::vector<u8> value(8);
    for (const std::string& name :
         {std::string("comment"), std::string("user."), std::string("system.other"),
          "user." + std::string(256, 'n'), std::string("system.posix_acl_access.x"), std::string()})
      CHECK_THROWS_WITH(editor.set(name, value), Contains("cannot be the name of an attribute"));
    CHECK_THROWS_WITH(editor.set("user.x", std::vector<u8>(65537)), Contains("has 65537 bytes"));
    CHECK_THROWS_WITH(editor.set("system.posix_acl_access", {}), Contains("no access control list"));
    CHECK_FALSE(editor.remove("user.x"));
    CHECK_FALSE(editor.remove("nothing"));
    CHECK_FALSE(editor.set("user.x", value, XattrMode::replace));
    CHECK(transaction.blocks() == 0);
    CHECK(editor.set("user." + std::string(255, 'n'), std::vector<u8>(65536, 7)));
    CHECK_FALSE(editor.set("user." + std::string(255, 'n'), value, XattrMode::create));
    CHECK(editor.list().size() == 1);
  });
  VolumeWish wish;
  wish.features = features_of(FeatureLevel::max_compat);
  EditWorld old(wish);
  REQUIRE_FALSE(old.volume().has(feature::xattr));
  old.edit([&](Transaction& transaction) {
    Space space = old.space();
    const InodeNo file = make_bearer(transaction, space, Bearer::empty_file, "file");
    CHECK_THROWS_WITH(XattrEditor(transaction, space, file).set("user.x", {}),
                      Contains("tunefs.ocfs2 --fs-features=xattr"));
    CHECK_FALSE(XattrEditor(transaction, space, file).remove("user.x"));
  });
}

TEST_CASE("names of one hash share a bucket until it is full", "[xattr]") {
  const u32 block_size = GENERATE(512u, 4096u);
  AttributeWorld world({block_size, 4096, true});
  const InodeNo inode = world.make(Bearer::empty_file, "file");
  const u32 hash = xattr_hash(same_hash_name(0, 10).substr(5), world.volume().facts().uuid_hash);
  for (u32 i = 0; i < 70; ++i) {
    REQUIRE(xattr_hash(same_hash_name(i, 10).substr(5), world.volume().facts().uuid_hash) == hash);
    world.set(inode, same_hash_name(i, 10), random_bytes(10, i));
    world.set(inode, attribute_name(1000 + i), random_bytes(32, i));
  }
  world.check();
  const auto add_more = [&] {
    for (u32 i = 70; i < 200; ++i) world.set(inode, same_hash_name(i, 10), random_bytes(10, i));
  };
  CHECK_THROWS_WITH(add_more(), Contains("whose names have one hash"));
  REQUIRE(world.model.at(inode.value).contains(same_hash_name(80, 10)));
  world.check();
  for (u32 i = 0; i < 200; i += 2) world.remove(inode, same_hash_name(i, 10));
  world.check();
}

TEST_CASE("a name that was hashed by the other convention is found, replaced and removed", "[xattr]") {
  AttributeWorld world({4096, 4096, true});
  const InodeNo inode = world.make(Bearer::empty_file, "file");
  for (u32 i = 0; i < 100; ++i) world.set(inode, attribute_name(5000 + i), random_bytes(40, i));
  REQUIRE(world.indexed(inode));
  const u32 seed = world.volume().facts().uuid_hash;
  std::vector<std::string> foreign;
  for (u32 i = 0; i < 20; ++i) foreign.push_back(fmt::format("user.\xc3\xa9-{}", i));
  const std::vector<u8> value = random_bytes(9, 1);
  world.edit([&](Transaction& transaction) {
    Space space = world.space();
    for (const std::string& name : foreign) {
      const XattrName parts = *split_xattr_name(name);
      const u32 hash = xattr_hash(parts.suffix, seed, CharSign::plain_unsigned);
      REQUIRE(hash != xattr_hash(parts.suffix, seed));
      XattrBuckets(transaction, space, inode).put(make_attribute(parts, hash, value));
      world.model.at(inode.value)[name] = value;
    }
  });
  world.check();
  for (u32 i = 0; i < 10; ++i) world.set(inode, foreign[i], random_bytes(30, i));
  for (u32 i = 5; i < 15; ++i) world.remove(inode, foreign[i]);
  world.check();
}

TEST_CASE("a value that shares its clusters is counted down, and leaves the others theirs", "[xattr]") {
  const bool in_buckets = GENERATE(false, true);
  AttributeWorld world({1024, 4096, true});
  const InodeNo left = world.make(Bearer::empty_file, "left"),
                right = world.make(Bearer::empty_file, "right");
  const std::vector<u8> shared = random_bytes(10'000, 1);
  for (const InodeNo inode : {left, right}) {
    for (u32 i = 0; in_buckets && i < 100; ++i)
      world.set(inode, attribute_name(100 + i), random_bytes(48, i));
    world.set(inode, "user.shared", shared);
  }
  const u64 clusters = world.other_clusters();
  BlockNo root;
  world.edit([&](Transaction& transaction) {
    Space space = world.space();
    root = RefcountEdit::create(transaction, space, 0x77);
    const auto tree = [&](InodeNo inode) {
      const XattrSpot spot = *XattrSet(world.volume(), transaction, inode).find({XattrType::user, "shared"});
      return ExtentEdit(transaction, space,
                        ExtentRoot::of_value(spot.block, spot.kind(), spot.value_root_offset()));
    };
    std::vector<ExtentRun> runs;
    tree(left).set_flags(0, 100, ExtentRecord::refcounted, 0);
    tree(left).tree().each_run([&](const ExtentRun& run) { return runs.push_back(run), true; });
    tree(right).remove(0, 100, [&](const ExtentRun& run) {
      space.free_clusters(transaction, world.geometry().cluster_of(run.block), run.clusters);
    });
    RefcountEdit counts(transaction, space, root);
    for (const ExtentRun& run : runs) {
      tree(right).insert(run);
      for (u32 i = 0; i < 2; ++i)
        counts.increment(world.geometry().cluster_of(run.block), static_cast<u32>(run.clusters));
    }
    for (const InodeNo inode : {left, right}) {
      counts.join();
      Inode& edited = transaction.edit<Inode>(block_of(inode));
      edited.refcount_root = root.value;
      edited.dynamic_features |= dynamic_feature::has_refcount;
    }
  });
  world.check();
  REQUIRE(world.other_clusters() == clusters - 3);
  world.set(left, "user.shared", random_bytes(9'000, 2));
  world.check();
  REQUIRE(world.other_clusters() == clusters);
  world.remove(right, "user.shared");
  world.check();
  REQUIRE(world.other_clusters() == clusters - 3);
}

TEST_CASE("a value lies in as many pieces as the free space, and takes no more than there is", "[xattr]") {
  const Bearer bearer = GENERATE(Bearer::empty_file, Bearer::small_directory);
  AttributeWorld world({4096, 4096, true}, 48 << 20);
  const InodeNo inode = world.make(bearer, "bearer");
  world.set(inode, "user.kept", random_bytes(500, 3));
  world.fill_up(24);
  world.check();
  const u64 blocks = world.metadata_blocks();
  const std::vector<u8> large = random_bytes(65536, 4);
  world.set(inode, "user.scattered", large);
  world.check();
  REQUIRE(world.metadata_blocks() == blocks + 1);  // an extent block for the value
  REQUIRE_THROWS_WITH(world.set(inode, "user.more", large), Contains("no cluster is free"));
  REQUIRE_THROWS_WITH(world.set(inode, "user.scattered", large), Contains("no cluster is free"));
  world.check();
  world.remove(inode, "user.scattered");
  world.set(inode, "user.more", large);
  world.check();
}

TEST_CASE("an index grows where no two free clusters touch", "[xattr]") {
  AttributeWorld world({1024, 4096, true}, 48 << 20);
  const InodeNo inode = world.make(Bearer::empty_file, "file");
  world.fill_up(400);
  for (u32 i = 0; i < 600; ++i) {
    world.set(inode, fmt::format("user.{:030}", i), random_bytes(40, i));
    if (i % 100 == 99) world.check();
  }
  for (u32 i = 0; i < 600; ++i) {
    world.remove(inode, fmt::format("user.{:030}", i));
    if (i % 100 == 98) world.check();
  }
  world.check();
}

TEST_CASE("a removal needs no space", "[xattr]") {
  AttributeWorld world({512, 4096, false}, 48 << 20);
  const InodeNo inode = world.make(Bearer::empty_file, "file");
  for (u32 i = 0; i < 300; ++i) world.set(inode, attribute_name(i), random_bytes(24, i));
  world.fill_up(0);
  const Attributes all = world.model.at(inode.value);
  u32 count = 0;
  for (const auto& [name, value] : all) {
    world.remove(inode, name);
    if (++count % 60 == 0) world.check();
  }
  world.check();
}

TEST_CASE("attributes are there as before a change or as after it, whenever the machine dies",
          "[xattr][crash]") {
  VolumeWish wish;
  wish.bytes = 48 << 20;
  wish.block_size = 1024;
  wish.slots = 1;
  wish.features = wish.features | feature::metaecc;
  EditWorld world(wish);
  InodeNo inode;
  world.edit([&](Transaction& transaction) {
    Space space = world.space();
    inode = make_bearer(transaction, space, Bearer::empty_file, "file");
  });
  const auto now = [] { return u64{1'800'000'000}; };
  RecordingDevice device(world.device);
  std::vector<Attributes> states{{}};
  std::vector<std::size_t> complete{0};
  {
    const auto volume = Volume::open(device, {.read_only = false});
    const auto journal = open_slot_journal(*volume, 0, now);
    Space space(*volume, 0);
    std::mt19937 dice(5);
    Attributes model;
    for (u32 step = 0; step < 24; ++step) {
      Transaction transaction(volume->cache(), *journal);
      XattrEditor editor(transaction, space, inode);
      for (u32 i = 0; i < 8; ++i) {
        const std::string name = attribute_name(200 + dice() % 80);
        if (dice() % 4 == 0) {
          editor.remove(name);
          model.erase(name);
        } else {
          editor.set(name, model[name] = attribute_value(name, dice, 12000));
        }
      }
      transaction.commit();
      states.push_back(model);
      complete.push_back(device.events());
    }
    journal->close();
  }
  for (std::size_t moment = 0; moment <= device.events(); moment += 1 + moment % 3)
    for (u64 seed = 0; seed < 2; ++seed) {
      INFO("moment " << moment << " of " << device.events() << ", seed " << seed);
      MemoryDevice left = device.after_power_loss(moment, seed);
      const auto volume = Volume::open(left, {.read_only = false});
      const auto journal = open_slot_journal(*volume, 0, now);
      if (journal->dirty()) {
        journal->replay(journal->reader().scan());
        journal->close();
      }
      const auto state = std::ranges::find(states, attributes_of(*volume, inode));
      REQUIRE(state != states.end());
      const auto step = static_cast<std::size_t>(state - states.begin());
      if (step + 1 < complete.size()) REQUIRE(moment < complete[step + 1]);
      if (moment % 16 == 0)
        REQUIRE(check_volume(left, {.read_only = true, .force = true}).texts == std::vector<std::string>());
    }
}

}  // namespace ocfs2
