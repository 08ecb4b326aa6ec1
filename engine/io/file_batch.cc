// SPDX-License-Identifier: GPL-2.0-or-later
//
// Batches on a FileDevice: sorted by offset, neighbours joined, up to 64 requests in flight. What a request
// did not do in one go (it failed, or fell short) is done again piece by piece with the patience of the
// single requests, so that one bad sector costs its own piece only.
#include <fcntl.h>
#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "engine/io/aligned_buffer.h"
#include "engine/io/device_errors.h"
#include "engine/io/file_device.h"

namespace ocfs2 {
namespace {

constexpr u64 merged_bytes_max = 1 << 20;
constexpr std::size_t merged_pieces_max = 256;
constexpr u64 wave_bytes_max =
    16 << 20;  ///< what may be in memory twice because it has to go through a buffer

constexpr u64 island_bytes_max = 64 << 10;

/// Gives the small pieces of a batch their space in a sparse file before they are written. Left to itself, a
/// file system believes that the file will grow at each of these islands and sets megabytes aside there,
/// until none are left and it searches the whole disk for every block (measured on ext4: 83,000 blocks take
/// 30 s, like this 3 s). Failing is no harm: the write says then what is wrong.
void claim_islands(int file, std::span<const Transfer> transfers) {
  for (const Transfer& transfer : transfers)
    if (transfer.length <= island_bytes_max)
      fallocate(file, FALLOC_FL_KEEP_SIZE, static_cast<off_t>(transfer.offset),
                static_cast<off_t>(transfer.length));
}

}  // namespace

/// Reading and writing share everything but the direction; the memory of a write is never written to.
struct FileDevice::Piece {
  u64 offset;
  Bytes memory;
  std::size_t request;  ///< index in the caller's batch
  int error = 0;

  u64 end() const { return offset + memory.size(); }
};

struct FileDevice::Run {
  std::span<Piece> pieces;
  AlignedBuffer bounce;  ///< empty when the memory of the pieces serves
  Transfer transfer;
};

void FileDevice::read_many(std::span<ReadRequest> requests) {
  std::vector<Piece> pieces;
  pieces.reserve(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const bool inside = lies_inside(requests[i].offset, requests[i].into.size(), size_bytes_);
    requests[i].error = inside ? 0 : EIO;
    if (inside && !requests[i].into.empty()) pieces.push_back({requests[i].offset, requests[i].into, i});
  }
  transfer(Direction::read, pieces);
  for (const Piece& piece : pieces) requests[piece.request].error = piece.error;
}

void FileDevice::write_many(WriteKey key, std::span<const WriteRequest> requests) {
  // Two pieces that fill parts of one sector would undo each other if they went at the same time.
  if (std::any_of(requests.begin(), requests.end(), [&](const WriteRequest& request) {
        return request.offset % unit_ != 0 || request.bytes.size() % unit_ != 0;
      }))
    return BlockDevice::write_many(key, requests);

  std::vector<Piece> pieces;
  pieces.reserve(requests.size());
  u64 end = size_bytes_;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const auto& [offset, bytes] = requests[i];
    require_writable_range("write", offset, bytes.size());
    end = std::max<u64>(end, offset + bytes.size());
    if (!bytes.empty()) pieces.push_back({offset, {const_cast<u8*>(bytes.data()), bytes.size()}, i});
  }
  transfer(Direction::write, pieces);
  for (const Piece& piece : pieces)
    if (piece.error != 0) fail_transfer(*this, "write", piece.offset, piece.memory.size(), piece.error);
  if (grows_) size_bytes_ = end;
}

void FileDevice::transfer(Direction direction, std::span<Piece> pieces) {
  std::sort(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) { return a.offset < b.offset; });
  while (!pieces.empty()) {
    std::size_t count = 0;
    for (u64 bytes = 0; count < pieces.size() && bytes < wave_bytes_max; ++count)
      bytes += pieces[count].memory.size();
    transfer_wave(direction, pieces.first(count));
    pieces = pieces.subspan(count);
  }
}

void FileDevice::transfer_wave(Direction direction, std::span<Piece> pieces) {
  std::vector<Run> runs;
  std::vector<Transfer> transfers;
  while (!pieces.empty()) {
    std::size_t count = 1;
    while (count < pieces.size() && count < merged_pieces_max &&
           pieces[count].offset == pieces[count - 1].end() &&
           pieces[count].end() - pieces[0].offset <= merged_bytes_max)
      ++count;
    runs.push_back(plan(direction, pieces.first(count)));
    transfers.push_back(std::move(runs.back().transfer));
    pieces = pieces.subspan(count);
  }
  // Writing into the page cache is copying memory: handing it to the kernel's workers only costs
  // (measured: 1.3 s instead of 0.5 s for 83,000 blocks).
  const bool copies = direction == Direction::write && caching() == Caching::buffered;
  if (copies) claim_islands(file_, transfers);
  using Order = TransferQueue::Order;
  queue_.run(file_, direction, transfers, copies ? Order::one_by_one : Order::parallel);
  if (copies && runs.size() > 1) begin_writeback();
  for (std::size_t i = 0; i < runs.size(); ++i) {
    runs[i].transfer = std::move(transfers[i]);
    finish(direction, runs[i]);
  }
}

/// Through a file of its own: should we be killed, the kernel finishes this with the file open, and our lock
/// must not live on with it.
void FileDevice::begin_writeback() {
  if (writeback_file_ < 0)
    writeback_file_ = ::open(fmt::format("/proc/self/fd/{}", file_).c_str(), O_RDONLY | O_CLOEXEC);
  if (writeback_file_ >= 0) queue_.begin_writeback(writeback_file_);
}

FileDevice::Run FileDevice::plan(Direction direction, std::span<Piece> pieces) const {
  u64 from = pieces.front().offset, to = pieces.back().end();
  Run run{pieces, {}, {from, {}, to - from}};
  const auto serves = [&](const Piece& piece) { return fits(piece.offset, piece.memory); };
  if (std::all_of(pieces.begin(), pieces.end(), serves)) {
    for (const Piece& piece : pieces)
      run.transfer.memory.push_back({piece.memory.data(), piece.memory.size()});
    return run;
  }
  from = from / unit_ * unit_;
  to = round_up(to, unit_);
  run.bounce = AlignedBuffer(to - from, unit_);
  run.transfer = {from, {{run.bounce.bytes().data(), to - from}}, to - from};
  if (direction == Direction::write)
    for (const Piece& piece : pieces)
      std::copy(piece.memory.begin(), piece.memory.end(), run.bounce.bytes().begin() + (piece.offset - from));
  return run;
}

void FileDevice::finish(Direction direction, const Run& run) {
  const auto& [from, memory, length, result] = run.transfer;
  const bool reading = direction == Direction::read;
  if (result != static_cast<s64>(length)) {
    for (Piece& piece : run.pieces)
      piece.error =
          reading ? read_fully(piece.offset, piece.memory) : write_fully(piece.offset, piece.memory);
    return;
  }
  (reading ? counters_.reads : counters_.writes)++;
  (reading ? counters_.bytes_read : counters_.bytes_written) += length;
  if (!reading || run.bounce.bytes().empty()) return;
  for (const Piece& piece : run.pieces)
    std::copy_n(run.bounce.bytes().begin() + (piece.offset - from), piece.memory.size(),
                piece.memory.begin());
}

}  // namespace ocfs2
