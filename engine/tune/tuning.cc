// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/tune/tuning.h"

#include "engine/error.h"
#include "engine/volume/backup_super.h"
#include "engine/volume/chain_allocator.h"
#include "engine/volume/volume_journal.h"

namespace ocfs2 {

namespace {

Prospect as_it_is(Volume& volume) {
  const ChainAllocator bitmap(volume, volume.system_file(SystemFile::global_bitmap));
  return {.features = volume.features(),
          .clusters = volume.geometry().clusters,
          .slots = volume.facts().max_slots,
          .free_clusters = bitmap.free_bits()};
}

}  // namespace

Tuning::Tuning(Volume& volume, WayToWrite* way, TuneSurroundings surroundings)
    : prospect(as_it_is(volume)),
      volume_(volume),
      way_(way),
      journals_(way),
      surroundings_(std::move(surroundings)) {}

Tuning::Tuning(Volume& volume, WriteAhead* way, MountedFileSystem* kernel, TuneSurroundings surroundings)
    : prospect(as_it_is(volume)),
      volume_(volume),
      way_(way),
      journals_(nullptr),
      mounted_(true),
      kernel_(kernel),
      surroundings_(std::move(surroundings)) {}

void Tuning::change(const std::function<void(Transaction&)>& make) {
  require(way_ != nullptr);
  if (reporter().interrupted()) fail(ErrorKind::interrupted, "interrupted");
  if (mounted_) volume_.start_over(find_super(volume_.device()));  // the kernel may have changed it
  const BlockNo end(geometry().blocks());
  Transaction transaction(volume_.cache(), *way_);
  make(transaction);
  const bool super_changed = !transaction.pending(super_block_no).empty();
  if (super_changed) write_backup_supers(transaction, end);
  transaction.commit();
  if (super_changed) volume_.start_over(find_super(volume_.device()));
}

void Tuning::write_behind(BlockNo block, ConstBytes bytes) {
  require(way_ != nullptr && block >= BlockNo(geometry().blocks()));
  way_->write_data(geometry().byte_of(block), bytes);
}

void Tuning::without_journal(u32 slot, const std::function<void()>& work) {
  require(journals_ != nullptr);
  const InodeNo inode = inode_at(volume_.system_file(SystemFile::journal, slot).block());
  journals_->release(inode);
  work();
  journals_->trust(open_slot_journal(volume_, slot, surroundings_.now_seconds), false);
}

void Tuning::checkpoint() {
  require(journals_ != nullptr);
  journals_->checkpoint();
}

void Tuning::give_up_journal(u32 slot) {
  require(journals_ != nullptr);
  journals_->release(inode_at(volume_.system_file(SystemFile::journal, slot).block()));
}

void Tuning::change_super(const std::function<void(SuperBlock&)>& make) {
  change([&](Transaction& transaction) { make(edit_super(transaction).super); });
}

}  // namespace ocfs2
