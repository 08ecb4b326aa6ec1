// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the programs share that try a mounted file system by system calls. They know nothing of OCFS2: they
// judge any file system, and run where there is only a kernel.
#pragma once

#include <fcntl.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace ocfs2::probe {

using u8 = std::uint8_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

/// The same numbers for the same seed, everywhere.
class Dice {
 public:
  explicit Dice(u64 seed) : state_(seed * 0xD1342543DE82EF95 + 0x2545F4914F6CDD1D) {}
  u64 next() {
    u64 value = state_ += 0x9E3779B97F4A7C15;
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
    return value ^ (value >> 31);
  }
  /// 0 to end - 1; end is at least 1.
  u64 below(u64 end) { return next() % end; }
  bool once_in(u64 times) { return below(times) == 0; }
  /// Bytes that no accident makes, none of them zero.
  std::string bytes(u64 count) {
    std::string text(count, 0);
    u64 value = 0;
    for (u64 at = 0; at < count; ++at) {
      value = at % 8 == 0 ? next() : value >> 8;
      text[at] = static_cast<char>(value | 1);
    }
    return text;
  }

 private:
  u64 state_;
};

/// Whether a program answers for the file system.
inline bool through_fuse(int file) {
  constexpr long magic = 0x65735546;
  struct statfs status {};
  return fstatfs(file, &status) == 0 && static_cast<long>(status.f_type) == magic;
}

/// FNV-1a.
class Digest {
 public:
  void add(std::string_view bytes) {
    for (const char byte : bytes) value_ = (value_ ^ static_cast<u8>(byte)) * 0x100000001B3;
  }
  void add(u64 number) { add({reinterpret_cast<const char*>(&number), sizeof number}); }
  std::string text() const {
    char text[20];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value_));
    return text;
  }

 private:
  u64 value_ = 0xCBF29CE484222325;
};

/// What a system call came to: 0, or the number of its error.
inline int outcome(long result) { return result >= 0 ? 0 : errno; }

inline std::string error_name(int number) {
  const char* const name = strerrorname_np(number);
  return number == 0 ? "success" : name != nullptr ? name : "error " + std::to_string(number);
}

/// A descriptor that is closed at the end; negative when it could not be had, with errno as it was.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const std::string& path, int flags, mode_t mode = 0644)
      : number_(open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  ~Descriptor() {
    const int kept = errno;
    if (number_ >= 0) close(number_);
    errno = kept;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  operator int() const { return number_; }

 private:
  int number_;
};

}  // namespace ocfs2::probe
