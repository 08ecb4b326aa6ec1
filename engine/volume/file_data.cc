// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/file_data.h"

#include "engine/error.h"
#include "engine/volume/volume.h"

namespace ocfs2 {
namespace {

constexpr u64 piece_bytes = 1 << 20;
constexpr u64 symlink_bytes_max = 4096;

}  // namespace

FileData::FileData(Volume& volume, BlockRef<Inode> inode) : volume_(volume), inode_(std::move(inode)) {
  if (inode_->body_kind() != InodeBody::inline_data) tree_.emplace(ExtentTree::of(volume.cache(), inode_));
}

std::size_t FileData::read(u64 offset, Bytes into) {
  if (offset >= size()) return 0;
  into = into.first(std::min<u64>(into.size(), size() - offset));
  if (const auto places = pieces(offset, into.size())) return read_pieces(volume_.device(), *places, into);
  const ConstBytes data = InlineData::data(Inode::body(inode_.bytes()));
  const ConstBytes rest = data.subspan(std::min<u64>(offset, data.size()));
  const ConstBytes there = rest.first(std::min(rest.size(), into.size()));
  std::ranges::copy(there, into.begin());
  std::ranges::fill(into.subspan(there.size()), 0);
  return into.size();
}

std::size_t FileData::read_pieces(BlockDevice& device, std::span<const Piece> pieces, Bytes into) {
  std::size_t done = 0;
  for (const Piece& piece : pieces) {
    const Bytes part = into.subspan(done, piece.length);
    if (piece.place)
      device.read(*piece.place, part);
    else
      std::ranges::fill(part, 0);
    done += part.size();
  }
  return done;
}

FileData::Mapped FileData::map(u32 cpos) {
  const auto run = tree_->find(cpos);
  if (!run) return {std::nullopt, 1};
  if (run->unwritten()) return {std::nullopt, run->clusters};
  return {run->block, run->clusters};
}

/// Where `blocks` blocks from `block` on lie, in bytes.
u64 FileData::place_of(BlockNo block, u64 blocks) const {
  if (block.value >= volume_.geometry().blocks() || blocks > volume_.geometry().blocks() - block.value)
    fail(ErrorKind::corrupt, "{}: inode {} claims blocks {} to {}, beyond the end of the volume",
         volume_.name(), inode_.block().value, block.value, block.value + blocks - 1);
  return block.value << volume_.geometry().block_bits;
}

std::vector<u8> FileData::read_blocks(BlockNo block, u64 count) {
  place_of(block, count);
  return volume_.cache().read_raw(block, count);
}

std::optional<std::vector<FileData::Piece>> FileData::pieces(u64 offset, u64 length) {
  if (!tree_) return std::nullopt;
  std::vector<Piece> pieces;
  const Geometry& geometry = volume_.geometry();
  for (u64 left = offset >= size() ? 0 : std::min(length, size() - offset); left > 0;) {
    const u64 cpos = offset >> geometry.cluster_bits;
    const Mapped mapped = cpos <= 0xFFFFFFFF ? map(static_cast<u32>(cpos)) : Mapped{std::nullopt, 1};
    const u64 within = offset - (cpos << geometry.cluster_bits);
    const u64 part = std::min((mapped.clusters << geometry.cluster_bits) - within, left);
    if (mapped.block) {
      pieces.push_back({part, place_of(*mapped.block, geometry.blocks_for(within + part)) + within});
    } else if (!pieces.empty() && !pieces.back().place) {
      pieces.back().length += part;
    } else {
      pieces.push_back({part, std::nullopt});
    }
    offset += part;
    left -= part;
  }
  return pieces;
}

void FileData::each_piece(const std::function<bool(u64, ConstBytes)>& use) {
  if (!tree_) {
    std::vector<u8> bytes(std::min<u64>(size(), block_size_max));
    bytes.resize(read(0, bytes));
    if (!bytes.empty()) use(0, bytes);
    return;
  }
  const Geometry& geometry = volume_.geometry();
  tree_->each_run([&](const ExtentRun& run) {
    u64 offset = run.cpos << geometry.cluster_bits;
    if (offset >= size()) return false;
    if (run.unwritten()) return true;
    const u64 end = std::min<u64>(run.end() << geometry.cluster_bits, size());
    BlockNo block = run.block;
    while (offset < end) {
      const u64 length = std::min(piece_bytes, end - offset);
      const u64 blocks = geometry.blocks_for(length);
      if (!use(offset, ConstBytes(read_blocks(block, blocks)).first(length))) return false;
      offset += length;
      block += blocks;
    }
    return true;
  });
}

std::string symlink_target(Volume& volume, const BlockRef<Inode>& inode) {
  if (!inode->is_symlink())
    fail(ErrorKind::invalid_argument, "inode {} is not a symbolic link", inode.block().value);
  if (inode->body_kind() == InodeBody::fast_symlink)
    return std::string(Inode::fast_symlink_target(inode.bytes()));
  FileData data(volume, inode);
  if (data.size() > symlink_bytes_max)
    fail(ErrorKind::corrupt, "the target of symbolic link {} claims {} bytes", inode.block().value,
         data.size());
  std::vector<u8> bytes(data.size());
  data.read(0, bytes);
  const std::string target(bytes.begin(), bytes.end());
  return target.substr(0, target.find('\0'));
}

}  // namespace ocfs2
