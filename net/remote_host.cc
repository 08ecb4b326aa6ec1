// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/remote_host.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "net/words.h"

namespace ocfs2 {
namespace {

constexpr int not_run = 127;  // as a shell says it

/// An open file that holds the text and stands at its beginning.
int file_of(std::string_view text) {
  const int file = memfd_create("input", MFD_CLOEXEC);
  for (std::size_t at = 0; file >= 0 && at < text.size();) {
    const ssize_t written = write(file, text.data() + at, text.size() - at);
    if (written < 0) break;
    at += static_cast<std::size_t>(written);
  }
  if (file >= 0) lseek(file, 0, SEEK_SET);
  return file;
}

[[noreturn]] void become(const std::vector<std::string>& words, int input, int output) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  dup2(input, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  execvp(arguments[0], arguments.data());
  constexpr std::string_view words_of_failure = ": cannot be run; is it installed?\n";
  [[maybe_unused]] ssize_t ignored = write(STDERR_FILENO, words[0].data(), words[0].size());
  ignored = write(STDERR_FILENO, words_of_failure.data(), words_of_failure.size());
  _exit(not_run);
}

std::string all_of(int file) {
  std::string text;
  char part[4096];
  while (true) {
    const ssize_t length = read(file, part, sizeof part);
    if (length < 0 && errno == EINTR) continue;
    if (length <= 0) return text;
    text.append(part, static_cast<std::size_t>(length));
  }
}

int status_of(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

RemoteShell::RemoteShell(std::string_view program) : program_(pieces(program)) {}

RemoteAnswer RemoteShell::run(const std::string& host, const std::string& command,
                              std::string_view input) const {
  if (program_.empty() || host.empty() || host[0] == '-') return {not_run, {}};  // '-': an option to ssh
  std::vector<std::string> words = program_;
  words.insert(words.end(), {host, command});
  int ends[2];
  const int file = file_of(input);
  if (file < 0 || pipe2(ends, O_CLOEXEC) != 0) return {not_run, {}};
  const pid_t child = fork();
  if (child == 0) become(words, file, ends[1]);
  close(ends[1]);
  close(file);
  RemoteAnswer answer{not_run, {}};
  if (child > 0) {
    answer.output = all_of(ends[0]);
    answer.status = status_of(child);
  }
  close(ends[0]);
  return answer;
}

std::string shell_word(std::string_view word) {
  std::string quoted = "'";
  for (const char letter : word) quoted += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return quoted + "'";
}

}  // namespace ocfs2
