// SPDX-License-Identifier: GPL-2.0-or-later
//
// Work on all cores, where every thread has blocks and scratch memory of its own.
#include <mutex>

#include "engine/check/checkup.h"
#include "engine/crew.h"

namespace ocfs2 {
namespace {

constexpr unsigned threads_max = 8;
constexpr u64 thread_bytes = 8 << 20;  ///< of the budget: its cache, its batch, what it gathers

}  // namespace

unsigned CheckOptions::workers() const {
  const unsigned wanted = threads != 0 ? threads : cores();
  const u64 affordable = std::min<u64>(memory_bytes / thread_bytes, threads_max);
  return static_cast<unsigned>(std::clamp<u64>(wanted, 1, std::max<u64>(affordable, 1)));
}

void in_parallel(Checkup& checkup, u64 count, const std::function<void(u64, Worker&)>& work) {
  if (checkup.mender != nullptr) checkup.mender->commit();  // threads read what is on the device
  std::mutex mutex;
  Crew(count, checkup.options.workers(), checkup.reporter).run([&](Crew::Hand& hand) {
    BlockSource source(checkup.volume.device(), checkup.facts(), checkup.options.worker_cache_bytes());
    Examiner triage;
    std::vector<u8> scratch;
    Worker worker{source, triage, scratch};
    while (const auto piece = hand.next()) work(*piece, worker);
    const std::lock_guard lock(mutex);
    checkup.bytes_from_workers_caches += source.bytes_from_cache();
  });
}

}  // namespace ocfs2
