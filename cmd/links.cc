// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/links.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>

#include "cmd/applet.h"

namespace ocfs2 {
namespace {

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }
std::string_view folder_of(std::string_view path) { return path.substr(0, path.rfind('/')); }

std::string real_path(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> real(realpath(path.c_str(), nullptr), std::free);
  if (!real) fail_errno(errno, "{}", path);
  return real.get();
}

/// How the links name this program: relative when it lies in the same folder or in one beside it, so that an
/// installation can be made below a DESTDIR and moved.
std::string target_from(const std::string& directory) {
  const std::string self = real_path("/proc/self/exe");
  const std::string here = real_path(directory);
  const std::string_view home = folder_of(self);
  if (here == home) return std::string(base_name(self));
  if (folder_of(here) == folder_of(home)) return fmt::format("../{}/{}", base_name(home), base_name(self));
  return self;
}

std::optional<std::string> link_target(const std::string& path) {
  char target[PATH_MAX];
  const ssize_t length = readlink(path.c_str(), target, sizeof target);
  if (length < 0) return std::nullopt;
  return std::string(target, static_cast<std::size_t>(length));
}

/// True when `path` may become a link: nothing is there, or a link to an ocfs2box, or force was asked for.
bool may_replace(const std::string& path, bool force) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return true;
  const std::optional<std::string> target = link_target(path);
  return force || (target && base_name(*target) == BOX);
}

/// Puts the link in place in one step, so that the command is never missing.
void make_link(const std::string& target, const std::string& path) {
  const std::string fresh = path + ".new";
  unlink(fresh.c_str());
  if (symlink(target.c_str(), fresh.c_str()) != 0) fail_errno(errno, "cannot make the link {}", fresh);
  if (rename(fresh.c_str(), path.c_str()) == 0) return;
  const int number = errno;
  unlink(fresh.c_str());
  fail_errno(number, "cannot replace {}", path);
}

}  // namespace

int make_links(std::string_view program, const LinkRequest& request) {
  const std::string target = target_from(request.directory);
  int status = 0;
  for (const Applet& applet : applets()) {
    if (applet.directory.empty() || (!request.kind.empty() && applet.directory != request.kind)) continue;
    const std::string path = fmt::format("{}/{}", request.directory, applet.name);
    if (may_replace(path, request.force)) {
      make_link(target, path);
      fmt::print("{} -> {}\n", path, target);
    } else {
      fmt::print(stderr, "{}: {} is not a link to {}; --force replaces it\n", program, path, BOX);
      status = 1;
    }
  }
  return status;
}

}  // namespace ocfs2
