// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/directory_edit.h"

#include <random>

#include "engine/error.h"
#include "engine/volume/directory_rewrite.h"
#include "engine/volume/inode_life.h"
#include "tests/worlds/directory_audit.h"

namespace ocfs2 {
namespace {

constexpr u64 now = 1'800'000'123;

struct Kind {
  u32 block_size;
  bool checksums, index, in_inode;
};

Features features_for(const Kind& kind) {
  Features features = features_of(FeatureLevel::max_features).without(feature::metaecc);
  if (kind.checksums) features = features | feature::metaecc;
  if (!kind.index) features = features.without(feature::indexed_dirs);
  if (!kind.in_inode) features = features.without(feature::inline_data);
  return features;
}

VolumeWish wish_for(const Kind& kind, u64 bytes = 64 << 20) {
  return {.bytes = bytes, .block_size = kind.block_size, .features = features_for(kind)};
}

Kind any_kind() {
  return GENERATE(Kind{512, false, true, true}, Kind{1024, false, false, true}, Kind{4096, true, true, true},
                  Kind{512, true, false, false}, Kind{1024, true, true, false},
                  Kind{4096, false, true, false}, Kind{4096, false, false, false},
                  Kind{512, true, true, true});
}

/// Looks at what is on the device after each commit.
class Witness final : public WriteAhead {
 public:
  Witness(WriteAhead& real, std::function<void()> look) : real_(real), look_(std::move(look)) {}
  void commit(std::span<const BlockImage> blocks) override {
    REQUIRE(blocks.size() <= 2 * ExtentEdit::transaction_blocks_max);
    real_.commit(blocks);
    ++commits;
    look_();
  }
  void write_data(u64 offset, ConstBytes bytes) override { real_.write_data(offset, bytes); }
  void zero_data(u64 offset, u64 length) override { real_.zero_data(offset, length); }

  u32 commits = 0;

 private:
  WriteAhead& real_;
  std::function<void()> look_;
};

/// A directory and what it should hold.
struct Subject {
  EditWorld& world;
  InodeNo number{};
  NameModel model{};
  std::mt19937 random{20261121};

  explicit Subject(EditWorld& in) : world(in) {
    Space space = world.space();
    world.edit([&](Transaction& transaction) {
      number = make_directory(transaction, space, world.volume().root(), "subject",
                              {.mode = 0755, .seconds = now});
    });
  }

  u32 pick(u32 below) { return std::uniform_int_distribution<u32>(0, below - 1)(random); }
  std::string new_name() {
    const std::string text = std::to_string(random()) + std::string(pick(4) == 0 ? pick(200) : pick(12), 'x');
    return model.contains(text) ? new_name() : text;
  }
  std::string old_name() { return std::next(model.begin(), pick(static_cast<u32>(model.size())))->first; }

  /// In one transaction; what names lead to does not matter here.
  void change(u32 adds, u32 removes, u32 renames) {
    Space space = world.space();
    world.edit([&](Transaction& transaction) {
      DirectoryEditor editor(transaction, space, number);
      for (u32 i = 0; i < adds; ++i) {
        const std::string name = new_name();
        editor.add(name, world.volume().root(), EntryType::regular);
        model.emplace(name, world.volume().root());
      }
      for (u32 i = 0; i < removes && !model.empty(); ++i) {
        const std::string name = old_name();
        REQUIRE(editor.remove(name));
        model.erase(name);
      }
      for (u32 i = 0; i < renames && !model.empty(); ++i) {
        const std::string name = old_name(), other = new_name();
        REQUIRE(editor.rename(name, other));
        model.emplace(other, model.at(name));
        model.erase(name);
      }
    });
  }

  void require_exact() {
    world.volume().cache().drop_all();
    DirectoryAudit(world.volume(), number).require_holds(model);
  }
};

}  // namespace

TEST_CASE("names come and go at random and the directory stays exact", "[directory][edit]") {
  const Kind kind = any_kind();
  CAPTURE(kind.block_size, kind.checksums, kind.index, kind.in_inode);
  EditWorld world(wish_for(kind));
  Subject subject(world);
  subject.require_exact();

  for (u32 round = 0; round < 30; ++round) {
    subject.change(40, 20, 5);
    subject.require_exact();
  }
  for (u32 round = 0; round < 10; ++round) subject.change(5, 80, 5);
  subject.require_exact();
  world.audit();

  REQUIRE(world.volume().inode(subject.number)->has_dynamic(dynamic_feature::indexed_dir) == kind.index);
}

TEST_CASE("twenty thousand names in one directory, and none in the end", "[directory][edit]") {
  const Kind kind = GENERATE(Kind{512, true, true, true}, Kind{4096, false, true, false},
                             Kind{1024, true, true, true}, Kind{4096, true, false, true});
  CAPTURE(kind.block_size, kind.checksums, kind.index, kind.in_inode);
  EditWorld world(wish_for(kind, 256 << 20));
  Subject subject(world);

  const u32 names = kind.index ? 20000 : 5000;  // without one each removal is a search
  while (subject.model.size() < names) subject.change(100, 0, 0);
  subject.require_exact();
  world.audit();

  while (!subject.model.empty()) subject.change(0, 100, 0);
  subject.require_exact();
}

TEST_CASE("an index made anew is exact, whatever became of the old one", "[directory][edit]") {
  const Kind kind =
      GENERATE(Kind{512, false, true, true}, Kind{1024, true, true, false}, Kind{4096, true, true, true});
  const u32 names = GENERATE(5u, 40u, 3000u);
  const bool sound = GENERATE(true, false);
  CAPTURE(kind.block_size, kind.checksums, kind.in_inode, names, sound);
  EditWorld world(wish_for(kind));
  Subject subject(world);
  for (u32 done = 0; done < names; done += 5) subject.change(5, 0, 0);
  Space space = world.space();
  const u64 used = world.used_clusters();

  world.edit([&](Transaction& transaction) {
    rebuild_index(transaction, space, subject.number, sound ? OldIndex::give_back : OldIndex::forget);
  });

  subject.require_exact();
  world.audit();
  if (sound) REQUIRE(world.used_clusters() <= used + used / 100);
  for (u32 round = 0; round < 5; ++round) subject.change(40, 20, 5);
  subject.require_exact();
}

TEST_CASE("a directory gets an index when it had none, and room for trailers", "[directory][edit]") {
  const u32 block_size = GENERATE(512u, 4096u);
  EditWorld world(wish_for({block_size, false, true, true}));
  Subject subject(world);
  Space space = world.space();
  for (u32 round = 0; round < 20; ++round) subject.change(20, 5, 0);
  world.edit(
      [&](Transaction& transaction) { drop_index(transaction, space, subject.number, OldIndex::give_back); });
  REQUIRE_FALSE(world.volume().inode(subject.number)->has_dynamic(dynamic_feature::indexed_dir));
  for (u32 round = 0; round < 40; ++round) subject.change(20, 5, 0);  // these fill the trailers' places
  subject.require_exact();

  world.edit([&](Transaction& transaction) {
    rebuild_index(transaction, space, subject.number, OldIndex::give_back);
  });

  REQUIRE(world.volume().inode(subject.number)->has_dynamic(dynamic_feature::indexed_dir));
  subject.require_exact();
  world.audit();
}

TEST_CASE("full blocks get room for trailers before a feature asks for them", "[directory][edit]") {
  const u32 block_size = GENERATE(512u, 4096u);
  EditWorld world(wish_for({block_size, false, false, true}));
  Subject subject(world);
  for (u32 round = 0; round < 40; ++round) subject.change(50, 5, 0);
  Space space = world.space();

  world.edit([&](Transaction& transaction) { add_trailers(transaction, space, subject.number); });

  subject.require_exact();
  world.audit();
  Directory(world.volume(), subject.number).each_area([&](BlockNo at, ConstBytes) {
    const auto block = world.volume().cache().read<DirectoryBlock>(at);
    REQUIRE(DirectoryBlock::trailer(block.bytes()).parent_inode == subject.number.value);
    return true;
  });
}

TEST_CASE("a compacted directory holds the same names in fewer blocks", "[directory][edit]") {
  const Kind kind = any_kind();
  const u32 names = GENERATE(3u, 3000u);
  CAPTURE(kind.block_size, kind.checksums, kind.index, kind.in_inode, names);
  EditWorld world(wish_for(kind));
  Subject subject(world);
  for (u32 done = 0; done < names; done += 50) subject.change(50, 0, 0);
  for (u32 done = 0; done < names; done += 50) subject.change(0, 45, 0);
  Space space = world.space();
  const u64 size = world.volume().inode(subject.number)->size;
  const u64 used = world.used_clusters();

  world.edit([&](Transaction& transaction) {
    compact_directory(transaction, space, subject.number, OldIndex::give_back);
  });

  subject.require_exact();
  world.audit();
  REQUIRE(world.used_clusters() <= used);
  if (names == 3000) REQUIRE(world.volume().inode(subject.number)->size < size / 4);
  for (u32 round = 0; round < 5; ++round) subject.change(40, 20, 5);
  subject.require_exact();
}

TEST_CASE("an entry can be made to lead elsewhere", "[directory][edit]") {
  const Kind kind = any_kind();
  EditWorld world(wish_for(kind));
  Subject subject(world);
  subject.change(100, 0, 0);
  const std::string name = subject.old_name();
  Space space = world.space();

  world.edit([&](Transaction& transaction) {
    DirectoryEditor editor(transaction, space, subject.number);
    REQUIRE(editor.replace(name, InodeNo(77), EntryType::fifo));
    REQUIRE(editor.replace("..", InodeNo(78), EntryType::directory));
    REQUIRE(editor.find(name) == InodeNo(77));
    REQUIRE_FALSE(editor.replace("nobody", InodeNo(77), EntryType::fifo));
    REQUIRE_FALSE(editor.remove("nobody"));
    REQUIRE_FALSE(editor.rename("nobody", "somebody"));
  });

  subject.model.at(name) = InodeNo(77);
  subject.require_exact();
  REQUIRE(Directory(world.volume(), subject.number).search("..") == InodeNo(78));
}

TEST_CASE("the blocks of names that share too many hashes are refused, not lost", "[directory][edit]") {
  EditWorld world(wish_for({512, false, true, true}));
  Subject subject(world);
  subject.change(300, 0, 0);
  Space space = world.space();
  Transaction transaction(world.volume().cache(), world.write_ahead);
  const BlockNo root(world.volume().inode(subject.number)->index_root);
  IndexEditor index(transaction, space, root);

  REQUIRE_THROWS_WITH(
      [&] {
        for (u32 i = 0; i < 30; ++i) index.insert("one name", BlockNo(1000 + i));
      }(),
      Catch::Contains("share the hash"));

  transaction.abort();
  subject.require_exact();
}

TEST_CASE("whenever a rewrite is cut off, the directory holds every name once", "[directory][edit]") {
  const Kind kind =
      GENERATE(Kind{512, false, true, true}, Kind{512, true, true, false}, Kind{1024, true, false, true});
  const bool compacted = GENERATE(true, false);
  if (!compacted && !kind.index) return;
  CAPTURE(kind.block_size, kind.checksums, kind.index, compacted);
  EditWorld world(wish_for(kind));
  Subject subject(world);
  for (u32 done = 0; done < 8000; done += 100) subject.change(100, 0, 0);
  for (u32 done = 0; done < 5000; done += 100) subject.change(0, 100, 0);
  Space space = world.space();
  Witness witness(world.write_ahead, [&] {
    MemoryDevice left = world.device;
    const auto volume = Volume::open(left);
    DirectoryAudit(*volume, subject.number).require_holds(subject.model);
  });
  Transaction transaction(world.volume().cache(), witness);

  if (compacted)
    compact_directory(transaction, space, subject.number, OldIndex::give_back);
  else
    rebuild_index(transaction, space, subject.number, OldIndex::give_back);
  transaction.commit();

  REQUIRE(witness.commits > 4);
  subject.require_exact();
  world.audit();
}

TEST_CASE("a full volume refuses names, and what was there stays", "[directory][edit]") {
  const Kind kind = any_kind();
  CAPTURE(kind.block_size, kind.checksums, kind.index, kind.in_inode);
  EditWorld world(wish_for(kind));
  Subject subject(world);
  subject.change(100, 0, 0);
  Space space = world.space();
  world.edit([&](Transaction& transaction) {
    const u64 bits = world.allocator(SystemFile::global_bitmap).free_bits();
    for (u64 left = bits - 2; left > 0;)
      left -= space.allocate_clusters(transaction, static_cast<u32>(std::min<u64>(left, 0xFFFF))).count;
  });

  bool full = false;
  for (u32 round = 0; round < 1000 && !full; ++round) {
    Transaction transaction(world.volume().cache(), world.write_ahead);
    const std::string name = subject.new_name();
    try {
      DirectoryEditor(transaction, space, subject.number).add(name, subject.number, EntryType::regular);
      transaction.commit();
      subject.model.emplace(name, subject.number);
    } catch (const Error& error) {
      REQUIRE(error.kind() == ErrorKind::no_space);
      full = true;
    }
  }

  REQUIRE(full);
  subject.require_exact();
  world.audit();
}

TEST_CASE("a list or an index that leads to another directory's block is damage", "[directory][edit]") {
  EditWorld world(wish_for({1024, true, true, false}));
  Subject subject(world);
  Space space = world.space();
  const InodeNo root = world.volume().root();
  const BlockNo strange = ExtentTree::of(world.volume().cache(), world.volume().inode(root)).find(0)->block;
  Transaction transaction(world.volume().cache(), world.write_ahead);
  const BlockNo index(world.volume().inode(subject.number)->index_root);
  transaction.edit<IndexRoot>(index).free_block = strange.value;
  DirectoryEditor editor(transaction, space, subject.number);

  REQUIRE_THROWS_WITH(editor.add("name", root, EntryType::regular),
                      Catch::Contains("is not one of directory"));

  IndexEditor(transaction, space, index).insert("lost+found", strange);
  REQUIRE_THROWS_WITH(editor.find("lost+found"), Catch::Contains("is not one of directory"));
}

TEST_CASE("damage in a directory ends an edit with an error, and no worse", "[directory][edit]") {
  const Kind kind =
      GENERATE(Kind{512, false, true, true}, Kind{1024, false, false, true}, Kind{4096, false, true, true});
  EditWorld world(wish_for(kind));
  Subject subject(world);
  for (u32 round = 0; round < 10; ++round) subject.change(kind.block_size / 4, 20, 0);
  Volume& volume = world.volume();
  std::vector<BlockNo> targets{block_of(subject.number)};
  const auto inode = volume.inode(subject.number);
  const auto take = [&](const ExtentRun& run) {
    for (u64 i = 0; i < run.clusters * world.geometry().blocks_per_cluster(); ++i)
      targets.push_back(run.block + i);
    return true;
  };
  ExtentTree::of(volume.cache(), inode).each_run(take);
  ExtentTree::of(volume.cache(), inode).each_block([&](const auto& block) {
    targets.push_back(block.block());
  });
  if (kind.index) {
    const auto root = volume.cache().read<IndexRoot>(BlockNo(inode->index_root));
    targets.insert(targets.end(), 20, root.block());
    ExtentTree::of(volume.cache(), root).each_run(take);
  }
  const MemoryDevice sound = world.device;
  u32 refused = 0;

  for (u32 trial = 0; trial < 400; ++trial) {
    world.device = sound;
    for (u32 flips = 1 + subject.pick(8); flips > 0; --flips) {
      const BlockNo target = targets[subject.pick(static_cast<u32>(targets.size()))];
      const u64 offset = (target.value << world.geometry().block_bits) +
                         (subject.pick(2) == 0 ? subject.pick(kind.block_size) : subject.pick(64) + 0xC0);
      world.device.write(TestKey{}, offset, std::vector<u8>{static_cast<u8>(subject.random())});
    }
    Space space = world.space();
    const std::string old_name = subject.old_name();
    const auto attempt = [&](const std::function<void(Transaction&)>& change) {
      volume.cache().drop_all();
      try {
        world.edit(change);
      } catch (const Error&) {
        ++refused;
      }
    };
    attempt([&](Transaction& transaction) {
      DirectoryEditor editor(transaction, space, subject.number);
      for (u32 i = 0; i < 20; ++i) editor.add("new " + std::to_string(i), subject.number, EntryType::fifo);
      editor.rename(old_name, "a longer name than the old one, to be sure");
      editor.remove("new 7");
    });
    attempt([&](Transaction& transaction) {
      compact_directory(transaction, space, subject.number, OldIndex::give_back);
    });
    attempt([&](Transaction& transaction) { delete_inode(transaction, space, subject.number, now); });
  }

  REQUIRE(refused > 100);
  REQUIRE(refused < 1200);
}

}  // namespace ocfs2
