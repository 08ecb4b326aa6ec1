// SPDX-License-Identifier: GPL-2.0-or-later
//
// How a case of POSIX conformance is written: a setting in the current folder, a system call as some user,
// and what must have come of it.
#pragma once

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <functional>
#include <initializer_list>

#include "tests/posix/basics.h"

namespace ocfs2::probe {

struct User {
  const char* name;
  uid_t uid;
  gid_t gid, other_group;
};
inline constexpr User root{"root", 0, 0, 0};
/// Files of the cases are his, and of his group.
inline constexpr User owner{"the owner", 1001, 2001, 2010};
inline constexpr User mate{"one whose group it is", 1003, 2001, 2003};
inline constexpr User member{"one who is also in the group", 1002, 2002, 2001};
inline constexpr User stranger{"a stranger", 1004, 2004, 2005};
inline constexpr User everybody[] = {root, owner, mate, member, stranger};
inline constexpr gid_t foreign_group = 2099;  ///< nobody is in it

enum class Kind { regular, folder, fifo, socket, character, block, symlink };
inline constexpr Kind kinds[] = {Kind::regular,   Kind::folder, Kind::fifo,   Kind::socket,
                                 Kind::character, Kind::block,  Kind::symlink};
const char* name_of(Kind kind);

/// Counts cases and tells of those that fail, with the scopes that they stand in.
class Cases {
 public:
  /// What a call came to, as `outcome` tells it.
  void expect(int got, int wanted, const std::string& what) { expect(got, {wanted}, what); }
  void expect(int got, std::initializer_list<int> wanted, const std::string& what);
  void equal(u64 got, u64 wanted, const std::string& what);
  void equal_mode(u64 got, u64 wanted, const std::string& what);
  void hold(bool good, const std::string& what);
  /// For a setting: nothing after it makes sense when it fails.
  void need(long result, const std::string& what);

  u64 count() const { return count_; }
  u64 failed() const { return failed_; }

 private:
  friend class Scope;
  void fail(const std::string& what, const std::string& wanted, const std::string& got);
  u64 count_ = 0, failed_ = 0;
  std::vector<std::string> scopes_;
};

class Scope {
 public:
  Scope(Cases& cases, std::string words) : cases_(cases) { cases.scopes_.push_back(std::move(words)); }
  ~Scope() { cases_.scopes_.pop_back(); }
  Scope(const Scope&) = delete;

 private:
  Cases& cases_;
};

/// A folder of its own, the current one until it is removed with what is in it. Anybody may write to it.
class Playground {
 public:
  Playground(Cases& cases, const char* name);
  ~Playground();
  Playground(const Playground&) = delete;

 private:
  Scope scope_;
  std::string name_;
};

void become(const User& user);
/// Calls `act` as that user; what came of it.
template <class Act>
int as(const User& user, const Act& act) {
  become(user);
  const int result = outcome(act());
  become(root);
  return result;
}

/// Something at `path`, of the owner unless said otherwise. A symlink leads to "target".
void make(Cases& cases, Kind kind, const std::string& path, mode_t mode = 0644, const User& whose = owner);
/// Whatever is there, with all below it; nothing is fine.
void clear(const std::string& path);

/// All zero when there is nothing.
struct stat status_of(const std::string& path);
inline bool exists(const std::string& path) { return status_of(path).st_nlink > 0; }
inline mode_t mode_of(const std::string& path) { return status_of(path).st_mode & 07777; }

/// Is it the kernel's ocfs2 that is tried? It differs in a few places, and stays as it is.
bool by_kernels_ocfs2();

/// Waits until what is changed from now on gets a later time.
void tick();

/// Which times an act changed.
class Watch {
 public:
  explicit Watch(std::string path) : path_(std::move(path)), before_(status_of(path_)) {}
  /// Both, or the one of the attributes only, or none.
  void contents(Cases& cases) const { judge(cases, true, true); }
  void attributes(Cases& cases) const { judge(cases, false, true); }
  void nothing(Cases& cases) const { judge(cases, false, false); }

 private:
  void judge(Cases& cases, bool modification, bool change) const;
  std::string path_;
  struct stat before_;
};

}  // namespace ocfs2::probe
