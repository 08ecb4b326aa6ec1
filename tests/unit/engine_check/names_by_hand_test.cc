// SPDX-License-Identifier: GPL-2.0-or-later
//
// Names, indexes, connectivity, orphans: what fswreck does not do.
#include "engine/check/relink.h"
#include "engine/volume/directory.h"
#include "engine/volume/directory_edit.h"
#include "engine/volume/directory_rewrite.h"
#include "engine/volume/inode_life.h"
#include "tests/worlds/check_world.h"
#include "tests/worlds/names_world.h"

namespace ocfs2 {
namespace {

using Codes = std::vector<std::string>;
constexpr u64 now = 1'700'000'000;

/// A fresh volume on which a story happens before fsck looks at it.
class Story : public EditWorld {
 public:
  explicit Story(const VolumeWish& wish = {}) : EditWorld(wish) {}

  InodeNo root() { return volume().root(); }
  InodeNo directory(InodeNo parent, const std::string& name) {
    InodeNo made;
    edit([&](Transaction& transaction) {
      Space place = space();
      made = make_directory(transaction, place, parent, name, {.mode = 0755, .seconds = now});
    });
    return made;
  }
  InodeNo file(InodeNo parent, const std::string& name) {
    InodeNo made;
    edit([&](Transaction& transaction) {
      Space place = space();
      made = create_inode(transaction, place, {.mode = file_mode::regular | 0644, .seconds = now});
      link_inode(transaction, place, parent, name, made);
    });
    return made;
  }
  /// A directory with so many files that it lies in blocks.
  InodeNo full_directory(const std::string& name, u32 files) {
    const InodeNo made = directory(root(), name);
    for (u32 i = 0; i < files; ++i) file(made, fmt::format("{}-file-{:04}-with-a-long-name", name, i));
    return made;
  }
  void names(InodeNo directory, const std::function<void(DirectoryEditor&)>& change) {
    edit([&](Transaction& transaction) {
      Space place = space();
      DirectoryEditor editor(transaction, place, directory);
      change(editor);
    });
  }
  void inode(InodeNo number, const std::function<void(Inode&)>& change) {
    edit([&](Transaction& transaction) { change(transaction.edit<Inode>(block_of(number))); });
  }
  InodeNo orphans(u32 slot = 0) { return *volume().find_system_file(SystemFile::orphan_dir, slot); }
};

struct Ending {
  Codes seen, mended;
};

/// fsck looks, mends, and finds nothing more.
Ending check(NamesWorld& world) {
  const auto seen = world.look();
  const auto mended = world.mend();
  CAPTURE(seen.texts, mended.texts);
  CHECK(mended.total.left() == 0);
  const auto after = world.look();
  CAPTURE(after.texts);
  CHECK(after.codes == Codes{});
  return {seen.codes, mended.codes};
}

/// Changes the block of an inode past all judges, with a right checksum.
void damage_inode(NamesWorld& world, InodeNo inode, const std::function<void(Bytes)>& change) {
  std::vector<u8> bytes = world.block<Inode>(block_of(inode));
  change(bytes);
  seal(Inode::kind, world.volume().facts(), bytes);
  world.device.write(TestKey{}, world.geometry().byte_of(block_of(inode)), bytes);
  world.volume().cache().drop_all();
}

VolumeWish wish(bool checksums, u32 block_size = 4096) {
  VolumeWish wanted{.block_size = block_size};
  if (checksums) wanted.features = features_of(FeatureLevel::max_features);
  return wanted;
}

std::vector<std::string> names_in(Volume& volume, InodeNo directory) {
  std::vector<std::string> names;
  volume.cache().drop_all();
  Directory(volume, directory).each([&](const DirectoryEntry&, std::string_view name) {
    names.emplace_back(name);
    return true;
  });
  return names;
}

TEST_CASE("directories that contain each other come back through lost+found", "[check][names]") {
  Story story(wish(GENERATE(false, true)));
  const InodeNo outer = story.directory(story.root(), "outer");
  const InodeNo inner = story.directory(outer, "inner");
  story.file(inner, "file");
  story.names(story.root(), [](DirectoryEditor& root) { root.remove("outer"); });
  story.inode(story.root(), [](Inode& root) { root.set_links(root.links() - 1); });
  story.names(inner, [&](DirectoryEditor& editor) { editor.add("loop", outer, EntryType::directory); });
  story.names(outer, [&](DirectoryEditor& editor) { editor.replace("..", inner, EntryType::directory); });
  story.inode(inner, [](Inode& directory) { directory.set_links(3); });

  NamesWorld world(story.device);
  const Ending ending = check(world);
  CHECK(ending.seen == Codes{"DIR_NOT_CONNECTED"});
  CHECK(names_in(world.volume(), inner) == Codes{".", "..", "file"});
}

TEST_CASE("a lost root directory is made again", "[check][names]") {
  Story story(wish(GENERATE(false, true)));
  const InodeNo kept = story.directory(story.root(), "kept");
  story.file(kept, "treasure");
  const BlockNo root = block_of(story.root());
  const Origin origin = origin_of(*story.volume().inode(story.root()));
  story.edit([&](Transaction& transaction) {
    Space place = story.space();
    place.free_inode(transaction, root, origin, now);
  });

  NamesWorld world(story.device);
  CHECK(world.look().codes == Codes{"ROOT_DIR_MISSING"});
  const Ending ending = check(world);
  CHECK(ending.mended.front() == "ROOT_DIR_MISSING");
  world.volume().cache().drop_all();
  const auto found = Directory(world.volume(), world.volume().root()).lookup("lost+found");
  REQUIRE(found.has_value());
  const auto home = names_in(world.volume(), *found);
  CHECK(std::ranges::find(home, fmt::format("#{}", kept.value)) != home.end());
}

TEST_CASE("lost+found is made, even where a file has its name", "[check][names]") {
  Story story(wish(GENERATE(false, true)));
  const bool file_in_the_way = GENERATE(false, true);
  const InodeNo old = *Directory(story.volume(), story.root()).lookup("lost+found");
  story.names(story.root(), [](DirectoryEditor& root) { root.rename("lost+found", "elsewhere"); });
  if (file_in_the_way) story.file(story.root(), "lost+found");

  NamesWorld world(story.device);
  const Ending ending = check(world);
  CHECK(ending.seen == Codes{"LOSTFOUND_MISSING"});
  CHECK(ending.mended == Codes{"LOSTFOUND_MISSING"});
  CHECK(world.volume().inode(old)->is_directory());
}

TEST_CASE("a file in an orphan directory that is not marked is deleted, too", "[check][names]") {
  Story story(wish(GENERATE(false, true)));
  const InodeNo file = story.file(story.root(), "file");
  story.names(story.root(), [](DirectoryEditor& root) { root.remove("file"); });
  story.names(story.orphans(), [&](DirectoryEditor& orphans) { orphans.add("x", file, EntryType::regular); });

  NamesWorld world(story.device);
  CHECK(check(world).seen == Codes{"INODE_ORPHANED"});
  CHECK_FALSE(world.volume().any_inode(file)->has_flag(inode_flag::valid));
}

TEST_CASE("an orphaned directory is deleted and leaves the link count of the orphan directory",
          "[check][names]") {
  Story story(wish(GENERATE(false, true)));
  const InodeNo gone = story.directory(story.root(), "gone");
  story.names(story.root(), [](DirectoryEditor& root) { root.remove("gone"); });
  story.inode(story.root(), [](Inode& root) { root.set_links(root.links() - 1); });
  story.edit([&](Transaction& transaction) {
    Space place = story.space();
    orphan_inode(transaction, place, gone);
  });

  NamesWorld world(story.device);
  CHECK(check(world).seen == Codes{"INODE_ORPHANED"});
  CHECK(world.volume().inode(story.orphans())->links() == 2);
}

TEST_CASE("marks of orphans that no orphan directory knows", "[check][names]") {
  Story story(wish(GENERATE(false, true)));
  const InodeNo file = story.file(story.root(), "file");
  SECTION("on a file with a name: the mark goes") {
    const u32 mark = GENERATE(inode_flag::orphaned, inode_flag::dio_orphaned);
    story.inode(file, [&](Inode& inode) { inode.flags |= mark; });
    NamesWorld world(story.device);
    CHECK(check(world).seen == Codes{"ORPHAN_ENTRY_MISSING"});
    CHECK(world.volume().inode(file)->flags == inode_flag::valid);
  }
  SECTION("on a file without a name: it is deleted") {
    story.names(story.root(), [](DirectoryEditor& root) { root.remove("file"); });
    story.inode(file, [](Inode& inode) {
      inode.flags |= inode_flag::orphaned;
      inode.set_links(0);
    });
    NamesWorld world(story.device);
    CHECK(check(world).seen == Codes{"ORPHAN_ENTRY_MISSING"});
    CHECK_FALSE(world.volume().any_inode(file)->has_flag(inode_flag::valid));
  }
}

TEST_CASE("a file that was being appended to by direct I/O keeps what it had", "[check][names]") {
  Story story(wish(GENERATE(false, true)));
  const InodeNo file = story.file(story.root(), "log");
  const std::string name = fmt::format("dio-{:016x}", file.value);
  story.edit([&](Transaction& transaction) {
    Space place = story.space();
    Inode& inode = transaction.edit<Inode>(block_of(file));
    inode.size = 5000;
    inode.flags |= inode_flag::dio_orphaned;
    const BitRun run = place.allocate_clusters(transaction, 4);
    REQUIRE(run.count == 4);
    const BlockNo first = story.geometry().first_block_of(ClusterNo(run.first));
    transaction.zero_data(first, 4);
    ExtentEdit(transaction, place, ExtentRoot::of(transaction.read<Inode>(block_of(file))))
        .insert({.cpos = 0, .clusters = 4, .block = first, .flags = 0});
    DirectoryEditor(transaction, place, story.orphans()).add(name, file, EntryType::regular);
  });

  NamesWorld world(story.device);
  CHECK(check(world).seen == Codes{"INODE_ORPHANED"});
  const auto inode = world.volume().inode(file);
  CHECK(inode->size == 5000);
  CHECK(inode->clusters == 2);
  CHECK(inode->flags == inode_flag::valid);
  CHECK(names_in(world.volume(), story.orphans()) == Codes{".", ".."});
}

TEST_CASE("a missing orphan directory is made", "[check][names]") {
  Story story(wish(GENERATE(false, true)));
  const InodeNo old = story.orphans(1);
  const Origin origin = origin_of(*story.volume().inode(old));
  story.names(story.volume().system_directory(),
              [](DirectoryEditor& system) { system.remove("orphan_dir:0001"); });
  story.inode(story.volume().system_directory(), [](Inode& system) { system.set_links(system.links() - 1); });
  story.edit([&](Transaction& transaction) {
    Space place = story.space();
    place.free_inode(transaction, block_of(old), origin, now);
  });

  NamesWorld world(story.device);
  CHECK(check(world).seen == Codes{"ORPHAN_DIR_MISSING"});
  world.volume().cache().drop_all();
  const auto made = world.volume().find_system_file(SystemFile::orphan_dir, 1);
  REQUIRE(made.has_value());
  CHECK(world.volume().inode(*made)->has_flag(inode_flag::valid | inode_flag::system));
}

TEST_CASE("an index is made anew although `..` of the system directory leads outside", "[check][names]") {
  Story story(wish(true));
  const InodeNo full = story.full_directory("full", 100);
  const BlockNo index(story.volume().inode(full)->index_root);
  const auto names = names_in(story.volume(), full);
  NamesWorld world(story.device);
  damage_inode(world, world.volume().system_directory(), [](Bytes block) {
    const Bytes area = InlineData::data(Inode::body(block));
    as<DirectoryEntry>(area.subspan(DirectoryEntry::needed(1))).inode = u64{1} << 40;
  });
  world.damage<IndexRoot>(index, [](IndexRoot& root, Bytes) { root.signature[0] = 'x'; });
  const CheckRun run = check_volume(world.device, {.force = true});
  CAPTURE(run.texts, run.warnings);
  CHECK(run.found("DIR_DOTDOT"));
  CHECK(run.outcome.clean());
  CHECK(names_in(*Volume::open(world.device), full) == names);
  CHECK(check_volume(world.device, {.force = true}).codes == Codes{});
}

TEST_CASE("an index on a volume without indexes is removed", "[check][names]") {
  VolumeWish without = wish(true);
  Story story(without);
  const InodeNo full = story.full_directory("full", 100);
  REQUIRE(story.volume().inode(full)->index_root != 0);
  const auto names = names_in(story.volume(), full);
  std::vector<u8> block(4096);
  story.device.read(2 * 4096, block);
  SuperBlock& super = as<SuperInode>(Bytes(block)).super;
  super.feature_incompat &= ~u32{0x0400};
  seal(SuperInode::kind, story.volume().facts(), block);
  story.device.write(TestKey{}, 2 * 4096, block);

  NamesWorld world(story.device);
  const Codes seen = check(world).seen;
  CHECK(std::ranges::count(seen, "IV_DX_TREE") == static_cast<long>(seen.size()));
  CHECK(names_in(world.volume(), full) == names);
  CHECK(world.volume().inode(full)->index_root == 0);
}

TEST_CASE("a directory block with a wrong checksum alone is sealed again", "[check][names]") {
  Story story(wish(true));
  const InodeNo full = story.full_directory("full", 100);
  NamesWorld world(story.device);
  BlockNo first;
  Directory(world.volume(), full).each_area([&](BlockNo block, ConstBytes) { return first = block, false; });
  std::vector<u8> bytes = world.block<DirectoryBlock>(first);
  DirectoryBlock::trailer(Bytes(bytes)).check.crc += 0x5A5A;
  DirectoryBlock::trailer(Bytes(bytes)).check.ecc += static_cast<u16>(0x0F0F);
  world.device.write(TestKey{}, world.geometry().byte_of(first), bytes);
  world.volume().cache().drop_all();
  CHECK(check(world).seen == Codes{"BAD_CRC32"});
}

TEST_CASE("a directory block of rubbish loses its names, and the files come back", "[check][names]") {
  const bool checksums = GENERATE(false, true);
  const bool first_one = GENERATE(false, true);
  Story story(wish(checksums));
  const InodeNo full = story.full_directory("full", 200);
  NamesWorld world(story.device);
  BlockNo victim;
  Directory(world.volume(), full).each_area([&](BlockNo block, ConstBytes) {
    victim = block;
    return !first_one;
  });
  std::vector<u8> bytes(4096);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<u8>(i * 7 + i / 251);
  world.device.write(TestKey{}, world.geometry().byte_of(victim), bytes);
  world.volume().cache().drop_all();
  const auto seen = world.look();
  CHECK(std::ranges::count(seen.codes, "DIRENT_LENGTH") == 1);
  check(world);
  const auto home =
      names_in(world.volume(), *Directory(world.volume(), world.volume().root()).lookup("lost+found"));
  CHECK(home.size() + names_in(world.volume(), full).size() == 204);
}

TEST_CASE("-D builds missing indexes and packs directories", "[check][names]") {
  Story story(wish(GENERATE(false, true), GENERATE(1024, 4096)));
  const InodeNo full = story.full_directory("full", 300);
  story.edit([&](Transaction& transaction) {
    Space place = story.space();
    drop_index(transaction, place, full, OldIndex::give_back);
  });
  story.names(full, [](DirectoryEditor& editor) {
    for (u32 i = 0; i < 300; ++i)
      if (i % 10 != 0) editor.remove(fmt::format("full-file-{:04}-with-a-long-name", i));
  });
  const auto names = names_in(story.volume(), full);
  const u64 size = story.volume().inode(full)->size;

  NamesWorld world(story.device);
  world.mend();  // the files that lost their names
  CHECK(world.look().codes == Codes{});
  world.options.compact_directories = true;
  const auto mended = world.mend();
  CHECK(std::ranges::count(mended.codes, "DX_TREE_MISSING") >= 1);
  CHECK(mended.total.left() == 0);
  world.volume().cache().drop_all();
  CHECK(world.volume().inode(full)->index_root != 0);
  CHECK(world.volume().inode(full)->size < size);
  CHECK(names_in(world.volume(), full) == names);
  world.options.compact_directories = false;
  CHECK(world.look().codes == Codes{});
}

TEST_CASE("an extent of a directory that says it is longer than the directory is cut", "[check][names]") {
  const bool checksums = GENERATE(false, true);
  Story story(wish(checksums));
  const InodeNo full = story.full_directory("full", 200);
  NamesWorld world(story.device);
  const auto names = names_in(world.volume(), full).size();
  damage_inode(world, full, [](Bytes block) {
    auto& record = as<ExtentRecord>(Inode::body(block).subspan(sizeof(ExtentList)));
    record.clusters = static_cast<u16>(record.clusters + 5000);
  });

  CHECK(check(world).seen == Codes{"EXTENT_CLUSTERS_OVERRUN"});
  CHECK(names_in(world.volume(), full).size() == names);
}

TEST_CASE("a directory inside its inode is as long as its entries, whatever its size says",
          "[check][names]") {
  const u64 size = GENERATE(0x337, 32, 2048, 1 << 20);
  Story story(wish(true));
  const InodeNo small = story.directory(story.root(), "small");
  story.file(small, "name");
  REQUIRE(story.volume().inode(small)->has_dynamic(dynamic_feature::inline_data));
  NamesWorld world(story.device);
  damage_inode(world, small, [&](Bytes block) { as<Inode>(block).size = size; });

  CHECK(check(world).mended == Codes{"INODE_INLINE_SIZE"});
  CHECK(names_in(world.volume(), small).size() == 3);
}

// The kernel's ocfs2_fill_new_dir_el subtracts the trailer from a room that does not hold it any more.
TEST_CASE("a new directory may have 64 bytes less room than it has", "[check][names]") {
  const u32 too_little = GENERATE(64, 60, 128);
  const bool with_a_name = GENERATE(false, true);
  Story story({.features = features_of(FeatureLevel::max_features).without(feature::inline_data)});
  const InodeNo made = story.directory(story.root(), "made");
  if (with_a_name) story.file(made, "name");
  REQUIRE(story.volume().inode(made)->index_root != 0);
  NamesWorld world(story.device);
  BlockNo first;
  Directory(world.volume(), made).each_area([&](BlockNo block, ConstBytes) { return first = block, false; });
  std::vector<u8> bytes = world.block<DirectoryBlock>(first);
  DirectoryTrailer& trailer = DirectoryBlock::trailer(Bytes(bytes));
  trailer.free_record_length = static_cast<u16>(trailer.free_record_length - too_little);
  seal(DirectoryBlock::kind, world.volume().facts(), bytes);
  world.device.write(TestKey{}, world.geometry().byte_of(first), bytes);
  world.volume().cache().drop_all();
  const bool as_the_kernel = too_little == 64 && !with_a_name;
  CHECK(check(world).seen == (as_the_kernel ? Codes{} : Codes{"DIR_TRAILER_FREE_LEN"}));
}

TEST_CASE("an index may hash names as either kind of char", "[check][names]") {
  Story story(wish(true));
  const InodeNo full = story.full_directory("full", 100);
  for (u32 i = 0; i < 40; ++i) story.file(full, fmt::format("caf\xC3\xA9-{}", i));
  NamesWorld world(story.device);
  REQUIRE(world.look().codes == Codes{});
  const BlockNo root(world.volume().inode(full)->index_root);
  REQUIRE(root.value != 0);
  u32 changed = 0;
  world.damage<IndexRoot>(root, [&](IndexRoot& index, Bytes block) {
    REQUIRE(index.is_inline());
    for (IndexEntry& entry : IndexEntryList::slots(IndexRoot::list_bytes(block)))
      for (u32 i = 0; i < 40; i += 2) {
        const std::string name = fmt::format("caf\xC3\xA9-{}", i);
        if (entry.hash() != index_hash(name, world.volume().facts())) continue;
        const NameHash other = index_hash(name, world.volume().facts(), CharSign::plain_unsigned);
        entry.major_hash = other.major, entry.minor_hash = other.minor;
        ++changed;
      }
  });
  CHECK(changed == 20);
  CHECK(world.look().codes == Codes{});
}

TEST_CASE("paths are known once the parents are", "[check][names]") {
  Story story;
  const InodeNo inner = story.directory(story.directory(story.root(), "music"), "jazz");
  const InodeNo file = story.file(inner, "so what");
  NamesWorld world(story.device);
  std::vector<std::string> paths;
  world.afterwards = [&](Checkup& checkup) {
    const Facts facts{.inode = inner, .other = file};
    paths.push_back(finding_text("{inode} {other}", facts, path_finder(checkup)));
  };
  world.look();
  CHECK(paths == Codes{fmt::format("{} (/music/jazz) {}", inner.value, file.value)});
}

}  // namespace
}  // namespace ocfs2
