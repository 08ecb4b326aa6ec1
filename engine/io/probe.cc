// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/io/probe.h"

#include <blkid/blkid.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "engine/error.h"

namespace ocfs2 {
namespace {

struct FreeProbe {
  void operator()(blkid_probe probe) const {
    const int file = blkid_probe_get_fd(probe);
    blkid_free_probe(probe);
    if (file >= 0) close(file);
  }
};
using Probe = std::unique_ptr<std::remove_pointer_t<blkid_probe>, FreeProbe>;

constexpr std::size_t findings_max =
    64;  ///< more marks than there are formats: something is wrong with the probing

std::string value_of(const Probe& probe, const char* name) {
  const char* value = nullptr;
  if (blkid_probe_lookup_value(probe.get(), name, &value, nullptr) != 0 || value == nullptr) return {};
  return value;
}

Probe start_probe(const std::string& path, u64 offset) {
  Probe probe(blkid_new_probe());
  require(probe != nullptr);
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) fail_errno(errno, "{}: cannot look for other content", path);
  if (blkid_probe_set_device(probe.get(), file, static_cast<blkid_loff_t>(offset), 0) != 0) {
    close(file);
    fail(ErrorKind::io, "{}: cannot look for other content", path);
  }
  blkid_probe_enable_superblocks(probe.get(), 1);
  blkid_probe_set_superblocks_flags(probe.get(), BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUID | BLKID_SUBLKS_TYPE |
                                                     BLKID_SUBLKS_USAGE | BLKID_SUBLKS_BADCSUM);
  blkid_probe_enable_partitions(probe.get(), 1);
  return probe;
}

}  // namespace

std::vector<FoundContent> probe_content(const std::string& path, u64 offset) {
  const Probe probe = start_probe(path, offset);
  std::vector<FoundContent> found;
  int result = 0;
  while (found.size() < findings_max && (result = blkid_do_probe(probe.get())) == 0) {
    FoundContent content{value_of(probe, "TYPE"), value_of(probe, "USAGE"), value_of(probe, "LABEL"),
                         value_of(probe, "UUID")};
    if (content.type.empty())
      content = {value_of(probe, "PTTYPE"), "partition table", {}, value_of(probe, "PTUUID")};
    if (!content.type.empty()) found.push_back(std::move(content));
  }
  if (result < 0) fail(ErrorKind::io, "{}: cannot be read to look for other content", path);
  return found;
}

std::string content_text(const FoundContent& content) {
  const std::string_view usage = content.usage == "filesystem" ? "file system"
                                 : content.usage == "raid"     ? "RAID or volume manager part"
                                 : content.usage == "crypto"   ? "encrypted container"
                                 : content.usage == "other"    ? "data"
                                                               : std::string_view(content.usage);
  const std::string_view type = content.type;
  const std::string label = content.label.empty() ? "" : fmt::format(" \"{}\"", content.label);
  return fmt::format("{} {}{}", type, usage, label);
}

std::optional<std::string> find_by_tag(const std::string& tag, const std::string& value) {
  blkid_cache cache = nullptr;
  // No cache file: who moves disks between hosts must not be told where they were last week.
  if (blkid_get_cache(&cache, "/dev/null") != 0) return std::nullopt;
  const std::unique_ptr<char, decltype(&std::free)> name(
      blkid_evaluate_tag(tag.c_str(), value.c_str(), &cache), &std::free);
  blkid_put_cache(cache);
  if (!name) return std::nullopt;
  return std::string(name.get());
}

std::string resolve_device(const std::string& given) {
  const std::size_t equals = given.find('=');
  if (equals == given.npos) return given;
  static constexpr std::string_view tags[] = {"LABEL", "UUID", "PARTLABEL", "PARTUUID"};
  const std::string tag = given.substr(0, equals);
  if (std::find(std::begin(tags), std::end(tags), tag) == std::end(tags)) return given;
  std::string value = given.substr(equals + 1);
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
    value = value.substr(1, value.size() - 2);
  if (std::optional<std::string> device = find_by_tag(tag, value)) return *device;
  fail(ErrorKind::not_found, "{}: no device has this {}; blkid lists what there is", given,
       tag.ends_with("LABEL") ? "label" : "UUID");
}

}  // namespace ocfs2
