// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/inode_life.h"

#include "engine/error.h"
#include "engine/volume/directory_edit.h"
#include "engine/volume/file_data.h"
#include "engine/volume/volume_journal.h"
#include "tests/worlds/directory_audit.h"

namespace ocfs2 {
namespace {

constexpr u64 now = 1'800'000'123;

Features features_with(bool checksums, bool in_inode) {
  Features features = features_of(FeatureLevel::max_features).without(feature::metaecc);
  if (checksums) features = features | feature::metaecc;
  return in_inode ? features : features.without(feature::inline_data);
}

VolumeWish any_volume() {
  const u32 block_size = GENERATE(512u, 1024u, 4096u);
  const bool checksums = GENERATE(false, true), in_inode = GENERATE(false, true);
  return {.block_size = block_size, .features = features_with(checksums, in_inode)};
}

struct Counts {
  u64 clusters, inodes, system_inodes, blocks;
  bool operator==(const Counts&) const = default;
};

Counts counts(EditWorld& world) {
  world.volume().cache().drop_all();
  return {world.used_clusters(), world.allocator(SystemFile::inode_alloc).used_bits(),
          world.allocator(SystemFile::global_inode_alloc).used_bits(),
          world.allocator(SystemFile::extent_alloc).used_bits()};
}

/// Suballocators grow and never shrink: one of each is made and deleted before anything is counted.
void warm_up(EditWorld& world, Space& space) {
  world.edit([&](Transaction& transaction) {
    const NewBlock block = space.allocate_metadata(transaction);
    space.free_metadata(transaction, block.block, block.origin);
  });
}

/// A file with `runs` extents of one cluster each, every second cluster a hole; they lie `apart` clusters
/// from each other.
InodeNo make_file(EditWorld& world, Space& space, u32 runs, u64 apart = 1) {
  InodeNo number;
  world.edit([&](Transaction& transaction) {
    number = create_inode(transaction, space, {.mode = file_mode::regular | 0644, .seconds = now});
    link_inode(transaction, space, world.volume().root(), "file", number);
  });
  for (u32 done = 0; done < runs;) {
    world.edit([&](Transaction& transaction) {
      for (u32 i = 0; i < 100 && done < runs; ++i, ++done) {
        const ClusterNo near(apart * done % world.geometry().clusters);
        const ClusterNo cluster(space.allocate_clusters(transaction, 1, near).first);
        const BlockNo block = world.geometry().first_block_of(cluster);
        const std::vector<u8> bytes(world.geometry().cluster_size(), static_cast<u8>(done | 1));
        transaction.write_data(block, bytes);
        ExtentEdit(transaction, space, ExtentRoot::of(transaction.read<Inode>(block_of(number))))
            .insert({.cpos = 2 * done, .clusters = 1, .block = block});
        transaction.edit<Inode>(block_of(number)).size = (u64{2} * done + 1) << world.geometry().cluster_bits;
      }
    });
  }
  return number;
}

void unlink(Transaction& transaction, Space& space, InodeNo parent, std::string_view name, InodeNo number) {
  REQUIRE(DirectoryEditor(transaction, space, parent).remove(name));
  transaction.edit<Inode>(block_of(number)).set_links(0);
}

}  // namespace

TEST_CASE("every kind of inode can be made, found, and deleted without a trace", "[inode][life]") {
  EditWorld world(any_volume());
  Space space = world.space();
  const InodeNo root = world.volume().root();
  const u32 links = world.volume().inode(root)->links();
  warm_up(world, space);
  const Counts before = counts(world);
  NameModel model;
  Directory(world.volume(), root).each([&](const DirectoryEntry& entry, std::string_view name) {
    if (name != "." && name != "..") model.emplace(name, InodeNo(entry.inode));
    return true;
  });
  const NameModel old_model = model;
  const std::string short_target = "a/b", long_target(4000, 't');

  world.edit([&](Transaction& transaction) {
    const auto add = [&](std::string_view name, InodeNo number) {
      link_inode(transaction, space, root, name, number);
      model.emplace(name, number);
    };
    const InodeBirth file{.mode = file_mode::regular | 0640, .seconds = now, .uid = 7, .gid = 8};
    const auto of_type = [](u16 type) {
      return InodeBirth{.mode = static_cast<u16>(type | 0600), .seconds = now};
    };
    add("file", create_inode(transaction, space, file));
    add("fifo", create_inode(transaction, space, of_type(file_mode::fifo)));
    add("socket", create_inode(transaction, space, of_type(file_mode::socket)));
    add("disk", create_device(transaction, space, of_type(file_mode::block_device), device_number(8, 300)));
    add("short", create_symlink(transaction, space, of_type(file_mode::symlink), short_target));
    add("long", create_symlink(transaction, space, of_type(file_mode::symlink), long_target));
    model.emplace("directory",
                  make_directory(transaction, space, root, "directory", {.mode = 0755, .seconds = now}));
  });

  Volume& volume = world.volume();
  volume.cache().drop_all();
  DirectoryAudit(volume, root).require_holds(model);
  DirectoryAudit(volume, model.at("directory")).require_holds({});
  world.audit();
  REQUIRE(volume.inode(root)->links() == links + 1);
  REQUIRE(volume.inode(model.at("directory"))->links() == 2);
  REQUIRE(volume.inode(model.at("file"))->links() == 1);
  REQUIRE(volume.inode(model.at("file"))->uid == 7);
  REQUIRE(volume.inode(model.at("disk"))->device == device_number(8, 300));
  REQUIRE(symlink_target(volume, volume.inode(model.at("short"))) == short_target);
  REQUIRE(symlink_target(volume, volume.inode(model.at("long"))) == long_target);
  REQUIRE(Directory(volume, model.at("directory")).search("..") == root);

  world.edit([&](Transaction& transaction) {
    for (const auto& [name, number] : model) {
      if (old_model.contains(name)) continue;
      unlink(transaction, space, root, name, number);
      delete_inode(transaction, space, number, now);
    }
    transaction.edit<Inode>(block_of(root)).set_links(links);
  });

  REQUIRE(counts(world) == before);
  DirectoryAudit(volume, root).require_holds(old_model);
  world.audit();
  for (const auto& [name, number] : model)
    if (!old_model.contains(name)) REQUIRE_FALSE(volume.any_inode(number)->has_flag(inode_flag::valid));
}

TEST_CASE("what is no name, or there already, is refused", "[inode][life]") {
  EditWorld world;
  Space space = world.space();
  Transaction transaction(world.volume().cache(), world.write_ahead);
  const InodeNo root = world.volume().root();
  const InodeNo number =
      create_inode(transaction, space, {.mode = file_mode::regular | 0644, .seconds = now});

  REQUIRE_THROWS_WITH(link_inode(transaction, space, root, "a/b", number),
                      Catch::Contains("cannot be a name"));
  REQUIRE_THROWS_WITH(link_inode(transaction, space, root, "..", number),
                      Catch::Contains("cannot be a name"));
  REQUIRE_THROWS_WITH(link_inode(transaction, space, root, "lost+found", number), Catch::Contains("already"));
  REQUIRE_THROWS_WITH(create_symlink(transaction, space, {.mode = file_mode::symlink}, ""),
                      Catch::Contains("symbolic link"));
}

TEST_CASE("a huge file is deleted in steps, each of which leaves an orphan that can be deleted",
          "[inode][life]") {
  EditWorld world({.bytes = u64{5} << 30, .block_size = 512, .features = features_with(true, true)});
  Space space = world.space();
  const Counts before = counts(world);
  const InodeNo number = make_file(world, space, 900, world.geometry().clusters_per_group());
  const Counts full = counts(world);
  REQUIRE(full.clusters >= before.clusters + 900);
  u32 commits = 0;

  // the machine dies after the first step
  class Dying final : public WriteAhead {
   public:
    Dying(WriteAhead& real, u32& commits) : real_(real), commits_(commits) {}
    void commit(std::span<const BlockImage> blocks) override {
      if (++commits_ > 1) fail(ErrorKind::io, "the machine dies");
      real_.commit(blocks);
    }
    void write_data(u64 offset, ConstBytes bytes) override { real_.write_data(offset, bytes); }
    void zero_data(u64 offset, u64 length) override { real_.zero_data(offset, length); }

   private:
    WriteAhead& real_;
    u32& commits_;
  } dying(world.write_ahead, commits);
  {
    Transaction transaction(world.volume().cache(), dying);
    unlink(transaction, space, world.volume().root(), "file", number);
    REQUIRE_THROWS_WITH(delete_inode(transaction, space, number, now), Catch::Contains("dies"));
  }
  world.audit();
  const auto orphan = world.volume().inode(number);
  REQUIRE(orphan->has_flag(inode_flag::orphaned));
  REQUIRE(orphan->links() == 0);
  REQUIRE(orphan->orphaned_slot == 0);
  REQUIRE(counts(world).clusters < full.clusters);
  Directory orphans(world.volume(), *world.volume().find_system_file(SystemFile::orphan_dir, 0));
  REQUIRE(orphans.search(fmt::format("{:016x}", number.value)) == number);

  world.edit([&](Transaction& transaction) { delete_inode(transaction, space, number, now); });

  REQUIRE_FALSE(world.volume().any_inode(number)->has_flag(inode_flag::valid));
  REQUIRE_FALSE(orphans.search(fmt::format("{:016x}", number.value)).has_value());
  const Counts after = counts(world);
  REQUIRE(after.inodes == before.inodes);
  REQUIRE(after.clusters - before.clusters == after.blocks - before.blocks);  // none, or groups of allocators
  world.audit();
}

TEST_CASE("a large directory goes with its index", "[inode][life]") {
  EditWorld world(any_volume());
  Space space = world.space();
  warm_up(world, space);
  const InodeNo root = world.volume().root();
  InodeNo number;
  const Counts before = counts(world);
  const u32 links = world.volume().inode(root)->links();
  world.edit([&](Transaction& transaction) {
    number = make_directory(transaction, space, root, "directory", {.mode = 0755, .seconds = now});
  });
  for (u32 round = 0; round < 30; ++round)
    world.edit([&](Transaction& transaction) {
      DirectoryEditor editor(transaction, space, number);
      for (u32 i = 0; i < 100; ++i)
        editor.add("name " + std::to_string(100 * round + i), root, EntryType::directory);
    });

  world.edit([&](Transaction& transaction) {
    unlink(transaction, space, root, "directory", number);
    transaction.edit<Inode>(block_of(root)).set_links(links);
    delete_inode(transaction, space, number, now);
  });

  REQUIRE(counts(world) == before);
  world.audit();
}

TEST_CASE("an orphan directory counts a directory in it", "[inode][life]") {
  EditWorld world(any_volume());
  Space space = world.space();
  const InodeNo root = world.volume().root();
  const InodeNo orphans = *world.volume().find_system_file(SystemFile::orphan_dir, 0);
  InodeNo number;
  world.edit([&](Transaction& transaction) {
    number = make_directory(transaction, space, root, "directory", {.mode = 0755, .seconds = now});
    REQUIRE(DirectoryEditor(transaction, space, root).remove("directory"));
    orphan_inode(transaction, space, number);
  });
  REQUIRE(world.volume().inode(orphans)->links() == 3);

  world.edit([&](Transaction& transaction) { delete_inode(transaction, space, number, now); });

  REQUIRE(world.volume().inode(orphans)->links() == 2);
  DirectoryAudit(world.volume(), orphans).require_holds({});
  world.audit();
}

TEST_CASE("a file is cut to its size, and zeros follow its end", "[inode][life]") {
  EditWorld world(any_volume());
  Space space = world.space();
  const InodeNo number = make_file(world, space, 500);
  const u64 old_size = world.volume().inode(number)->size;
  const u64 size = GENERATE_COPY(u64{0}, u64{1}, u64{4096}, u64{8192 + 700}, u64{10 * 8192 + 4095}, old_size);
  const u64 used = world.used_clusters();
  const u32 clusters = world.volume().inode(number)->clusters;

  world.edit([&](Transaction& transaction) { truncate_inode(transaction, space, number, size); });

  world.audit();
  const auto inode = world.volume().inode(number);
  REQUIRE(inode->size == size);
  REQUIRE(inode->clusters == divide_up(divide_up(size, 4096), 2));
  REQUIRE(used - world.used_clusters() >= clusters - inode->clusters);
  if (size % 8192 < 4096 && size % 8192 > 0 && size > 0) {
    const auto run = ExtentTree::of(world.volume().cache(), inode).find(static_cast<u32>(size / 4096));
    const std::vector<u8> bytes =
        world.volume().cache().read_raw(run->block, 4096 / world.geometry().block_size());
    for (u64 i = 0; i < 4096; ++i) REQUIRE((bytes[i] != 0) == (i < size % 4096));
  }
  REQUIRE_THROWS_WITH(
      [&] {
        Transaction transaction(world.volume().cache(), world.write_ahead);
        truncate_inode(transaction, space, number, size + 1);
      }(),
      Catch::Contains("cannot be cut"));
}

TEST_CASE("missing system files are made as mkfs makes them", "[inode][life]") {
  EditWorld world(any_volume());
  Space space = world.space();
  const SystemFile file =
      GENERATE(SystemFile::orphan_dir, SystemFile::extent_alloc, SystemFile::inode_alloc, SystemFile::journal,
               SystemFile::local_alloc, SystemFile::truncate_log, SystemFile::slot_map, SystemFile::heartbeat,
               SystemFile::user_quota, SystemFile::bad_blocks);
  const u32 slot = row_of(file).per_slot ? 1 : 0;
  const std::string name = system_file_name(file, slot);
  CAPTURE(name);
  Volume& volume = world.volume();
  const std::vector<u8> old = [&] {
    const ConstBytes bytes = volume.system_file(file, slot).bytes();
    return std::vector<u8>(bytes.begin(), bytes.end());
  }();
  const Inode& made_by_mkfs = as<Inode>(ConstBytes(old));
  const u32 links = volume.inode(volume.system_directory())->links();
  InodeNo number;

  world.edit([&](Transaction& transaction) {
    REQUIRE(DirectoryEditor(transaction, space, volume.system_directory()).remove(name));
    if (file == SystemFile::orphan_dir)
      transaction.edit<Inode>(block_of(volume.system_directory())).set_links(links - 1);
    number = create_system_file(transaction, space, file, slot,
                                {.seconds = now, .journal_clusters = made_by_mkfs.clusters});
  });

  world.audit();
  const auto made = volume.system_file(file, slot);
  REQUIRE(inode_at(made.block()) == number);
  REQUIRE(made->suballoc_slot == no_slot);
  REQUIRE(made->flags == made_by_mkfs.flags);
  REQUIRE(made->mode == made_by_mkfs.mode);
  REQUIRE(made->links() == made_by_mkfs.links());
  REQUIRE(made->body_kind() == made_by_mkfs.body_kind());
  REQUIRE(made->dynamic_features == made_by_mkfs.dynamic_features);
  REQUIRE(volume.inode(volume.system_directory())->links() == links);
  if (file == SystemFile::journal) {
    REQUIRE(made->size == made_by_mkfs.size);
    JournalReader reader = open_journal_reader(volume, slot);
    REQUIRE(reader.super().blocks == made->size / world.geometry().block_size());
  }
  if (file == SystemFile::heartbeat) REQUIRE(made->size == made_by_mkfs.size);
  if (file == SystemFile::slot_map)
    for (const auto& node : volume.slot_map()) REQUIRE_FALSE(node.has_value());
  if (file == SystemFile::local_alloc || file == SystemFile::truncate_log)
    REQUIRE(std::ranges::equal(made.bytes().subspan(Inode::body_offset),
                               ConstBytes(old).subspan(Inode::body_offset)));
  if (file == SystemFile::orphan_dir) DirectoryAudit(volume, number).require_holds({});
}

}  // namespace ocfs2
