// SPDX-License-Identifier: GPL-2.0-or-later
//
// System files: lost names, damaged and lost inodes.
#include "tests/unit/engine_check/allocator_world.h"

namespace ocfs2 {
namespace {

class SystemWorld : public AllocatorWorld {
 public:
  explicit SystemWorld(const VolumeWish& wish = {}) : AllocatorWorld(wish) {}

  /// Removes a name from the system directory, which lies in its inode.
  void forget_name(SystemFile kind, u32 slot = 0) {
    damage<Inode>(block_of(volume().system_directory()), [&](Inode&, Bytes bytes) {
      const Bytes area = InlineData::data(Inode::body(bytes));
      REQUIRE(remove_entry(area, find_entry(area, system_file_name(kind, slot)).value()));
    });
  }
  void destroy_inode(SystemFile kind, u32 slot = 0) {
    damage<Inode>(block_of(file(kind, slot)),
                  [](Inode&, Bytes bytes) { std::ranges::fill(bytes, u8{0xA5}); });
  }
};

TEST_CASE("the name of any system file can be put back", "[check][system]") {
  VolumeWish wish;
  wish.features = wish.features | feature::usrquota;
  for (const SystemFileRow& row : system_files) {
    if (!wish.features.has(row.needs) || row.file == SystemFile::local_group_quota) continue;
    SECTION(system_file_name(row.file, 0)) {
      SystemWorld world(wish);
      world.forget_name(row.file);
      require_found_and_mended(world, {"SYSTEM_NAME_LOST"});
      CHECK(world.volume().find_system_file(row.file) == world.file(row.file));
    }
  }
}

TEST_CASE("names of system files are found where the directory claims too little room", "[check][system]") {
  SystemWorld world;
  world.damage<Inode>(block_of(world.volume().system_directory()),
                      [](Inode& inode, Bytes) { inode.inline_data.count = static_cast<u16>(56); });
  require_found_and_mended(world, {"INLINE_DATA_COUNT_INVALID"});
}

TEST_CASE("an allocator's inode under a copy of another's gets its own groups back", "[check][system]") {
  SystemWorld world;
  const SystemFile kind = GENERATE(SystemFile::extent_alloc, SystemFile::inode_alloc);
  const BlockNo group = world.group(kind, 0, 0, 1);
  std::vector<u8> bitmap = world.block<Inode>(block_of(world.file(SystemFile::global_bitmap)));
  world.damage<Inode>(block_of(world.file(kind, 1)),
                      [&](Inode&, Bytes bytes) { std::ranges::copy(bitmap, bytes.begin()); });
  const auto run = world.mend();
  CAPTURE(run.texts);
  CHECK(run.codes.front() == "SYSTEM_INODE_INVALID");
  CHECK(run.total.left() == 0);
  CHECK(world.group(kind, 0, 0, 1) == group);
  CHECK(world.look().codes == Codes{});
}

TEST_CASE("several lost names of one kind are told apart by their order", "[check][system]") {
  SystemWorld world;
  for (const SystemFile kind : {SystemFile::extent_alloc, SystemFile::inode_alloc})
    for (const u32 slot : {0, 1}) world.forget_name(kind, slot);
  require_found_and_mended(world, Codes(4, "SYSTEM_NAME_LOST"));
  for (const SystemFile kind : {SystemFile::extent_alloc, SystemFile::inode_alloc})
    for (const u32 slot : {0, 1})
      CHECK(world.volume().find_system_file(kind, slot) == world.file(kind, slot));
}

TEST_CASE("a damaged mark of a system file's inode is put right", "[check][system]") {
  const std::pair<std::string, std::function<void(Inode&)>> damages[] = {
      {"signature", [](Inode& inode) { inode.signature[2] = 'x'; }},
      {"not in use", [](Inode& inode) { inode.flags &= ~inode_flag::valid; }},
      {"not a system file", [](Inode& inode) { inode.flags &= ~inode_flag::system; }},
      {"kind", [](Inode& inode) { inode.flags = inode.flags ^ inode_flag::chain; }},
      {"mode", [](Inode& inode) { inode.mode = static_cast<u16>(file_mode::fifo | 0644); }},
      {"generation", [](Inode& inode) { inode.fs_generation += 5; }},
      {"block", [](Inode& inode) { inode.block += 5; }},
      {"kind, mode and use", [](Inode& inode) { inode.flags = 0x12, inode.mode = static_cast<u16>(0xCF23); }},
  };
  for (const auto& [name, change] : damages)
    for (const SystemFile kind :
         {SystemFile::global_bitmap, SystemFile::global_inode_alloc, SystemFile::inode_alloc,
          SystemFile::extent_alloc, SystemFile::truncate_log, SystemFile::journal})
      SECTION(name + " of " + system_file_name(kind)) {
        SystemWorld world;
        world.damage_inode(kind, change);
        require_found_and_mended(world, {"SYSTEM_INODE_INVALID"});
      }
}

TEST_CASE("a mark of the system directory is put right", "[check][system]") {
  SystemWorld world;
  world.damage<Inode>(block_of(world.volume().system_directory()),
                      [](Inode& inode, Bytes) { inode.flags &= ~inode_flag::valid; });
  require_found_and_mended(world, {"SYSTEM_INODE_INVALID"});
}

TEST_CASE("a damaged name goes when the right one is put back", "[check][system]") {
  SystemWorld world;
  const BlockNo directory = block_of(world.volume().system_directory());
  const auto area = [](Bytes bytes) { return InlineData::data(Inode::body(bytes)); };
  world.damage<Inode>(directory, [&](Inode&, Bytes bytes) {
    const u32 entry = find_entry(area(bytes), "orphan_dir:0001").value();
    REQUIRE(rename_entry(area(bytes), entry, "orphan_dir:0081"));
  });
  require_found_and_mended(world, {"SYSTEM_NAME_LOST"});
  auto after = world.block<Inode>(directory);
  CHECK_FALSE(find_entry(area(after), "orphan_dir:0081").has_value());
}

TEST_CASE("a name that leads to another system file takes nothing from that", "[check][system]") {
  SystemWorld world;
  world.damage<Inode>(block_of(world.volume().system_directory()), [&](Inode&, Bytes bytes) {
    const Bytes area = InlineData::data(Inode::body(bytes));
    as<DirectoryEntry>(area.subspan(find_entry(area, "slot_map").value())).inode =
        world.file(SystemFile::inode_alloc).value;
  });
  require_found_and_mended(world, {"SYSTEM_NAME_LOST"});
  CHECK(world.volume().find_system_file(SystemFile::slot_map) == world.file(SystemFile::slot_map));
}

TEST_CASE("the mode of the system directory is put right", "[check][system]") {
  SystemWorld world;
  world.damage<Inode>(block_of(world.volume().system_directory()),
                      [](Inode& inode, Bytes) { inode.mode = file_mode::regular | 0644; });
  require_found_and_mended(world, {"SYSTEM_INODE_INVALID"});
}

TEST_CASE("a name is put back into a damaged block of the system directory", "[check][system]") {
  VolumeWish wish;
  wish.features = wish.features.without(feature::inline_data);
  SystemWorld world(wish);
  const auto directory = world.block<Inode>(block_of(world.volume().system_directory()));
  const BlockNo block(ExtentList::records(Inode::body(ConstBytes(directory))).front().block);
  world.damage<PlainDirectoryBlock>(block, [&](PlainDirectoryBlock&, Bytes area) {
    const auto entry = [&](const char* name) { return find_entry(area, name).value(); };
    REQUIRE(rename_entry(area, entry("orphan_dir:0001"), "orphan_dir:0081"));
    as<DirectoryEntry>(area.subspan(entry("journal:0000"))).record_length = u16{29};
  });
  require_found_and_mended(world, {"SYSTEM_NAME_LOST"});
  CHECK(world.volume().find_system_file(SystemFile::orphan_dir, 1) == world.file(SystemFile::orphan_dir, 1));
  CHECK(world.volume().find_system_file(SystemFile::journal) == world.file(SystemFile::journal));
}

TEST_CASE("the inode of the system directory is made anew", "[check][system]") {
  VolumeWish wish;
  const bool in_inode = GENERATE(true, false);
  if (!in_inode) wish.features = wish.features.without(feature::inline_data);
  SystemWorld world(wish);
  world.damage<Inode>(block_of(world.volume().system_directory()),
                      [](Inode&, Bytes bytes) { std::ranges::fill(bytes, u8{0xA5}); });
  const auto mended = world.mend();
  CAPTURE(mended.texts);
  CHECK(mended.codes[0] == "SYSTEM_INODE_INVALID");
  CHECK((std::ranges::count(mended.codes, "SYSTEM_NAME_LOST") > 0) == in_inode);
  CHECK(mended.total.left() == 0);
  CHECK(world.look().codes == Codes{});
  for (const auto& [file, inode] : world.files)
    CHECK(world.volume().find_system_file(file.first, file.second) == inode);
}

TEST_CASE("a system directory that counts no extents has its entries all the same", "[check][system]") {
  VolumeWish wish;
  wish.features = wish.features.without(feature::inline_data);
  SystemWorld world(wish);
  world.damage<Inode>(block_of(world.volume().system_directory()),
                      [](Inode& inode, Bytes) { inode.extents.used = 0; });
  const auto mended = world.mend();
  CAPTURE(mended.texts);
  CHECK(mended.codes == Codes{"SYSTEM_INODE_INVALID", "METADATA_ALLOC_BIT"});  // its index is given up
  CHECK(world.look().codes == Codes{});
}

TEST_CASE("the inode of an allocator is made anew, and its groups linked again", "[check][system]") {
  for (const SystemFile kind : {SystemFile::global_bitmap, SystemFile::global_inode_alloc,
                                SystemFile::inode_alloc, SystemFile::extent_alloc})
    SECTION(system_file_name(kind)) {
      SystemWorld world;
      world.destroy_inode(kind);
      require_found_and_mended(world, {"SYSTEM_INODE_INVALID"});
    }
}

TEST_CASE("system files that are gone are made again", "[check][system]") {
  for (const SystemFileRow& row : system_files) {
    if (!VolumeWish{}.features.has(row.needs) || (row.flags & inode_flag::chain) != 0) continue;
    SECTION(system_file_name(row.file, 0)) {
      SystemWorld world;
      world.forget_name(row.file);
      world.damage_inode(row.file, [](Inode& inode) {
        inode.flags = 0;
        inode.dtime = 1;
      });
      const std::string code =
          row.file == SystemFile::orphan_dir ? "ORPHAN_DIR_MISSING" : "SYSTEM_FILE_MISSING";
      CHECK(world.mend().codes.back() == code);
      CHECK(world.volume().find_system_file(row.file).has_value());
      CHECK(world.look().codes == Codes{});
    }
  }
}

}  // namespace
}  // namespace ocfs2
