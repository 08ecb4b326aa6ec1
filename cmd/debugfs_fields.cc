// SPDX-License-Identifier: GPL-2.0-or-later
//
// The commands of debugfs.ocfs2 -w that change what no file operation does: single fields, and bits of the
// allocators. Checksums are made anew with every block. What was sound stays sound by itself: a block that
// its readers would refuse is not written, unless they refuse it already.
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "cmd/debugfs.h"
#include "cmd/debugfs_blocks.h"
#include "cmd/options.h"
#include "engine/error.h"
#include "engine/field_text.h"
#include "engine/volume/chain_allocator.h"
#include "ondisk/super_inode.h"

namespace ocfs2 {
namespace {

// Fields.

/// A field of a block, wherever its structure lies.
struct FieldPlace {
  std::string path;
  Field field;
  std::size_t offset, size;  ///< bytes
};

/// "size" and "i_size" for i_size, "s_label" for id2.s_label.
bool is_short_for(std::string_view word, std::string_view path) {
  const std::string_view last = path.substr(path.rfind('.') + 1);
  const bool prefixed = last.size() > 2 && last[1] == '_';
  return last == word || (prefixed && last.substr(2) == word);
}

FieldPlace find_place(ConstBytes block, const BlockKind& kind, const std::string& word,
                      std::string_view shown_by) {
  std::vector<FieldPlace> exact, meant;
  describe(block, kind, [&](const std::string& path, const Field& field, ConstBytes value) {
    const auto offset = static_cast<std::size_t>(value.data() - block.data());
    if (path == word) exact.push_back({path, field, offset, value.size()});
    if (is_short_for(word, path)) meant.push_back({path, field, offset, value.size()});
  });
  if (!exact.empty()) return exact.front();
  if (meant.size() == 1) return meant.front();
  if (meant.empty())
    fail(ErrorKind::not_found,
         "there is no field '{}' here; all are shown by: debugfs.ocfs2 --json -R \"{}\"", word, shown_by);
  std::string paths;
  for (const FieldPlace& place : meant) paths += (paths.empty() ? "" : ", ") + place.path;
  fail(ErrorKind::invalid_argument, "'{}' may be any of {}", word, paths);
}

std::vector<u8> bytes_for(const FieldPlace& place, const std::string& word) {
  if (place.path.find(".bc_") != std::string::npos)
    fail(ErrorKind::invalid_argument, "{} is a checksum, which every block gets when it is written",
         place.path);
  const bool now = place.field.shape == Shape::seconds && word == "now";
  const std::string text = now ? std::to_string(std::time(nullptr)) : word;
  const auto bytes = field_bytes(place.field, place.size, text);
  if (!bytes)
    fail(ErrorKind::invalid_argument, "'{}' cannot be {}, which is {} bytes long: {} is wanted", word,
         place.path, place.size, field_form(place.field));
  return *bytes;
}

void set_field(DebugSession& session, BlockNo block, const BlockKind& kind, Words words,
               std::string_view shown_by) {
  session.node();  // says when it must not be
  const auto current = session.volume().cache().read_unjudged(block, kind);
  const FieldPlace place = find_place(current->bytes, kind, words[0], shown_by);
  const std::vector<u8> bytes = bytes_for(place, words[1]);
  const std::string before =
      field_text(place.field, ConstBytes(current->bytes).subspan(place.offset, place.size));
  session.change([&](Transaction& transaction) {
    const Bytes edited = transaction.edit_damaged(block, kind, current->bytes);
    std::ranges::copy(bytes, edited.begin() + static_cast<std::ptrdiff_t>(place.offset));
  });
  if (!session.json)
    fmt::print(session.out, "{}: {} -> {}\n", place.path, before, field_text(place.field, bytes));
}

void set_inode_field(DebugSession& session, Words words) {
  if (words.size() != 3) throw WrongUsage{};
  const InodeNo number = session.filespec(words[0]);
  session.inode_block(number);  // that it is one
  set_field(session, block_of(number), Inode::kind, words.subspan(1), "stat " + words[0]);
}

void set_super_value(DebugSession& session, Words words) {
  if (words.size() != 2) throw WrongUsage{};
  set_field(session, super_block_no, SuperInode::kind, words, "stats");
}

// Bits.

u64 number_word(const std::string& word) {
  const auto number = number_from(word);
  if (!number) throw WrongUsage{};
  return *number;
}

void mark_bits(DebugSession& session, Words words, bool in_use) {
  if (words.size() != 2 && words.size() != 3) throw WrongUsage{};
  const BlockNo group = block_word(session, words[0]);
  const BitRun bits{number_word(words[1]), words.size() == 3 ? number_word(words[2]) : 1};
  session.change([&](Transaction& transaction) {
    Space(session.volume(), ExclusiveVolume::slot).mark_bits(transaction, group, bits, in_use);
  });
}
void alloc_bits(DebugSession& session, Words words) { mark_bits(session, words, true); }
void free_bits(DebugSession& session, Words words) { mark_bits(session, words, false); }

void mark_clusters(DebugSession& session, Words words, bool in_use) {
  if (words.size() != 1 && words.size() != 2) throw WrongUsage{};
  const ClusterNo first(number_word(words[0]));
  const u64 count = words.size() == 2 ? number_word(words[1]) : 1;
  if (count == 0) throw WrongUsage{};
  session.change([&](Transaction& transaction) {
    Space space(session.volume(), ExclusiveVolume::slot);
    in_use ? space.take_clusters(transaction, first, count) : space.free_clusters(transaction, first, count);
  });
}
void alloc_clusters(DebugSession& session, Words words) { mark_clusters(session, words, true); }
void free_clusters(DebugSession& session, Words words) { mark_clusters(session, words, false); }

constexpr DebugCommand commands[] = {
    action<alloc_bits>("alloc_bits", "alloc_bits <group#> <bit#> [<count>]",
                       "Mark free bits of an allocator's group as used"),
    action<alloc_clusters>("alloc_clusters", "alloc_clusters <cluster#> [<count>]",
                           "Mark free clusters as used"),
    action<free_bits>("free_bits", "free_bits <group#> <bit#> [<count>]",
                      "Mark used bits of an allocator's group as free"),
    action<free_clusters>("free_clusters", "free_clusters <cluster#> [<count>]",
                          "Mark used clusters as free"),
    action<set_inode_field>("set_inode_field", "set_inode_field <filespec> <field> <value>",
                            "Set a field of an inode"),
    action<set_super_value>("set_super_value", "set_super_value <field> <value>",
                            "Set a field of the superblock and of its backups"),
};

}  // namespace

bool asks_to_save(Words words) {
  const bool save = words.size() == 1 && words[0] == "-s";
  if (!save && !words.empty()) throw WrongUsage{};
  return save;
}

u32 save_free_bits(DebugSession& session) {
  u32 corrected = 0;
  session.change(
      [&](Transaction& transaction) { corrected = correct_free_counts(transaction, session.volume()); });
  return corrected;
}

std::span<const DebugCommand> field_commands() { return commands; }

}  // namespace ocfs2
