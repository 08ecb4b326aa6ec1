// SPDX-License-Identifier: GPL-2.0-or-later
//
// Clusters that several have, built by hand: who keeps them, and what becomes of the others when they get no
// copy, be it that nobody wants one or that the volume is full.
#include "engine/check/duplicates.h"

#include "engine/volume/extent_edit.h"
#include "engine/volume/inode_life.h"
#include "tests/worlds/check_world.h"
#include "tests/worlds/edit_world.h"
#include "tests/worlds/file_state.h"

namespace ocfs2 {
namespace {

using Codes = std::vector<std::string>;

constexpr u64 now = 1'700'000'000;

VolumeWish without_sharing(const Features& more = {}) {
  VolumeWish wish;
  wish.features = (wish.features | more).without(feature::refcount);
  return wish;
}

/// A volume with files whose clusters can be laid over each other.
class SharedClusters : public EditWorld {
 public:
  explicit SharedClusters(const VolumeWish& wish = without_sharing()) : EditWorld(wish) {}

  /// A file in the root with that many clusters, one extent each, apart from each other; each says whose it
  /// is.
  InodeNo file(const std::string& name, u32 clusters) {
    InodeNo made;
    edit([&](Transaction& transaction) {
      Space place = space();
      made = create_inode(transaction, place, {.mode = file_mode::regular | 0644, .seconds = now});
      link_inode(transaction, place, volume().root(), name, made);
      for (u32 i = 0; i < clusters; ++i) {
        const BlockNo block = a_cluster(transaction, place);
        a_cluster(transaction, place);  // so that the next one does not continue it
        insert(transaction, place, made, {i, 1, block, 0});
        plant_bytes(block, name + "'s own");
      }
      transaction.edit<Inode>(block_of(made)).size = u64{clusters} * geometry().cluster_size();
    });
    give_back_gaps();
    return made;
  }

  /// Extent `index` of `file` lies where extent `other_index` of `other` does; what it had is free.
  void lay_over(InodeNo file, u32 index, InodeNo other, u32 other_index) {
    const u64 there = extent(other, other_index).block;
    edit([&](Transaction& transaction) {
      const Bytes body = Inode::body(transaction.edit_bytes(transaction.read<Inode>(block_of(file))));
      ExtentRecord& record = ExtentList::records(body)[index];
      Space place = space();
      place.free_clusters(transaction, geometry().cluster_of(BlockNo(record.block)), 1);
      record.block = there;
    });
    volume().cache().drop_all();
  }

  /// Behind the back of the judges.
  void damage(InodeNo number, const std::function<void(Inode&)>& change) {
    damage_block(number, [&](Bytes block) { change(as<Inode>(block)); });
  }
  void damage_block(InodeNo number, const std::function<void(Bytes)>& change) {
    std::vector<u8> bytes(geometry().block_size());
    device.read(geometry().byte_of(block_of(number)), bytes);
    change(bytes);
    device.write(TestKey{}, geometry().byte_of(block_of(number)), bytes);
    volume().cache().drop_all();
  }

  /// The records of an inode whose tree has one level of extent blocks.
  std::vector<ChildRecord> leaves(InodeNo file) {
    const auto inode = volume().inode(file);
    REQUIRE(inode->extents.tree_depth == 1);
    const auto children = ExtentList::children(Inode::body(inode.bytes()));
    return {children.begin(), children.end()};
  }

  /// No cluster is free any more.
  void fill_up() {
    const InodeNo filler = file("filler", 1);
    for (u32 cpos = 1;;) try {
        edit([&](Transaction& transaction) {
          Space place = space();
          const BitRun run = place.allocate_clusters(transaction, 60'000);
          insert(transaction, place, filler,
                 {cpos, run.count, geometry().first_block_of(ClusterNo(run.first)), 0});
          cpos += static_cast<u32>(run.count);
          transaction.edit<Inode>(block_of(filler)).size = u64{cpos} * geometry().cluster_size();
        });
      } catch (const Error& error) {
        REQUIRE(error.kind() == ErrorKind::no_space);
        return;
      }
  }

  FileState state(InodeNo file) {
    const auto open = Volume::open(device);
    return state_of(*open, open->inode(file));
  }
  /// What the cluster `index` of a file begins with.
  std::string content(InodeNo file, u32 index) {
    const auto open = Volume::open(device);
    std::vector<u8> bytes(16);
    FileData(*open, open->inode(file)).read(u64{index} * geometry().cluster_size(), bytes);
    return reinterpret_cast<const char*>(bytes.data());
  }

 private:
  BlockNo a_cluster(Transaction& transaction, Space& place) {
    const u64 first = place.allocate_clusters(transaction, 1).first;
    taken_.push_back(first);
    return geometry().first_block_of(ClusterNo(first));
  }
  /// Every other cluster of what was taken.
  void give_back_gaps() {
    edit([&](Transaction& transaction) {
      Space place = space();
      for (std::size_t i = 1; i < taken_.size(); i += 2)
        place.free_clusters(transaction, ClusterNo(taken_[i]), 1);
    });
    taken_.clear();
  }
  void insert(Transaction& transaction, Space& place, InodeNo file, const ExtentRun& run) {
    ExtentEdit(transaction, place, ExtentRoot::of(transaction.read<Inode>(block_of(file)))).insert(run);
  }
  ExtentRecord extent(InodeNo file, u32 index) {
    const auto inode = volume().inode(file);
    return ExtentList::records(Inode::body(inode.bytes()))[index];
  }

  std::vector<u64> taken_;
};

void expect_nothing_more(SharedClusters& world) {
  const CheckRun again = check_volume(world.device, {.force = true});
  CAPTURE(again.texts, again.warnings);
  CHECK(again.codes == Codes{});
  CHECK(again.outcome.clean());
}

}  // namespace

TEST_CASE("A sound claim comes before a doubtful one, but for those of the volume and of indexes",
          "[check][duplicates]") {
  using Kind = Claim::Kind;
  const Claim sound{.inode = InodeNo(20), .kind = Kind::data};
  CHECK(sound < Claim{.inode = InodeNo(10), .kind = Kind::data, .doubtful = true});
  CHECK(sound < Claim{.inode = InodeNo(10), .kind = Kind::attached, .doubtful = true});
  CHECK(sound < Claim{.inode = InodeNo(10), .kind = Kind::system, .doubtful = true});
  CHECK(sound < Claim{.inode = InodeNo(10), .kind = Kind::index});
  CHECK(Claim{.inode = InodeNo(10), .kind = Kind::data, .doubtful = true} <
        Claim{.inode = InodeNo(10), .kind = Kind::index});
  CHECK(Claim{.inode = InodeNo(10), .kind = Kind::volume, .doubtful = true} < sound);
  CHECK(Claim{.inode = InodeNo(30), .kind = Kind::system} < sound);
  CHECK(Claim{.inode = InodeNo(10), .kind = Kind::data} < sound);
}

TEST_CASE("Of two files the one that had to be mended gets the copy", "[check][duplicates]") {
  SharedClusters world;
  const InodeNo doubtful = world.file("doubtful", 2), sound = world.file("sound", 2);
  REQUIRE(doubtful < sound);
  world.lay_over(doubtful, 0, sound, 0);
  world.damage(doubtful, [](Inode& inode) { inode.clusters += 5; });
  const CheckRun run = check_volume(world.device, {.force = true});
  REQUIRE(run.codes == Codes{"INODE_SPARSE_CLUSTERS", "DUP_CLUSTERS_CLONE"});
  CHECK(run.texts[1].find(fmt::format(": inode {}, inode {}.", sound.value, doubtful.value)) !=
        std::string::npos);
  CHECK(world.content(doubtful, 0) == "sound's own");
  CHECK(world.content(doubtful, 1) == "doubtful's own");
  CHECK(world.content(sound, 0) == "sound's own");
  expect_nothing_more(world);
}

TEST_CASE("A leaf that belongs to another file stays as it is", "[check][duplicates]") {
  VolumeWish wish;
  wish.block_size = 1024;
  SharedClusters world(wish);
  const InodeNo thief = world.file("thief", 150), owner = world.file("owner", 150);
  const ChildRecord stolen = world.leaves(owner)[0], lost = world.leaves(thief)[1];
  const FileState kept = world.state(owner);
  world.damage_block(thief,
                     [&](Bytes block) { ExtentList::children(Inode::body(block))[1].block = stolen.block; });
  const CheckRun run = check_volume(world.device, {.force = true});
  CAPTURE(run.texts, run.warnings);
  CHECK(run.codes == Codes{"EXTENT_EB_SHARED", "METADATA_ALLOC_BIT", "CLUSTER_ALLOC_BIT"});
  CHECK(run.outcome.clean());
  CHECK(world.state(owner) == kept);
  for (u32 i = 0; i < 150; ++i)
    CHECK(world.content(thief, i) == (i >= lost.cpos && i < lost.end() ? "" : "thief's own"));
  expect_nothing_more(world);
}

TEST_CASE("Where there is no room for a copy, a file can go without", "[check][duplicates]") {
  SharedClusters world;
  const InodeNo first = world.file("first", 2), second = world.file("second", 3);
  world.lay_over(second, 1, first, 1);
  world.fill_up();
  const FileState kept = world.state(first);
  const CheckRun run = check_volume(world.device, {.force = true});
  CAPTURE(run.texts, run.warnings);
  CHECK(run.codes == Codes{"DUP_CLUSTERS_CLONE", "DUP_CLUSTERS_DETACH"});
  CHECK(run.outcome.found == 1);
  CHECK(run.outcome.clean());
  CHECK(world.state(first) == kept);
  CHECK(world.content(second, 0) == "second's own");
  CHECK(world.content(second, 1).empty());
  CHECK(world.content(second, 2) == "second's own");
  expect_nothing_more(world);
}

TEST_CASE("Nothing is lost when a file can neither have a copy nor go without", "[check][duplicates]") {
  SharedClusters world;
  const InodeNo first = world.file("first", 2), second = world.file("second", 2);
  world.lay_over(second, 0, first, 0);
  world.fill_up();
  const FileState first_before = world.state(first), second_before = world.state(second);
  const CheckRun run = check_volume(world.device, {.refused = {"DUP_CLUSTERS_DETACH"}, .force = true});
  CAPTURE(run.texts, run.warnings);
  CHECK(run.codes == Codes{"DUP_CLUSTERS_CLONE", "DUP_CLUSTERS_DETACH"});
  CHECK(run.said("delete or move files of 4 KiB or more, then run this again"));
  CHECK(run.outcome.mended == 0);
  CHECK(run.outcome.left > 0);
  CHECK(run.outcome.failures == 0);
  CHECK_FALSE(run.outcome.clean());
  CHECK(world.state(first) == first_before);
  CHECK(world.state(second) == second_before);
  const CheckRun again = check_volume(world.device, {.read_only = true});
  CHECK(again.reason == "contains a file system with errors");
  CHECK(again.codes == Codes{"DUP_CLUSTERS_CLONE", "DUP_CLUSTERS_DELETE"});
}

TEST_CASE("A file that has a cluster twice keeps it once where there is no room", "[check][duplicates]") {
  SharedClusters world;
  const InodeNo file = world.file("file", 3);
  world.lay_over(file, 2, file, 0);
  world.fill_up();
  const CheckRun run = check_volume(world.device, {.force = true});
  CAPTURE(run.texts, run.warnings);
  CHECK(run.codes == Codes{"DUP_CLUSTERS_CLONE", "DUP_CLUSTERS_DETACH"});
  CHECK(run.outcome.clean());
  CHECK(world.content(file, 0) == "file's own");
  CHECK(world.content(file, 1) == "file's own");
  CHECK(world.content(file, 2).empty());
  expect_nothing_more(world);
}

TEST_CASE("A file that is deleted leaves to the others all that they had in common", "[check][duplicates]") {
  SharedClusters world(without_sharing(feature::usrquota));
  const InodeNo first = world.file("first", 4), second = world.file("second", 4);
  world.lay_over(second, 0, first, 0);
  world.lay_over(second, 3, first, 3);
  const FileState kept = world.state(first);
  const CheckRun run = check_volume(world.device, {.refused = {"DUP_CLUSTERS_CLONE"}, .force = true});
  CAPTURE(run.texts, run.warnings);
  CHECK(run.found("DUP_CLUSTERS_CLONE"));
  CHECK(run.outcome.clean());
  CHECK(world.state(first) == kept);
  expect_nothing_more(world);
  CHECK(world.state(first) == kept);
}

TEST_CASE("A file that has a cluster twice can be deleted", "[check][duplicates]") {
  SharedClusters world;
  const InodeNo file = world.file("file", 3);
  world.lay_over(file, 2, file, 0);
  const CheckRun run = check_volume(world.device, {.refused = {"DUP_CLUSTERS_CLONE"}, .force = true});
  CAPTURE(run.texts, run.warnings);
  CHECK(run.outcome.clean());
  expect_nothing_more(world);
}

TEST_CASE("What is used is counted anew when a file goes without its clusters", "[check][duplicates]") {
  SharedClusters world(without_sharing(feature::usrquota));
  const InodeNo first = world.file("first", 2), second = world.file("second", 2);
  world.lay_over(second, 0, first, 0);
  world.fill_up();
  CHECK(check_volume(world.device, {.force = true}).outcome.clean());
  expect_nothing_more(world);
}

}  // namespace ocfs2
