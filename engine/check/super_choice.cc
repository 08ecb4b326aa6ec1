// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/super_choice.h"

#include <array>

#include "engine/check/super_evidence.h"
#include "engine/error.h"
#include "engine/io/block_cache.h"

namespace ocfs2 {
namespace {

/// More wrong fields than this, and the block is taken for overwritten rather than damaged: a backup is
/// better, if there is one.
constexpr std::size_t fields_believed = 3;

SuperChoice choice_of_backup(FoundSuper found, u32 number, std::string trouble) {
  as<SuperInode>(Bytes(found.bytes)).block = super_block_no.value;
  seal(SuperInode::kind, *facts_from(found.inode()), found.bytes);
  found.block = super_block_no;
  SuperChoice choice;
  choice.super = std::move(found);
  choice.backup = number;
  choice.trouble = std::move(trouble);
  return choice;
}

u32 number_of_backup(const FoundSuper& found) {
  for (u32 number = 1; number <= backup_super_count_max; ++number)
    if (found.block.value * found.bytes.size() == Geometry::backup_super_byte(number - 1)) return number;
  return 0;
}

bool is_sound(ConstBytes block) {
  Judgement judgement;
  judge_super(block, super_block_no, static_cast<u32>(block.size()), judgement);
  return judgement.clean();
}

std::optional<std::vector<u8>> read_block_2(BlockDevice& device, u32 block_size) try {
  std::vector<u8> bytes(block_size);
  device.read(super_block_no.value * block_size, bytes);
  return bytes;
} catch (const Error& error) {
  if (error.kind() != ErrorKind::io) throw;
  return std::nullopt;
}

/// Block 2, taken as one of `block_size` bytes, with what is wrong in it put right; nothing when it cannot be
/// made a superblock that the volume agrees with.
std::optional<SuperChoice> mended(BlockDevice& device, u32 block_size) {
  auto bytes = read_block_2(device, block_size);
  if (!bytes) return std::nullopt;
  SuperChoice choice;
  std::vector<u8> one_bit = *bytes;
  const CheckResult check = verify_and_mend(one_bit, Inode::check_offset);
  choice.one_bit = check == CheckResult::mended && is_sound(one_bit) &&
                   as<SuperInode>(ConstBytes(one_bit)).super.features().has(feature::metaecc);
  if (choice.one_bit) bytes = one_bit;
  if (!looks_like_super_of(*bytes, block_size)) return std::nullopt;
  choice.fields = mend_super_fields(device, *bytes);
  if (!is_sound(*bytes) || !volume_agrees(device, *bytes)) return std::nullopt;
  const VolumeFacts facts = *facts_from(as<SuperInode>(ConstBytes(*bytes)));
  choice.bad_checksum = facts.features.has(feature::metaecc) && !verify_check(*bytes, Inode::check_offset);
  // Every field was judged and its checksum agreed before: what is found wrong now came with its checksum.
  if (check == CheckResult::good) choice.bad_checksum = false;
  seal(SuperInode::kind, facts, *bytes);
  choice.super = {super_block_no, *std::move(bytes)};
  return choice;
}

std::optional<SuperChoice> mended(BlockDevice& device, const SuperWish& wish) {
  for (u32 size = std::max(block_size_min, device.sector_size()); size <= block_size_max; size *= 2)
    if (wish.block_size == 0 || wish.block_size == size)
      if (auto choice = mended(device, size)) return choice;
  return std::nullopt;
}

std::optional<SuperChoice> first_agreeing_backup(BlockDevice& device, const SuperWish& wish,
                                                 const std::string& trouble) {
  for (u32 number = 1; number <= backup_super_count_max; ++number) {
    auto found = find_backup_super(device, number);
    if (!found) continue;
    const bool beginning_lost = !volume_agrees(device, found->bytes);
    if (beginning_lost && wish.holds_something_else && wish.holds_something_else()) continue;
    if (!beginning_lost || cluster_groups_agree(device, found->bytes))
      return choice_of_backup(*std::move(found), number, trouble);
  }
  return std::nullopt;
}

/// The message of an error without the name of the device in front, which the reader knows.
std::string words_without(const std::string& name, const Error& error) {
  const std::string text = error.what();
  return text.starts_with(name + ": ") ? text.substr(name.size() + 2) : text;
}

/// Why block 2 cannot be used as it stands; empty: it can.
std::string trouble_with_primary(BlockDevice& device, SuperWish wish) try {
  wish.name_backups = false;
  const FoundSuper found = find_super(device, wish);
  std::vector<u8> bytes = found.bytes;
  return mend_super_fields(device, bytes).empty() ? "" : "it does not fit the volume";
} catch (const Error& error) {
  if (error.kind() == ErrorKind::unsupported || error.kind() == ErrorKind::invalid_argument) throw;
  return words_without(device.name(), error);
}

}  // namespace

std::string backup_words(u32 backup) {
  return fmt::format("backup superblock {} (at {} GiB)", backup,
                     Geometry::backup_super_byte(backup - 1) >> 30);
}

SuperChoice choose_super(BlockDevice& device, const SuperWish& wish) {
  if (wish.backup != 0 || wish.super_block > super_block_no.value) {
    FoundSuper found = find_super(device, wish);
    const u32 number = number_of_backup(found);
    if (number == 0)
      fail(ErrorKind::invalid_argument, "{}: block {} is not the place of a backup superblock", device.name(),
           found.block.value);
    return choice_of_backup(std::move(found), number, "a backup was asked for");
  }
  const std::string trouble = trouble_with_primary(device, wish);
  if (trouble.empty()) {
    SuperChoice choice;
    choice.super = find_super(device, wish);
    return choice;
  }
  auto repaired = mended(device, wish);
  const bool certain = repaired && repaired->fields.size() <= fields_believed && !repaired->bad_checksum;
  if (certain) return *std::move(repaired);
  if (auto backup = first_agreeing_backup(device, wish, trouble)) return *std::move(backup);
  if (repaired) return *std::move(repaired);
  SuperChoice hopeless;
  hopeless.super = find_super(device, wish);  // says why
  return hopeless;
}

}  // namespace ocfs2
