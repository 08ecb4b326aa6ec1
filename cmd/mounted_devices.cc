// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/mounted_devices.h"

#include <algorithm>
#include <set>

#include "cmd/options.h"
#include "engine/text_lines.h"
#include "ondisk/integers.h"

namespace ocfs2 {
namespace {

namespace fs = std::filesystem;
constexpr u64 smallest_kibibytes = 1025;

/// Where sysfs describes a device; names with a slash have a '!' there.
fs::path sysfs_folder(const fs::path& root, std::string name) {
  std::ranges::replace(name, '/', '!');
  return root / "sys/class/block" / name;
}

/// The disk that a partition lies on, or nothing.
std::string disk_of(const fs::path& folder) {
  std::error_code ignored;
  if (!fs::exists(folder / "partition", ignored)) return {};
  return fs::canonical(folder, ignored).parent_path().filename();
}

/// A SCSI disk whose path is down keeps everybody waiting until it is back or given up.
bool is_blocked(const fs::path& folder) {
  const std::vector<std::string> state = lines_of(folder / "device/state");
  return !state.empty() && state.front() == "blocked";
}

std::string path_of(const fs::path& folder, const std::string& name) {
  const std::vector<std::string> mapped = lines_of(folder / "dm/name");
  return mapped.empty() ? "/dev/" + name : "/dev/mapper/" + mapped.front();
}

}  // namespace

std::vector<std::string> candidate_devices(const fs::path& root) {
  struct Device {
    std::string name;
    std::string path;
  };
  std::vector<Device> devices;
  std::set<std::string> partitioned;
  for (const std::string& line : lines_of(root / "proc/partitions")) {
    const std::vector<std::string> words = words_of(line);  // major minor kibibytes name
    if (words.size() != 4 || number_from(words[2]).value_or(0) < smallest_kibibytes) continue;
    const std::string& name = words[3];
    const fs::path folder = sysfs_folder(root, name);
    const std::string disk = disk_of(folder);
    if (is_blocked(disk.empty() ? folder : sysfs_folder(root, disk))) continue;
    partitioned.insert(disk);
    devices.push_back({name, path_of(folder, name)});
  }
  std::vector<std::string> paths;
  for (const Device& device : devices)
    if (!partitioned.contains(device.name)) paths.push_back(device.path);
  return paths;
}

}  // namespace ocfs2
