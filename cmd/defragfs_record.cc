// SPDX-License-Identifier: GPL-2.0-or-later
//
// The record of how far defragfs.ocfs2 got. It lies where everybody may write, so nobody's but our own is
// believed, and no link is followed.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "cmd/defragfs.h"
#include "engine/error.h"
#include "engine/io/open_file.h"

namespace ocfs2 {
namespace {

constexpr std::string_view first_line = "ocfs2box defragfs record 1";
constexpr std::size_t bytes_max = 2 << 20;

std::string record_path() {
  const char* const folder = std::getenv("TMPDIR");
  return fmt::format("{}/.ocfs2.defrag.record", folder && *folder ? folder : "/tmp");
}

int open_straight(const std::string& path, int how) {
  return open(path.c_str(), how | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
}

void require_own(const std::string& path, const OpenFile& file) {
  struct stat status {};
  if (file.get() < 0 || fstat(file.get(), &status) != 0) fail_errno(errno, "{}", path);
  if (!S_ISREG(status.st_mode) || status.st_uid != geteuid())
    fail(ErrorKind::invalid_argument, "{}: is not a file of yours; remove it, or set TMPDIR", path);
}

}  // namespace

DefragRecord load_defrag_record() {
  const std::string path = record_path();
  const OpenFile file(open_straight(path, O_RDONLY));
  if (file.get() < 0 && errno == ENOENT)
    fail(ErrorKind::not_found, "{}: there is no record of a run that was interrupted", path);
  require_own(path, file);
  std::string text(bytes_max, '\0');
  const ssize_t size = read(file.get(), text.data(), text.size());
  if (size < 0) fail_errno(errno, "{}", path);
  text.resize(static_cast<std::size_t>(size));
  std::vector<std::string> parts;
  for (std::size_t at = 0, end; (end = text.find('\0', at)) != text.npos; at = end + 1)
    parts.push_back(text.substr(at, end - at));
  if (parts.size() < 5 || parts.front() != first_line || parts.back() != "end")
    fail(ErrorKind::corrupt, "{}: is not a record of defragfs.ocfs2; remove it", path);
  return {.verbose = parts[1].find('v') != std::string::npos,
          .gentle = parts[1].find('l') != std::string::npos,
          .last_file = parts[2],
          .targets = {parts.begin() + 3, parts.end() - 1}};
}

void store_defrag_record(const DefragRecord& record) {
  std::string text;
  const auto add = [&](std::string_view part) { text.append(part).push_back('\0'); };
  add(first_line);
  add(fmt::format("{}{}", record.verbose ? "v" : "", record.gentle ? "l" : ""));
  add(record.last_file);
  for (const std::string& target : record.targets) add(target);
  add("end");
  const std::string path = record_path();
  if (text.size() > bytes_max) fail(ErrorKind::invalid_argument, "{}: too many arguments to keep", path);
  const OpenFile file(open_straight(path, O_WRONLY | O_CREAT));
  require_own(path, file);
  if (ftruncate(file.get(), 0) != 0 || write(file.get(), text.data(), text.size()) != ssize_t(text.size()) ||
      fsync(file.get()) != 0)
    fail_errno(errno, "{}", path);
}

void remove_defrag_record() { unlink(record_path().c_str()); }

}  // namespace ocfs2
