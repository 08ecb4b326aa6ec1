// SPDX-License-Identifier: GPL-2.0-or-later
//
// A small volume that consists of a journal inode, its log in two pieces, and room for blocks to be logged;
// and a pencil that writes logs byte by byte as the kernel would, with every feature that a log may have. The
// pencil shares nothing with the code under test but the arithmetic of CRCs, which has vectors of its own.
#pragma once

#include <map>
#include <optional>

#include "engine/io/block_cache.h"
#include "engine/io/memory_device.h"
#include "engine/journal/journal_reader.h"
#include "engine/journal/journal_writer.h"
#include "ondisk/inode.h"
#include "tests/worlds/test_key.h"

namespace ocfs2::log_world {

inline constexpr u32 log_blocks = 1024;
inline constexpr u32 volume_blocks = 8192;
inline constexpr InodeNo journal_inode{100};
inline constexpr BlockNo some_block{200};  ///< 200 … 1999 are free to be logged
inline constexpr u32 generation = 0x5eed;

inline VolumeFacts facts(u32 block_bits = 12, Features features = {}) {
  VolumeFacts facts;
  facts.geometry = {
      .block_bits = block_bits, .cluster_bits = 12, .clusters = volume_blocks >> (12 - block_bits)};
  facts.features = features;
  facts.generation = generation;
  facts.max_slots = 1;
  return facts;
}

inline LogMap log_map() { return LogMap({{BlockNo(2000), 600}, {BlockNo(4000), log_blocks - 600}}); }
inline std::vector<BlockRun> other_journal() { return {{BlockNo(6000), log_blocks}}; }

inline std::vector<u8> filled(u32 block_size, u8 byte) { return std::vector<u8>(block_size, byte); }

inline std::vector<u8> block_on(BlockDevice& device, u32 block_size, BlockNo block) {
  std::vector<u8> bytes(block_size);
  device.read(block.value * block_size, bytes);
  return bytes;
}

/// A clean journal with an empty log, as mkfs makes it.
inline MemoryDevice fresh_volume(const VolumeFacts& facts, u32 incompat = 0, u32 compat = 0) {
  const u32 block_size = facts.geometry.block_size();
  MemoryDevice device(u64{volume_blocks} * block_size);
  std::vector<u8> bytes(block_size);
  Inode& inode = as<Inode>(Bytes(bytes));
  stamp(inode.signature, Inode::signature_text);
  inode.suballoc_slot = no_slot;
  inode.links_count = 1;
  inode.mode = file_mode::regular | 0644;
  inode.flags = inode_flag::valid | inode_flag::system | inode_flag::journal;
  inode.block = journal_inode.value;
  inode.fs_generation = facts.generation;
  inode.extents.count = static_cast<u16>(facts.geometry.extent_records_per_inode());
  seal(Inode::kind, facts, bytes);
  device.write(TestKey{}, journal_inode.value * block_size, bytes);

  JournalSuperBlock super = fresh_journal_super(block_size, log_blocks, Uuid{1, 2, 3}, false);
  super.feature_incompat = incompat;
  super.feature_compat = compat;
  device.write(TestKey{}, log_map().at(0).value * block_size, bytes_of(super));
  return device;
}

class Pencil {
 public:
  explicit Pencil(BlockDevice& device, u32 block_size = 4096, u32 incompat = 0, u32 compat = 0,
                  LogMap map = log_map())
      : device_(device),
        map_(std::move(map)),
        block_size_(block_size),
        incompat_(incompat),
        compat_(compat) {}

  /// Writes the log's superblock: the log begins at block `start` with transaction `sequence`.
  Pencil& begin(u32 start, u32 sequence) {
    JournalSuperBlock super = fresh_journal_super(block_size_, static_cast<u32>(map_.blocks()), uuid_, false);
    super.feature_incompat = incompat_;
    super.feature_compat = compat_;
    super.start = start;
    super.sequence = sequence;
    first_ = super.first;
    at_ = start;
    sequence_ = sequence;
    if (sums()) super.checksum_type = 4, super.checksum = crc32c(bytes_of(super));
    return write_super(super);
  }
  Pencil& write_super(const JournalSuperBlock& super) {
    for (u32 at = 0; at < sizeof super; at += block_size_)
      device_.write(TestKey{}, map_.at(at / block_size_).value * block_size_,
                    bytes_of(super).subspan(at, std::min<std::size_t>(block_size_, sizeof super - at)));
    return *this;
  }

  /// A descriptor and its blocks.
  Pencil& log(const std::map<u64, std::vector<u8>>& blocks) {
    std::vector<u8> descriptor = head(1);
    u32 at = 12;
    u32 left = static_cast<u32>(blocks.size());
    std::vector<std::vector<u8>> stored;
    for (const auto& [block, bytes] : blocks) {
      std::vector<u8> data = bytes;
      u32 flags = --left == 0 ? 8 : 0;
      if (at != 12) flags |= 2;
      if (as<be32>(ConstBytes(data)) == 0xC03B3998u) {
        flags |= 1;
        as<be32>(Bytes(data)) = 0;
      }
      at = put_tag(descriptor, at, block, flags, data);
      if ((flags & 2) == 0) at += 16;
      stored.push_back(std::move(data));
    }
    if (sums()) seal_tail(descriptor);
    last_descriptor = at_;
    append(descriptor);
    for (const auto& data : stored) append(data);
    return *this;
  }
  Pencil& revoke(const std::vector<u64>& blocks) {
    std::vector<u8> bytes = head(5);
    u32 at = 16;
    for (const u64 block : blocks) {
      if (wide()) put(bytes, at, static_cast<u32>(block >> 32)), at += 4;
      put(bytes, at, static_cast<u32>(block)), at += 4;
    }
    put(bytes, 12, at);
    if (sums()) seal_tail(bytes);
    const u32 sum = sum_;
    append(bytes);
    sum_ = sum;  // revoke blocks are no part of the sum over a transaction
    return *this;
  }
  Pencil& commit(u64 seconds = 1000) {
    std::vector<u8> bytes = head(2);
    as<CommitBlock>(Bytes(bytes)).seconds = seconds;
    if (compat_ & 1) bytes[12] = 1, bytes[13] = 4, put(bytes, 16, sum_);
    if (sums()) put(bytes, 16, crc32c(bytes, crc32c(uuid_)));
    append(bytes);
    sum_ = 0xFFFFFFFF;
    ++sequence_;
    return *this;
  }
  /// Moves on over what may lie there.
  Pencil& skip(u32 blocks) {
    while (blocks-- > 0) step();
    return *this;
  }
  Pencil& at_sequence(u32 sequence) {
    sequence_ = sequence;
    return *this;
  }
  /// Flips a bit of byte `offset` of log block `log_block`.
  Pencil& damage(u32 log_block, u32 offset) {
    const u64 byte = map_.at(log_block).value * block_size_ + offset;
    u8 value;
    device_.read(byte, {&value, 1});
    value ^= 0x10;
    device_.write(TestKey{}, byte, {&value, 1});
    return *this;
  }
  u32 at() const { return at_; }  ///< the log block that comes next
  u32 last_descriptor = 0;        ///< log block of the last descriptor

 private:
  bool wide() const { return (incompat_ & 2) != 0; }
  bool sums() const { return (incompat_ & 0x18) != 0; }
  static void put(std::vector<u8>& bytes, u32 at, u32 value) { as<be32>(Bytes(bytes).subspan(at)) = value; }
  std::vector<u8> head(u32 type) const {
    std::vector<u8> bytes(block_size_);
    put(bytes, 0, 0xC03B3998);
    put(bytes, 4, type);
    put(bytes, 8, sequence_);
    return bytes;
  }
  u32 put_tag(std::vector<u8>& bytes, u32 at, u64 block, u32 flags, const std::vector<u8>& data) const {
    const be32 sequence = sequence_;
    const u32 sum = crc32c(data, crc32c(bytes_of(sequence), crc32c(uuid_)));
    put(bytes, at, static_cast<u32>(block));
    if (incompat_ & 0x10) {
      put(bytes, at + 4, flags);
      put(bytes, at + 8, wide() ? static_cast<u32>(block >> 32) : 0);
      put(bytes, at + 12, sum);
      return at + 16;
    }
    put(bytes, at + 4, flags | (incompat_ & 0x8 ? sum << 16 : 0));
    if (wide()) put(bytes, at + 8, static_cast<u32>(block >> 32));
    return at + (wide() ? 12 : 8) + (incompat_ & 0x8 ? 2 : 0);
  }
  void seal_tail(std::vector<u8>& bytes) const { put(bytes, block_size_ - 4, crc32c(bytes, crc32c(uuid_))); }
  void append(const std::vector<u8>& bytes) {
    device_.write(TestKey{}, map_.at(at_).value * block_size_, bytes);
    sum_ = crc32_big_endian(bytes, sum_);
    step();
  }
  void step() { at_ = at_ + 1 == map_.blocks() ? first_ : at_ + 1; }

  BlockDevice& device_;
  LogMap map_;
  u32 block_size_, incompat_, compat_;
  Uuid uuid_{7, 7, 7};
  u32 first_ = 1, at_ = 1, sequence_ = 1;
  u32 sum_ = 0xFFFFFFFF;
};

inline JournalReader reader_of(BlockDevice& device, u32 block_size = 4096, u64 blocks = volume_blocks) {
  return JournalReader(device, block_size, log_map(), {blocks, other_journal()}, "journal:0000");
}

/// What a replay makes of the volume's blocks: number and first byte.
inline std::map<u64, u8> replayed(JournalReader& reader) {
  std::map<u64, u8> blocks;
  reader.replay(reader.scan(), [&](std::span<const BlockImage> images) {
    for (const BlockImage& image : images) blocks[image.block.value] = image.bytes[0];
  });
  return blocks;
}

}  // namespace ocfs2::log_world
