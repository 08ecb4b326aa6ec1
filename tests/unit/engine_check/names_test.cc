// SPDX-License-Identifier: GPL-2.0-or-later
//
// Names, indexes, connectivity, orphans, link counts: sound volumes first, then every damage that fswreck has
// for them, on volumes with everything in them.
#include "engine/wreck/wreck.h"
#include "tests/worlds/names_world.h"

namespace ocfs2 {
namespace {

constexpr const char* large_blocks = "rich-base-4k-metaecc";
constexpr const char* small_blocks = "rich-base";
using Codes = std::vector<std::string>;

/// A damage by its name in fswreck, and the codes that looking finds.
struct WreckCase {
  const char* damage;
  Codes codes;
};

const WreckCase wreck_cases[] = {
    {"DIRENT_DOTTY_DUP", {"DIRENT_DOTTY_DUP"}},
    {"DIRENT_NOT_DOTTY", {"DIRENT_NOT_DOTTY"}},
    {"DIRENT_DOT_INODE", {"DIRENT_DOT_INODE"}},
    {"DIRENT_DOT_EXCESS", {"DIRENT_DOT_EXCESS"}},
    {"DIRENT_ZERO", {"DIRENT_ZERO"}},
    {"DIRENT_NAME_CHARS", {"DIRENT_NAME_CHARS"}},
    {"DIRENT_INODE_RANGE", {"DIRENT_INODE_RANGE"}},
    {"DIRENT_INODE_FREE", {"DIRENT_INODE_FREE"}},
    {"DIRENT_INODE_SYSTEM", {"DIRENT_INODE_SYSTEM"}},
    {"DIRENT_TYPE", {"DIRENT_TYPE"}},
    {"DIRENT_DUPLICATE", {"DIRENT_DUPLICATE"}},
    {"DIRENT_LENGTH", {"DIRENT_LENGTH"}},
    {"DIRENT_LENGTH_ALIGN", {"DIRENT_LENGTH"}},
    {"DIR_PARENT_DUP", {"DIR_PARENT_DUP"}},
    {"DIR_TRAILER_INODE", {"DIR_TRAILER_INODE"}},
    {"DIR_TRAILER_NAME_LEN", {"DIR_TRAILER_NAME_LEN"}},
    {"DIR_TRAILER_REC_LEN", {"DIR_TRAILER_REC_LEN"}},
    {"DIR_TRAILER_BLKNO", {"DIR_TRAILER_BLKNO"}},
    {"DIR_TRAILER_PARENT_INODE", {"DIR_TRAILER_PARENT_INODE"}},
    {"DIR_TRAILER_SIGNATURE", {"DIR_TRAILER_SIGNATURE"}},
    {"DIR_TRAILER_FREE_LEN", {"DIR_TRAILER_FREE_LEN"}},
    {"DIR_TRAILER_FREE_LIST", {"DIR_TRAILER_FREE_LIST"}},
    {"DIR_TRAILER_FREE_LOOP", {"DIR_TRAILER_FREE_LIST"}},
    {"DX_TREE_CORRUPT", {"DX_TREE_CORRUPT"}},
    {"DX_TREE_MISSING", {}},
    {"DX_LOOKUP_FAILED", {"DX_LOOKUP_FAILED"}},
    {"DX_ROOT_BLKNO", {"DX_ROOT_BLKNO"}},
    {"DX_ROOT_GEN", {"DX_ROOT_GEN"}},
    {"DX_ROOT_PARENT", {"DX_ROOT_PARENT"}},
    {"DX_ROOT_SUBALLOC", {"DX_ROOT_SUBALLOC"}},
    {"DX_ENTRY_COUNT", {"DX_ENTRY_COUNT"}},
    {"DX_CLUSTERS", {"DX_CLUSTERS"}},
    {"DX_TREE_KEYS", {"DX_TREE_KEYS"}},
    {"DX_LIST_COUNT", {"DX_LIST_COUNT"}},
    {"DX_LIST_USED", {"DX_LIST_USED"}},
    {"DX_LEAF_INVALID", {"DX_LEAF_INVALID"}},
    {"DX_LEAF_BLKNO", {"DX_LEAF_BLKNO"}},
    {"DX_LEAF_GEN", {"DX_LEAF_GEN"}},
    {"DX_ENTRY_WRONG", {"DX_ENTRY_WRONG"}},
    {"DX_ENTRY_BLOCK", {"DX_ENTRY_WRONG"}},
    {"DX_ENTRY_STRAY", {"DX_ENTRY_STRAY"}},
    {"DX_ENTRY_DUPLICATE", {"DX_ENTRY_STRAY"}},
    {"DX_ENTRY_MISPLACED", {"DX_ENTRY_MISPLACED"}},
    {"LOSTFOUND_MISSING", {"LOSTFOUND_MISSING"}},
    {"DIR_NOT_CONNECTED", {"DIR_NOT_CONNECTED"}},
    {"DIR_DOTDOT", {"DIR_DOTDOT"}},
    {"INODE_NOT_CONNECTED", {"INODE_NOT_CONNECTED"}},
    {"INODE_COUNT", {"INODE_COUNT"}},
    {"INODE_ORPHANED", {"INODE_ORPHANED"}},
    {"ORPHAN_NAME", {"ORPHAN_NAME"}},
    {"ORPHAN_FLAG_MISSING", {"ORPHAN_FLAG_MISSING"}},
    {"ORPHAN_ENTRY_MISSING", {"ORPHAN_ENTRY_MISSING"}},
    {"DIO_ORPHAN_ENTRY_MISSING", {"ORPHAN_ENTRY_MISSING"}},
};

TEST_CASE("nothing is wrong with the names of a sound volume", "[check][names]") {
  const char* name = GENERATE(large_blocks, small_blocks);
  INFO(name);
  NamesWorld world(corpus_volume(name));
  const auto seen = world.look();
  INFO((seen.texts.empty() ? "" : seen.texts.front()));
  CHECK(seen.codes.empty());
}

TEST_CASE("nothing is wrong with the names of a fresh volume", "[check][names]") {
  const u32 block_size = GENERATE(512, 1024, 2048, 4096);
  const FeatureLevel level = GENERATE(FeatureLevel::default_features, FeatureLevel::max_features);
  VolumeWorld fresh({.block_size = block_size, .features = features_of(level), .slots = 4});
  NamesWorld world(fresh.device);
  const auto seen = world.look();
  INFO((seen.texts.empty() ? "" : seen.texts.front()));
  CHECK(seen.codes.empty());
}

TEST_CASE("each damage to names is found, mended, and gone", "[check][names][wreck]") {
  const WreckCase& one = GENERATE(from_range(std::begin(wreck_cases), std::end(wreck_cases)));
  const char* name = GENERATE(large_blocks, small_blocks);
  const u64 seed = GENERATE(1, 2, 3);
  INFO(one.damage << " on " << name << ", seed " << seed);
  MemoryDevice device = corpus_volume(name);
  const Damage* const damage = find_damage(one.damage);
  REQUIRE(damage != nullptr);
  try {
    wreck(device, *damage, {.seed = seed, .slot = {}, .on = {}});
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found) throw;
    return;  // this volume has no victim for it
  }
  NamesWorld world(device);
  const auto seen = world.look();
  CAPTURE(seen.texts);
  CHECK(seen.codes == one.codes);
  const auto mended = world.mend();
  CAPTURE(mended.texts);
  CHECK(mended.total.left() == 0);
  const auto after = world.look();
  CAPTURE(after.texts);
  CHECK(after.codes == Codes{});
}

}  // namespace
}  // namespace ocfs2
