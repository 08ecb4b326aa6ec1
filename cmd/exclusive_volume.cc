// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/exclusive_volume.h"

#include <ctime>

#include "cmd/volume_guard.h"
#include "engine/check/recovery.h"
#include "engine/check/volume_check.h"
#include "engine/error.h"
#include "engine/io/in_use.h"
#include "engine/io/open_image.h"
#include "engine/volume/backup_super.h"
#include "engine/volume/volume_journal.h"
#include "ondisk/super_inode.h"

namespace ocfs2 {
namespace {

u64 now_seconds() { return present_moment().seconds; }

/// A journal that was not emptied, or a slot that something was left in.
bool left_behind(Volume& volume) {
  for (u32 number = 0; number < volume.facts().max_slots; ++number)
    if (volume.journal_dirty(number) || needs_recovery(volume, number)) return true;
  return false;
}

}  // namespace

Moment present_moment() {
  timespec time{};
  clock_gettime(CLOCK_REALTIME, &time);
  return {static_cast<u64>(time.tv_sec), static_cast<u32>(time.tv_nsec)};
}

ExclusiveVolume::ExclusiveVolume(const std::string& name, const std::optional<OfflineClaim>& offline,
                                 std::string_view to_look, Console& console) {
  const auto refuse_to_write = [&](const std::string& why) {
    fail(ErrorKind::busy, "{}. To look at it only: {}", why.empty() ? name + " is in use" : why, to_look);
  };
  for (const Use& use : uses_of(name)) refuse_to_write(use_text(use));
  device_ = FileDevice::open(name, Access::exclusive);
  if (image_form(*device_) != ImageForm::plain)
    fail(ErrorKind::invalid_argument, "{} is a metadata image, which is only looked at: {}", name, to_look);
  bool left = false;
  {
    const auto volume = Volume::open(*device_, {.read_only = false});
    GuardOutcome outcome = look_for_others(*volume, {.writing = true, .offline = offline}, console);
    if (!outcome.guard) refuse_to_write(outcome.refusal);
    guard_ = std::move(outcome.guard);
    left = left_behind(*volume);
    if (left) recover(console);
  }
  volume_ = Volume::open(*device_, {.read_only = false, .cache_bytes = cache_bytes});
  journal_ = open_slot_journal(*volume_, slot, now_seconds);
  node_ = std::make_unique<Node>(*volume_, *journal_, slot, locks_, present_moment);
  if (left) node_->delete_orphans();
}

ExclusiveVolume::~ExclusiveVolume() = default;

/// What a node that died left is brought to its end, as the kernel and fsck.ocfs2 do it.
void ExclusiveVolume::recover(Console& console) {
  const std::string& name = device_->name();
  const auto refusal = [](const Finding&) { return Reply::no; };
  VolumeCheck check(*device_, {}, {},
                    {.reporter = console, .ask = refusal, .now_seconds = now_seconds, .undo_path = ""});
  check.prepare();
  if (const auto reason = check.reason_to_check())
    fail(ErrorKind::corrupt, "{} {}; run: fsck.ocfs2 -f {}", name, *reason, name);
  if (!check.finish().clean())
    fail(ErrorKind::corrupt, "{} could not be recovered; run: fsck.ocfs2 -f {}", name, name);
}

bool ExclusiveVolume::change(const std::function<void(Transaction&)>& make) {
  node_->sync();
  Transaction transaction(volume_->cache(), *journal_);
  make(transaction);
  const ConstBytes super = transaction.pending(super_block_no);
  const bool super_changed = !super.empty();
  if (super_changed && facts_from(as<SuperInode>(super)))  // else the commit refuses it
    write_backup_supers(transaction, BlockNo(volume_->geometry().blocks()));
  transaction.commit();
  return super_changed;
}

}  // namespace ocfs2
