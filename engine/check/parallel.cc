// SPDX-License-Identifier: GPL-2.0-or-later
//
// Work on all cores. Every thread has blocks and scratch memory of its own; the calling thread works, too,
// and is the only one that reports progress.
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>

#include "engine/check/checkup.h"

namespace ocfs2 {
namespace {

constexpr unsigned threads_max = 8;
constexpr u64 thread_bytes = 8 << 20;  ///< of the budget: its cache, its batch, what it gathers

class Crew {
 public:
  Crew(Checkup& checkup, u64 count, const std::function<void(u64, Worker&)>& work)
      : checkup_(checkup), count_(count), work_(work) {}

  void run() {
    const u64 threads = std::min<u64>(checkup_.options.workers(), std::max<u64>(count_, 1));
    std::vector<std::thread> others;
    while (others.size() + 1 < threads && hire(others)) continue;
    labour(true);
    for (std::thread& other : others) other.join();
    if (failure_) std::rethrow_exception(failure_);
    if (interrupted_) fail(ErrorKind::interrupted, "interrupted");
    checkup_.reporter.progress(count_, count_);  // others may have done it all
  }

 private:
  /// False when the system has no thread to give: fewer hands do the same work.
  bool hire(std::vector<std::thread>& others) try {
    others.emplace_back([this] { labour(false); });
    return true;
  } catch (const std::system_error&) {
    return false;
  }

  void labour(bool foreman) {
    try {
      BlockSource source(checkup_.volume.device(), checkup_.facts(), checkup_.options.worker_cache_bytes());
      Examiner triage;
      std::vector<u8> scratch;
      Worker worker{source, triage, scratch};
      for (u64 i; !stop_ && (i = next_++) < count_;) {
        work_(i, worker);
        if (!foreman) continue;
        checkup_.reporter.progress(i + 1, count_);
        if (checkup_.reporter.interrupted()) stop_ = interrupted_ = true;
      }
      const std::lock_guard lock(mutex_);
      checkup_.bytes_from_workers_caches += source.bytes_from_cache();
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      stop_ = true;
    }
  }

  Checkup& checkup_;
  u64 count_;
  const std::function<void(u64, Worker&)>& work_;
  std::atomic<u64> next_ = 0;
  std::atomic<bool> stop_ = false, interrupted_ = false;
  std::mutex mutex_;
  std::exception_ptr failure_;
};

}  // namespace

unsigned CheckOptions::workers() const {
  const unsigned wanted = threads != 0 ? threads : std::thread::hardware_concurrency();
  const u64 affordable = std::min<u64>(memory_bytes / thread_bytes, threads_max);
  return static_cast<unsigned>(std::clamp<u64>(wanted, 1, std::max<u64>(affordable, 1)));
}

void in_parallel(Checkup& checkup, u64 count, const std::function<void(u64, Worker&)>& work) {
  if (checkup.mender != nullptr) checkup.mender->commit();  // threads read what is on the device
  Crew(checkup, count, work).run();
}

}  // namespace ocfs2
