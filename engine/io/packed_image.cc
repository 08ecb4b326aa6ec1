// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/io/packed_image.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/io/block_cache.h"
#include "engine/io/device_errors.h"
#include "ondisk/bitmap.h"

namespace ocfs2 {
namespace {

constexpr u64 bits_per_piece = 8 * ImageHeader::bitmap_block_size;

}  // namespace

bool PackedImage::begins_with(ConstBytes start) {
  if (start.size() < sizeof(ImageHeader)) return false;
  const ImageHeader& header = as<ImageHeader>(start);
  return header.magic == ImageHeader::magic_number && header.says_image();
}

PackedImage::PackedImage(std::unique_ptr<BlockDevice> file) : file_(std::move(file)) {
  std::vector<u8> start(sizeof header_);
  file_->read(0, start);
  header_ = as<ImageHeader>(ConstBytes(start));
  Judgement judgement;
  judge_image_header(header_, judgement);
  if (!judgement.clean())
    fail(ErrorKind::corrupt, "{}: the header of this image is damaged: {}", name(),
         fault_text(judgement.faults().front()));
  const u64 wanted = (header_.stored_blocks + 1) * header_.block_size +
                     header_.bitmap_blocks() * ImageHeader::bitmap_block_size;
  if (file_->size_bytes() < wanted)
    fail(ErrorKind::corrupt, "{}: this image is cut off: {} bytes of {}; copy it again", name(),
         file_->size_bytes(), wanted);
  read_bitmap();
}

void PackedImage::read_bitmap() {
  std::vector<u8> bits(ImageHeader::bitmap_block_size);
  const u64 from = (header_.stored_blocks + 1) * header_.block_size;
  for (u64 piece = 0; piece < header_.bitmap_blocks(); ++piece) {
    file_->read(from + piece * bits.size(), bits);
    const u64 base = piece * bits_per_piece;
    const u64 end = std::min(bits_per_piece, header_.volume_blocks - base);
    for (u64 bit = find_set_bit(bits, 0, end); bit < end;) {
      const u64 behind = find_clear_bit(bits, bit, end);
      stored_.add(BlockNo(base + bit), behind - bit);
      bit = find_set_bit(bits, behind, end);
    }
  }
  stored_.settle();
  if (stored_.count() != header_.stored_blocks)
    fail(ErrorKind::corrupt, "{}: this image is damaged: its bitmap counts {} blocks, its header {}", name(),
         stored_.count(), u64{header_.stored_blocks});
}

std::optional<BlockNo> PackedImage::plan(u64 offset, Bytes into, std::vector<ReadRequest>& plan) const {
  const u64 size = header_.block_size;
  const StoredRun* run = stored_.at_or_after(BlockNo(offset / size));
  while (!into.empty()) {
    const BlockNo block(offset / size);
    if (run == nullptr || run > &stored_.runs().back() || block < run->first) return block;
    const u64 length = std::min<u64>(into.size(), run->end().value * size - offset);
    plan.push_back({(1 + run->rank) * size + (offset - run->first.value * size), into.first(length)});
    offset += length;
    into = into.subspan(length);
    ++run;
  }
  return std::nullopt;
}

void PackedImage::read(u64 offset, Bytes into) {
  require_inside(*this, "read", offset, into.size());
  std::vector<ReadRequest> requests;
  if (const auto missing = plan(offset, into, requests))
    fail(ErrorKind::io, "{}: block {} is not in this image, which holds metadata only", name(),
         missing->value);
  for (const ReadRequest& request : requests) file_->read(request.offset, request.into);
}

void PackedImage::read_many(std::span<ReadRequest> requests) {
  std::vector<ReadRequest> inner;
  std::vector<std::size_t> ends;  // of each request's part of `inner`
  for (ReadRequest& request : requests) {
    const std::size_t before = inner.size();
    const bool inside = lies_inside(request.offset, request.into.size(), size_bytes());
    request.error = inside && !plan(request.offset, request.into, inner) ? 0 : EIO;
    if (request.error != 0) inner.resize(before);
    ends.push_back(inner.size());
  }
  file_->read_many(inner);
  std::size_t next = 0;
  for (std::size_t i = 0; i < requests.size(); ++i)
    for (; next < ends[i]; ++next)
      if (inner[next].error != 0) requests[i].error = inner[next].error;
}

std::vector<u8> packed_header(const BlockSet& stored, u64 volume_blocks, u32 block_size, u64 seconds) {
  std::vector<u8> block(block_size);
  ImageHeader& header = as<ImageHeader>(Bytes(block));
  header.magic = ImageHeader::magic_number;
  header.timestamp = static_cast<u32>(seconds);
  std::copy_n(ImageHeader::magic_text, header.magic_string.size(), header.magic_string.begin());
  header.version = ImageHeader::version_number;
  header.volume_blocks = volume_blocks;
  header.block_size = block_size;
  header.stored_blocks = stored.count();
  header.bitmap_block_bytes = ImageHeader::bitmap_block_size;
  u32 supers = 0;
  for (u32 i = 0; i < backup_super_count_max; ++i) {
    const BlockNo backup(Geometry::backup_super_byte(i) / block_size);
    if (stored.contains(backup)) header.super_blocks[supers++] = 1 + stored.rank(backup);
  }
  header.super_count = supers;
  return block;
}

std::vector<u8> packed_bitmap(const BlockSet& stored, u64 index) {
  std::vector<u8> bits(ImageHeader::bitmap_block_size);
  const u64 base = index * bits_per_piece, end = base + bits_per_piece;
  const auto& runs = stored.runs();
  for (const StoredRun* run = stored.at_or_after(BlockNo(base));
       run != nullptr && run != runs.data() + runs.size() && run->first.value < end; ++run)
    set_bits(bits, std::max(run->first.value, base) - base, std::min(run->end().value, end) - base);
  return bits;
}

}  // namespace ocfs2
