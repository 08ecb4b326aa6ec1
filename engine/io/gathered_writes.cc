// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/io/gathered_writes.h"

#include "engine/io/device_errors.h"

namespace ocfs2 {

void GatheredWrites::write(WriteKey key, u64 offset, ConstBytes bytes) {
  require_inside(*this, "write", offset, bytes.size());
  let_go_of(offset, bytes.size());
  if (bytes.size() > gathered_max) return device_.write(key, offset, bytes);
  if (bytes_.size() + bytes.size() > gathered_max) let_go();
  key_ = key;
  pieces_[offset] = {bytes_.size(), bytes.size()};
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

/// Writes what was gathered. An error is reported once; what it was about is not tried again.
void GatheredWrites::let_go() {
  if (pieces_.empty()) return;
  std::vector<WriteRequest> requests;
  for (const auto& [offset, piece] : pieces_)
    requests.push_back({offset, ConstBytes(bytes_).subspan(piece.at, piece.length)});
  pieces_.clear();
  device_.write_many(*key_, requests);
  bytes_.clear();
}

/// The same, if something in that range is among it.
void GatheredWrites::let_go_of(u64 offset, u64 length) {
  auto behind = pieces_.lower_bound(offset + length);
  if (behind == pieces_.begin()) return;
  const auto& [begin, piece] = *--behind;
  if (begin + piece.length > offset) let_go();
}

void GatheredWrites::read(u64 offset, Bytes into) {
  let_go_of(offset, into.size());
  device_.read(offset, into);
}

void GatheredWrites::read_many(std::span<ReadRequest> requests) {
  for (const ReadRequest& request : requests) let_go_of(request.offset, request.into.size());
  device_.read_many(requests);
}

void GatheredWrites::write_many(WriteKey key, std::span<const WriteRequest> requests) {
  for (const WriteRequest& request : requests) let_go_of(request.offset, request.bytes.size());
  device_.write_many(key, requests);
}

void GatheredWrites::zero(WriteKey key, u64 offset, u64 length) {
  let_go_of(offset, length);
  device_.zero(key, offset, length);
}

bool GatheredWrites::discard(WriteKey key, u64 offset, u64 length) {
  let_go_of(offset, length);
  return device_.discard(key, offset, length);
}

void GatheredWrites::flush() {
  let_go();
  device_.flush();
}

}  // namespace ocfs2
