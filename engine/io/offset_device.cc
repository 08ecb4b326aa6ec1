// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/io/offset_device.h"

#include <cerrno>
#include <vector>

#include "engine/io/device_errors.h"

namespace ocfs2 {
namespace {

u64 bytes_behind(const BlockDevice& whole, u64 offset) {
  return offset < whole.size_bytes() ? whole.size_bytes() - offset : 0;
}

}  // namespace

OffsetDevice::OffsetDevice(std::unique_ptr<BlockDevice> whole, u64 offset, std::optional<u64> length)
    : whole_(std::move(whole)),
      start_(offset),
      length_(length ? *length : bytes_behind(*whole_, offset)),
      name_(fmt::format("{}@{}", whole_->name(), offset)) {
  if (offset % whole_->sector_size() != 0)
    fail(ErrorKind::invalid_argument, "{}: offset {} is not a multiple of the sector size ({} bytes)",
         whole_->name(), offset, whole_->sector_size());
  if (length_ == 0 || !lies_inside(offset, length_, whole_->size_bytes()))
    fail(ErrorKind::invalid_argument, "{}: {} bytes from offset {} do not lie inside it ({} bytes)",
         whole_->name(), length_, offset, whole_->size_bytes());
}

void OffsetDevice::read(u64 offset, Bytes into) {
  require_inside(*this, "read", offset, into.size());
  whole_->read(start_ + offset, into);
}

void OffsetDevice::read_many(std::span<ReadRequest> requests) {
  std::vector<ReadRequest> inner;
  std::vector<ReadRequest*> outer;
  for (ReadRequest& request : requests) {
    request.error = lies_inside(request.offset, request.into.size(), length_) ? 0 : EIO;
    if (request.error != 0) continue;
    inner.push_back({start_ + request.offset, request.into});
    outer.push_back(&request);
  }
  whole_->read_many(inner);
  for (std::size_t i = 0; i < inner.size(); ++i) outer[i]->error = inner[i].error;
}

void OffsetDevice::write(WriteKey key, u64 offset, ConstBytes bytes) {
  require_inside(*this, "write", offset, bytes.size());
  whole_->write(key, start_ + offset, bytes);
}

void OffsetDevice::write_many(WriteKey key, std::span<const WriteRequest> requests) {
  std::vector<WriteRequest> inner;
  for (const WriteRequest& request : requests) {
    require_inside(*this, "write", request.offset, request.bytes.size());
    inner.push_back({start_ + request.offset, request.bytes});
  }
  whole_->write_many(key, inner);
}

void OffsetDevice::zero(WriteKey key, u64 offset, u64 length) {
  require_inside(*this, "zero", offset, length);
  whole_->zero(key, start_ + offset, length);
}

bool OffsetDevice::discard(WriteKey key, u64 offset, u64 length) {
  require_inside(*this, "discard", offset, length);
  return whole_->discard(key, start_ + offset, length);
}

}  // namespace ocfs2
