// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/worlds/faulty_device.h"

#include <algorithm>
#include <cerrno>
#include <limits>

#include "engine/error.h"
#include "engine/io/device_errors.h"

namespace ocfs2 {

void FaultyDevice::fail_call(Call call, u64 nth, int error) {
  const u64 number = calls(call) + nth;
  faults_.push_back({call, number, number, error});
}

void FaultyDevice::fail_from_call(Call call, u64 nth, int error) {
  faults_.push_back({call, calls(call) + nth, std::numeric_limits<u64>::max(), error});
}

void FaultyDevice::fail_reads_in(u64 offset, u64 length, int error) {
  bad_ranges_.push_back({offset, length, error});
}

void FaultyDevice::heal() {
  faults_.clear();
  bad_ranges_.clear();
}

u64 FaultyDevice::calls(Call call) const {
  const auto found = calls_.find(call);
  return found == calls_.end() ? 0 : found->second;
}

int FaultyDevice::count(Call call) {
  const u64 number = ++calls_[call];
  for (const Fault& fault : faults_)
    if (fault.call == call && number >= fault.first && number <= fault.last) return fault.error;
  return 0;
}

int FaultyDevice::count_read(u64 offset, u64 length) {
  if (const int error = count(Call::read)) return error;
  for (const BadRange& bad : bad_ranges_)
    if (offset < bad.offset + bad.length && bad.offset < offset + length) return bad.error;
  return 0;
}

void FaultyDevice::read(u64 offset, Bytes into) {
  if (const int error = count_read(offset, into.size()))
    fail_transfer(*this, "read", offset, into.size(), error);
  good_.read(offset, into);
}

void FaultyDevice::read_many(std::span<ReadRequest> requests) {
  good_.read_many(requests);
  for (ReadRequest& request : requests) {
    const int error = count_read(request.offset, request.into.size());
    if (error == 0) continue;
    request.error = error;
    std::fill(request.into.begin(), request.into.end(), u8{0xDD});  // whoever uses it will notice
  }
}

void FaultyDevice::write(WriteKey key, u64 offset, ConstBytes bytes) {
  if (const int error = count(Call::write)) fail_transfer(*this, "write", offset, bytes.size(), error);
  good_.write(key, offset, bytes);
}

void FaultyDevice::zero(WriteKey key, u64 offset, u64 length) {
  if (const int error = count(Call::zero)) fail_transfer(*this, "zero", offset, length, error);
  good_.zero(key, offset, length);
}

bool FaultyDevice::discard(WriteKey key, u64 offset, u64 length) {
  if (count(Call::discard) != 0) return false;
  if (!noise_) return good_.discard(key, offset, length);
  const std::vector<u8> noise(64 * 1024, u8{0xDD});
  for (u64 done = 0; done < length; done += noise.size())
    good_.write(key, offset + done, ConstBytes(noise).first(std::min<u64>(noise.size(), length - done)));
  return true;
}

void FaultyDevice::flush() {
  if (const int error = count(Call::flush)) fail_flush(*this, error);
  good_.flush();
}

}  // namespace ocfs2
