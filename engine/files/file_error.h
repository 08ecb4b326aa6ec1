// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a file operation refuses, as system calls say it. Everything else that goes wrong is an Error like
// any other.
#pragma once

#include <cerrno>
#include <optional>

#include "engine/error.h"
#include "ondisk/numbers.h"

namespace ocfs2 {

/// A name in a directory, there or not.
struct RefusedName {
  InodeNo directory;
  std::string name;
};

class FileError : public Error {
 public:
  FileError(int number, std::string message, std::optional<RefusedName> name = std::nullopt)
      : Error(kind_of_errno(number), std::move(message)), number_(number), name_(std::move(name)) {}
  int number() const { return number_; }  ///< an errno value
  /// What was refused, when it was a name; nothing for an inode.
  const std::optional<RefusedName>& name() const { return name_; }

 private:
  int number_;
  std::optional<RefusedName> name_;
};

/// Throws a FileError with a formatted message, which ends in what `number` means.
template <class... Args>
[[noreturn]] void refuse(int number, fmt::format_string<Args...> format, Args&&... args) {
  throw FileError(number, fmt::format(format, std::forward<Args>(args)...) + ": " + errno_text(number));
}

/// The errno value that a program is told for an error that is no FileError.
constexpr int errno_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::unsupported:
      return EOPNOTSUPP;
    case ErrorKind::busy:
      return EBUSY;
    case ErrorKind::no_space:
      return ENOSPC;
    case ErrorKind::not_found:
      return ENOENT;
    case ErrorKind::invalid_argument:
      return EINVAL;
    case ErrorKind::interrupted:
      return EINTR;
    case ErrorKind::io:
    case ErrorKind::corrupt:
      break;
  }
  return EIO;
}

}  // namespace ocfs2
