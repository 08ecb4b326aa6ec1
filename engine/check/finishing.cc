// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/finishing.h"

#include <algorithm>
#include <ctime>

#include "engine/check/problems/blocks.h"
#include "engine/check/problems/volume.h"
#include "engine/error.h"
#include "engine/volume/backup_super.h"
#include "engine/volume/file_data.h"

namespace ocfs2 {
namespace {

constexpr u64 seconds_a_day = 24 * 60 * 60;

std::string date_words(u64 seconds) {
  const std::time_t time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  char text[64] = "";
  if (localtime_r(&time, &parts) != nullptr) std::strftime(text, sizeof text, "%a %b %e %H:%M:%S %Y", &parts);
  return text;
}

/// What stands on the device; zeros when it cannot be read.
std::vector<u8> block_as_it_is(BlockCache& cache, BlockNo block) try {
  cache.drop(block);
  return cache.read_unjudged(block, SuperInode::kind)->bytes;
} catch (const Error& error) {
  if (error.kind() != ErrorKind::io) throw;
  return std::vector<u8>(cache.facts().geometry.block_size());
}

bool ask_about_fields(const SuperChoice& choice, Examiner& examiner) {
  bool all = true;
  for (const SuperChoice::Field& field : choice.fields)
    all &= examiner.resolve(problem::SUPERBLOCK_FIELD,
                            {.found = field.found, .expected = field.expected, .name = field.name});
  if (choice.one_bit || choice.bad_checksum)
    all &= examiner.resolve(
        problem::BAD_CRC32,
        {.inode = inode_at(super_block_no),
         .block = super_block_no,
         .name = SuperInode::kind.name,
         .detail = choice.one_bit ? "one bit has flipped, which its error correction puts right"
                                  : "it differs in more than the one bit that could be put right"});
  return all;
}

}  // namespace

std::optional<std::string> reason_in_super(const SuperBlock& super, u64 now_seconds) {
  const Features features = super.features();
  if (features.has(feature::aborted_resize)) return "incomplete volume resize detected";
  if (features.has(feature::aborted_tunefs)) return "incomplete tunefs operation detected";
  if ((super.state & SuperBlock::state_errors) != 0) return "contains a file system with errors";
  if (super.max_mount_count > 0 && super.mount_count > super.max_mount_count)
    return fmt::format("has been mounted {} times without being checked", super.mount_count);
  const u64 last = super.last_check;
  if (super.check_interval > 0 && now_seconds >= last && now_seconds - last >= super.check_interval)
    return fmt::format("has gone {} days without being checked", (now_seconds - last) / seconds_a_day);
  return std::nullopt;
}

std::string next_check_of(const SuperBlock& super, u64 now_seconds) {
  std::string words;
  if (super.max_mount_count > 0)
    words = fmt::format("after {} additional mounts",
                        super.max_mount_count - std::min(super.mount_count, super.max_mount_count));
  if (super.check_interval > 0) {
    const u64 due = std::max(now_seconds, super.last_check + super.check_interval);
    words += fmt::format("{}by {}{}", words.empty() ? "" : " or ", date_words(due),
                         words.empty() ? "" : ", whichever comes first");
  }
  return words;
}

bool resolve_super(const SuperChoice& choice, Examiner& examiner, BlockCache& cache, Mender* mender) {
  if (choice.sound()) return true;
  const bool mend = choice.backup == 0
                        ? ask_about_fields(choice, examiner)
                        : examiner.resolve(problem::RECOVER_BACKUP_SUPERBLOCK,
                                           {.name = backup_words(choice.backup), .detail = choice.trouble});
  if (!mend || mender == nullptr) return false;
  const Bytes block = mender->edit(super_block_no, SuperInode::kind, block_as_it_is(cache, super_block_no));
  std::ranges::copy(choice.super.bytes, block.begin());
  mender->commit();
  return true;
}

void resolve_unfinished(const Features& features, Examiner& examiner) {
  if (features.has(feature::aborted_resize))
    examiner.resolve(problem::SUPERBLOCK_IN_PROGRESS, {.detail = "a resize"});
  if (features.has(feature::aborted_tunefs))
    examiner.resolve(problem::SUPERBLOCK_IN_PROGRESS, {.detail = "an operation of tunefs.ocfs2"});
}

void mark_sound(Mender& mender, u64 now_seconds) {
  SuperBlock& super = mender.transaction().edit<SuperInode>(super_block_no).super;
  super.set_features(super.features().without(feature::aborted_resize | feature::aborted_tunefs));
  super.tunefs_flag = static_cast<u16>(0);
  super.state &= static_cast<u16>(~SuperBlock::state_errors);
  super.errors = static_cast<u16>(0);
  super.mount_count = static_cast<u16>(0);
  super.last_check = now_seconds;
}

void mark_faulty(Mender& mender) {
  if (mender.transaction().read<SuperInode>(super_block_no)->super.state & SuperBlock::state_errors) return;
  mender.transaction().edit<SuperInode>(super_block_no).super.state |= SuperBlock::state_errors;
}

// ---- backups ----

namespace {

/// What is wrong with a backup, in words that follow its place; empty when it could help.
std::string complaint_about_backup(Volume& volume, u32 index) try {
  const auto found = find_backup_super(volume.device(), index + 1);
  if (!found || found->block != volume.geometry().backup_super_block(index)) return "is damaged";
  const bool ours =
      found->super().uuid == volume.super().uuid || found->inode().fs_generation == volume.facts().generation;
  return ours ? "" : "belongs to another volume";
} catch (const Error& error) {
  if (error.kind() != ErrorKind::io) throw;
  return "cannot be read";
}

template <class Use>
void each_backup(Volume& volume, Use use) {
  if (!volume.has(feature::backup_super)) return;
  for (u32 index = 0; index < volume.geometry().backup_supers(); ++index)
    use(index, volume.geometry().backup_super_block(index));
}

}  // namespace

void examine_backups(Volume& volume, Examiner& examiner, Mender* mender) {
  each_backup(volume, [&](u32 index, BlockNo block) {
    const std::string complaint = complaint_about_backup(volume, index);
    if (complaint.empty()) return;
    const bool mend = examiner.resolve(problem::BACKUP_SUPERBLOCK,
                                       {.block = block, .index = index + 1, .detail = complaint});
    if (!mend || mender == nullptr) return;
    const auto primary = mender->transaction().read<SuperInode>(super_block_no);
    const Bytes bytes = mender->edit(block, SuperInode::kind, block_as_it_is(volume.cache(), block));
    std::ranges::copy(backup_of_super(volume.facts(), primary.bytes(), block), bytes.begin());
  });
}

void refresh_backups(Volume& volume, Mender& mender) {
  const auto primary = mender.transaction().read<SuperInode>(super_block_no);
  each_backup(volume, [&](u32, BlockNo block) {
    const std::vector<u8> wanted = backup_of_super(volume.facts(), primary.bytes(), block);
    const std::vector<u8> current = block_as_it_is(volume.cache(), block);
    if (current == wanted) return;
    std::ranges::copy(wanted, mender.edit(block, SuperInode::kind, current).begin());
  });
}

// ---- slots ----

void clear_slots(Volume& volume, WriteAhead& way) {
  const BlockRef<Inode> inode = volume.system_file(SystemFile::slot_map);
  const bool extended = volume.has(feature::extended_slotmap);
  const Geometry& geometry = volume.geometry();
  const u64 used = std::min<u64>(inode->size, slot_map_bytes(extended, volume.facts().max_slots));
  u64 left = geometry.blocks_for(used);
  ExtentTree::of(volume.cache(), inode).each_run([&](const ExtentRun& run) {
    const u64 blocks = std::min(left, run.clusters * geometry.blocks_per_cluster());
    const std::vector<u8> current = volume.cache().read_raw(run.block, blocks);
    std::vector<u8> cleared = current;
    clear_slot_map(cleared, extended);
    if (current != cleared) way.write_data(geometry.byte_of(run.block), cleared);
    left -= blocks;
    return left > 0;
  });
}

}  // namespace ocfs2
