// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/fuse_workers.h"

#include <linux/fuse.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

namespace ocfs2 {
namespace {

constexpr int interrupting = SIGUSR1;  ///< brings a helper back from waiting for a question

void ignore(int) {}

/// Signals for the program are for its first thread.
void leave_signals_to_others() {
  sigset_t all;
  sigfillset(&all);
  sigdelset(&all, interrupting);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

/// What nobody waits for the answer of: more may come at once, and says nothing of those who do.
bool is_notice(const fuse_buf& buffer, std::size_t length) {
  if ((buffer.flags & FUSE_BUF_IS_FD) != 0 || length < sizeof(fuse_in_header)) return false;
  const u32 opcode = static_cast<const fuse_in_header*>(buffer.mem)->opcode;
  return opcode == FUSE_FORGET || opcode == FUSE_BATCH_FORGET || opcode == FUSE_RELEASE ||
         opcode == FUSE_RELEASEDIR;
}

}  // namespace

FuseWorkers::Buffer::~Buffer() { std::free(bytes.mem); }

bool FuseWorkers::question_waits() const {
  pollfd waiting{fuse_session_fd(&session_), POLLIN, 0};
  return poll(&waiting, 1, 0) == 1;
}

bool FuseWorkers::answer_next(Buffer& buffer, bool lingers) {
  const bool after_awaited = buffer.awaited, waited = question_waits();
  if (lingers && !waited && buffer.quick) linger();
  const int got = fuse_session_receive_buf(&session_, &buffer.bytes);
  buffer.awaited = got > 0 && !is_notice(buffer.bytes, static_cast<std::size_t>(got));
  if (after_awaited && buffer.awaited) note_pressure(waited);
  const auto began = std::chrono::steady_clock::now();
  if (got > 0) fuse_session_process_buf(&session_, &buffer.bytes);
  buffer.quick = std::chrono::steady_clock::now() - began < quick_answer;
  if (got < 0 && got != -EINTR && got != -EAGAIN) fuse_session_exit(&session_);
  return !over();
}

void FuseWorkers::work() {
  struct sigaction action {};
  action.sa_handler = ignore;
  sigaction(interrupting, &action, nullptr);
  Buffer buffer;
  while (answer_next(buffer, true)) {
  }
  end_helpers();
}

/// Stays awake for the next question, as long as questions have come in that time.
void FuseWorkers::linger() {
  if (awake_ > 0 || (luck_ == 0 && ++questions_ % questions_between_trials != 0)) return;
  const auto end = std::chrono::steady_clock::now() + linger_time;
  while (!question_waits()) {
    if (std::chrono::steady_clock::now() >= end) {
      if (luck_ > 0) --luck_;
      return;
    }
    sched_yield();  // whoever has something to do on this processor comes first
  }
  luck_ = luck_max;
}

/// Whether a question had to wait for the answer of the one before; calls for help when they do not keep up.
void FuseWorkers::note_pressure(bool waited) {
  if (!waited) {
    if (pressure_ > -pressure_max) --pressure_;
  } else if (++pressure_ >= pressure_max) {
    call_for_help();
  }
}

void FuseWorkers::call_for_help() {
  pressure_ = 0;
  const std::lock_guard hold(mutex_);
  if (asleep_ > calls_) {
    ++calls_;
    called_.notify_one();
  } else if (helpers_.size() + 1 < threads_max && !over()) {
    helpers_.emplace_back([this] { help(); });
    ++running_;
    ++awake_;
  }
}

void FuseWorkers::help() {
  leave_signals_to_others();
  Buffer buffer;
  while (!over() && answer_next(buffer, false))
    if (pressure_ <= -pressure_max) sleep();
  const std::lock_guard hold(mutex_);
  --running_;
  left_.notify_one();
}

void FuseWorkers::sleep() {
  pressure_ = 0;
  std::unique_lock hold(mutex_);
  ++asleep_;
  --awake_;
  called_.wait(hold, [this] { return calls_ > 0 || over(); });
  if (calls_ > 0) --calls_;
  --asleep_;
  ++awake_;
}

/// Those that sleep are called; those that wait for a question are interrupted until they noticed.
void FuseWorkers::end_helpers() {
  std::unique_lock hold(mutex_);
  while (running_ > 0) {
    called_.notify_all();
    for (std::thread& helper : helpers_) pthread_kill(helper.native_handle(), interrupting);
    left_.wait_for(hold, std::chrono::milliseconds(10), [this] { return running_ == 0; });
  }
  hold.unlock();
  for (std::thread& helper : helpers_) helper.join();
}

}  // namespace ocfs2
