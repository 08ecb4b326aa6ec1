// SPDX-License-Identifier: GPL-2.0-or-later
//
// Numbered pieces of work on all cores. The calling thread works, too, and is the only one that reports
// progress.
//
//     Crew crew(pieces, cores(), reporter);
//     crew.run([&](Crew::Hand& hand) {
//       ... what a thread needs for itself ...
//       while (const auto piece = hand.next()) work_on(*piece);
//     });
#pragma once

#include <atomic>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>

#include "engine/reporter.h"
#include "ondisk/integers.h"

namespace ocfs2 {

class Crew {
 public:
  /// Pieces 0 … `count` - 1, on at most `threads` threads.
  Crew(u64 count, unsigned threads, Reporter& reporter)
      : count_(count), threads_(threads), reporter_(reporter) {}

  /// What a thread gets its work from.
  class Hand {
   public:
    /// The lowest piece that nobody has taken; nothing when all are taken, or the work is to stop.
    std::optional<u64> next();
    /// Runs `use` once all pieces before `piece` had their turn; each that was taken has to have one. Not
    /// at all when the work is to stop.
    void in_turn(u64 piece, const std::function<void()>& use);

   private:
    friend class Crew;
    Hand(Crew& crew, bool foreman) : crew_(crew), foreman_(foreman) {}
    Crew& crew_;
    bool foreman_;
  };

  /// Runs `labour` on every thread. The first exception of any thread ends all and is thrown here;
  /// Error(interrupted) when the user stopped it.
  void run(const std::function<void(Hand&)>& labour);

 private:
  void serve(const std::function<void(Hand&)>& labour, bool foreman);
  void stop();

  u64 count_;
  unsigned threads_;
  Reporter& reporter_;
  std::atomic<u64> next_ = 0;
  std::atomic<bool> stop_ = false, interrupted_ = false;
  std::mutex mutex_;
  std::exception_ptr failure_{};
  std::mutex turn_mutex_;
  std::condition_variable turn_changed_;
  u64 turn_ = 0;
};

unsigned cores();  ///< of this host, at least 1

}  // namespace ocfs2
