// SPDX-License-Identifier: GPL-2.0-or-later
//
// change_owners VOLUME SEED -- files of many owners come, change hands, grow, shrink and go, through the
// journal of slot 0, and quota is counted along. Whoever counts afterwards must count the same.
#include <fmt/core.h>

#include <cstdlib>
#include <random>

#include "engine/error.h"
#include "engine/io/file_device.h"
#include "engine/volume/directory_edit.h"
#include "engine/volume/extent_edit.h"
#include "engine/volume/inode_life.h"
#include "engine/volume/quota_edit.h"
#include "engine/volume/volume_journal.h"

namespace ocfs2 {
namespace {

constexpr u64 now = 1'800'000'000;

class Market {
 public:
  Market(BlockDevice& device, u32 seed) : seed_(seed), dice_(seed) {
    volume_ = Volume::open(device, {.read_only = false});
    journal_ = open_slot_journal(*volume_, 0, [] { return now; });
    space_.emplace(*volume_, 0);
  }

  void trade() {
    for (u32 i = 0; i < 1500; ++i) {
      Transaction transaction(volume_->cache(), *journal_);
      const u32 kind = files_.empty() ? 0 : dice_() % 8;
      if (kind < 3)
        come(transaction);
      else if (kind < 6)
        change_hands(transaction, files_[dice_() % files_.size()].second);
      else
        go(transaction, dice_() % files_.size());
      transaction.commit();
    }
    journal_->close();
  }

 private:
  u32 some_id() { return dice_() % 8 == 0 ? 4'000'000'000 + dice_() % 50 : 1000 + dice_() % 40 * 1237; }

  void count(Transaction& transaction, const Inode& inode, s64 sign) {
    const s64 bytes = sign * (s64{inode.clusters} << volume_->geometry().cluster_bits);
    const u32 uid = inode.uid, gid = inode.gid;
    if (volume_->has(feature::usrquota))
      QuotaEdit(transaction, *space_, QuotaType::user).change(uid, bytes, sign);
    if (volume_->has(feature::grpquota))
      QuotaEdit(transaction, *space_, QuotaType::group).change(gid, bytes, sign);
  }
  Inode now_of(Transaction& transaction, InodeNo inode) { return *transaction.read<Inode>(block_of(inode)); }

  void come(Transaction& transaction) {
    const std::string name = fmt::format("good-{}-{}", seed_, made_++);
    const InodeNo file =
        create_inode(transaction, *space_,
                     {.mode = file_mode::regular | 0644, .seconds = now, .uid = some_id(), .gid = some_id()});
    link_inode(transaction, *space_, volume_->root(), name, file);
    if (const u32 wanted = dice_() % 6; wanted > 0) {
      const BitRun run = space_->allocate_clusters(transaction, wanted);
      ExtentEdit(transaction, *space_, ExtentRoot::of(transaction.read<Inode>(block_of(file))))
          .insert({.clusters = run.count,
                   .block = volume_->geometry().first_block_of(ClusterNo(run.first)),
                   .flags = ExtentRecord::unwritten});
      transaction.edit<Inode>(block_of(file)).size = run.count << volume_->geometry().cluster_bits;
    }
    count(transaction, now_of(transaction, file), 1);
    files_.emplace_back(name, file);
  }

  void change_hands(Transaction& transaction, InodeNo file) {
    count(transaction, now_of(transaction, file), -1);
    Inode& edited = transaction.edit<Inode>(block_of(file));
    edited.uid = some_id();
    edited.gid = some_id();
    count(transaction, edited, 1);
  }

  void go(Transaction& transaction, std::size_t at) {
    const auto [name, file] = files_[at];
    count(transaction, now_of(transaction, file), -1);
    DirectoryEditor(transaction, *space_, volume_->root()).remove(name);
    transaction.edit<Inode>(block_of(file)).set_links(0);
    delete_inode(transaction, *space_, file, now);
    files_.erase(files_.begin() + static_cast<std::ptrdiff_t>(at));
  }

  u32 seed_;
  std::mt19937 dice_;
  std::unique_ptr<Volume> volume_;
  std::unique_ptr<SlotJournal> journal_;
  std::optional<Space> space_;
  std::vector<std::pair<std::string, InodeNo>> files_;
  u32 made_ = 0;
};

}  // namespace
}  // namespace ocfs2

int main(int count, char** words) {
  if (count != 3) return fmt::print(stderr, "usage: change_owners VOLUME SEED\n"), 2;
  try {
    const auto device = ocfs2::FileDevice::open(words[1], ocfs2::Access::exclusive);
    ocfs2::Market(*device, static_cast<unsigned>(std::strtoul(words[2], nullptr, 10))).trade();
  } catch (const ocfs2::Error& error) {
    return fmt::print(stderr, "change_owners: {}\n", error.what()), 1;
  }
  return 0;
}
