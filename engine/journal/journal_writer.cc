// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/journal/journal_writer.h"

#include <algorithm>

#include "engine/error.h"

namespace ocfs2 {
namespace {

bool looks_like_log(ConstBytes block) { return as<be32>(block) == journal_magic; }

}  // namespace

JournalSuperBlock fresh_journal_super(u32 block_size, u32 blocks, const Uuid& uuid, bool wide_blocks) {
  JournalSuperBlock super{};
  super.header = {.magic = journal_magic, .type = static_cast<u32>(JournalBlock::super_v2), .sequence = 0u};
  super.block_size = block_size;
  super.blocks = blocks;
  super.first = static_cast<u32>(divide_up(journal_super_bytes, block_size));
  super.sequence = 1;
  super.start = 1;  // with zeros there: an empty log, written as it always was
  super.feature_incompat = wide_blocks ? journal_feature::wide_blocks : 0;
  super.uuid = uuid;
  super.users = 1;
  return super;
}

std::vector<BlockImage> JournalWriter::single_blocks(std::span<const BlockImage> images) const {
  std::vector<BlockImage> blocks;
  for (const BlockImage& image : images)
    for (u64 i = 0; i * super_.block_size < image.bytes.size(); ++i)
      blocks.push_back({image.block + i, image.bytes.subspan(i * super_.block_size, super_.block_size)});
  return blocks;
}

u64 JournalWriter::log_blocks_for(std::span<const BlockImage> blocks) const {
  u64 data = 0;
  for (const BlockImage& image : blocks) data += image.bytes.size() / super_.block_size;
  return data + divide_up(data, tags_per_descriptor(super_.block_size, {super_.incompat()})) + 1;
}

std::vector<JournalTag> JournalWriter::tags_for(std::span<const BlockImage> blocks) const {
  std::vector<JournalTag> tags;
  for (const BlockImage& image : blocks) {
    if (image.block.value >> 32 != 0 && (super_.incompat() & journal_feature::wide_blocks) == 0)
      fail(ErrorKind::unsupported,
           "the journal cannot hold block {}: its log has 32-bit block numbers; "
           "run: tunefs.ocfs2 -J block64",
           image.block.value);
    tags.push_back({image.block, looks_like_log(image.bytes) ? tag_flag::escaped : 0, 0});
  }
  return tags;
}

LaidTransaction JournalWriter::lay_out(std::span<const BlockImage> images, u32 log_block, u32 sequence,
                                       u64 seconds) const {
  const std::vector<BlockImage> blocks = single_blocks(images);
  const std::vector<JournalTag> tags = tags_for(blocks);
  LaidTransaction laid;
  const bool summed = (super_.compat() & journal_feature::compat_checksum) != 0;
  u32 sum = 0xFFFFFFFF;
  const auto append = [&](ConstBytes bytes) {
    laid.body.push_back({map_.at(log_block++), bytes});
    if (summed) sum = crc32_big_endian(bytes, sum);
  };
  const auto own = [&](ConstBytes bytes) -> Bytes {
    return laid.own.emplace_back(bytes.begin(), bytes.end());
  };

  const std::vector<u8> zeros(super_.block_size);
  for (std::size_t done = 0; done < blocks.size();) {
    const Bytes descriptor = own(zeros);
    const std::size_t end = done + write_tags(descriptor, sequence, std::span(tags).subspan(done),
                                              {super_.incompat()}, super_.uuid);
    append(descriptor);
    for (; done < end; ++done) {
      if (!tags[done].escaped()) {
        append(blocks[done].bytes);
        continue;
      }
      const Bytes stored = own(blocks[done].bytes);
      as<be32>(stored) = 0;
      append(stored);
    }
  }

  const Bytes commit_bytes = own(zeros);
  CommitBlock& commit = as<CommitBlock>(commit_bytes);
  commit.header = {journal_magic, static_cast<u32>(JournalBlock::commit), sequence};
  commit.seconds = seconds;
  if (summed) {
    commit.checksum_type = CommitBlock::checksum_crc32;
    commit.checksum_size = CommitBlock::checksum_bytes;
    commit.checksum[0] = sum;
  }
  laid.commit = {map_.at(log_block++), commit_bytes};
  laid.next_log_block = log_block;
  return laid;
}

}  // namespace ocfs2
