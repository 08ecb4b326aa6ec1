// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is changed through a slot's journal is there as a whole or not at all, whenever the machine dies:
// space, trees, and the data that they lead to.
#include <random>

#include "engine/volume/extent_edit.h"
#include "engine/volume/volume_journal.h"
#include "tests/worlds/edit_world.h"
#include "tests/worlds/recording_device.h"

namespace ocfs2 {
namespace {

/// What the clusters of a file hold: each begins with a number of its own.
using Content = std::map<u32, u64>;

constexpr u64 seconds = 1'800'000'000;

/// Writes a file step by step and remembers when each step was complete.
class Writer {
 public:
  Writer(RecordingDevice& device, InodeNo file)
      : device_(device),
        volume_(Volume::open(device, {.read_only = false})),
        file_(file),
        space_(*volume_, 0) {
    journal_ = open_slot_journal(*volume_, 0, [] { return seconds; });
  }

  void step(const std::function<void(Transaction&)>& act) {
    Transaction transaction(volume_->cache(), *journal_);
    act(transaction);
    transaction.commit();
    states.push_back(content_);
    complete.push_back(device_.events());
  }
  void close() { journal_->close(); }

  void put(Transaction& transaction, u32 cpos) {
    const BitRun run = space_.allocate_clusters(transaction, 1);
    const BlockNo block = volume_->geometry().first_block_of(ClusterNo(run.first));
    std::vector<u8> bytes(volume_->geometry().cluster_size());
    as<le64>(Bytes(bytes)) = content_[cpos] = ++number_;
    transaction.write_data(block, bytes);
    tree(transaction).insert({cpos, 1, block, 0});
  }
  void remove(Transaction& transaction, u32 first, u32 end) {
    tree(transaction).remove(first, end, [&](const ExtentRun& run) {
      space_.free_clusters(transaction, volume_->geometry().cluster_of(run.block), run.clusters);
    });
    content_.erase(content_.lower_bound(first), content_.lower_bound(end));
  }

  std::vector<Content> states{{}};       ///< after each step, and before the first
  std::vector<std::size_t> complete{0};  ///< the moment when the step had returned

 private:
  ExtentEdit tree(Transaction& transaction) {
    return {transaction, space_, ExtentRoot::of(transaction.read<Inode>(block_of(file_)))};
  }

  RecordingDevice& device_;
  std::unique_ptr<Volume> volume_;
  std::unique_ptr<SlotJournal> journal_;
  InodeNo file_;
  Space space_;
  Content content_;
  u64 number_ = 0;
};

/// Opens what a crash has left, replays the journal, audits, and reads the file.
Content recovered(MemoryDevice& left, InodeNo file) {
  const auto volume = Volume::open(left, {.read_only = false});
  const auto journal = open_slot_journal(*volume, 0, [] { return seconds; });
  if (journal->dirty()) {
    journal->replay(journal->reader().scan());
    journal->close();
  }
  audit(*volume);
  Content content;
  ExtentTree::of(volume->cache(), volume->inode(file)).each_run([&](const ExtentRun& run) {
    for (u32 i = 0; i < run.clusters; ++i) {
      const BlockNo block = run.block + i * volume->geometry().blocks_per_cluster();
      REQUIRE(in_use(*volume, volume->geometry().cluster_of(block)));
      content[static_cast<u32>(run.cpos) + i] = as<le64>(ConstBytes(volume->cache().read_raw(block, 1)));
    }
    return true;
  });
  return content;
}

}  // namespace

TEST_CASE("a file that is written and cut is whole after any crash, with its data", "[crash]") {
  VolumeWish wish;
  wish.block_size = 512;
  wish.slots = 1;
  wish.features = wish.features | feature::metaecc;
  EditWorld world(wish);
  InodeNo file;
  world.edit([&](Transaction& transaction) {
    Space space = world.space();
    const NewBlock made = space.allocate_inode(transaction);
    file = inode_at(made.block);
    auto& inode = transaction.create<Inode>(made.block);
    stamp(inode.signature, Inode::signature_text);
    inode.fs_generation = world.volume().facts().generation;
    inode.block = made.block.value;
    set_origin(inode, made.origin);
    become_file(inode, world.geometry(), 1 << 20);
  });
  RecordingDevice device(world.device);
  Writer writer(device, file);
  for (u32 round = 0; round < 4; ++round) {
    writer.step([&](Transaction& transaction) {
      for (u32 i = 0; i < 20; ++i) writer.put(transaction, 2 * (20 * round + i));
    });
    writer.step([&](Transaction& transaction) {
      writer.remove(transaction, 30 * round, 30 * round + 9);
      writer.put(transaction, 30 * round + 1);
    });
  }
  writer.close();

  for (std::size_t moment = 0; moment <= device.events(); ++moment)
    for (u64 seed = 0; seed < 3; ++seed) {
      INFO("moment " << moment << ", seed " << seed);
      MemoryDevice left = device.after_power_loss(moment, seed);
      const Content content = recovered(left, file);
      const auto state = std::ranges::find(writer.states, content);
      REQUIRE(state != writer.states.end());
      const auto step = static_cast<std::size_t>(state - writer.states.begin());
      if (step + 1 < writer.complete.size()) REQUIRE(moment < writer.complete[step + 1]);
    }
}

}  // namespace ocfs2
