// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/files/access_list.h"

#include <algorithm>

#include "engine/error.h"
#include "net/words.h"

namespace ocfs2 {
namespace {

constexpr u32 program_version = 2;
constexpr u32 no_id = 0xFFFFFFFF;
constexpr u16 all = 07;

/// An entry, on disk and for programs alike.
struct StoredEntry {
  le16 tag;
  le16 permissions;
  le32 id;
};
static_assert(sizeof(StoredEntry) == 8);

struct TagWord {
  std::string_view word;
  u16 tag, named_tag;
};
constexpr TagWord tag_words[] = {
    {"user", 0x01, 0x02}, {"u", 0x01, 0x02}, {"group", 0x04, 0x08}, {"g", 0x04, 0x08},
    {"mask", 0x10, 0x10}, {"m", 0x10, 0x10}, {"other", 0x20, 0x20}, {"o", 0x20, 0x20},
};

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  for (std::size_t end = 0; end != text.npos;) {
    end = text.find_first_of(separators);
    parts.push_back(text.substr(0, end));
    if (end != text.npos) text.remove_prefix(end + 1);
  }
  return parts;
}

}  // namespace

std::optional<AccessList> AccessList::from_program(ConstBytes value) {
  if (value.size() < sizeof(le32) || as<le32>(value) != program_version) return std::nullopt;
  return from_entries(value.subspan(sizeof(le32)));
}

std::optional<AccessList> AccessList::from_disk(ConstBytes value) { return from_entries(value); }

std::optional<AccessList> AccessList::from_entries(ConstBytes value) {
  if (value.size() % sizeof(StoredEntry) != 0) return std::nullopt;
  AccessList list;
  for (; !value.empty(); value = value.subspan(sizeof(StoredEntry))) {
    const auto& stored = as<StoredEntry>(value);
    list.entries_.push_back({stored.tag, stored.permissions, stored.id});
  }
  if (!list.is_possible()) return std::nullopt;
  return list;
}

std::optional<AccessList> AccessList::from_text(std::string_view text, const NumberOf& number_of) {
  AccessList list;
  for (std::string_view line : split(text, ",\n")) {
    line = line.substr(0, line.find_first_of("# \t"));
    if (line.empty()) continue;
    const std::vector<std::string_view> parts = split(line, ":");
    if (parts.size() < 3 || parts.size() > 4) return std::nullopt;
    const auto tag = std::ranges::find(tag_words, parts[0], &TagWord::word);
    if (tag == std::end(tag_words)) return std::nullopt;
    Entry entry{parts[1].empty() ? tag->tag : tag->named_tag, 0, no_id};
    for (std::size_t bit = 0; bit < parts[2].size() && bit < 3; ++bit)
      if (parts[2][bit] == "rwx"[bit]) entry.permissions |= static_cast<u16>(4 >> bit);
    if (!parts[1].empty()) {
      std::optional<u32> id = small_number(parts.size() == 4 ? parts[3] : parts[1]);
      if (!id) id = number_of(parts[0], parts[1]);
      if (!id) return std::nullopt;
      entry.id = *id;
    }
    list.entries_.push_back(entry);
  }
  std::ranges::stable_sort(list.entries_, {},
                           [](const Entry& entry) { return std::pair(entry.tag, entry.id); });
  if (!list.is_possible()) return std::nullopt;
  return list;
}

bool AccessList::is_possible() const {
  const auto named = [](u16 tag) { return tag == user || tag == named_group; };
  const auto before = [](const Entry& one, const Entry& other) { return one.tag < other.tag; };
  for (const Entry& entry : entries_) {
    const bool known = entry.tag == owner || entry.tag == group || entry.tag == mask || entry.tag == others;
    const auto same =
        std::ranges::count_if(entries_, [&](const Entry& other) { return other.tag == entry.tag; });
    if ((entry.permissions & ~all) != 0 || (!known && !named(entry.tag)) || (known && same > 1)) return false;
  }
  const bool has_named = std::ranges::any_of(entries_, [&](const Entry& entry) { return named(entry.tag); });
  return std::ranges::is_sorted(entries_, before) && find(owner) != nullptr && find(group) != nullptr &&
         find(others) != nullptr && (!has_named || find(mask) != nullptr);
}

std::vector<u8> AccessList::for_disk() const {
  std::vector<u8> bytes(entries_.size() * sizeof(StoredEntry));
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    const bool named = entry.tag == user || entry.tag == named_group;
    as<StoredEntry>(Bytes(bytes).subspan(i * sizeof(StoredEntry))) = {entry.tag, entry.permissions,
                                                                      named ? entry.id : no_id};
  }
  return bytes;
}

std::vector<u8> AccessList::for_program() const {
  std::vector<u8> bytes(sizeof(le32));
  as<le32>(Bytes(bytes)) = program_version;
  const std::vector<u8> entries = for_disk();
  bytes.insert(bytes.end(), entries.begin(), entries.end());
  return bytes;
}

u16 AccessList::permissions() const {
  const Entry* const limit = find(mask);
  const u16 of_group = (limit != nullptr ? limit : find(group))->permissions;
  return static_cast<u16>(find(owner)->permissions << 6 | of_group << 3 | find(others)->permissions);
}

void AccessList::set_permissions(u16 mode) {
  of(owner) = mode >> 6 & all;
  of_group_bits() = mode >> 3 & all;
  of(others) = mode & all;
}

void AccessList::limit_to(u16 mode) { set_permissions(mode & permissions()); }

const AccessList::Entry* AccessList::find(u16 tag) const {
  const auto found = std::ranges::find(entries_, tag, &Entry::tag);
  return found == entries_.end() ? nullptr : &*found;
}

u16& AccessList::of(u16 tag) {
  const auto found = std::ranges::find(entries_, tag, &Entry::tag);
  require(found != entries_.end());
  return found->permissions;
}

}  // namespace ocfs2
