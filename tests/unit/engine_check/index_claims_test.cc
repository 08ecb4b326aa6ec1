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

 private:
  BlockNo root() {
    for (BlockNo at = super_block_no; geometry().contains(at); ++at) {
      const auto bytes = block<IndexRoot>(at);
      const auto& index = as<IndexRoot>(ConstBytes(bytes));
      if (matches(index.signature, IndexRoot::signature_text) && !index.is_inline() && index.clusters > 8)
        return at;
    }
    FAIL("no directory with a large index");
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

}  // namespace ocfs2
