// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/io/memory_device.h"

#include <algorithm>
#include <cerrno>

#include "engine/io/device_errors.h"

namespace ocfs2 {
namespace {

/// Calls `visit(piece, offset in the piece, length, bytes done)` for each part of a range that lies in one
/// piece.
template <class Visit>
void for_each_part(u64 offset, u64 length, Visit visit) {
  constexpr u64 unit = MemoryDevice::piece_bytes;
  for (u64 done = 0; done < length;) {
    const u64 within = (offset + done) % unit;
    const u64 part = std::min(unit - within, length - done);
    visit((offset + done) / unit, within, part, done);
    done += part;
  }
}

}  // namespace

MemoryDevice::MemoryDevice(u64 size_bytes, std::string name, u32 sector_size)
    : name_(std::move(name)), size_bytes_(size_bytes), sector_size_(sector_size) {}

const MemoryDevice::Piece* MemoryDevice::find(u64 index) const {
  const auto found = pieces_.find(index);
  return found == pieces_.end() ? nullptr : found->second.get();
}

MemoryDevice::Piece& MemoryDevice::writable(u64 index) {
  std::shared_ptr<Piece>& piece = pieces_[index];
  if (!piece)
    piece = std::make_shared<Piece>();  // value-initialised: zeros
  else if (piece.use_count() > 1)
    piece = std::make_shared<Piece>(*piece);  // a snapshot keeps the old one
  return *piece;
}

void MemoryDevice::copy_out(u64 offset, Bytes into) const {
  for_each_part(offset, into.size(), [&](u64 index, u64 within, u64 part, u64 done) {
    if (const Piece* piece = find(index))
      std::copy_n(piece->begin() + within, part, into.begin() + done);
    else
      std::fill_n(into.begin() + done, part, u8{0});
  });
}

void MemoryDevice::read(u64 offset, Bytes into) {
  require_inside(*this, "read", offset, into.size());
  copy_out(offset, into);
}

void MemoryDevice::read_many(std::span<ReadRequest> requests) {
  for (ReadRequest& request : requests) {
    const bool inside = lies_inside(request.offset, request.into.size(), size_bytes_);
    request.error = inside ? 0 : EIO;
    if (inside) copy_out(request.offset, request.into);
  }
}

void MemoryDevice::write(WriteKey, u64 offset, ConstBytes bytes) {
  require_inside(*this, "write", offset, bytes.size());
  for_each_part(offset, bytes.size(), [&](u64 index, u64 within, u64 part, u64 done) {
    std::copy_n(bytes.begin() + done, part, writable(index).begin() + within);
  });
}

void MemoryDevice::zero(WriteKey, u64 offset, u64 length) {
  require_inside(*this, "zero", offset, length);
  const u64 first_whole = divide_up(offset, piece_bytes);
  const u64 end_whole = (offset + length) / piece_bytes;
  if (first_whole < end_whole && end_whole - first_whole < pieces_.size())
    for (u64 index = first_whole; index < end_whole; ++index) pieces_.erase(index);
  else
    std::erase_if(pieces_,
                  [&](const auto& row) { return row.first >= first_whole && row.first < end_whole; });
  const auto clear = [&](u64 from, u64 to) {  // at most two parts that do not fill their piece
    for_each_part(from, to - from, [&](u64 index, u64 within, u64 part, u64) {
      if (find(index)) std::fill_n(writable(index).begin() + within, part, u8{0});
    });
  };
  if (first_whole >= end_whole) return clear(offset, offset + length);
  clear(offset, first_whole * piece_bytes);
  clear(end_whole * piece_bytes, offset + length);
}

bool MemoryDevice::discard(WriteKey key, u64 offset, u64 length) {
  zero(key, offset, length);
  return true;
}

bool MemoryDevice::same_content(const MemoryDevice& other) const {
  if (size_bytes_ != other.size_bytes_) return false;
  static const Piece zeros{};  // not constexpr: it would lie in the binary
  const auto same_piece = [&](u64 index) {
    const Piece* ours = find(index);
    const Piece* theirs = other.find(index);
    return ours == theirs || (ours ? *ours : zeros) == (theirs ? *theirs : zeros);
  };
  const auto same = [&](const auto& row) { return same_piece(row.first); };
  return std::all_of(pieces_.begin(), pieces_.end(), same) &&
         std::all_of(other.pieces_.begin(), other.pieces_.end(), same);
}

}  // namespace ocfs2
