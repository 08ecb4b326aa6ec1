// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/host.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "net/words.h"

namespace ocfs2 {
namespace {

/// Runs a program without words and without input; its exit status, or minus an errno value. `words` begin
/// with the name that it is called by.
int run_quietly(std::vector<std::string> words, const char* program) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (const int descriptor : {0, 1, 2})
    posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0);
  pid_t child = 0;
  const int error = posix_spawnp(&child, program, &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return -error;
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
}

/// Whether a line of `path` has `wanted` as its word number `at`, and `also` as the one behind it.
bool has_line(const char* path, std::size_t at, const std::string& wanted, const std::string& also = {}) {
  for (const std::string& line : pieces(whole_file(path).value_or(""), "\n")) {
    const std::vector<std::string> words = pieces(line);
    if (words.size() > at && words[at] == wanted &&
        (also.empty() || (words.size() > at + 1 && words[at + 1] == also)))
      return true;
  }
  return false;
}

}  // namespace

bool SystemHost::knows_file_system(const std::string& type) {
  return has_line("/proc/filesystems", 0, type) || has_line("/proc/filesystems", 1, type);
}

bool SystemHost::has_module(const std::string& name) {
  return access(("/sys/module/" + name).c_str(), F_OK) == 0;
}

std::optional<Refusal> SystemHost::load_module(const std::string& name) {
  const int status = run_quietly({"modprobe", name}, "modprobe");
  if (status == 0) return std::nullopt;
  return Refusal{status < 0 ? -status : ENOENT, "load the module " + name + " by modprobe"};
}

std::optional<Refusal> SystemHost::unload_module(const std::string& name) {
  if (!has_module(name) || syscall(SYS_delete_module, name.c_str(), O_NONBLOCK) == 0 || errno == ENOENT)
    return std::nullopt;
  return Refusal{errno == EWOULDBLOCK ? EBUSY : errno, "unload the module " + name};
}

bool SystemHost::is_mounted(const std::string& type, const std::string& folder) {
  return has_line("/proc/mounts", 1, folder, type);
}

std::optional<Refusal> SystemHost::mount(const std::string& type, const std::string& folder) {
  if (::mount(type.c_str(), folder.c_str(), type.c_str(), 0, nullptr) == 0) return std::nullopt;
  return Refusal{errno, "mount " + type + " at " + folder};
}

std::optional<Refusal> SystemHost::unmount(const std::string& folder) {
  if (umount2(folder.c_str(), 0) == 0) return std::nullopt;
  return Refusal{errno, "unmount " + folder};
}

std::optional<Refusal> SystemHost::run_own(const std::string& name) {
  const int status = run_quietly({name}, "/proc/self/exe");
  if (status == 0) return std::nullopt;
  return Refusal{status < 0 ? -status : EAGAIN, "run " + name};
}

}  // namespace ocfs2
