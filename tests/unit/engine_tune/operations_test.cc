// SPDX-License-Identifier: GPL-2.0-or-later
//
// What operations do to a volume, what they leave alone, and what they refuse.
#include <catch2/catch.hpp>

#include "engine/tune/journals.h"
#include "engine/tune/sparse_files.h"
#include "engine/volume/chain_allocator.h"
#include "engine/volume/extent_edit.h"
#include "engine/volume/inode_life.h"
#include "tests/worlds/edit_world.h"
#include "tests/worlds/tune_world.h"

namespace ocfs2 {
namespace {

using Catch::Matchers::Contains;
using Lines = std::vector<std::string>;

constexpr u64 mebibyte = 1 << 20;

std::unique_ptr<Volume> reopened(VolumeWorld& world) { return Volume::open(world.device); }

VolumeWish without(const Features& features, u32 block_size = 4096) {
  return {.block_size = block_size, .features = features_of(FeatureLevel::max_features).without(features)};
}

/// Takes all clusters but `left`.
void fill_up(EditWorld& world, u64 left) {
  world.edit([&](Transaction& transaction) {
    Space space = world.space();
    for (u64 free = world.geometry().clusters - world.used_clusters(); free > left;)
      free -=
          space.allocate_clusters(transaction, static_cast<u32>(std::min<u64>(free - left, 0xFFFF))).count;
  });
}

/// The room that all groups for inodes and metadata have for bits.
std::set<u32> bitmap_rooms(Volume& volume) {
  std::set<u32> rooms;
  for (u32 slot = 0; slot < volume.facts().max_slots; ++slot)
    for (const SystemFile file : {SystemFile::inode_alloc, SystemFile::extent_alloc})
      ChainAllocator(volume, volume.system_file(file, slot)).each_group([&](const auto& group) {
        rooms.insert(group->bitmap_bytes);
        return true;
      });
  return rooms;
}

}  // namespace

TEST_CASE("a label is changed with all copies of the superblock", "[tune]") {
  VolumeWorld world({.bytes = 1100 * mebibyte});
  const TuneRun run = tune(world.device, change_label("archive"));
  CHECK(run.changes == Lines{"label: world -> archive"});
  CHECK(reopened(world)->label() == "archive");
  const auto backup = find_backup_super(world.device, 1);
  REQUIRE(backup);
  CHECK(text_of(backup->super().label) == "archive");
  CHECK(tune(world.device, change_label("archive")).settled.size() == 1);
  CHECK_THROWS_AS(change_label(std::string(64, 'x')), Error);
  expect_sound(world.device);
}

TEST_CASE("a new UUID leaves the seed of all hashes alone", "[tune]") {
  VolumeWorld world;
  furnish(world);
  const u32 seed = world.volume().super().uuid_hash;
  REQUIRE(tune(world.device, change_uuid(Uuid{7}, true)).error == "");
  CHECK(reopened(world)->super().uuid == Uuid{7});
  CHECK(reopened(world)->super().uuid_hash == seed);
  expect_sound(world.device);
}

TEST_CASE("a clone is told from its original by name, however long that is", "[tune]") {
  VolumeWorld world;
  REQUIRE(tune(world.device, separate_clone(Uuid{7}, {})).error == "");
  CHECK(reopened(world)->label() == "world-cloned");
  REQUIRE(tune(world.device, separate_clone(Uuid{8}, {})).error == "");
  CHECK(reopened(world)->label() == "world-cloned");
  REQUIRE(tune(world.device, change_label(std::string(63, 'x'))).error == "");
  REQUIRE(tune(world.device, separate_clone(Uuid{9}, {})).error == "");
  CHECK(reopened(world)->label() == std::string(57, 'x') + "-cloned");
  CHECK_FALSE(separate_clone(Uuid{9}, {}).cluster);
}

TEST_CASE("a dry run tells all that would be, and writes nothing", "[tune]") {
  VolumeWorld world({.bytes = 96 * mebibyte, .volume_bytes = 64 * mebibyte});
  MemoryDevice before = world.device;
  const TuneRun run =
      tune(world.device, {change_label("x"), change_slots(5), resize_volume({})}, {.dry_run = true});
  CHECK(run.error == "");
  CHECK(run.changes == Lines{"size: 16384 clusters -> 24576 clusters", "label: world -> x", "slots: 2 -> 5"});
  CHECK(world.device.same_content(before));
}

TEST_CASE("what cannot be is refused before anything is written", "[tune]") {
  VolumeWorld world;
  MemoryDevice before = world.device;
  const auto refusal = [&](const Operation& operation) {
    const std::string error = tune(world.device, {change_label("written"), operation}).error;
    CHECK(world.device.same_content(before));
    return error;
  };
  CHECK_THAT(refusal(resize_volume(VolumeSize{1000, true})), Contains("cannot be shrunk to 1000 clusters"));
  CHECK_THAT(refusal(resize_volume(VolumeSize{1 << 30, false})), Contains("cannot hold more than 16384"));
  CHECK_THAT(refusal(change_slots(250)), Contains("Unable to find available bit"));
  CHECK_THAT(refusal(resize_journals(1 * mebibyte)), Contains("too small"));
  CHECK_THAT(refusal(resize_journals(40 * mebibyte)), Contains("are free"));
  CHECK_THAT(refusal(change_quota_sync(QuotaType::user, 500)), Contains("The user quota is not enabled"));
  CHECK_THAT(refusal(features("clusterinfo").front()), Contains("single-node"));
  CHECK_THAT(refusal(features("nolocal").front()), Contains("no cluster runs"));
  CHECK_THAT(refusal(change_cluster()), Contains("no cluster runs"));
  CHECK_THROWS_AS(change_slots(0), Error);
  CHECK_THROWS_AS(change_slots(256), Error);
  CHECK_THROWS_AS(change_quota_sync(QuotaType::user, 99), Error);
}

TEST_CASE("a journal with changes in it must be replayed first", "[tune]") {
  VolumeWorld world;
  OpenOptions options;
  options.read_only = false;
  const auto volume = Volume::open(world.device, options);
  const auto journal = open_slot_journal(*volume, 1, [] { return u64{1}; });
  Transaction transaction(volume->cache(), *journal);
  transaction.edit<Inode>(block_of(volume->root())).mtime = u64{1};
  transaction.commit();
  CHECK_THAT(tune(world.device, change_label("x")).error,
             Contains("journal of slot 1 has uncommitted changes") && Contains("fsck.ocfs2"));
}

TEST_CASE("new slots are like the old ones", "[tune]") {
  VolumeWish wish{.block_size = GENERATE(512u, 4096u), .features = features_of(FeatureLevel::max_features)};
  VolumeWorld world(wish);
  REQUIRE(tune(world.device, {change_journal_blocks(true), resize_journals(5 * mebibyte)}).error == "");
  REQUIRE(tune(world.device, change_slots(5)).changes == Lines{"slots: 2 -> 5"});
  const auto volume = reopened(world);
  CHECK(volume->facts().max_slots == 5);
  for (const SystemFileRow& row : system_files)
    if (row.per_slot) CHECK(volume->find_system_file(row.file, 4).has_value());
  const JournalShape shape = journal_shape(*volume);
  CHECK(shape.all_wide);
  CHECK(shape.clusters_min == 5 * mebibyte / 4096);
  CHECK(shape.clusters_max == shape.clusters_min);
  CHECK(volume->slot_map() == std::vector<std::optional<u32>>(5));
  audit(*volume);
  expect_sound(world.device);
}

TEST_CASE("a volume grows into new groups, and around the places of backup superblocks", "[tune]") {
  VolumeWorld world({.bytes = u64{5} << 30, .volume_bytes = 300 * mebibyte});
  REQUIRE(tune(world.device, resize_volume(VolumeSize{(u64{1} << 30) + 4096, false})).error == "");
  CHECK(reopened(world)->geometry().clusters == (1 << 18) + 1);
  CHECK(find_backup_super(world.device, 1).has_value());
  expect_sound(world.device);
  REQUIRE(tune(world.device, {resize_volume({}), change_label("grown")}).error == "");
  const auto volume = reopened(world);
  CHECK(volume->geometry().clusters == 5 << 18);
  CHECK(text_of(find_backup_super(world.device, 2)->super().label) == "grown");
  audit(*volume);
  expect_sound(world.device);
}

TEST_CASE("a volume beyond 2^32 blocks needs journals that can count them", "[tune]") {
  VolumeWorld world({.bytes = u64{3} << 40, .block_size = 512, .volume_bytes = 100 * mebibyte});
  CHECK_THAT(tune(world.device, resize_volume({}), {.dry_run = true}).error, Contains("-J block64"));
  REQUIRE(tune(world.device, change_journal_blocks(true)).error == "");
  CHECK(tune(world.device, resize_volume({}), {.dry_run = true}).error == "");
}

TEST_CASE("journals are resized in their place", "[tune]") {
  VolumeWorld world({.slots = GENERATE(1u, 2u)});
  const InodeNo journal = *world.volume().find_system_file(SystemFile::journal);
  REQUIRE(tune(world.device, resize_journals(9 * mebibyte)).error == "");
  CHECK(reopened(world)->find_system_file(SystemFile::journal) == journal);
  CHECK(open_journal_reader(*reopened(world), 0).super().blocks == 9 * mebibyte / 4096);
  expect_sound(world.device);
  REQUIRE(tune(world.device, resize_journals(4 * mebibyte)).error == "");
  CHECK(reopened(world)->system_file(SystemFile::journal)->size == 4 * mebibyte);
  audit(*reopened(world));
  expect_sound(world.device);
}

TEST_CASE("features come after what they need", "[tune]") {
  VolumeWorld world({.features = features_of(FeatureLevel::max_compat)});
  const TuneRun run = tune(world.device, features("append-dio,unwritten,xattr,refcount,inline-data"));
  CHECK(run.error == "");
  CHECK(run.changes == Lines{"feature sparse: off -> on", "feature unwritten: off -> on",
                             "feature append-dio: off -> on", "feature inline-data: off -> on",
                             "feature xattr: off -> on", "feature refcount: off -> on"});
  const auto volume = reopened(world);
  CHECK(volume->super().uuid_hash == uuid_hash(volume->super().uuid));
  CHECK(volume->super().xattr_inline_size == xattr_inline_size_default);
  furnish(world);
  expect_sound(world.device);
}

TEST_CASE("groups made before discontiguous ones were allowed are what the kernel then wants", "[tune]") {
  VolumeWish wish;
  wish.features = wish.features.without(feature::discontig_bg);
  VolumeWorld world(wish);
  furnish(world);
  REQUIRE(bitmap_rooms(*reopened(world)) == std::set<u32>{4096 - 64});
  REQUIRE(tune(world.device, features("discontig-bg")).error == "");
  CHECK(bitmap_rooms(*reopened(world)) == std::set<u32>{256});
  REQUIRE(tune(world.device, features("nodiscontig-bg")).error == "");
  CHECK(bitmap_rooms(*reopened(world)) == std::set<u32>{4096 - 64});
  expect_sound(world.device);
}

TEST_CASE("every directory that is not inside its inode gets an index, and loses it", "[tune]") {
  VolumeWish wish{.features = features_of(FeatureLevel::max_compat)};
  VolumeWorld world(wish);
  furnish(world);
  REQUIRE(tune(world.device, features("indexed-dirs")).error == "");
  CHECK(reopened(world)->super().index_seeds == std::array<le32, 3>{1, 2, 3});
  CHECK(reopened(world)->facts().uuid_hash == uuid_hash(reopened(world)->super().uuid));
  CHECK(Directory(*reopened(world), world.volume().root()).indexed());
  CHECK(Directory(*reopened(world), world.volume().system_directory()).indexed());
  expect_sound(world.device);
  REQUIRE(tune(world.device, features("noindexed-dirs")).error == "");
  CHECK_FALSE(Directory(*reopened(world), world.volume().root()).indexed());
  CHECK(reopened(world)->super().uuid_hash == 0);
  audit(*reopened(world));
  expect_sound(world.device);
}

TEST_CASE("all metadata gets checksums, that of new slots too", "[tune]") {
  const u32 block_size = GENERATE(512u, 1024u, 2048u, 4096u);
  VolumeWorld world(
      without(GENERATE(feature::metaecc, feature::metaecc | feature::indexed_dirs), block_size));
  furnish(world);
  const TreeDigest before = tree_digest(world.device);
  std::vector<Operation> wished = features("metaecc");
  wished.insert(wished.begin(), change_slots(4));
  REQUIRE(tune(world.device, wished).error == "");
  CHECK(reopened(world)->has(feature::metaecc));
  audit(*reopened(world));
  expect_sound(world.device);
  CHECK(tree_digest(world.device) == before);
  REQUIRE(tune(world.device, {features("nometaecc").front(), features("metaecc").front()}).error == "");
  expect_sound(world.device);
}

TEST_CASE("trailers that find no room are refused beforehand", "[tune]") {
  EditWorld world({.features = features_of(FeatureLevel::max_compat)});
  world.edit([&](Transaction& transaction) {
    Space space = world.space();
    const InodeNo full = make_directory(transaction, space, world.volume().root(), "full", {.mode = 0755});
    for (u32 i = 0; i < 80; ++i)
      make_directory(transaction, space, full, fmt::format("{:0244}", i), {.mode = 0755});
  });
  const u64 left = GENERATE(0, 1);  // of the blocks of 16 names four are full
  fill_up(world, left);
  MemoryDevice before = world.device;
  const TuneRun run = tune(world.device, features("metaecc"));
  if (left == 0) {
    CHECK_THAT(run.error,
               Contains("not enough space to add directory trailers") && Contains("takes 1 clusters"));
    CHECK(world.device.same_content(before));
  } else {
    CHECK(run.error == "");
  }
}

TEST_CASE("a damaged block gets no checksum that vouches for it", "[tune]") {
  VolumeWorld world;
  furnish(world);
  const InodeNo home = *Directory(*reopened(world), world.volume().root()).lookup("wreckage");
  const InodeNo large = *Directory(*reopened(world), home).lookup("large");
  world.plant_bytes(BlockNo(reopened(world)->inode(large)->index_root), "no index");
  CHECK_THAT(tune(world.device, features("metaecc")).error, Contains("no checksum can vouch for it"));
  CHECK_FALSE(reopened(world)->has(feature::metaecc));
}

TEST_CASE("quota begins with what everybody has", "[tune]") {
  EditWorld world(without(feature::usrquota | feature::grpquota, GENERATE(512u, 4096u)));
  world.edit([&](Transaction& transaction) {
    Space space = world.space();
    for (u32 i = 0; i < 200; ++i) {
      const InodeBirth birth{.mode = file_mode::regular | 0644, .uid = 1000 + i * i * i, .gid = 100};
      const InodeNo file = create_inode(transaction, space, birth);
      link_inode(transaction, space, world.volume().root(), std::to_string(i), file);
    }
  });
  const u64 used = world.used_clusters();
  REQUIRE(tune(world.device, {features("usrquota").front(), features("grpquota").front(), change_slots(3)})
              .error == "");
  expect_sound(world.device);
  audit(*reopened(world));
  REQUIRE(tune(world.device, {change_quota_sync(QuotaType::user, 500)}).error == "");
  CHECK(tune(world.device, features("nousrquota,nogrpquota")).changes ==
        Lines{"feature grpquota: on -> off", "feature usrquota: on -> off"});
  expect_sound(world.device);
  audit(*reopened(world));
  CHECK_FALSE(reopened(world)->find_system_file(SystemFile::user_quota).has_value());
  CHECK_FALSE(reopened(world)->find_system_file(SystemFile::local_group_quota, 1).has_value());
  const u64 journal = reopened(world)->system_file(SystemFile::journal, 2)->clusters;
  CHECK(allocator_of(*reopened(world), SystemFile::global_bitmap).used_bits() <= used + journal + 8);
}

TEST_CASE("quota files that find no room are refused beforehand", "[tune]") {
  EditWorld world;
  fill_up(world, 5);
  CHECK_THAT(tune(world.device, features("usrquota")).error,
             Contains("not enough space for the quota files") && Contains("10 clusters, and 5 are free"));
}

TEST_CASE("space in reserve behind the end of a file is given back where nothing tells it from data",
          "[tune]") {
  EditWorld world;
  InodeNo file;
  world.edit([&](Transaction& transaction) {
    Space space = world.space();
    file = create_inode(transaction, space, {.mode = file_mode::regular | 0644});
    const BlockNo block =
        world.geometry().first_block_of(ClusterNo(space.allocate_clusters(transaction, 1).first));
    ExtentEdit(transaction, space, ExtentRoot::of(transaction.read<Inode>(block_of(file))))
        .insert({.cpos = 3, .clusters = 1, .block = block, .flags = ExtentRecord::unwritten});
    link_inode(transaction, space, world.volume().root(), "reserve", file);
  });
  REQUIRE(tune(world.device, features("nounwritten")).error == "");
  CHECK(reopened(world)->inode(file)->clusters == 0);
  audit(*reopened(world));
  expect_sound(world.device);
}

TEST_CASE("a volume without inline data has none in any inode", "[tune]") {
  VolumeWorld world(
      without(GENERATE(Features{}, feature::indexed_dirs, feature::metaecc), GENERATE(512u, 4096u)));
  furnish(world);
  const TreeDigest before = tree_digest(world.device);
  REQUIRE(tune(world.device, features("noinline-data")).error == "");
  const auto volume = reopened(world);
  CHECK_FALSE(volume->has(feature::inline_data));
  CHECK(volume->system_file(SystemFile::orphan_dir)->clusters == 1);
  audit(*volume);
  expect_sound(world.device);
  CHECK(tree_digest(world.device) == before);
}

TEST_CASE("inline data that finds no room is refused beforehand", "[tune]") {
  EditWorld world({.features = features_of(FeatureLevel::max_compat) | feature::inline_data});
  const u64 left = GENERATE(4, 5);  // root, system directory, lost+found, two of orphans
  fill_up(world, left);
  const TuneRun run = tune(world.device, features("noinline-data"));
  if (left == 4) CHECK_THAT(run.error, Contains("not enough space to expand") && Contains("5 clusters"));
  if (left == 5) CHECK(run.error == "");
}

TEST_CASE("holes are filled with clusters of zeros", "[tune]") {
  EditWorld world(without(Features{}, GENERATE(512u, 4096u)));
  furnish(world);
  constexpr u32 runs = 200;
  InodeNo file;
  world.edit([&](Transaction& transaction) {
    Space space = world.space();
    file = create_inode(transaction, space, {.mode = file_mode::regular | 0644});
    for (u32 i = 1; i <= runs; ++i) {
      const BlockNo block =
          world.geometry().first_block_of(ClusterNo(space.allocate_clusters(transaction, 1).first));
      transaction.write_data(block, std::vector<u8>(4096, static_cast<u8>(i)));
      ExtentEdit(transaction, space, ExtentRoot::of(transaction.read<Inode>(block_of(file))))
          .insert({.cpos = 3 * i, .clusters = 1, .block = block});
    }
    transaction.edit<Inode>(block_of(file)).size = (3 * runs + 20) * 4096 - 5;
    link_inode(transaction, space, world.volume().root(), "sparse", file);
  });
  check_volume(world.device, {.force = true});  // which counts quota
  const TreeDigest before = tree_digest(world.device);
  CHECK_THAT(tune(world.device, change_features({.set = {}, .clear = feature::sparse})).error,
             Contains("Unwritten extents are enabled"));
  REQUIRE(tune(world.device, features("nosparse")).error == "");
  CHECK(reopened(world)->inode(file)->clusters == 3 * runs + 20);
  audit(*reopened(world));
  expect_sound(world.device);
  CHECK(tree_digest(world.device) == before);
}

TEST_CASE("holes that find no room are refused beforehand, with their number", "[tune]") {
  EditWorld world;
  world.edit([&](Transaction& transaction) {
    Space space = world.space();
    const InodeNo file = create_inode(transaction, space, {.mode = file_mode::regular | 0644});
    transaction.edit<Inode>(block_of(file)).size = u64{1} << 30;
    link_inode(transaction, space, world.volume().root(), "hole", file);
  });
  MemoryDevice before = world.device;
  CHECK_THAT(tune(world.device, features("nosparse")).error,
             Contains("not enough space to fill all of the sparse files") && Contains("262144 clusters"));
  CHECK(world.device.same_content(before));
}

TEST_CASE("files that shared clusters have copies of their own", "[tune]") {
  VolumeWorld world(without(Features{}, GENERATE(512u, 4096u)));
  furnish(world);
  const TreeDigest before = tree_digest(world.device);
  REQUIRE(tune(world.device, features("norefcount")).error == "");
  audit(*reopened(world));
  expect_sound(world.device);
  CHECK(tree_digest(world.device) == before);
}

TEST_CASE("attributes are lost only after a question, and nothing else is", "[tune]") {
  VolumeWorld world(without(GENERATE(Features{}, feature::indexed_dirs), GENERATE(512u, 4096u)));
  furnish(world);
  const auto volume = reopened(world);
  SilentReporter reporter;
  Tuning tuning(*volume, nullptr, {reporter, {}, {}, {}});
  const Plan plan = features("noxattr").front().plan(tuning);
  CHECK(plan.change->critical);
  CHECK_THAT(plan.change->question, Contains("OF 4 FILES AND DIRECTORIES") && Contains("WILL BE LOST"));
  REQUIRE(tune(world.device, features("noxattr")).error == "");
  const auto after = reopened(world);
  CHECK((after->super().uuid_hash == 0) == !after->has(feature::indexed_dirs));
  audit(*after);
  expect_sound(world.device);
}

TEST_CASE("a place for a backup superblock that holds a file is not taken", "[tune]") {
  EditWorld world({.bytes = 1100 * mebibyte,
                   .features = features_of(FeatureLevel::default_features).without(feature::backup_super)});
  const ClusterNo place(u64{1} << 18);
  world.edit([&](Transaction& transaction) {
    Space space = world.space();
    REQUIRE(space.allocate_clusters(transaction, 1, place).first == place.value);
  });
  CHECK_THAT(tune(world.device, features("backup-super")).error, Contains("already in use"));
}

TEST_CASE("a volume follows the cluster that runs here", "[tune]") {
  VolumeWorld world(
      {.features = features_of(FeatureLevel::default_features).without(feature::extended_slotmap)});
  TuneWish wish{.running_cluster = global_cluster("prod")};
  REQUIRE(tune(world.device, features("nolocal"), wish).error == "");
  CHECK(reopened(world)->cluster().cluster == "prod");
  CHECK(reopened(world)->has(feature::clusterinfo | feature::extended_slotmap));
  CHECK(tune(world.device, change_cluster(), wish).settled.size() == 1);
  wish.running_cluster = global_cluster("other");
  CHECK(tune(world.device, change_cluster(), wish).changes ==
        Lines{"cluster: o2cb,prod,global -> o2cb,other,global"});
  CHECK(reopened(world)->cluster().cluster == "other");
  CHECK_THAT(tune(world.device, features("noextended-slotmap"), wish).error, Contains("needs the extended"));
  REQUIRE(tune(world.device, features("noclusterinfo"), wish).error == "");
  CHECK(reopened(world)->cluster().classic());
  REQUIRE(tune(world.device, features("local"), wish).error == "");
  CHECK(reopened(world)->cluster().local);
  expect_sound(world.device);
}

TEST_CASE("the interval of quota is changed in the head of its file", "[tune]") {
  VolumeWorld world({.features = features_of(FeatureLevel::max_features)});
  const TuneRun run = tune(
      world.device, {change_quota_sync(QuotaType::user, 100), change_quota_sync(QuotaType::group, 60000)});
  CHECK(run.changes == Lines{"user quota sync interval: 10000 ms -> 100 ms",
                             "group quota sync interval: 10000 ms -> 60000 ms"});
  CHECK(tune(world.device, change_quota_sync(QuotaType::user, 100)).settled.size() == 1);
  expect_sound(world.device);
}

TEST_CASE("files with holes are found, by each of their names, and counted once", "[tune]") {
  EditWorld world;
  world.edit([&](Transaction& transaction) {
    Space space = world.space();
    const InodeNo file = create_inode(transaction, space, {.mode = file_mode::regular | 0644});
    transaction.edit<Inode>(block_of(file)).size = 5 * 4096 + 1;
    const InodeNo folder =
        make_directory(transaction, space, world.volume().root(), "folder", {.mode = 0755});
    link_inode(transaction, space, folder, "one", file);
    link_inode(transaction, space, world.volume().root(), "two", file);
  });
  Lines paths;
  const auto volume = reopened(world);
  const u64 total = each_sparse_file(*volume, volume->root(), "/", [&](const SparseFile& file) {
    CHECK(file.hole_clusters == 6);
    paths.push_back(file.path);
  });
  CHECK(total == 6);
  CHECK(paths == Lines{"/folder/one", "/two"});
}

TEST_CASE("no space is given out by a bitmap that contradicts itself", "[tune]") {
  VolumeWorld world({.bytes = 300 << 20});
  const auto damage = [&](BlockNo block, const BlockKind& kind, const std::function<void(Bytes)>& change) {
    std::vector<u8> bytes(world.volume().geometry().block_size());
    const u64 at = world.volume().geometry().byte_of(block);
    world.device.read(at, bytes);
    change(bytes);
    seal(kind, world.volume().facts(), bytes);
    world.device.write(TestKey{}, at, bytes);
  };
  require_sound_bitmap(*reopened(world));
  const BlockNo group = world.volume().geometry().cluster_group_block(1);
  std::string words;
  SECTION("a bit of a group") {
    damage(group, GroupDescriptor::kind, [](Bytes bytes) { set_bit(GroupDescriptor::bitmap(bytes), 900); });
    words = fmt::format("block {} of", group.value);
  }
  SECTION("what a chain counts") {
    damage(world.volume().system_file(SystemFile::global_bitmap).block(), Inode::kind,
           [](Bytes bytes) { ChainList::chains(Inode::body(bytes))[1].free -= 1; });
    words = "chain 1: free clusters";
  }
  SECTION("what the bitmap counts") {
    damage(world.volume().system_file(SystemFile::global_bitmap).block(), Inode::kind,
           [](Bytes bytes) { as<Inode>(bytes).bitmap.used += 1; });
    words = "clusters in use";
  }
  MemoryDevice before = world.device;
  CHECK_THAT(tune(world.device, change_slots(3)).error, Contains(words));
  CHECK(world.device.same_content(before));
}

}  // namespace ocfs2
