// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/jbd2.h"

#include <algorithm>

namespace ocfs2 {
namespace {

using CrcTable = std::array<u32, 256>;

consteval CrcTable make_big_endian_table() {
  CrcTable table{};
  for (u32 byte = 0; byte < 256; ++byte) {
    u32 crc = byte << 24;
    for (int bit = 0; bit < 8; ++bit) crc = crc << 1 ^ ((crc >> 31) != 0 ? 0x04C11DB7 : 0);
    table[byte] = crc;
  }
  return table;
}

consteval CrcTable make_castagnoli_table() {
  CrcTable table{};
  for (u32 byte = 0; byte < 256; ++byte) {
    u32 crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x82F63B78 : 0);
    table[byte] = crc;
  }
  return table;
}

constexpr CrcTable big_endian_table = make_big_endian_table();
constexpr CrcTable castagnoli_table = make_castagnoli_table();

constexpr u32 uuid_bytes = sizeof(Uuid);

/// One tag of a descriptor; `bytes` holds at least format.tag_bytes().
JournalTag read_tag(ConstBytes bytes, JournalFormat format) {
  const bool wide = format.has(journal_feature::wide_blocks);
  if (format.has(journal_feature::checksum_v3)) {
    const auto& tag = as<JournalTag3OnDisk>(bytes);
    return {BlockNo((wide ? u64{tag.block_high} << 32 : 0) | tag.block), tag.flags, tag.checksum};
  }
  const u32 low = as<be32>(bytes);
  const u64 high = wide ? u64{as<be32>(bytes.subspan(offsetof(JournalTagOnDisk, block_high)))} << 32 : 0;
  return {BlockNo(high | low), as<be16>(bytes.subspan(offsetof(JournalTagOnDisk, flags))),
          as<be16>(bytes.subspan(offsetof(JournalTagOnDisk, checksum)))};
}

void write_tag(Bytes bytes, const JournalTag& tag, JournalFormat format) {
  const bool wide = format.has(journal_feature::wide_blocks);
  const u32 low = static_cast<u32>(tag.block.value);
  const u32 high = static_cast<u32>(tag.block.value >> 32);
  if (format.has(journal_feature::checksum_v3)) {
    as<JournalTag3OnDisk>(bytes) = {
        .block = low, .flags = tag.flags, .block_high = wide ? high : 0, .checksum = tag.checksum};
    return;
  }
  as<be32>(bytes) = low;
  as<be16>(bytes.subspan(offsetof(JournalTagOnDisk, checksum))) = static_cast<u16>(tag.checksum);
  as<be16>(bytes.subspan(offsetof(JournalTagOnDisk, flags))) = static_cast<u16>(tag.flags);
  if (wide) as<be32>(bytes.subspan(offsetof(JournalTagOnDisk, block_high))) = high;
}

}  // namespace

void judge_journal_super(const JournalSuperBlock& super, u32 block_size, Judgement& judgement) {
  judgement.holds(super.header.is(JournalBlock::super_v1) || super.header.is(JournalBlock::super_v2),
                  "s_header", "must be a journal superblock's", super.header.type);
  judgement.equal("s_blocksize", super.block_size, block_size);
  judgement.at_least("s_maxlen", super.blocks, 1024);
  const u32 head_blocks = block_size < journal_super_bytes ? 2 : 1;
  judgement.at_least("s_first", super.first, head_blocks);
  judgement.holds(super.first < super.blocks, "s_first", "must lie inside the log", super.first);
  judgement.holds(super.start < super.blocks, "s_start", "must lie inside the log", super.start);
}

std::vector<JournalTag> read_tags(ConstBytes descriptor, JournalFormat format) {
  std::vector<JournalTag> tags;
  const std::size_t tail = std::min<std::size_t>(format.tail_bytes(), descriptor.size());
  const ConstBytes room = descriptor.first(descriptor.size() - tail);
  std::size_t at = sizeof(JournalHeader);
  while (at + format.tag_bytes() <= room.size()) {
    tags.push_back(read_tag(room.subspan(at), format));
    at += format.tag_bytes();
    if ((tags.back().flags & tag_flag::same_uuid) == 0) at += uuid_bytes;
    if ((tags.back().flags & tag_flag::last) != 0) break;
  }
  return tags;
}

u32 tags_per_descriptor(u32 block_size, JournalFormat format) {
  return (block_size - format.tail_bytes() - static_cast<u32>(sizeof(JournalHeader)) - uuid_bytes) /
         format.tag_bytes();
}

u32 write_tags(Bytes descriptor, u32 sequence, std::span<const JournalTag> tags, JournalFormat format,
               const Uuid& uuid) {
  std::fill(descriptor.begin(), descriptor.end(), 0);
  as<JournalHeader>(descriptor) = {
      .magic = journal_magic, .type = static_cast<u32>(JournalBlock::descriptor), .sequence = sequence};
  const u32 room = tags_per_descriptor(static_cast<u32>(descriptor.size()), format);
  const u32 count = static_cast<u32>(std::min<std::size_t>(room, tags.size()));
  std::size_t at = sizeof(JournalHeader);
  for (u32 i = 0; i < count; ++i) {
    JournalTag tag = tags[i];
    tag.flags &= ~(tag_flag::same_uuid | tag_flag::last);
    if (i != 0) tag.flags |= tag_flag::same_uuid;
    if (i + 1 == count) tag.flags |= tag_flag::last;
    write_tag(descriptor.subspan(at), tag, format);
    at += format.tag_bytes();
    if (i != 0) continue;
    std::copy(uuid.begin(), uuid.end(), descriptor.begin() + static_cast<s64>(at));
    at += uuid_bytes;
  }
  return count;
}

std::vector<BlockNo> read_revokes(ConstBytes revoke, JournalFormat format) {
  std::vector<BlockNo> blocks;
  if (revoke.size() < sizeof(RevokeBlock)) return blocks;
  const u32 width = format.revoke_bytes();
  const std::size_t end = std::min<std::size_t>(as<RevokeBlock>(revoke).used, revoke.size());
  for (std::size_t at = sizeof(RevokeBlock); at + width <= end; at += width)
    blocks.emplace_back(width == 8 ? u64{as<be64>(revoke.subspan(at))} : u64{as<be32>(revoke.subspan(at))});
  return blocks;
}

u32 crc32_big_endian(ConstBytes bytes, u32 initial) {
  u32 crc = initial;
  for (const u8 byte : bytes) crc = crc << 8 ^ big_endian_table[crc >> 24 ^ byte];
  return crc;
}

u32 crc32c(ConstBytes bytes, u32 initial) {
  u32 crc = initial;
  for (const u8 byte : bytes) crc = crc >> 8 ^ castagnoli_table[(crc ^ byte) & 0xFF];
  return crc;
}

}  // namespace ocfs2
