// SPDX-License-Identifier: GPL-2.0-or-later
//
// The two kinds of wrong that end an operation. `require` is for our own mistakes: always on, it aborts.
// `Error` is for the world's: I/O, no space, an unknown feature, damage met outside fsck. (What is wrong with
// a volume that is being checked is neither: it is a Problem, and data.)
#pragma once

#include <fmt/core.h>

#include <exception>
#include <source_location>
#include <string>
#include <utility>

namespace ocfs2 {

enum class ErrorKind {
  io,                ///< the device failed
  corrupt,           ///< the volume contradicts itself
  unsupported,       ///< a feature or format that this program does not know
  busy,              ///< somebody else holds it
  no_space,          ///< it does not fit
  not_found,         ///< it is not there
  invalid_argument,  ///< what was asked for cannot be
  interrupted,       ///< the user stopped it
};

/// Words for people: what, which object, the fact, and what to do next. No program name, no final full stop.
class Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string message) : kind_(kind), message_(std::move(message)) {}
  ErrorKind kind() const { return kind_; }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  ErrorKind kind_;
  std::string message_;
};

/// Throws an Error with a formatted message.
template <class... Args>
[[noreturn]] void fail(ErrorKind kind, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(kind, fmt::format(format, std::forward<Args>(args)...));
}

std::string errno_text(int number);  ///< "No space left on device"
ErrorKind kind_of_errno(int number);

/// Throws an Error of the kind that errno value `number` stands for; the message ends in what it means.
template <class... Args>
[[noreturn]] void fail_errno(int number, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(kind_of_errno(number),
              fmt::format(format, std::forward<Args>(args)...) + ": " + errno_text(number));
}

[[noreturn]] void require_failed(std::source_location place);
/// Ends the program, with the place, when `condition` is false. For mistakes in this program only.
inline void require(bool condition, std::source_location place = std::source_location::current()) {
  if (!condition) [[unlikely]]
    require_failed(place);
}

}  // namespace ocfs2
