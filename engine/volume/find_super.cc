// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/find_super.h"

#include "engine/error.h"
#include "engine/io/block_cache.h"
#include "engine/io/packed_image.h"
#include "engine/io/zstd_file.h"

namespace ocfs2 {
namespace {

bool looks_like_super(ConstBytes block) { return matches(as<Signature>(block), SuperInode::signature_text); }

/// `length` bytes at `offset`, or nothing when the device ends before.
std::optional<std::vector<u8>> read_if_there(BlockDevice& device, u64 offset, u32 length) {
  if (device.size_bytes() < length || offset > device.size_bytes() - length) return std::nullopt;
  std::vector<u8> bytes(length);
  device.read(offset, bytes);
  return bytes;
}

/// What is wrong with a superblock; empty: nothing.
std::string complaint_about(ConstBytes block, BlockNo at, bool check_sums) {
  Judgement judgement;
  judge_super(block, at, static_cast<u32>(block.size()), judgement);
  for (const Fault& fault : judgement.faults())
    if (fault.field != "s_feature_incompat")
      return fault_text(fault);  // unknown features are Volume::open's matter
  const auto& inode = as<SuperInode>(block);
  if (check_sums && inode.super.features().has(feature::metaecc) && !verify_check(block, Inode::check_offset))
    return "its checksum is wrong";
  return {};
}

/// " Backup 1 (at 1 GiB) is intact: UUID …, label "…"; use -s 1", or nothing.
std::string intact_backup(BlockDevice& device, const SuperWish& wish) {
  if (!wish.name_backups) return {};
  for (u32 number = 1; number <= backup_super_count_max; ++number) {
    const auto found = find_backup_super(device, number, wish.check_sums);
    if (!found) continue;
    return fmt::format(". Backup {} (at {} GiB) is intact: UUID {}, label \"{}\"; use {} {}", number,
                       Geometry::backup_super_byte(number - 1) >> 30, uuid_text(found->super().uuid),
                       text_of(found->super().label), wish.backup_option, number);
  }
  return {};
}

/// OCFS version 1 kept its version number and a name of its own in the first sector (spec: ondisk.md 1.1).
void refuse_version_1(BlockDevice& device) {
  const auto sector = read_if_there(device, 0, block_size_min);
  if (!sector) return;
  const std::string_view name(reinterpret_cast<const char*>(sector->data()) + 8, 9);
  if (as<le32>(ConstBytes(*sector).subspan(4)) == 2 || name == "OracleCFS")
    fail(ErrorKind::unsupported,
         "{}: this is an OCFS version 1 file system; it can be reformatted with "
         "mkfs.ocfs2, but not read",
         device.name());
}

void refuse_image(BlockDevice& device) {
  const auto start = read_if_there(device, 0, block_size_min);
  if (start && (PackedImage::begins_with(*start) || ZstdFile::begins_with(*start)))
    fail(ErrorKind::unsupported,
         "{}: is a metadata image, which is only looked at; \"o2image -r {} FILE\" makes a sparse volume of "
         "it",
         device.name(), device.name());
}

FoundSuper checked(BlockDevice& device, BlockNo at, std::vector<u8> bytes, const SuperWish& wish) {
  const std::string complaint = complaint_about(bytes, at, wish.check_sums);
  if (!complaint.empty())
    fail(ErrorKind::corrupt, "{}: the superblock at byte {} is corrupt: {}{}", device.name(),
         at.value * bytes.size(), complaint, intact_backup(device, wish));
  return {at, std::move(bytes)};
}

FoundSuper named_super(BlockDevice& device, const SuperWish& wish) {
  const BlockNo at = wish.super_block != 0 ? BlockNo(wish.super_block) : super_block_no;
  if (at.value > device.size_bytes() / wish.block_size)
    fail(ErrorKind::invalid_argument, "{}: block {} lies beyond the end of the device", device.name(),
         at.value);
  auto bytes = read_if_there(device, at.value * wish.block_size, wish.block_size);
  if (!bytes || !looks_like_super(*bytes))
    fail(ErrorKind::not_found, "{}: there is no OCFS2 superblock in block {} of {} bytes{}", device.name(),
         at.value, wish.block_size, intact_backup(device, wish));
  return checked(device, at, std::move(*bytes), wish);
}

FoundSuper named_backup(BlockDevice& device, const SuperWish& wish) {
  if (wish.backup > backup_super_count_max)
    fail(ErrorKind::invalid_argument, "there is no backup superblock {}; they are numbered from 1 to {}",
         wish.backup, backup_super_count_max);
  if (auto found = find_backup_super(device, wish.backup, wish.check_sums)) return std::move(*found);
  fail(ErrorKind::not_found, "{}: backup superblock {} (at {} GiB) is missing or damaged{}", device.name(),
       wish.backup, Geometry::backup_super_byte(wish.backup - 1) >> 30, intact_backup(device, wish));
}

bool is_block_size(u64 bytes) {
  return bytes >= block_size_min && bytes <= block_size_max && std::has_single_bit(bytes);
}

}  // namespace

std::optional<FoundSuper> find_backup_super(BlockDevice& device, u32 number, bool check_sums) {
  if (number < 1 || number > backup_super_count_max) return std::nullopt;
  const u64 offset = Geometry::backup_super_byte(number - 1);
  auto start = read_if_there(device, offset, block_size_min);
  if (!start || !looks_like_super(*start)) return std::nullopt;
  const u32 bits = as<SuperInode>(ConstBytes(*start)).super.block_bits;
  if (bits > 12 || !is_block_size(u64{1} << bits)) return std::nullopt;
  auto bytes = read_if_there(device, offset, 1u << bits);
  const BlockNo at(offset >> bits);
  if (!bytes || !complaint_about(*bytes, at, check_sums).empty()) return std::nullopt;
  return FoundSuper{at, std::move(*bytes)};
}

FoundSuper find_super(BlockDevice& device, const SuperWish& wish) {
  refuse_version_1(device);
  if (wish.backup != 0) return named_backup(device, wish);
  if (wish.block_size != 0 && !is_block_size(wish.block_size))
    fail(ErrorKind::invalid_argument, "a block cannot have {} bytes; it has 512, 1024, 2048 or 4096",
         wish.block_size);
  if (wish.super_block != 0 && wish.block_size == 0)
    fail(ErrorKind::invalid_argument, "a superblock's block number means nothing without a block size");
  if (wish.block_size != 0) return named_super(device, wish);

  for (u32 size = std::max(block_size_min, device.sector_size()); size <= block_size_max; size *= 2) {
    auto bytes = read_if_there(device, super_block_no.value * size, size);
    if (bytes && looks_like_super(*bytes)) return checked(device, super_block_no, std::move(*bytes), wish);
  }
  refuse_image(device);
  fail(ErrorKind::not_found,
       "{}: there is no OCFS2 file system: {}{}", device.name(),
       device.size_bytes() == 0 ? "it is empty" : "no superblock at the bytes where one can be",
       intact_backup(device, wish));
}

}  // namespace ocfs2
