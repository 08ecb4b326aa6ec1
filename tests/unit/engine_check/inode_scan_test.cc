// SPDX-License-Identifier: GPL-2.0-or-later
//
// Inodes that damage hides from a quick look: pass 1 must see them all the same, or what they own is taken
// for nobody's.
#include <catch2/catch.hpp>

#include "engine/volume/directory.h"
#include "tests/worlds/check_world.h"
#include "tests/worlds/exam_world.h"
#include "tests/worlds/repair_crash.h"

namespace ocfs2 {
namespace {

using Codes = std::vector<std::string>;

struct HiddenBit {
  std::string what;
  std::size_t byte;  ///< of the inode
  u8 mask;
};

}  // namespace

TEST_CASE("One flipped bit hides no inode from a volume with checksums", "[check][inode]") {
  const HiddenBit bits[] = {
      {"signature", offsetof(Inode, signature) + 2, 0x10},
      {"in use", offsetof(Inode, flags), inode_flag::valid},
      {"block", offsetof(Inode, block) + 4, 1},
      {"generation", offsetof(Inode, fs_generation) + 1, 0x40},
  };
  for (const HiddenBit& bit : bits)
    for (const bool quota : {false, true}) {
      INFO(bit.what << (quota ? " of a quota file" : " of a file"));
      ExamWorld world(corpus_volume("rich-base-4k-metaecc"));
      const TreeDigest before = tree_digest(world.device);
      const auto victims = world.inodes([&](const Inode& inode) {
        return inode.is_regular() && inode.clusters != 0 && inode.has_flag(inode_flag::quota) == quota &&
               inode.has_flag(inode_flag::system) == quota;
      });
      REQUIRE(!victims.empty());
      const u64 place = world.geometry().byte_of(block_of(victims.back()));
      std::vector<u8> bytes = world.block<Inode>(block_of(victims.back()));
      bytes[bit.byte] ^= bit.mask;
      world.device.write(TestKey{}, place, bytes);

      const CheckRun run = check_volume(world.device, {.force = true});
      CAPTURE(run.texts, run.warnings);
      CHECK(run.codes == Codes{"BAD_CRC32"});
      CHECK(run.outcome.clean());
      CHECK(lost_of(before, tree_digest(world.device)) == "");
      CHECK(check_volume(world.device, {.force = true}).codes == Codes{});
    }
}

TEST_CASE("A root directory that seemed to be a file may hold damaged names", "[check][inode]") {
  ExamWorld world(corpus_volume(GENERATE("rich-base", "rich-base-4k-metaecc")));
  const TreeDigest before = tree_digest(world.device);
  world.damage<Inode>(block_of(world.volume().root()), [](Inode& inode, Bytes bytes) {
    REQUIRE(inode.body_kind() == InodeBody::inline_data);
    inode.mode = file_mode::regular | 0755;
    const Bytes entries = InlineData::data(Inode::body(bytes));
    auto& dotdot = as<DirectoryEntry>(entries.subspan(DirectoryEntry::needed(1)));
    REQUIRE(dotdot.name_length == 2);
    dotdot.inode = u64{1} << 60;
  });
  const CheckRun run = check_volume(world.device, {.force = true});
  CAPTURE(run.texts, run.warnings);
  CHECK(run.codes == Codes{"ROOT_NOTDIR", "DIR_DOTDOT"});
  CHECK(run.outcome.clean());
  CHECK(lost_of(before, tree_digest(world.device)) == "");
  CHECK(check_volume(world.device, {.force = true}).codes == Codes{});
}

}  // namespace ocfs2
