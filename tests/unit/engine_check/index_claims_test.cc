// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a damaged index claims is nobody's: it takes nothing from others, and is given back in the same run.
#include "ondisk/index.h"
#include "tests/worlds/check_world.h"
#include "tests/worlds/exam_world.h"

namespace ocfs2 {
namespace {

using Codes = std::vector<std::string>;
using Change = std::function<void(std::span<ExtentRecord>)>;

/// The volume of the corpus after `change` of the records in the root of its largest index.
class IndexedVolume : public ExamWorld {
 public:
  IndexedVolume() : ExamWorld(corpus_volume("rich-base-4k-metaecc")) {}

  void change_records(const Change& change) {
    damage<IndexRoot>(root(), [&](IndexRoot&, Bytes bytes) {
      change(ExtentList::records(bytes.subspan(IndexRoot::list_offset)));
    });
  }

  /// The root of another index leads to the leaves of the first, of which one is damaged.
  void share_damaged_leaves() {
    const auto first = block<IndexRoot>(root());
    damage<IndexRoot>(other_root(), [&](IndexRoot& index, Bytes bytes) {
      index.clusters = as<IndexRoot>(ConstBytes(first)).clusters;
      std::ranges::copy(ConstBytes(first).subspan(IndexRoot::list_offset),
                        bytes.begin() + IndexRoot::list_offset);
    });
    const auto records = ExtentList::records(ConstBytes(first).subspan(IndexRoot::list_offset));
    damage<IndexLeaf>(BlockNo(records[0].block), [](IndexLeaf& leaf, Bytes) { leaf.signature[0] = 'X'; });
  }

 private:
  BlockNo root() {
    return find([](const IndexRoot& index) { return index.clusters > 8; });
  }
  BlockNo other_root() {
    return find([](const IndexRoot& index) { return index.clusters <= 8; });
  }
  BlockNo find(const std::function<bool(const IndexRoot&)>& wanted) {
    for (BlockNo at = super_block_no; geometry().contains(at); ++at) {
      const auto bytes = block<IndexRoot>(at);
      const auto& index = as<IndexRoot>(ConstBytes(bytes));
      if (matches(index.signature, IndexRoot::signature_text) && !index.is_inline() && wanted(index))
        return at;
    }
    FAIL("no directory with such an index");
    return {};
  }
};

void expect_mended_at_once(IndexedVolume& world, const Codes& expected) {
  const CheckRun first = check_volume(world.device, {.force = true});
  CAPTURE(first.texts, first.warnings);
  CHECK(first.codes == expected);
  CHECK(first.outcome.left == 0);
  const CheckRun second = check_volume(world.device, {.force = true});
  CAPTURE(second.texts);
  CHECK(second.codes == Codes{});
}

}  // namespace

TEST_CASE("An index whose leaves lie at the same place gives back both", "[check][index]") {
  IndexedVolume world;
  world.change_records([](std::span<ExtentRecord> records) { records[1].block = u64{records[0].block}; });
  expect_mended_at_once(world, {"DX_TREE_CORRUPT", "CLUSTER_ALLOC_BIT"});
}

TEST_CASE("An index that claims the clusters of others takes nothing from them", "[check][index]") {
  IndexedVolume world;
  world.change_records([](std::span<ExtentRecord> records) { records[1].clusters = u16{6000}; });
  expect_mended_at_once(world, {"DX_TREE_CORRUPT"});
}

TEST_CASE("What two damaged indexes have in common is given back by the last of them", "[check][index]") {
  IndexedVolume world;
  world.share_damaged_leaves();
  expect_mended_at_once(world, {"CLUSTER_ALLOC_BIT", "DX_TREE_CORRUPT", "DX_LEAF_INVALID"});
}

}  // namespace ocfs2
