// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/io/in_use.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <span>

#include "engine/error.h"
#include "engine/text_lines.h"

namespace ocfs2 {
namespace {

namespace fs = std::filesystem;

constexpr int stacking_depth_max =
    16;  ///< disk, partition, RAID, volume manager, encryption, ...: sysfs has no loops

std::string first_line(const fs::path& path) {
  const std::vector<std::string> lines = lines_of(path);
  return lines.empty() ? std::string() : lines.front();
}

std::vector<std::string> names_in(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code none;  // what is not there holds nothing
  for (const auto& entry : fs::directory_iterator(directory, none)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

/// "8:17" as a device number.
std::optional<dev_t> parse_number(const std::string& text) {
  unsigned major = 0, minor = 0;
  if (std::sscanf(text.c_str(), "%u:%u", &major, &minor) != 2) return std::nullopt;
  return makedev(major, minor);
}

/// Tables in /proc write blanks and backslashes as three octal digits.
std::string unescape(std::string_view text) {
  const auto octal = [](char digit) { return digit >= '0' && digit <= '7'; };
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && octal(text[i + 1]) && octal(text[i + 2]) &&
        octal(text[i + 3])) {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

bool has_option(std::string_view options, std::string_view wanted) {
  for (std::size_t from = 0; from <= options.size();) {
    const std::size_t comma = std::min(options.find(',', from), options.size());
    if (options.substr(from, comma - from) == wanted) return true;
    from = comma + 1;
  }
  return false;
}

bool is_device_number(const std::string& path, dev_t number) {
  struct stat facts {};
  return path.starts_with("/dev/") && stat(path.c_str(), &facts) == 0 && S_ISBLK(facts.st_mode) &&
         facts.st_rdev == number;
}

bool is_file(const std::string& path, const struct stat& file) {
  struct stat facts {};
  return stat(path.c_str(), &facts) == 0 && facts.st_dev == file.st_dev && facts.st_ino == file.st_ino;
}

struct Mount {
  std::optional<dev_t> device;
  std::string where, type, source;
  bool read_only = false;
};

/// A line of mountinfo: "36 35 98:0 /root /mnt rw,noatime master:1 - ext3 /dev/sdb1 rw".
std::optional<Mount> mount_in(const std::string& line) {
  const std::vector<std::string> fields = words_of(line);
  const auto dash = std::ranges::find(fields, "-");
  if (fields.end() - dash < 3 || dash - fields.begin() < 6) return std::nullopt;
  const bool all_read_only = fields.end() - dash > 3 && has_option(dash[3], "ro");
  return Mount{parse_number(fields[2]), unescape(fields[4]), dash[1], unescape(dash[2]),
               has_option(fields[5], "ro") || all_read_only};
}

/// Mounts that `is_ours` recognises.
template <class IsOurs>
void add_mounts(const std::string& name, const SystemFiles& system, IsOurs is_ours, std::vector<Use>& uses) {
  for (const std::string& line : lines_of(system.proc + "/self/mountinfo"))
    if (const auto mount = mount_in(line); mount && is_ours(*mount))
      uses.push_back({Use::What::mounted, name, mount->where, mount->type, mount->read_only});
}

/// Swap spaces whose path `is_ours` recognises.
template <class IsOurs>
void add_swap(const std::string& name, const SystemFiles& system, IsOurs is_ours, std::vector<Use>& uses) {
  const std::vector<std::string> lines = lines_of(system.proc + "/swaps");
  for (const std::string& line :
       std::span(lines).subspan(std::min<std::size_t>(1, lines.size())))  // headings
    if (is_ours(unescape(line.substr(0, line.find_first_of(" \t")))))
      uses.push_back({Use::What::swap, name, {}, {}});
}

struct Search {
  const SystemFiles& system;
  std::vector<Use>& uses;

  void device(dev_t number, const std::string& name, int depth);
  void holders(const fs::path& directory, const std::string& name, int depth);
  void partitions(const fs::path& directory, int depth);
  void loops_over(const struct stat& image, const std::string& name);
};

void Search::device(dev_t number, const std::string& name, int depth) {
  if (depth > stacking_depth_max) return;
  // File systems over several disks (btrfs) have a number of their own; they name one of the disks.
  const auto is_ours = [&](const Mount& mount) {
    return mount.device == number || is_device_number(mount.source, number);
  };
  add_mounts(name, system, is_ours, uses);
  add_swap(
      name, system, [&](const std::string& path) { return is_device_number(path, number); }, uses);
  const fs::path directory = fmt::format("{}/dev/block/{}:{}", system.sys, major(number), minor(number));
  holders(directory / "holders", name, depth);
  partitions(directory, depth);
}

/// Devices built on this one: device mapper, RAID, DRBD, bcache; and who uses those.
void Search::holders(const fs::path& directory, const std::string& name, int depth) {
  for (const std::string& holder : names_in(directory)) {
    const std::string mapped = first_line(directory / holder / "dm" / "name");
    uses.push_back(
        {Use::What::held, name, mapped.empty() ? holder : fmt::format("{} ({})", holder, mapped), {}});
    if (const auto number = parse_number(first_line(directory / holder / "dev")))
      device(*number, mapped.empty() ? "/dev/" + holder : "/dev/mapper/" + mapped, depth + 1);
  }
}

void Search::partitions(const fs::path& directory, int depth) {
  for (const std::string& part : names_in(directory)) {
    if (!fs::exists(directory / part / "partition")) continue;
    if (const auto number = parse_number(first_line(directory / part / "dev")))
      device(*number, "/dev/" + part, depth + 1);
  }
}

void Search::loops_over(const struct stat& image, const std::string& name) {
  const fs::path block = system.sys + "/block";
  for (const std::string& loop : names_in(block)) {
    if (!is_file(first_line(block / loop / "loop" / "backing_file"), image)) continue;
    uses.push_back({Use::What::attached, name, "/dev/" + loop, {}});
    if (const auto number = parse_number(first_line(block / loop / "dev")))
      device(*number, "/dev/" + loop, 1);
  }
}

bool refuses_exclusive_open(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_EXCL | O_CLOEXEC);
  if (file < 0) return errno == EBUSY;
  close(file);
  return false;
}

}  // namespace

std::vector<Use> uses_of_number(dev_t number, const std::string& name, const SystemFiles& system) {
  std::vector<Use> uses;
  Search{system, uses}.device(number, name, 0);
  return uses;
}

std::vector<Use> uses_of(const std::string& path, const SystemFiles& system) {
  struct stat facts {};
  if (stat(path.c_str(), &facts) != 0) fail_errno(errno, "{}", path);
  if (S_ISBLK(facts.st_mode)) {
    std::vector<Use> uses = uses_of_number(facts.st_rdev, path, system);
    if (uses.empty() && refuses_exclusive_open(path)) uses.push_back({Use::What::busy, path, {}, {}});
    return uses;
  }
  std::vector<Use> uses;
  Search{system, uses}.loops_over(facts, path);
  add_swap(
      path, system, [&](const std::string& swap) { return is_file(swap, facts); }, uses);
  // Anybody may mount something through FUSE by this name: only who changes the file locks it.
  if (is_being_changed(path))
    add_mounts(
        path, system,
        [&](const Mount& mount) {
          return mount.type == "fuse.ocfs2" && !mount.read_only && is_file(mount.source, facts);
        },
        uses);
  return uses;
}

bool is_being_changed(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return false;
  const bool locked = flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  close(file);
  return locked;
}

std::string use_text(const Use& use) {
  switch (use.what) {
    case Use::What::mounted:
      return fmt::format("{} is mounted on {} as {}{}", use.device, use.where, use.type,
                         use.read_only ? ", read-only" : "");
    case Use::What::swap:
      return fmt::format("{} is used as swap space", use.device);
    case Use::What::held:
      return fmt::format("{} is part of {}", use.device, use.where);
    case Use::What::attached:
      return fmt::format("{} is attached as {}", use.device, use.where);
    case Use::What::busy:
      break;
  }
  return fmt::format("{} is in use by another program", use.device);
}

}  // namespace ocfs2
