// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/io/overlay_device.h"

#include <algorithm>
#include <mutex>

#include "engine/error.h"
#include "engine/io/device_errors.h"

namespace ocfs2 {

/// Whether nothing below needs to be read for this range.
bool OverlayDevice::covers(u64 offset, u64 length) const {
  const std::shared_lock lock(mutex_);
  u64 wanted = offset / piece_bytes;
  const u64 end = divide_up(offset + length, piece_bytes);
  for (auto at = pieces_.find(wanted); wanted < end && at != pieces_.end() && at->first == wanted; ++at)
    ++wanted;
  return wanted >= end;
}

/// Puts what was written over what stands below.
void OverlayDevice::cover(u64 offset, Bytes into) const {
  const std::shared_lock lock(mutex_);
  const u64 end = offset + into.size();
  for (auto at = pieces_.lower_bound(offset / piece_bytes); at != pieces_.end(); ++at) {
    const u64 piece = at->first * piece_bytes;
    if (piece >= end) break;
    const u64 first = std::max(piece, offset), last = std::min(piece + piece_bytes, end);
    const Bytes part = into.subspan(first - offset, last - first);
    if (at->second)
      std::copy_n(at->second->begin() + static_cast<long>(first - piece), part.size(), part.begin());
    else
      std::ranges::fill(part, u8{0});
  }
}

/// What was written can be read even where the device below cannot.
void OverlayDevice::read(u64 offset, Bytes into) {
  require_inside(*this, "read", offset, into.size());
  if (!covers(offset, into.size())) below_.read(offset, into);
  cover(offset, into);
}

void OverlayDevice::read_many(std::span<ReadRequest> requests) {
  below_.read_many(requests);
  for (ReadRequest& request : requests) {
    if (request.error != 0 && lies_inside(request.offset, request.into.size(), size_bytes()) &&
        covers(request.offset, request.into.size()))
      request.error = 0;
    if (request.error == 0) cover(request.offset, request.into);
  }
}

/// Filled with what was there. The mutex is held.
std::vector<u8>& OverlayDevice::writable(u64 index) {
  const auto known = pieces_.find(index);
  if (known != pieces_.end() && known->second) return *known->second;
  if ((held_ + 1) * piece_bytes > most_bytes_)
    fail(ErrorKind::no_space, "{}: repairs in memory would take more than {} MiB", name(), most_bytes_ >> 20);
  auto piece = std::make_unique<std::vector<u8>>(piece_bytes);
  const u64 offset = index * piece_bytes;
  if (known == pieces_.end())
    below_.read(offset, Bytes(*piece).first(std::min(piece_bytes, size_bytes() - offset)));
  ++held_;
  return *(pieces_[index] = std::move(piece));
}

/// `bytes` null: zeros.
void OverlayDevice::put(u64 offset, u64 length, const u8* bytes) {
  const std::unique_lock lock(mutex_);
  for (u64 done = 0, part; done < length; done += part) {
    const u64 index = (offset + done) / piece_bytes, within = (offset + done) % piece_bytes;
    part = std::min(piece_bytes - within, length - done);
    if (part == piece_bytes) {  // the old bytes do not matter
      Piece& piece = pieces_[index];
      if (piece) --held_;
      piece.reset();
      if (bytes == nullptr) continue;
    }
    const auto to = writable(index).begin() + static_cast<long>(within);
    if (bytes != nullptr)
      std::copy_n(bytes + done, part, to);
    else
      std::fill_n(to, part, u8{0});
  }
}

void OverlayDevice::write(WriteKey, u64 offset, ConstBytes bytes) {
  require_inside(*this, "write", offset, bytes.size());
  put(offset, bytes.size(), bytes.data());
}

void OverlayDevice::zero(WriteKey, u64 offset, u64 length) {
  require_inside(*this, "zero", offset, length);
  put(offset, length, nullptr);
}

}  // namespace ocfs2
