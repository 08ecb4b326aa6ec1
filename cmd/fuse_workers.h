// SPDX-License-Identifier: GPL-2.0-or-later
//
// Threads that answer the kernel: as few as keep up with it. A program that asks for one thing after the
// other is served fastest by one thread, which stays on its processor; two in turn would have to be woken on
// another one each time. So a thread that finds its question waiting already asks for help, and one that has
// to wait again and again goes to sleep.
//
// Waking up takes longer than most answers, above all in virtual machines. So the last thread stays awake for
// some microseconds after a quick answer, while most questions come within that time. After one that waited
// for the disk it would only be in the way.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>

#include "cmd/fuse_operations.h"

namespace ocfs2 {

class FuseWorkers {
 public:
  explicit FuseWorkers(fuse_session& session) : session_(session) {}
  /// Answers until the volume is unmounted, or a signal to the thread that calls this asks for the end.
  void work();

 private:
  static constexpr unsigned threads_max = 8;
  static constexpr int pressure_max = 8;  ///< so many questions that waited, or did not
  static constexpr std::chrono::microseconds linger_time{50};
  static constexpr std::chrono::microseconds quick_answer{30};
  static constexpr unsigned luck_max = 8;  ///< so often it is tried in vain
  static constexpr unsigned questions_between_trials = 16;

  struct Buffer {
    fuse_buf bytes{};
    bool awaited = true;  ///< whoever asked what it held waits for the answer,
    bool quick = true;    ///< which did not take long
    ~Buffer();
  };
  /// Answers one question, the next after that in `buffer`; `lingers`: is the thread that does. False at the
  /// end.
  bool answer_next(Buffer& buffer, bool lingers);
  bool question_waits() const;
  void note_pressure(bool waited);
  void linger();
  void help();
  void call_for_help();
  void sleep();
  void end_helpers();
  bool over() const { return fuse_session_exited(&session_) != 0; }

  fuse_session& session_;
  std::atomic<int> pressure_{0};
  std::atomic<int> awake_{0};  ///< helpers
  std::mutex mutex_;
  std::condition_variable called_, left_;
  std::list<std::thread> helpers_;
  unsigned calls_ = 0, asleep_ = 0, running_ = 0;
  unsigned luck_ = 0, questions_ = 0;  ///< of the thread that lingers
};

}  // namespace ocfs2
