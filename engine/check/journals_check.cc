// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/journals_check.h"

#include <algorithm>

#include "engine/check/problems/journals.h"
#include "engine/error.h"
#include "engine/volume/extent_edit.h"

namespace ocfs2 {
namespace {

/// A log with less room than this is too small for some repairs.
constexpr u32 log_blocks_wanted = 512;

}  // namespace

JournalsCheck::JournalsCheck(Volume& volume, Examiner& examiner, Reporter& reporter,
                             std::function<u64()> now_seconds)
    : volume_(volume), examiner_(examiner), reporter_(reporter), now_seconds_(std::move(now_seconds)) {}

void JournalsCheck::examine(Mender* mender) {
  for (SlotLog& log : logs_)
    if (log.inode.value != 0 && std::exchange(log.fresh, false)) resolve_one(log, mender);
  if (mender == nullptr) return;
  mender->commit();
  for (SlotLog& log : logs_)
    if (log.resized) log.inode_sound = true;
}

void JournalsCheck::resolve_one(SlotLog& log, Mender* mender) {
  if (log.error_number != 0) {
    reporter_.warn(
        fmt::format("Found jbd2 super block error status {} on slot {}.", log.error_number, log.slot));
    trouble_ = true;
  }
  if (!log.replayed) resolve(log);
  if (!log.usable()) return;
  resolve_size(log, mender);
  resolve_features(log);
}

bool JournalsCheck::all_named() const {
  return std::ranges::all_of(logs_, [](const SlotLog& log) { return log.inode.value != 0; });
}

void JournalsCheck::resolve(SlotLog& log) {
  const Facts facts{.inode = log.inode, .count = log.scan.transactions.size(), .slot = log.slot};
  const auto ask = [&](const Problem& problem, std::string_view detail) {
    trouble_ = true;
    Facts all = facts;
    all.detail = detail;
    return examiner_.resolve(problem, all);
  };
  if (!log.trouble.empty()) {
    const Problem& problem = log.unknown_feature ? problem::JOURNAL_UNKNOWN_FEATURE
                             : log.dirty         ? problem::JOURNAL_LOST
                                                 : problem::JOURNAL_FILE_INVALID;
    if (ask(problem, log.trouble)) to_rebuild_[log.slot] = &problem;
  } else if (!log.scan.damage.empty()) {
    if (ask(problem::JOURNAL_DAMAGED, bare_words(log, log.scan.damage)))
      log.scan.damage.clear();
    else
      log.trouble = log.scan.damage;
  }
}

void JournalsCheck::resolve_size(SlotLog& log, Mender* mender) {
  const u64 expected = std::max(largest_, log.extent_clusters);
  const u64 found = std::min(log.size_clusters, log.extent_clusters);
  if (found >= expected) return;
  const bool longer = log.extent_clusters < expected;
  const std::string_view detail =
      longer ? "other journals of the volume have as many" : "its extents hold as many";
  trouble_ = true;
  if (!examiner_.resolve(
          problem::JOURNAL_TOO_SMALL,
          {.inode = log.inode, .found = found, .expected = expected, .slot = log.slot, .detail = detail}))
    return;
  if (longer) to_rebuild_[log.slot] = &problem::JOURNAL_TOO_SMALL;
  if (longer || mender == nullptr) return;
  const auto cached = volume_.cache().read_unjudged(block_of(log.inode), Inode::kind);
  Inode& inode = as<Inode>(mender->edit(block_of(log.inode), Inode::kind, cached->bytes));
  inode.clusters = static_cast<u32>(expected);
  inode.size = expected << volume_.geometry().cluster_bits;
  log.resized = true;
}

void JournalsCheck::resolve_features(SlotLog& log) {
  const u32 missing = features_ & ~log.reader->super().incompat();
  if (missing == 0) return;
  trouble_ = true;
  const bool needed = volume_.geometry().blocks() >> 32 != 0;
  log.add_features =
      examiner_.resolve(problem::JOURNAL_MISSING_FEATURE,
                        {.inode = log.inode,
                         .slot = log.slot,
                         .detail = needed ? "which this volume needs" : "which others of the volume can"});
}

SlotLog* JournalsCheck::next_to_replay() {
  const auto next = std::ranges::find_if(logs_, [](const SlotLog& log) {
    return log.dirty && log.usable() && log.scan.damage.empty() && !log.replayed;
  });
  return next == logs_.end() ? nullptr : &*next;
}

bool JournalsCheck::any_to_replay() const {
  return std::ranges::any_of(logs_, [](const SlotLog& log) { return log.dirty && !log.replayed; });
}

// ---- replay ----

std::unique_ptr<SlotJournal> JournalsCheck::slot_journal(const SlotLog& log) {
  return std::make_unique<SlotJournal>(volume_.cache(), log.inode, LogMap(log.runs), others(log.slot),
                                       journal_name(log.slot), now_seconds_);
}

/// For a log whose inode fsck has yet to mend: as SlotJournal::replay, with the inode left alone.
u64 JournalsCheck::replay_beside(SlotLog& log, WayToWrite& way) {
  const u64 blocks =
      log.reader->replay(log.scan, [&](std::span<const BlockImage> images) { way.commit(images); });
  JournalSuperBlock super = log.reader->super();
  super.start = 0;
  super.sequence = log.scan.next_sequence;
  if (JournalFormat{super.incompat()}.tail_bytes() != 0) super.checksum = journal_super_checksum(super);
  write_log_super(log, super, way);
  return blocks;
}

void JournalsCheck::write_log_super(const SlotLog& log, const JournalSuperBlock& super, WayToWrite& way) {
  const u32 block_size = volume_.geometry().block_size();
  const LogMap map(log.runs);
  std::vector<u8> bytes(round_up(journal_super_bytes, block_size));
  as<JournalSuperBlock>(Bytes(bytes)) = super;
  for (u64 at = 0; at < bytes.size(); at += block_size)
    way.write_data(map.at(at / block_size).value * block_size, ConstBytes(bytes).subspan(at, block_size));
}

u64 JournalsCheck::replay(WayToWrite& way) {
  u64 replayed = 0;
  for (SlotLog* log = next_to_replay(); log != nullptr; log = next_to_replay()) {
    reporter_.note(fmt::format("Replaying slot {}'s journal.", log->slot));
    volume_.cache().drop_all();
    if (log->inode_sound) {
      log->journal = slot_journal(*log);
      log->journal->replay(log->scan);
    } else {
      replay_beside(*log, way);
    }
    log->replayed = true;
    ++replayed;
    reporter_.note(fmt::format("Slot {}'s journal replayed successfully.", log->slot));
    volume_.cache().drop_all();
    read_all();
  }
  return replayed;
}

u64 JournalsCheck::show(ReplayedView& view) {
  u64 shown = 0;
  for (SlotLog* log = next_to_replay(); log != nullptr; log = next_to_replay()) {
    view.add(*log->reader, log->scan);
    log->replayed = true;
    ++shown;
    volume_.cache().drop_all();
    read_all();
  }
  return shown;
}

void JournalsCheck::tell_unreplayed() {
  bool any = false;
  for (const SlotLog& log : logs_) {
    if (!log.dirty || log.replayed) continue;
    any = true;
    reporter_.warn(fmt::format("Slot {}'s journal can not be replayed.", log.slot));
  }
  if (any)
    reporter_.warn(
        "*** There were problems replaying journals.  Be careful in telling fsck to make repairs to this "
        "filesystem.");
}

// ---- which of them repairs may go through ----

bool JournalsCheck::is_proven(const SlotLog& log) const {
  if (!log.usable() || !log.inode_sound || (log.dirty && !log.replayed)) return false;
  if (to_rebuild_.contains(log.slot) || lies_on_reserved(log)) return false;
  const JournalSuperBlock& super = log.reader->super();
  const bool checksums = JournalFormat{super.incompat()}.tail_bytes() != 0;
  const bool wide =
      ((super.incompat() | (log.add_features ? features_ : 0)) & journal_feature::wide_blocks) != 0;
  return !checksums && super.blocks - super.first >= log_blocks_wanted &&
         (wide || volume_.geometry().blocks() >> 32 == 0);
}

void JournalsCheck::offer(WayToWrite& way) {
  for (SlotLog& log : logs_) {
    if (!log.usable() || !log.inode_sound || std::exchange(log.offered, true)) continue;
    if (!log.journal && !log.dirty) log.journal = slot_journal(log);
    if (!log.journal) continue;
    if (log.add_features) log.journal->add_features(features_);
    if (is_proven(log))
      way.trust(std::move(log.journal), log.dirty);
    else
      way.keep(std::move(log.journal), log.dirty);
  }
}

// ---- after the passes ----

/// A journal from which the passes had to take clusters gets others: a part of that repair.
void JournalsCheck::find_shortened() {
  for (const SlotLog& log : logs_)
    if (log.usable() && !to_rebuild_.contains(log.slot) &&
        read(log.slot).extent_clusters < log.extent_clusters)
      to_rebuild_[log.slot] = &problem::JOURNAL_FILE_INVALID;
}

void JournalsCheck::rebuild(Mender& mender, WayToWrite& way) {
  find_shortened();
  for (SlotLog& log : logs_) log.runs = read(log.slot).runs;  // the passes may have moved them apart
  const u64 clusters = clusters_of_new_logs();
  for (const auto& [slot, problem] : to_rebuild_) {
    bool made = false;
    SlotLog log = read(slot);
    try {
      made = log.inode_sound && log.trouble.empty() && make_log(log, clusters, mender, way);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::interrupted) throw;
      mender.transaction().abort();
      reporter_.warn(fmt::format("{}: no new log could be made: {}", journal_name(slot), error.what()));
    }
    if (!made) examiner_.could_not_mend(*problem);
  }
  to_rebuild_.clear();
}

bool JournalsCheck::has_own_place(const SlotLog& log) const {
  if (lies_on_reserved(log)) return false;
  for (const BlockRun& own : log.runs)
    for (const BlockRun& other : others(log.slot))
      if (own.first.value < other.first.value + other.blocks &&
          other.first.value < own.first.value + own.blocks)
        return false;
  return true;
}

/// Takes away what lies behind a hole. Its clusters are given back where all else is as it should be: then
/// nobody else has them.
void JournalsCheck::cut_behind_hole(const SlotLog& log, Mender& mender) {
  constexpr u64 keys_end = u64{1} << 32;
  const bool alone = examiner_.total().left() == 0;
  for (u64 end = keys_end; end > log.extent_clusters; mender.commit()) {
    Transaction& transaction = mender.transaction();
    Space space(volume_, log.slot);
    end = ExtentEdit(transaction, space, ExtentRoot::of(transaction.read<Inode>(block_of(log.inode))))
              .remove(log.extent_clusters, end, [&](const ExtentRun& run) {
                if (alone)
                  space.free_clusters(transaction, volume_.geometry().cluster_of(run.block), run.clusters);
              });
  }
}

/// Adds clusters until the journal has as many as the largest.
void JournalsCheck::lengthen(SlotLog& log, u64 clusters, Mender& mender) {
  Space space(volume_, log.slot);
  while (log.extent_clusters < clusters) {
    Transaction& transaction = mender.transaction();
    const BitRun run = space.allocate_clusters(
        transaction, static_cast<u32>(std::min<u64>(clusters - log.extent_clusters, 0xFFFF)));
    const BlockNo first = volume_.geometry().first_block_of(ClusterNo(run.first));
    ExtentEdit(transaction, space, ExtentRoot::of(transaction.read<Inode>(block_of(log.inode))))
        .insert({.cpos = log.extent_clusters, .clusters = run.count, .block = first});
    log.extent_clusters += run.count;
    log.runs.push_back({first, run.count * volume_.geometry().blocks_per_cluster()});
    mender.commit();
  }
}

/// As many as the sound ones have; where there is none, as the largest of those that are made anew.
u64 JournalsCheck::clusters_of_new_logs() {
  u64 clusters = std::max(largest_, volume_.geometry().clusters_for(journal_bytes_min));
  if (largest_ != 0) return clusters;
  for (const auto& [slot, problem] : to_rebuild_)
    if (const SlotLog log = read(slot); log.trouble.empty() && has_own_place(log))
      clusters = std::max(clusters, log.extent_clusters);
  return clusters;
}

bool JournalsCheck::make_log(SlotLog& log, u64 clusters, Mender& mender, WayToWrite& way) {
  const Geometry& geometry = volume_.geometry();
  if (!has_own_place(log)) return false;
  way.forget(log.inode);
  cut_behind_hole(log, mender);
  lengthen(log, clusters, mender);
  for (const BlockRun& run : log.runs)
    way.zero_data(geometry.byte_of(run.first), run.blocks << geometry.block_bits);
  const u64 blocks = LogMap(log.runs).blocks();
  if (blocks >> 32 != 0) return false;
  write_log_super(log,
                  fresh_journal_super(geometry.block_size(), static_cast<u32>(blocks), volume_.super().uuid,
                                      features_ != 0),
                  way);
  Inode& inode = mender.transaction().edit<Inode>(block_of(log.inode));
  inode.size = log.extent_clusters << geometry.cluster_bits;
  inode.journal.flags &= ~JournalState::dirty;
  mender.commit();
  return true;
}

void JournalsCheck::clear_flags(Mender& mender) {
  for (const SlotLog& log : logs_) {
    if (!log.dirty || !log.replayed || log.inode_sound) continue;
    Inode& inode = mender.transaction().edit<Inode>(block_of(log.inode));
    inode.journal.flags &= ~JournalState::dirty;
    inode.journal.recovery_generation += 1;
    reporter_.note(fmt::format("Slot {}'s journal dirty flag removed", log.slot));
  }
}

}  // namespace ocfs2
