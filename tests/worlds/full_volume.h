// SPDX-License-Identifier: GPL-2.0-or-later
//
// A volume as years of use leave it: files whose clusters lie in turns with holes between them, space in
// reserve, shared clusters, attributes, large directories, and all of that up to the very end.
//
//     fill_volume(device, 85);   // 85 % of the clusters are in use, give or take one
#pragma once

#include <fmt/core.h>

#include "engine/journal/in_place.h"
#include "engine/volume/chain_allocator.h"
#include "engine/volume/extent_edit.h"
#include "engine/volume/inode_life.h"
#include "engine/wreck/furnish.h"
#include "tests/worlds/random_bytes.h"
#include "tests/worlds/test_key.h"

namespace ocfs2 {

/// How many of its clusters a volume has given out.
inline u64 clusters_in_use(BlockDevice& device) {
  const auto volume = Volume::open(device);
  return ChainAllocator(*volume, volume->system_file(SystemFile::global_bitmap)).used_bits();
}

/// Fills a fresh volume, with no journal: when it dies, the volume is lost.
class Occupation {
 public:
  explicit Occupation(BlockDevice& device)
      : volume_(Volume::open(device, {.read_only = false})),
        way_(device, volume_->geometry().block_size()),
        space_(*volume_, 0) {}

  u64 clusters() const { return volume_->geometry().clusters; }
  u64 used() const {
    return ChainAllocator(*volume_, volume_->system_file(SystemFile::global_bitmap)).used_bits();
  }

  template <class Make>
  void edit(const Make& make) {
    Transaction transaction(volume_->cache(), way_);
    make(transaction);
    transaction.commit();
  }

  InodeNo add_file(std::string_view name) {
    InodeNo file;
    edit([&](Transaction& transaction) {
      file = create_inode(transaction, space_, {.mode = file_mode::regular | 0644});
      link_inode(transaction, space_, volume_->root(), name, file);
    });
    return file;
  }

  /// Gives the file clusters of the beginning of the volume, with nothing in them, until so many are in use.
  void take_lower_part(InodeNo file, u64 clusters) {
    while (used() < clusters)
      edit([&](Transaction& transaction) { append(transaction, file, 4096, ClusterNo(), true); });
  }

  void furnish_from(u32 slot) { furnish(*volume_, way_, slot); }

  /// A directory with so many names of one file.
  void add_crowd(u32 names) {
    constexpr u32 at_once = 100;
    const InodeNo file = add_file("one-of-many");
    InodeNo crowd;
    edit([&](Transaction& transaction) {
      crowd = make_directory(transaction, space_, volume_->root(), "crowd", {.mode = 0755});
    });
    for (u32 i = 0; i < names; i += at_once)
      edit([&](Transaction& transaction) {
        for (u32 j = i; j < i + at_once; ++j)
          link_inode(transaction, space_, crowd, fmt::format("a-name-of-some-length-{:05}", j), file);
      });
  }

  /// Lets the files grow in turns, from the end of the volume on downwards, until so many are in use.
  void grow_in_turns(const std::vector<InodeNo>& files, u64 clusters) {
    constexpr u64 apart = 40;
    for (; used() < clusters; ++turn_) {
      place_ = place_ > apart ? place_ - apart : this->clusters() - 1;
      edit([&](Transaction& transaction) {
        append(transaction, files[turn_ % files.size()], 1 + turn_ % 11, ClusterNo(place_), turn_ % 7 == 0);
      });
    }
  }

  /// Takes the ends of these files away in turns, until no more than so many are in use.
  void cut_in_turns(const std::vector<InodeNo>& files, u64 clusters) {
    constexpr u64 at_once = 64;
    for (u32 turn = 0; used() > clusters && turn < 4000; ++turn)
      edit([&](Transaction& transaction) {
        const InodeNo file = files[turn % files.size()];
        const u64 size = transaction.read<Inode>(block_of(file))->size;
        const u64 less = at_once << volume_->geometry().cluster_bits;
        truncate_inode(transaction, space_, file, size > less ? size - less : 0);
      });
  }

 private:
  void append(Transaction& transaction, InodeNo file, u32 wanted, ClusterNo near, bool unwritten) {
    const Geometry& geometry = volume_->geometry();
    const auto inode = transaction.read<Inode>(block_of(file));
    const u64 cpos = geometry.clusters_for(inode->size);
    const BitRun run = space_.allocate_clusters(transaction, wanted, near);
    const BlockNo block = geometry.first_block_of(ClusterNo(run.first));
    if (!unwritten) transaction.write_data(block, random_bytes(run.count * geometry.cluster_size(), turn_));
    const u8 flags = unwritten ? ExtentRecord::unwritten : u8{0};
    ExtentEdit(transaction, space_, ExtentRoot::of(inode))
        .insert({.cpos = cpos, .clusters = run.count, .block = block, .flags = flags});
    transaction.edit<Inode>(block_of(file)).size = (cpos + run.count + turn_ % 2) << geometry.cluster_bits;
  }

  /// Puts what it is given in its place at once.
  class Straight final : public WriteAhead {
   public:
    Straight(BlockDevice& device, u32 block_size) : device_(device), block_size_(block_size) {}
    void commit(std::span<const BlockImage> blocks) override {
      write_in_place(device_, TestKey{}, block_size_, blocks);
    }
    void write_data(u64 offset, ConstBytes bytes) override { device_.write(TestKey{}, offset, bytes); }
    void zero_data(u64 offset, u64 length) override { device_.zero(TestKey{}, offset, length); }

   private:
    BlockDevice& device_;
    u32 block_size_;
  };

  std::unique_ptr<Volume> volume_;
  Straight way_;
  Space space_;
  u64 place_ = 0;
  u32 turn_ = 0;
};

/// Everything of a fresh volume that is not free in the end is reached from the root, and a good part of it
/// lies in the upper half. Quota is to be counted afterwards.
inline void fill_volume(BlockDevice& device, u32 percent, u32 slot = 0) {
  const u64 clusters = Occupation(device).clusters();
  const u64 wanted = clusters * percent / 100;
  const u64 filled = std::min(wanted + wanted / 8, clusters - clusters / 50);  // holes are cut into it
  InodeNo lower;
  {
    Occupation occupation(device);
    lower = occupation.add_file("lower-half");
    occupation.take_lower_part(lower, clusters / 2);
    occupation.furnish_from(slot);
  }
  Occupation occupation(device);
  occupation.add_crowd(2000);
  std::vector<InodeNo> files;
  for (u32 i = 0; i < 6; ++i) files.push_back(occupation.add_file(fmt::format("file-{}", i)));
  occupation.grow_in_turns(files, std::min(filled, clusters * 3 / 4));
  occupation.cut_in_turns({lower}, 0);
  occupation.grow_in_turns(files, filled);
  occupation.cut_in_turns({files[0], files[3]}, wanted);
}

}  // namespace ocfs2
