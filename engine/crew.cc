// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/crew.h"

#include <algorithm>
#include <system_error>
#include <thread>
#include <vector>

#include "engine/error.h"

namespace ocfs2 {

unsigned cores() { return std::max(1u, std::thread::hardware_concurrency()); }

std::optional<u64> Crew::Hand::next() {
  if (foreman_) {
    crew_.reporter_.progress(std::min(crew_.next_.load(), crew_.count_), crew_.count_);
    if (crew_.reporter_.interrupted()) {
      crew_.interrupted_ = true;
      crew_.stop();
    }
  }
  if (crew_.stop_) return std::nullopt;
  const u64 piece = crew_.next_++;
  return piece < crew_.count_ ? std::optional(piece) : std::nullopt;
}

void Crew::Hand::in_turn(u64 piece, const std::function<void()>& use) {
  std::unique_lock lock(crew_.turn_mutex_);
  crew_.turn_changed_.wait(lock, [&] { return crew_.turn_ == piece || crew_.stop_; });
  if (crew_.stop_) return;
  use();
  ++crew_.turn_;
  crew_.turn_changed_.notify_all();
}

void Crew::stop() {
  const std::lock_guard lock(turn_mutex_);
  stop_ = true;
  turn_changed_.notify_all();
}

void Crew::serve(const std::function<void(Hand&)>& labour, bool foreman) {
  try {
    Hand hand(*this, foreman);
    labour(hand);
  } catch (...) {
    {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
    }
    stop();
  }
}

void Crew::run(const std::function<void(Hand&)>& labour) {
  const u64 wanted = std::min<u64>(threads_, std::max<u64>(count_, 1));
  std::vector<std::thread> others;
  while (others.size() + 1 < wanted) try {
      others.emplace_back([&] { serve(labour, false); });
    } catch (const std::system_error&) {  // no thread to be had: fewer hands do the same work
      break;
    }
  serve(labour, true);
  for (std::thread& other : others) other.join();
  if (failure_) std::rethrow_exception(failure_);
  if (interrupted_) fail(ErrorKind::interrupted, "interrupted");
  reporter_.progress(count_, count_);  // others may have done it all
}

}  // namespace ocfs2
