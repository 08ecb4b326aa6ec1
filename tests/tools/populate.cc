// SPDX-License-Identifier: GPL-2.0-or-later
//
// populate VOLUME INODES SEED [OWNERS] -- fills a fresh volume with a tree as people have them: many small
// directories and a few large ones, files inside their inodes and in one or a few extents, some of hundreds
// of extents, symbolic links, attributes. The same seed makes the same tree. Everything is root's, or belongs
// to so many users and groups in turns. Data is only allocated: it reads as whatever the device had there.
// Nothing is journalled, so that 400,000 inodes take seconds; when it dies, the volume is lost.
//
// The tree goes to standard output, an object a line, so that others can make it in their file systems:
// "d PATH", "f PATH BYTES", "l PATH TARGET"; a directory comes before what is in it.
#include <fmt/core.h>

#include <cstdlib>
#include <random>

#include "engine/error.h"
#include "engine/io/file_device.h"
#include "engine/journal/in_place.h"
#include "engine/volume/directory_edit.h"
#include "engine/volume/inode_life.h"
#include "engine/wreck/furnish_attributes.h"
#include "tests/worlds/test_key.h"

namespace ocfs2 {
namespace {

constexpr u64 seconds = 1'800'000'000;
constexpr u32 large_directory_files = 4000;
constexpr u32 many_extents = 600;  ///< more than an inode holds

/// Puts what it is given in its place at once; data is left as it is.
class Straight final : public WriteAhead {
 public:
  Straight(BlockDevice& device, u32 block_size) : device_(device), block_size_(block_size) {}
  void commit(std::span<const BlockImage> blocks) override {
    write_in_place(device_, TestKey{}, block_size_, blocks);
  }
  void write_data(u64 offset, ConstBytes bytes) override { device_.write(TestKey{}, offset, bytes); }
  void zero_data(u64, u64) override {}

 private:
  BlockDevice& device_;
  u32 block_size_;
};

OpenOptions for_writing() {
  OpenOptions options;
  options.read_only = false;
  options.cache_bytes = 256 << 20;
  return options;
}

class Settlers {
 public:
  Settlers(BlockDevice& device, u32 seed, u32 owners)
      : random_(seed),
        owners_(owners),
        volume_(Volume::open(device, for_writing())),
        straight_(device, volume_->geometry().block_size()),
        space_(*volume_, 0),
        directories_{{volume_->root(), ""}} {}

  void settle(u32 inodes) {
    for (left_ = inodes; left_ > 0;) furnish_next();
  }

 private:
  struct Directory {
    InodeNo inode;
    std::string path;  ///< empty, or ends in no slash
  };

  u32 below(u32 limit) { return static_cast<u32>(random_() % limit); }
  bool one_in(u32 chances) { return below(chances) == 0; }

  /// Gives the oldest directory that has nothing yet its children: one transaction.
  void furnish_next() {
    require(next_ < directories_.size());
    const Directory home = directories_[next_++];
    const u32 files = one_in(1000) ? large_directory_files : below(24);
    const u32 children = next_ < 200 ? 4 : below(3) + (next_ == directories_.size());
    Transaction transaction(volume_->cache(), straight_);
    for (u32 i = 0; i < children && take_one(); ++i) add_directory(transaction, home);
    DirectoryEditor editor(transaction, space_, home.inode);
    for (u32 i = 0; i < files && take_one(); ++i) add_file(transaction, editor, home);
    transaction.commit();
  }

  bool take_one() { return left_ > 0 && left_-- > 0; }
  std::string name(std::string_view kind) { return fmt::format("{}-{:x}", kind, ++names_); }
  InodeBirth birth(u16 mode) const {
    const u32 owner = owners_ == 0 ? 0 : 1000 + names_ % owners_;
    return {.mode = mode, .links = 1, .seconds = seconds, .uid = owner, .gid = owner};
  }

  void add_directory(Transaction& transaction, const Directory& home) {
    const std::string own = name("folder");
    InodeBirth newborn = birth(file_mode::directory | 0755);
    newborn.links = 0;
    const InodeNo inode = make_directory(transaction, space_, home.inode, own, newborn);
    directories_.push_back({inode, home.path + "/" + own});
    fmt::print("d {}\n", directories_.back().path);
  }

  void add_file(Transaction& transaction, DirectoryEditor& editor, const Directory& home) {
    const bool link = one_in(25);
    const std::string own = name(link ? "link" : one_in(3) ? "a-rather-longer-name-of-a-document" : "file");
    const std::string target = fmt::format("../somewhere/else/{}", names_);
    const InodeNo inode = link ? create_symlink(transaction, space_, birth(file_mode::symlink | 0777), target)
                               : create_inode(transaction, space_, birth(file_mode::regular | 0644));
    editor.add(own, inode, link ? EntryType::symlink : EntryType::regular);
    if (link) return fmt::print("l {}/{} {}\n", home.path, own, target);
    fill(transaction, inode);
    fmt::print("f {}/{} {}\n", home.path, own, u64{transaction.read<Inode>(block_of(inode))->size});
  }

  void fill(Transaction& transaction, InodeNo file) {
    const u32 chance = below(10'000);
    if (chance < 3000) return fill_inside(transaction, file);
    if (chance < 3100) return furnish_xattr_block(transaction, space_, file);
    if (chance < 3110) return furnish_xattr_buckets(transaction, space_, file);
    if (chance < 3112) return fill_extents(transaction, file, many_extents, 1);
    if (chance < 3800) return fill_extents(transaction, file, 2 + below(4), 2);
    fill_extents(transaction, file, 1, one_in(20) ? 1 + below(8) : 1);
  }

  void fill_inside(Transaction& transaction, InodeNo file) {
    const Bytes block = transaction.edit_as(block_of(file), Inode::kind);
    const Bytes body = Inode::body(block);
    std::ranges::fill(body, u8{0});
    auto& inode = as<Inode>(block);
    inode.dynamic_features |= dynamic_feature::inline_data;
    const u32 room = static_cast<u32>(body.size() - sizeof(InlineData));
    inode.inline_data.count = static_cast<u16>(room);
    inode.size = 1 + below(room);
  }

  /// So many extents of so many clusters, with a hole behind each.
  void fill_extents(Transaction& transaction, InodeNo file, u32 extents, u32 clusters) {
    const Geometry& geometry = volume_->geometry();
    u32 end = 0;
    for (u32 i = 0; i < extents; ++i) {
      const BitRun run = space_.allocate_clusters(transaction, clusters);
      const ExtentRun extent{2 * clusters * i, run.count, geometry.first_block_of(ClusterNo(run.first)), 0};
      ExtentEdit(transaction, space_, ExtentRoot::of(transaction.read<Inode>(block_of(file)))).insert(extent);
      end = static_cast<u32>(extent.end());
    }
    transaction.edit<Inode>(block_of(file)).size = (u64{end} << geometry.cluster_bits) - below(4000);
  }

  std::mt19937 random_;
  u32 owners_;
  std::unique_ptr<Volume> volume_;
  Straight straight_;
  Space space_;
  std::vector<Directory> directories_;
  std::size_t next_ = 0;
  u32 left_ = 0, names_ = 0;
};

}  // namespace
}  // namespace ocfs2

int main(int count, char** arguments) {
  if (count != 4 && count != 5) return fmt::print(stderr, "usage: populate VOLUME INODES SEED [OWNERS]\n"), 2;
  const auto number = [&](int i) { return static_cast<unsigned>(std::strtoul(arguments[i], nullptr, 10)); };
  try {
    const auto device = ocfs2::FileDevice::open(arguments[1], ocfs2::Access::exclusive);
    ocfs2::Settlers(*device, number(3), count == 5 ? number(4) : 0).settle(number(2));
  } catch (const ocfs2::Error& error) {
    return fmt::print(stderr, "populate: {}\n", error.what()), 1;
  }
  return 0;
}
