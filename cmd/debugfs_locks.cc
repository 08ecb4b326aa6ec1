// SPDX-License-Identifier: GPL-2.0-or-later
//
// Names of locks: from and to the inodes that they are about (spec: commands.md 4.1, 4.2).
#include <fmt/format.h>

#include <algorithm>

#include "cmd/debugfs.h"
#include "cmd/options.h"
#include "engine/error.h"
#include "net/lock_name.h"

namespace ocfs2 {
namespace {

/// Inodes of the system keep their number for ever, so that their locks name the generation.
std::string lock_of(DebugSession& session, Words words) {
  const InodeNo number = session.filespec(only_word(words));
  LockName name{.block = number.value};
  if (block_of(number) == super_block_no) {
    name.type = 'S';
  } else {
    const auto block = session.inode_block(number);
    const auto& inode = as<Inode>(ConstBytes(block));
    if (inode.has_flag(inode_flag::system)) name.generation = inode.generation;
  }
  return encode_lock_name(name);
}

void encode(DebugSession& session, Words words) {
  fmt::print(session.out, "\t{} \n", lock_of(session, words));
}

void write_lock(DebugSession& session, Words words, JsonWriter& json) {
  json.field("lock", lock_of(session, words));
}

void decode(DebugSession& session, Words words) {
  if (words.empty()) throw WrongUsage{};
  for (const std::string& word : words)
    fmt::print(session.out, "\t{}\t{}\n", word, block_word(session, word).value);
}

void write_blocks(DebugSession& session, Words words, JsonWriter& json) {
  if (words.empty()) throw WrongUsage{};
  json.begin_array("locks");
  for (const std::string& word : words)
    json.begin_object().field("lock", word).field("block", block_word(session, word).value).end_object();
  json.end_array();
}

constexpr DebugCommand commands[] = {
    {"decode", "decode <lockname#> ...", "Decode block#(s) from the lockname(s)", decode, write_blocks},
    {"encode", "encode <filespec>", "Show lock name", encode, write_lock},
};

}  // namespace

std::span<const DebugCommand> lock_commands() { return commands; }

int decode_locks(Words names) {
  if (names.empty()) throw Misuse("--decode wants names of locks");
  int status = 0;
  for (const std::string& text : names) {
    const auto name = decode_lock_name(text);
    if (!name) {
      fmt::print(stderr, "{}: is no name of a lock\n", text);
      status = 1;
      continue;
    }
    const auto type = std::ranges::find(lock_types, name->type, &LockType::letter);
    fmt::print("Lockres:    {}\nType:       {}\n", text, type->name);
    if (name->block != 0) fmt::print("Block:      {}\n", name->block);
    if (name->generation != 0) fmt::print("Generation: 0x{:08x}\n", name->generation);
    if (name->parent != 0) fmt::print("Parent:     {}\n", name->parent);
    fmt::print("\n");
  }
  return status;
}

int encode_lock(Words words) {
  if (words.size() != 3) throw Misuse("--encode wants a type, a block and a generation, or the parent");
  const auto type = std::ranges::find_if(lock_types, [&](const LockType& known) {
    return words[0] == std::string_view(&known.letter, 1) || words[0] == known.name;
  });
  const auto block = number_from(words[1]), extra = number_from(words[2]);
  if (type == std::end(lock_types))
    throw Misuse(fmt::format("'{}' is no type of locks: it is a letter, such as M or N", words[0]));
  if (!block || !extra) throw Misuse("block, generation and parent are numbers");
  LockName name{.type = type->letter, .block = *block};
  if (name.type == 'N')
    name.parent = *extra;
  else
    name.generation = static_cast<u32>(*extra);
  fmt::print("{}\n", encode_lock_name(name));
  return 0;
}

}  // namespace ocfs2
