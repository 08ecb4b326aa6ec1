// SPDX-License-Identifier: GPL-2.0-or-later
//
// grow_trees VOLUME SEED FOLDER -- makes files in the root directory whose extent trees have been through a
// lot: grown at the end and in the middle, punched, emptied, marked, shared and torn apart again. What each
// of them must read as goes to FOLDER, one file each. Whoever checks the volume must find nothing, and
// whoever reads the files must see the same.
#include <fmt/core.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <random>

#include "engine/error.h"
#include "engine/io/file_device.h"
#include "engine/volume/inode_life.h"
#include "engine/volume/refcount_edit.h"
#include "engine/volume/volume_journal.h"

namespace ocfs2 {
namespace {

constexpr u32 keys = 6000;  ///< clusters that a file may reach over
constexpr u64 seconds = 1'800'000'000;

/// A file that is made, and which text each of its clusters begins with; empty: reads as zeros.
struct Plant {
  std::string name;
  InodeNo inode{};
  std::map<u32, std::string> clusters{};
};

class Gardener {
 public:
  Gardener(BlockDevice& device, u32 seed) : random_(seed) {
    OpenOptions options;
    options.read_only = false;
    volume_ = Volume::open(device, options);
    journal_ = open_slot_journal(*volume_, 0, [] { return seconds; });
    space_.emplace(*volume_, 0);
  }

  void grow(const std::string& folder) {
    Plant scattered = sow("scattered"), appended = sow("appended"), emptied = sow("emptied");
    Plant left = sow("left"), right = sow("right");
    for (u32 cpos = 0; cpos < 1500; cpos += 50) append(appended, cpos);
    for (u32 round = 0; round < 20; ++round) {
      scatter(scattered, 100);
      scatter(emptied, 30);
      scatter(left, 80);
      punch(scattered, below(keys), below(400));
    }
    punch(emptied, 0, keys);
    share(left, right);
    for (u32 round = 0; round < 10; ++round) {
      punch(left, below(keys), below(500));
      punch(right, below(keys), below(500));
      scatter(right, 20);
    }
    for (Plant* plant : {&scattered, &appended, &emptied, &left, &right}) harvest(*plant, folder);
    journal_->close();
  }

 private:
  u32 below(u32 limit) { return static_cast<u32>(random_() % limit); }
  const Geometry& geometry() const { return volume_->geometry(); }
  BlockRef<Inode> inode(const Transaction& transaction, const Plant& plant) const {
    return transaction.read<Inode>(block_of(plant.inode));
  }
  ExtentEdit tree(Transaction& transaction, const Plant& plant) {
    return {transaction, *space_, ExtentRoot::of(inode(transaction, plant))};
  }
  template <class Change>
  void change(Change act) {
    Transaction transaction(volume_->cache(), *journal_);
    act(transaction);
    transaction.commit();
  }

  Plant sow(const std::string& name) {
    Plant plant{name};
    change([&](Transaction& transaction) {
      InodeBirth birth;
      birth.mode = file_mode::regular | 0644;
      birth.seconds = seconds;
      plant.inode = create_inode(transaction, *space_, birth);
      link_inode(transaction, *space_, volume_->root(), name, plant.inode);
    });
    return plant;
  }

  /// Clusters at `cpos`, at most `wanted` of them, from a random place.
  void put(Transaction& transaction, Plant& plant, u32 cpos, u32 wanted, bool unwritten) {
    const BitRun run = space_->allocate_clusters(transaction, wanted, ClusterNo(below(geometry().clusters)));
    const BlockNo first = geometry().first_block_of(ClusterNo(run.first));
    const u8 flags = unwritten ? ExtentRecord::unwritten : 0;
    tree(transaction, plant).insert({cpos, run.count, first, flags});
    for (u32 i = 0; i < run.count; ++i) {
      std::string& text = plant.clusters[cpos + i];
      if (unwritten) continue;
      text = fmt::format("cluster {} of {}\n", cpos + i, plant.name);
      std::vector<u8> bytes(text.begin(), text.end());
      bytes.resize(geometry().cluster_size());
      transaction.write_data(first + u64{i} * geometry().blocks_per_cluster(), bytes);
    }
  }

  void append(Plant& plant, u32 cpos) {
    change([&](Transaction& transaction) {
      for (u32 i = 0; i < 50; ++i) put(transaction, plant, cpos + i, 1, false);
    });
  }

  void scatter(Plant& plant, u32 times) {
    change([&](Transaction& transaction) {
      for (u32 i = 0; i < times; ++i) {
        const u32 cpos = below(keys - 3), wanted = 1 + below(3);
        const auto next = plant.clusters.lower_bound(cpos);
        if (next != plant.clusters.end() && next->first < cpos + wanted) continue;
        put(transaction, plant, cpos, wanted, below(4) == 0);
      }
    });
  }

  void punch(Plant& plant, u32 first, u32 count) {
    for (u64 at = u64{first} + count; at > first;)
      change([&](Transaction& transaction) {
        const auto ref = inode(transaction, plant);
        at = release_extents(transaction, *space_, ExtentRoot::of(ref), BlockNo(ref->refcount_root), first,
                             at);
      });
    plant.clusters.erase(plant.clusters.lower_bound(first), plant.clusters.lower_bound(first + count));
  }

  /// Lets `to`, an empty file, share all that `from` has, as a reflink does.
  void share(Plant& from, Plant& to) {
    BlockNo root;
    change([&](Transaction& transaction) {
      root = RefcountEdit::create(transaction, *space_, static_cast<u32>(random_()));
      for (const Plant* plant : {&from, &to}) {
        RefcountEdit(transaction, *space_, root).join();
        Inode& edited = transaction.edit<Inode>(block_of(plant->inode));
        edited.refcount_root = root.value;
        edited.dynamic_features |= dynamic_feature::has_refcount;
      }
    });
    for (u64 at = keys; at > 0;)
      change([&](Transaction& transaction) {
        at = tree(transaction, from).set_flags(0, at, ExtentRecord::refcounted, 0, 100);
      });
    std::vector<ExtentRun> runs;
    change([&](Transaction& transaction) {
      tree(transaction, from).tree().each_run([&](const ExtentRun& run) {
        return runs.push_back(run), true;
      });
    });
    for (std::size_t done = 0; done < runs.size();)
      change([&](Transaction& transaction) {
        RefcountEdit counts(transaction, *space_, root);
        for (; done < runs.size() && transaction.blocks() < 100; ++done) {
          const ClusterNo first = geometry().cluster_of(runs[done].block);
          for (u32 i = 0; i < 2; ++i) counts.increment(first, static_cast<u32>(runs[done].clusters));
          tree(transaction, to).insert(runs[done]);
        }
      });
    to.clusters = from.clusters;
  }

  /// Sets the size and writes down what the file must read as.
  void harvest(const Plant& plant, const std::string& folder) {
    const u64 clusters = plant.clusters.empty() ? 0 : u64{plant.clusters.rbegin()->first} + 1;
    const u64 bytes = clusters << geometry().cluster_bits;
    change([&](Transaction& transaction) { transaction.edit<Inode>(block_of(plant.inode)).size = bytes; });
    std::ofstream file(folder + "/" + plant.name, std::ios::binary);
    for (const auto& [cpos, text] : plant.clusters) {
      file.seekp(static_cast<std::streamoff>(u64{cpos} << geometry().cluster_bits));
      std::string content = text;
      content.resize(geometry().cluster_size());
      file << content;
    }
  }

  std::mt19937 random_;
  std::unique_ptr<Volume> volume_;
  std::unique_ptr<SlotJournal> journal_;
  std::optional<Space> space_;
};

}  // namespace
}  // namespace ocfs2

int main(int count, char** arguments) {
  if (count != 4) return fmt::print(stderr, "usage: grow_trees VOLUME SEED FOLDER\n"), 2;
  try {
    const auto device = ocfs2::FileDevice::open(arguments[1], ocfs2::Access::exclusive);
    ocfs2::Gardener(*device, static_cast<unsigned>(std::strtoul(arguments[2], nullptr, 10)))
        .grow(arguments[3]);
  } catch (const ocfs2::Error& error) {
    return fmt::print(stderr, "grow_trees: {}\n", error.what()), 1;
  }
  return 0;
}
