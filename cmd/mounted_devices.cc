// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/mounted_devices.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

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

std::string path_of(const fs::path& folder, const std::string& name) {
  std::string mapped;
  std::ifstream file(folder / "dm/name");
  return std::getline(file, mapped) ? "/dev/mapper/" + mapped : "/dev/" + name;
}

}  // namespace

std::vector<std::string> candidate_devices(const fs::path& root) {
  struct Device {
    std::string name;
    std::string path;
  };
  std::vector<Device> devices;
  std::set<std::string> partitioned;
  std::ifstream partitions(root / "proc/partitions");
  for (std::string line; std::getline(partitions, line);) {
    std::istringstream words(line);
    u64 major = 0, minor = 0, kibibytes = 0;
    std::string name;
    if (!(words >> major >> minor >> kibibytes >> name) || kibibytes < smallest_kibibytes) continue;
    const fs::path folder = sysfs_folder(root, name);
    partitioned.insert(disk_of(folder));
    devices.push_back({name, path_of(folder, name)});
  }
  std::vector<std::string> paths;
  for (const Device& device : devices)
    if (!partitioned.contains(device.name)) paths.push_back(device.path);
  return paths;
}

}  // namespace ocfs2
