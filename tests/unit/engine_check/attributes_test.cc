// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include "engine/check/problems/attributes.h"
#include "engine/check/xattr_check.h"
#include "engine/check/xattr_container.h"
#include "engine/volume/xattr_set.h"
#include "tests/worlds/check_world.h"
#include "tests/worlds/exam_world.h"

namespace ocfs2 {
namespace {

constexpr const char* large_blocks = "rich-base-4k-metaecc";
constexpr const char* small_blocks = "rich-base";  // 1 KiB: a bucket has four

bool has_attributes(const Inode& inode) {
  return inode.xattr_block != 0 || inode.has_dynamic(dynamic_feature::inline_xattr) ||
         inode.has_dynamic(dynamic_feature::has_xattr);
}

/// The attributes of an inode, with their values.
std::map<std::string, std::vector<u8>> attributes_of(ExamWorld& world, InodeNo inode) {
  std::map<std::string, std::vector<u8>> all;
  XattrSet set(world.volume(), world.volume().inode(inode));
  for (const XattrItem& item : set.list()) all[item.name] = set.get(item.name).value();
  return all;
}

class AttributeWorld : public ExamWorld {
 public:
  AttributeWorld(const char* volume, XattrContainer form, bool wanted_large = false)
      : ExamWorld(corpus_volume(volume)), form(form), large(wanted_large) {
    inode = find();
  }

  /// Damages the set of attributes that the case is about.
  void damage_set(const std::function<void(Bytes)>& change) {
    if (form == XattrContainer::inline_area)
      damage<Inode>(block_of(inode), [&](Inode&, Bytes bytes) { change(Inode::xattr_area(bytes)); });
    if (form == XattrContainer::block)
      damage<XattrBlock>(attribute_block(),
                         [&](XattrBlock&, Bytes bytes) { change(XattrBlock::container(bytes)); });
    if (form == XattrContainer::bucket) damage_bucket(0, change);
  }
  void damage_bucket(u32 index, const std::function<void(Bytes)>& change) {
    const BlockNo bucket = first_bucket() + index * (xattr_bucket_bytes / geometry().block_size());
    damage<XattrBucket>(bucket, [&](XattrBucket&, Bytes bytes) { change(bytes); });
  }
  void damage_root(const std::function<void(XattrTreeRoot&, Bytes list)>& change) {
    damage<XattrBlock>(attribute_block(), [&](XattrBlock& block, Bytes bytes) {
      change(block.root, XattrBlock::list_bytes(bytes));
    });
  }
  void damage_inode(const std::function<void(Inode&)>& change) {
    damage<Inode>(block_of(inode), [&](Inode& inode, Bytes) { change(inode); });
  }
  BlockNo attribute_block() {
    return BlockNo(as<Inode>(ConstBytes(block<Inode>(block_of(inode)))).xattr_block);
  }
  BlockNo first_bucket() {
    const auto bytes = block<XattrBlock>(attribute_block());
    return BlockNo(ExtentList::records(XattrBlock::list_bytes(ConstBytes(bytes)))[0].block);
  }

  Outcome look() { return ExamWorld::look(work()); }
  Outcome mend() { return ExamWorld::mend(work()); }

  XattrContainer form;
  bool large;  ///< with values that have clusters of their own
  InodeNo inode{};

 private:
  Work work() const {
    return [this](Examiner& examiner, BlockSource& source, Mender*, Harvest& harvest) {
      auto patient = source.look<Inode>(block_of(inode), inode);
      examine_attribute_area(*patient, examiner);
      examine_attributes(*patient, examiner, source, harvest);
    };
  }
  bool suits(ConstBytes set) const {
    const auto entries = XattrHeader::entries(set);
    const auto is_large = [](const XattrEntry& entry) { return !entry.is_local(); };
    return entries.size() >= (large ? 1 : 2) && std::ranges::any_of(entries, is_large) == large;
  }
  InodeNo find() {
    for (const InodeNo number : inodes(has_attributes)) {
      inode = number;
      const auto bytes = block<Inode>(block_of(number));
      if (form == XattrContainer::inline_area && suits(Inode::xattr_area(ConstBytes(bytes)))) return number;
      if (form == XattrContainer::inline_area || as<Inode>(ConstBytes(bytes)).xattr_block == 0) continue;
      const auto attributes = block<XattrBlock>(attribute_block());
      const auto& header = as<XattrBlock>(ConstBytes(attributes));
      if (header.is_indexed() != (form == XattrContainer::bucket)) continue;
      if (form == XattrContainer::bucket ? header.root.clusters >= 6
                                         : suits(XattrBlock::container(ConstBytes(attributes))))
        return number;
    }
    FAIL("the volume has no such inode");
    return {};
  }
};

XattrEntry& entry(Bytes set, std::size_t index) { return XattrHeader::entries(set)[index]; }
XattrEntry& last(Bytes set) { return XattrHeader::entries(set).back(); }
XattrValueRoot& value_root(Bytes set, std::size_t index) {
  const XattrEntry& one = entry(set, index);
  return as<XattrValueRoot>(set.subspan(one.name_offset + round_up(one.name_length, 4)));
}
std::size_t large_entry(Bytes set) {
  std::size_t index = 0;
  while (entry(set, index).is_local()) ++index;
  return index;
}

/// A fault: where it is, what brings it about, and how many attributes it costs.
struct Case {
  std::string what;
  const Problem* problem;
  const char* volume;
  XattrContainer form;
  std::function<void(AttributeWorld&)> damage;
  std::size_t lost = 0;
  bool large = false;
};

std::function<void(AttributeWorld&)> in_set(const std::function<void(Bytes)>& change) {
  return [change](AttributeWorld& world) { world.damage_set(change); };
}
std::function<void(AttributeWorld&)> in_root(const std::function<void(XattrTreeRoot&, Bytes)>& change) {
  return [change](AttributeWorld& world) { world.damage_root(change); };
}
std::function<void(AttributeWorld&)> in_inode(const std::function<void(Inode&)>& change) {
  return [change](AttributeWorld& world) { world.damage_inode(change); };
}

/// Puts name and value of the last entry but one where the last entry lies.
void put_pair_over_last_entry(Bytes set) {
  const std::size_t count = XattrHeader::entries(set).size();
  XattrEntry& one = entry(set, count - 2);
  const ConstBytes pair = ConstBytes(set).subspan(one.name_offset, std::min<u32>(one.pair_bytes(), 16));
  one.name_offset = static_cast<u16>(sizeof(XattrHeader) + (count - 1) * sizeof(XattrEntry));
  std::ranges::copy(pair, set.begin() + one.name_offset);
}

/// The second attribute gets the name of the first.
void name_second_like_first(Bytes set) {
  const std::string_view name = *xattr_suffix(set, entry(set, 0));
  REQUIRE(name.size() == entry(set, 1).name_length);
  std::ranges::copy(name, set.begin() + entry(set, 1).name_offset);
  entry(set, 1).name_hash = entry(set, 0).name_hash;
}

void swap_buckets(AttributeWorld& world) {
  std::vector<u8> first;
  world.damage_bucket(1, [&](Bytes bucket) { first.assign(bucket.begin(), bucket.end()); });
  world.damage_bucket(2, [&](Bytes bucket) { std::swap_ranges(first.begin(), first.end(), bucket.begin()); });
  world.damage_bucket(1, [&](Bytes bucket) { std::ranges::copy(first, bucket.begin()); });
}

constexpr auto area = XattrContainer::inline_area;
constexpr auto block = XattrContainer::block;
constexpr auto bucket = XattrContainer::bucket;

std::vector<Case> faults_of_entries() {
  return {
      {"more entries than fit", &problem::XATTR_COUNT_INVALID, large_blocks, area,
       in_set([](Bytes set) { as<XattrHeader>(set).count = 200; })},
      {"more entries than there are", &problem::XATTR_COUNT_INVALID, large_blocks, area,
       in_set([](Bytes set) { as<XattrHeader>(set).count += 3; })},
      {"one entry more than there is", &problem::XATTR_COUNT_INVALID, large_blocks, block,
       in_set([](Bytes set) { as<XattrHeader>(set).count += 1; })},
      {"one entry less than there is", &problem::XATTR_COUNT_INVALID, large_blocks, block,
       in_set([](Bytes set) { as<XattrHeader>(set).count -= 1; })},
      {"one entry less in a bucket", &problem::XATTR_COUNT_INVALID, small_blocks, bucket,
       in_set([](Bytes set) { as<XattrHeader>(set).count -= 1; })},
      {"a bucket counts beyond its end", &problem::XATTR_COUNT_INVALID, small_blocks, bucket,
       in_set([](Bytes set) { as<XattrHeader>(set).count = 0x4321; })},
      {"a value in the table", &problem::XATTR_ENTRY_INVALID, large_blocks, block,
       in_set(put_pair_over_last_entry), 2},
      {"a kind that is none", &problem::XATTR_TYPE_INVALID, large_blocks, block,
       in_set([](Bytes set) { entry(set, 1).type_and_local = 0x80 | 9; }), 1},
      {"a list with a name", &problem::XATTR_TYPE_INVALID, large_blocks, area,
       in_set([](Bytes set) { last(set).type_and_local = 0x80 | 2; }), 1},
      {"a name far away", &problem::XATTR_NAME_OFFSET_INVALID, large_blocks, area,
       in_set([](Bytes set) { entry(set, 0).name_offset = 0x4000; }), 1},
      {"a name in the table", &problem::XATTR_NAME_OFFSET_INVALID, large_blocks, block,
       in_set([](Bytes set) { entry(set, 0).name_offset = 34; }), 1},
      {"a name of zeros", &problem::XATTR_NAME_INVALID, large_blocks, block,
       in_set([](Bytes set) { std::ranges::fill(set.subspan(entry(set, 1).name_offset, 2), u8{0}); }), 1},
      {"a small value elsewhere", &problem::XATTR_LOCATION_INVALID, large_blocks, block,
       in_set([](Bytes set) { entry(set, 1).type_and_local = 1; }), 1},
      {"a value over another", &problem::XATTR_VALUE_INVALID, large_blocks, block,
       in_set([](Bytes set) { last(set).value_size = 80; }), 1},
      {"another hash", &problem::XATTR_HASH_INVALID, large_blocks, area,
       in_set([](Bytes set) { last(set).name_hash = 77; })},
      {"another hash in a bucket", &problem::XATTR_HASH_INVALID, small_blocks, bucket,
       in_set([](Bytes set) { entry(set, 2).name_hash = 0xFFFFFFF0; })},
      {"another name in a bucket", &problem::XATTR_HASH_INVALID, small_blocks, bucket,
       in_set([](Bytes set) { set[entry(set, 0).name_offset] ^= 0x15; }), 1},
      {"a name twice", &problem::XATTR_DUPLICATE, large_blocks, block, in_set(name_second_like_first), 1},
      {"a value that was cut off", &problem::XATTR_VALUE_SHORT, large_blocks, block,
       in_set([](Bytes set) { entry(set, large_entry(set)).value_size = 60000; }), 1, true},
      {"clusters of a value", &problem::XATTR_VALUE_CLUSTERS, large_blocks, block,
       in_set([](Bytes set) { value_root(set, large_entry(set)).clusters += 2; }), 0, true},
      {"the last leaf of a value", &problem::XATTR_VALUE_LAST_LEAF, large_blocks, block,
       in_set([](Bytes set) { value_root(set, large_entry(set)).last_extent_block = 4711; }), 0, true},
  };
}

std::vector<Case> faults_of_buckets() {
  return {
      {"free space over values", &problem::XATTR_FREE_START_INVALID, large_blocks, bucket,
       in_set([](Bytes set) { as<XattrHeader>(set).free_start = 4096; })},
      {"free space among entries", &problem::XATTR_FREE_START_INVALID, small_blocks, bucket,
       in_set([](Bytes set) { as<XattrHeader>(set).free_start = 20; })},
      {"bytes of a bucket", &problem::XATTR_VALUE_LEN_INVALID, small_blocks, bucket,
       in_set([](Bytes set) { as<XattrHeader>(set).name_value_bytes -= 4; })},
      {"entries in the wrong order", &problem::XATTR_BUCKET_ORDER, large_blocks, bucket,
       in_set([](Bytes set) { std::swap(entry(set, 1), entry(set, 3)); })},
      {"a pair across blocks", &problem::XATTR_BUCKET_CROSSING, small_blocks, bucket, in_set([](Bytes set) {
         REQUIRE(lay_out_attributes(set, XattrContainer::bucket, 4096,
                                    loosen_attributes(set, XattrHeader::entries(ConstBytes(set)))));
       })},
      {"no buckets", &problem::XATTR_BUCKET_COUNT_INVALID, small_blocks, bucket,
       in_set([](Bytes set) { as<XattrHeader>(set).buckets = 0; })},
      {"too many buckets", &problem::XATTR_BUCKET_COUNT_INVALID, large_blocks, bucket,
       in_set([](Bytes set) { as<XattrHeader>(set).buckets = 500; })},
      {"buckets in the wrong order", &problem::XATTR_INDEX_ORDER, large_blocks, bucket, swap_buckets},
      {"an index that does not begin at 0", &problem::XATTR_INDEX_ORDER, small_blocks, bucket,
       in_root([](XattrTreeRoot&, Bytes list) { ExtentList::records(list)[0].cpos = 0x8000'0000; })},
      {"buckets at another's place", &problem::XATTR_BUCKETS_LOST, large_blocks, bucket,
       [](AttributeWorld& world) {
         const u64 elsewhere = block_of(world.inode).value;
         world.damage_root([&](XattrTreeRoot& root, Bytes list) {
           auto& head = as<ExtentList>(list);
           head.used += 1;
           root.clusters += 1;
           ExtentList::records(list).back() = {0xFFFFFFFF, u16{1}, 0, 0, elsewhere};
         });
       }},
      {"clusters of an index", &problem::XATTR_INDEX_CLUSTERS, large_blocks, bucket,
       in_root([](XattrTreeRoot& root, Bytes) { root.clusters += 1; })},
      {"the last leaf of an index", &problem::XATTR_INDEX_LAST_LEAF, large_blocks, bucket,
       in_root([](XattrTreeRoot& root, Bytes) { root.last_extent_block = 4711; })},
  };
}

std::vector<Case> faults_of_places() {
  return {
      {"no flag", &problem::XATTR_FLAG_MISSING, large_blocks, block, in_inode([](Inode& inode) {
         inode.dynamic_features &= static_cast<u16>(~dynamic_feature::has_xattr);
       })},
      {"an area of another size", &problem::XATTR_INLINE_SIZE_INVALID, large_blocks, area,
       in_inode([](Inode& inode) { inode.xattr_inline_size = static_cast<u16>(40); })},
      {"an area where none was set aside", &problem::XATTR_INLINE_AREA_INVALID, large_blocks, block,
       [](AttributeWorld& world) {
         const auto whole = [](const Inode& inode) {
           return inode.is_directory() && !has_attributes(inode) &&
                  inode.body_kind() == InodeBody::extent_list;
         };
         world.inode = world.inodes(whole).front();
         world.damage_inode([](Inode& inode) {
           inode.dynamic_features |= dynamic_feature::inline_xattr | dynamic_feature::has_xattr;
         });
       }},
      {"another signature", &problem::XATTR_BLOCK_INVALID, large_blocks, block,
       [](AttributeWorld& world) {
         world.damage<XattrBlock>(world.attribute_block(),
                                  [](XattrBlock& block, Bytes) { block.signature[0] = 'Y'; });
       },
       99},
      {"attributes taken for an index", &problem::XATTR_BLOCK_NOT_INDEXED, large_blocks, block,
       [](AttributeWorld& world) {
         world.damage<XattrBlock>(world.attribute_block(),
                                  [](XattrBlock& block, Bytes) { block.flags = XattrBlock::indexed; });
       }},
      {"an index of what is another's", &problem::XATTR_BLOCK_INVALID, large_blocks, bucket,
       [](AttributeWorld& world) {
         const u64 inode_block = block_of(world.inode).value;
         world.damage_root([&](XattrTreeRoot&, Bytes list) {
           for (ExtentRecord& record : ExtentList::records(list)) record.block = inode_block;
         });
       },
       999},
      {"an index that leads outside", &problem::XATTR_BLOCK_INVALID, large_blocks, bucket,
       in_root([](XattrTreeRoot&, Bytes list) {
         for (ExtentRecord& record : ExtentList::records(list)) record.block = u64{1} << 40;
       }),
       999},
      {"garbage taken for an index", &problem::XATTR_BLOCK_INVALID, large_blocks, bucket,
       in_root([](XattrTreeRoot&, Bytes list) {
         std::ranges::fill(list.first(sizeof(ExtentList)), u8{0x65});
         REQUIRE(as<ExtentList>(list).used == 0x6565);
       }),
       999},
      {"attributes outside the volume", &problem::XATTR_BLOCK_INVALID, small_blocks, bucket,
       in_inode([](Inode& inode) { inode.xattr_block = 0x1234567890; }), 999},
      {"another place", &problem::XATTR_BLOCK_BLKNO, large_blocks, block,
       [](AttributeWorld& world) {
         world.damage<XattrBlock>(world.attribute_block(),
                                  [](XattrBlock& block, Bytes) { block.block += 1; });
       }},
      {"another generation", &problem::XATTR_BLOCK_GEN, large_blocks, bucket,
       [](AttributeWorld& world) {
         world.damage<XattrBlock>(world.attribute_block(),
                                  [](XattrBlock& block, Bytes) { block.fs_generation += 1; });
       }},
  };
}

std::vector<Case> cases() {
  std::vector<Case> all = faults_of_entries();
  for (const auto& more : {faults_of_buckets(), faults_of_places()})
    all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace

TEST_CASE("The attributes that kernels wrote are in order", "[check][attributes]") {
  for (const char* name : {large_blocks, small_blocks}) {
    ExamWorld world(corpus_volume(name));
    const auto inodes = world.inodes(has_attributes);
    const auto outcome = world.look([&](Examiner& examiner, BlockSource& source, Mender*, Harvest& harvest) {
      for (const InodeNo inode : inodes) {
        auto patient = source.look<Inode>(block_of(inode), inode);
        examine_attribute_area(*patient, examiner);
        examine_attributes(*patient, examiner, source, harvest);
      }
    });
    CHECK(outcome.texts == std::vector<std::string>());
    CHECK(inodes.size() > 80);
    CHECK(outcome.harvest.clusters.size() > 15);
    CHECK(outcome.harvest.metadata.size() > 15);
  }
}

TEST_CASE("Each fault of attributes is one finding, is mended, and is gone then", "[check][attributes]") {
  for (const Case& one : cases()) {
    INFO(one.problem->code << ": " << one.what);
    AttributeWorld world(one.volume, one.form, one.large);
    const auto before = attributes_of(world, world.inode);
    one.damage(world);

    CHECK(world.look().codes == std::vector<std::string>{std::string(one.problem->code)});
    const auto mended = world.mend();
    INFO(mended.texts.front());
    CHECK(mended.codes == std::vector<std::string>{std::string(one.problem->code)});
    CHECK(mended.total.left() == 0);
    CHECK(world.look().texts == std::vector<std::string>());

    std::size_t lost = before.size();
    for (const auto& [name, value] : attributes_of(world, world.inode))
      lost -= before.contains(name) && before.at(name) == value;
    if (before.size() > 0 && one.problem != &problem::XATTR_INLINE_AREA_INVALID) CHECK(lost <= one.lost);
    if (one.lost == 1) CHECK(lost == 1);
  }
}

TEST_CASE("Every problem of attributes has a case", "[check][attributes]") {
  std::set<std::string_view> tested;
  for (const Case& one : cases()) tested.insert(one.problem->code);
  for (const Problem* problem : problem::attribute_problems) {
    if (problem == &problem::XATTR_FLAG_INVALID) continue;  // on a volume without xattr: see fsck_codes.sh
    INFO(problem->code);
    CHECK(tested.count(problem->code) == 1);
  }
}

TEST_CASE("In triage the first fault makes an inode sick, and nothing is asked", "[check][attributes]") {
  AttributeWorld world(large_blocks, XattrContainer::block);
  world.damage_set([](Bytes set) { entry(set, 0).name_offset = 0x4000; });
  Examiner triage;
  BlockSource source(world.volume().cache(), nullptr);
  Harvest harvest;
  auto patient = source.look<Inode>(block_of(world.inode), world.inode);
  examine_attributes(*patient, triage, source, harvest);
  CHECK(triage.sick());
  CHECK(triage.total().found == 0);
}

namespace {

/// Inodes with buckets, and what may be done to where these are said to lie.
class Indexes : public ExamWorld {
 public:
  explicit Indexes(const char* volume, u32 least = 1) : ExamWorld(corpus_volume(volume)) {
    for (const InodeNo inode : inodes([](const Inode& one) { return one.xattr_block != 0; }))
      if (const auto found = records(inode); !found.empty() && found[0].clusters >= least)
        rich.push_back(inode);
    REQUIRE(rich.size() >= 2);
  }
  BlockNo attribute_block(InodeNo inode) {
    return BlockNo(as<Inode>(ConstBytes(block<Inode>(block_of(inode)))).xattr_block);
  }
  std::vector<ExtentRecord> records(InodeNo inode) {
    const auto bytes = block<XattrBlock>(attribute_block(inode));
    const auto& attributes = as<XattrBlock>(ConstBytes(bytes));
    if (!attributes.is_indexed() || attributes.root.list.tree_depth != 0) return {};
    const auto all = ExtentList::records(XattrBlock::list_bytes(ConstBytes(bytes)));
    return {all.begin(), all.end()};
  }
  void move_buckets(InodeNo inode, u64 to) {
    damage<XattrBlock>(attribute_block(inode), [to](XattrBlock&, Bytes bytes) {
      ExtentList::records(XattrBlock::list_bytes(bytes))[0].block = to;
    });
  }
  void require_given_up() {
    const CheckRun run = check_volume(device, {.force = true});
    CAPTURE(run.texts, run.warnings);
    CHECK(run.found("DUP_CLUSTERS_ATTACHED"));
    CHECK(run.outcome.clean());
    CHECK(check_volume(device, {.force = true}).texts == std::vector<std::string>());
    reopen();
  }

  std::vector<InodeNo> rich;
};

}  // namespace

TEST_CASE("Attributes that are said to lie among another's are given up, and nothing is mended there",
          "[check][attributes]") {
  Indexes world(GENERATE(large_blocks, small_blocks), 2);
  const InodeNo thief = world.rich[0], owner = world.rich[1];
  const auto kept = attributes_of(world, owner);
  world.move_buckets(thief, world.records(owner)[0].block + world.geometry().blocks_per_cluster());
  world.require_given_up();
  CHECK(attributes_of(world, owner) == kept);
}

TEST_CASE("Attributes that also claim what lies behind their buckets are given up with all they claim",
          "[check][attributes]") {
  for (const InodeNo victim : Indexes(small_blocks).rich) {  // behind those of some are their own values
    INFO("inode " << victim.value);
    Indexes world(small_blocks);
    world.damage<XattrBlock>(world.attribute_block(victim), [](XattrBlock&, Bytes bytes) {
      ExtentList::records(XattrBlock::list_bytes(bytes))[0].clusters = static_cast<u16>(255);
    });
    world.require_given_up();
  }
}

}  // namespace ocfs2
