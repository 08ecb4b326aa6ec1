// SPDX-License-Identifier: GPL-2.0-or-later
//
// Work on all cores. Every thread has blocks and scratch memory of its own; the calling thread works, too,
// and is the only one that reports progress.
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

#include "engine/check/checkup.h"

namespace ocfs2 {
namespace {

constexpr unsigned threads_max = 8;

class Crew {
 public:
  Crew(Checkup& checkup, u64 count, const std::function<void(u64, Worker&)>& work)
      : checkup_(checkup), count_(count), work_(work) {}

  void run() {
    unsigned threads =
        checkup_.options.threads != 0 ? checkup_.options.threads : std::thread::hardware_concurrency();
    threads =
        static_cast<unsigned>(std::min<u64>(std::clamp(threads, 1u, threads_max), std::max<u64>(count_, 1)));
    std::vector<std::thread> others;
    for (unsigned i = 1; i < threads; ++i) others.emplace_back([this] { labour(false); });
    labour(true);
    for (std::thread& other : others) other.join();
    if (failure_) std::rethrow_exception(failure_);
    if (interrupted_) fail(ErrorKind::interrupted, "interrupted");
  }

 private:
  void labour(bool foreman) {
    try {
      BlockSource source(checkup_.volume.device(), checkup_.facts());
      Examiner triage;
      std::vector<u8> scratch;
      Worker worker{source, triage, scratch};
      for (u64 i; !stop_ && (i = next_++) < count_;) {
        work_(i, worker);
        if (!foreman) continue;
        checkup_.reporter.progress(i + 1, count_);
        if (checkup_.reporter.interrupted()) stop_ = interrupted_ = true;
      }
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

void in_parallel(Checkup& checkup, u64 count, const std::function<void(u64, Worker&)>& work) {
  if (checkup.mender != nullptr) checkup.mender->commit();  // threads read what is on the device
  Crew(checkup, count, work).run();
}

}  // namespace ocfs2
