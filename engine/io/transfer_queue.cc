// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/io/transfer_queue.h"

#include <fcntl.h>
#include <liburing.h>

#include <cerrno>

#include "engine/error.h"

namespace ocfs2 {

struct TransferQueue::Ring {
  io_uring ring;
  bool made = io_uring_queue_init(depth, &ring, 0) == 0;
  bool writing_back = false;

  Ring() = default;
  ~Ring() {
    if (made) io_uring_queue_exit(&ring);
  }
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  bool works();
  void queue(int file, Direction direction, Transfer& transfer);
  u32 reap();
  void begin_writeback(int file);
  void run(int file, Direction direction, std::span<Transfer> transfers);
};

/// A sandbox may let us make a ring and then forbid its use: better learnt before there is something to lose.
bool TransferQueue::Ring::works() {
  if (!made) return false;
  io_uring_prep_nop(io_uring_get_sqe(&ring));
  io_uring_cqe* done = nullptr;
  if (io_uring_submit_and_wait(&ring, 1) != 1 || io_uring_peek_cqe(&ring, &done) != 0) return false;
  io_uring_cqe_seen(&ring, done);
  return true;
}

void TransferQueue::Ring::queue(int file, Direction direction, Transfer& transfer) {
  io_uring_sqe* entry = io_uring_get_sqe(&ring);
  require(entry != nullptr);  // never more in flight than the ring has room for
  const auto pieces = static_cast<unsigned>(transfer.memory.size());
  if (direction == Direction::read)
    io_uring_prep_readv(entry, file, transfer.memory.data(), pieces, transfer.offset);
  else
    io_uring_prep_writev(entry, file, transfer.memory.data(), pieces, transfer.offset);
  io_uring_sqe_set_data(entry, &transfer);
}

/// Takes the results that are there; returns of how many transfers. A writeback has none to give.
u32 TransferQueue::Ring::reap() {
  u32 count = 0;
  for (io_uring_cqe* done; io_uring_peek_cqe(&ring, &done) == 0;) {
    if (auto* transfer = static_cast<Transfer*>(io_uring_cqe_get_data(done))) {
      transfer->result = done->res;
      ++count;
    } else {
      writing_back = false;
    }
    io_uring_cqe_seen(&ring, done);
  }
  return count;
}

void TransferQueue::Ring::begin_writeback(int file) {
  reap();
  if (writing_back) return;  // one is enough; this part comes with the next
  io_uring_sqe* entry = io_uring_get_sqe(&ring);
  if (entry == nullptr) return;
  io_uring_prep_sync_file_range(entry, file, 0, 0, SYNC_FILE_RANGE_WRITE);
  io_uring_sqe_set_data(entry, nullptr);
  writing_back = io_uring_submit(&ring) == 1;
}

void TransferQueue::Ring::run(int file, Direction direction, std::span<Transfer> transfers) {
  std::size_t queued = 0;
  u32 in_flight = 0;
  while (queued < transfers.size() || in_flight > 0) {
    for (; queued < transfers.size() && in_flight < depth; ++in_flight)
      queue(file, direction, transfers[queued++]);
    // A failure leaves the entries queued, and what is in flight still points to our memory: there is no way
    // out but to go on until all of it came back. These four pass.
    const int submitted = io_uring_submit_and_wait(&ring, 1);
    require(submitted >= 0 || submitted == -EINTR || submitted == -EAGAIN || submitted == -EBUSY ||
            submitted == -ENOMEM);
    in_flight -= reap();
  }
}

TransferQueue::TransferQueue() = default;
TransferQueue::~TransferQueue() = default;

bool TransferQueue::ready() {
  if (possible_ && !ring_) {
    ring_ = std::make_unique<Ring>();
    possible_ = ring_->works();
  }
  if (!possible_) ring_.reset();
  return possible_;
}

void TransferQueue::run(int file, Direction direction, std::span<Transfer> transfers, Order order) {
  const std::lock_guard turn(turn_);
  // One alone has nothing to be parallel with.
  used_io_uring_ = order == Order::parallel && transfers.size() > 1 && ready();
  if (used_io_uring_) return ring_->run(file, direction, transfers);
  for (Transfer& transfer : transfers) {
    const auto pieces = static_cast<int>(transfer.memory.size());
    const auto offset = static_cast<off_t>(transfer.offset);
    const ssize_t result = direction == Direction::read
                               ? preadv(file, transfer.memory.data(), pieces, offset)
                               : pwritev(file, transfer.memory.data(), pieces, offset);
    transfer.result = result < 0 ? -errno : result;
  }
}

void TransferQueue::begin_writeback(int file) {
  const std::lock_guard turn(turn_);
  if (ready()) ring_->begin_writeback(file);
}

void TransferQueue::forbid_io_uring() {
  const std::lock_guard turn(turn_);
  possible_ = false;
  ring_.reset();
}

}  // namespace ocfs2
