// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/directory_names.h"

#include <algorithm>
#include <cstring>

namespace ocfs2 {
namespace {

/// Eight bytes of a name, or as many as there are.
u64 word_of(std::string_view text) {
  u64 word = 0;
  std::memcpy(&word, text.data(), std::min<std::size_t>(text.size(), sizeof word));
  return word;
}

bool has_wide_bytes(std::string_view name) {
  u64 all = 0;
  for (std::size_t at = 0; at < name.size(); at += sizeof all) all |= word_of(name.substr(at));
  return (all & 0x8080808080808080) != 0;
}

/// Tells names apart as well as the index's hash does, in a tenth of the time.
u64 quick_hash(std::string_view name) {
  constexpr u64 odd = 0x9E3779B97F4A7C15;
  u64 hash = name.size() * odd;
  for (std::size_t at = 0; at < name.size(); at += sizeof hash) {
    hash = (hash ^ word_of(name.substr(at))) * odd;
    hash ^= hash >> 29;
  }
  return std::max<u64>(hash * odd, 1);  // 0 is the hash of the dots
}

}  // namespace

void DirectoryNames::begin(bool indexed) {
  indexed_ = indexed;
  plain_.clear();
  wide_.clear();
}

u64 DirectoryNames::key(std::string_view name) const {
  return indexed_ ? hash_number(index_hash(name, facts_)) : quick_hash(name);
}

void DirectoryNames::add(std::string_view name, BlockNo block) {
  const u64 hash = key(name);
  if (indexed_ && has_wide_bytes(name)) {
    const u64 other = hash_number(index_hash(name, facts_, CharSign::plain_unsigned));
    wide_.push_back({hash, other, block.value});
  } else {
    plain_.push_back({hash, block.value});
  }
}

void DirectoryNames::add_dots(BlockNo block) { plain_.insert(plain_.end(), 2, {0, block.value}); }

void DirectoryNames::settle() {
  std::sort(plain_.begin(), plain_.end());
  std::sort(wide_.begin(), wide_.end());
}

/// Calls `use` with the keys that stand behind an equal one, until it returns false.
template <class Use>
void DirectoryNames::each_twin(const Use& use) const {
  const auto search = [&use](const auto& sorted) {
    for (std::size_t i = 1; i < sorted.size(); ++i)
      if (sorted[i].hash == sorted[i - 1].hash && sorted[i].hash != 0 && !use(sorted[i].hash)) return false;
    return true;
  };
  if (search(plain_)) search(wide_);
}

bool DirectoryNames::has_twins() const {
  bool found = false;
  each_twin([&](u64) { return found = true, false; });
  return found;
}

std::vector<u64> DirectoryNames::twins() const {
  std::vector<u64> keys;
  each_twin([&](u64 key) { return keys.push_back(key), true; });
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

bool DirectoryNames::contains(u64 key) const {
  const auto known = [key](const auto& sorted) {
    const auto at = std::lower_bound(sorted.begin(), sorted.end(), key,
                                     [](const auto& name, u64 wanted) { return name.hash < wanted; });
    return at != sorted.end() && at->hash == key;
  };
  return known(plain_) || known(wide_);
}

}  // namespace ocfs2
