// SPDX-License-Identifier: GPL-2.0-or-later
//
// The commands of debugfs.ocfs2. They throw; run_debug_command makes that a line on standard error.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "cmd/console.h"
#include "cmd/debugfs.h"
#include "cmd/debugfs_json.h"
#include "cmd/debugfs_show.h"
#include "cmd/options.h"
#include "engine/error.h"
#include "engine/volume/directory.h"
#include "engine/volume/file_data.h"
#include "net/lock_name.h"

namespace ocfs2 {
namespace {

u32 backup_number(Words words) {
  if (words.size() != 2 || words[0] != "-s") throw WrongUsage{};
  const auto number = number_from(words[1]);
  if (!number || *number < 1 || *number > backup_super_count_max)
    fail(ErrorKind::invalid_argument, "Backup superblock not found: they are numbered from 1 to {}",
         backup_super_count_max);
  return static_cast<u32>(*number);
}

void open_device(DebugSession& session, Words words) {
  if (words.empty()) throw WrongUsage{};
  const std::string& device = words[0];
  words = words.subspan(1);
  if (!words.empty() && words[0] == "-i") {
    require_image(device);
    words = words.subspan(1);
  }
  session.open(device, words.empty() ? 0 : backup_number(words));
}

void close_device(DebugSession& session, Words) {
  session.volume();
  session.close();
}

void show_device(DebugSession& session, Words) {
  fmt::print(session.out, "{}\n", session.is_open() ? session.volume().name() : "No device");
}

void write_device(DebugSession& session, Words, JsonWriter& json) {
  json.key("device");
  session.is_open() ? json.value(session.volume().name()) : json.value(nullptr);
}

void change_directory(DebugSession& session, Words words) {
  session.current = Directory(session.volume(), session.filespec(only_word(words))).number();
}

void change_root(DebugSession& session, Words words) {
  session.root = Directory(session.volume(), session.filespec(only_word(words))).number();
}

void change_local_directory(DebugSession& session, Words words) {
  if (words.empty()) {
    char path[4096];
    if (getcwd(path, sizeof path) == nullptr) fail_errno(errno, "the current directory has no name");
    fmt::print(session.out, "{}\n", path);
  } else if (chdir(only_word(words).c_str()) != 0) {
    fail_errno(errno, "{}", words[0]);
  }
}

void list_entries(DebugSession& session, InodeNo number, bool details) {
  Directory(session.volume(), number).each([&](const DirectoryEntry& entry, std::string_view name) {
    const InodeNo inode(entry.inode);
    if (details) {
      const auto block = session.inode_block(inode);
      show_long_entry(session.out, inode, as<Inode>(ConstBytes(block)), name);
    } else {
      show_entry(session.out, entry, name);
    }
    return true;
  });
}

void list_directory(DebugSession& session, Words words) {
  const bool details = !words.empty() && words[0] == "-l";
  if (details) words = words.subspan(1);
  list_entries(session, session.filespec(words.empty() ? "." : only_word(words)), details);
}

void write_file(DebugSession& session, Words words) {
  Console console("debugfs.ocfs2", {.output = Console::Output::quiet, .dialogue_aside = true});
  Volume& volume = session.views().replayed(console);
  const auto inode = volume.any_inode(session.filespec(volume, only_word(words)));
  if (!inode->is_regular()) fail(ErrorKind::invalid_argument, "Not a regular file");
  FileData data(volume, inode);
  std::vector<u8> piece(1 << 20);
  for (u64 offset = 0; offset < data.size();) {
    const std::size_t length = data.read(offset, piece);
    if (std::fwrite(piece.data(), 1, length, session.out) != length) fail_errno(errno, "standard output");
    offset += length;
  }
}

void show_superblock(DebugSession& session, Words words) {
  const bool header_only = !words.empty() && words[0] == "-h";
  const FoundSuper found = asked_super(session, words);
  show_super(session.out, found.super());
  if (!header_only) show_inode(session.out, found.super().features(), found.bytes);
}

void show_stat(DebugSession& session, Words words) {
  bool traverse = true;
  if (!words.empty() && (words[0] == "-t" || words[0] == "-T")) {
    traverse = words[0] == "-t";
    words = words.subspan(1);
  }
  const auto block = session.inode_block(session.filespec(only_word(words)));
  show_inode(session.out, session.volume().features(), block);
  if (traverse) show_inode_body(session.out, session.volume(), block);
}

/// 0 where there is none.
u64 block_of_file(DebugSession& session, Words words) {
  if (words.size() != 2) throw WrongUsage{};
  const auto logical = number_from(words[1]);
  if (!logical) throw WrongUsage{};
  Volume& volume = session.volume();
  const auto inode = volume.any_inode(session.filespec(words[0]));
  const u64 cpos = *logical / volume.geometry().blocks_per_cluster();
  u64 block = 0;
  const bool inside = *logical <= inode->size >> volume.geometry().block_bits;
  if (inside && cpos <= 0xFFFFFFFF && inode->body_kind() == InodeBody::extent_list)
    if (const auto run = ExtentTree::of(volume.cache(), inode).find(static_cast<u32>(cpos)))
      block = run->block.value + *logical % volume.geometry().blocks_per_cluster();
  return block;
}

void show_block_of(DebugSession& session, Words words) {
  fmt::print(session.out, "\t{}\n", block_of_file(session, words));
}

void write_block_of(DebugSession& session, Words words, JsonWriter& json) {
  json.field("block", block_of_file(session, words));
}

void show_slot_map(DebugSession& session, Words) {
  const auto slots = session.volume().slot_map();
  fmt::print(session.out, "\tSlot#   Node#\n");
  for (std::size_t slot = 0; slot < slots.size(); ++slot)
    if (slots[slot]) fmt::print(session.out, "\t{:>5}   {:>5}\n", slot, *slots[slot]);
}

void write_slot_map(DebugSession& session, Words, JsonWriter& json) {
  const auto slots = session.volume().slot_map();
  json.begin_array("slots");
  for (std::size_t slot = 0; slot < slots.size(); ++slot)
    if (slots[slot]) json.begin_object().field("slot", slot).field("node", *slots[slot]).end_object();
  json.end_array();
}

void show_system_file(DebugSession& session, InodeNo number, std::string_view name) {
  Volume& volume = session.volume();
  fmt::print(session.out, "\n  //{}\n", name == "." ? "" : name);
  const auto block = session.inode_block(number);
  show_inode(session.out, volume.features(), block);
  show_inode_body(session.out, volume, block);
  if (as<Inode>(ConstBytes(block)).is_directory()) list_entries(session, number, true);
  if (name == system_file_name(SystemFile::slot_map)) show_slot_map(session, {});
}

/// The same, going on after damage: the other files are worth seeing. False when there was some.
bool show_system_file_anyway(DebugSession& session, InodeNo number, std::string_view name) {
  try {
    show_system_file(session, number, name);
    return true;
  } catch (const Error& error) {
    std::fflush(session.out);
    fmt::print(stderr, "//{}: {}\n", name, error.what());
    return false;
  }
}

void show_system_directory(DebugSession& session, Words) {
  Volume& volume = session.volume();
  fmt::print(session.out, "Device: {}\n  superblock\n", volume.name());
  show_super(session.out, volume.super());
  show_inode(session.out, volume.features(), volume.found_super().bytes);
  u32 damaged = 0;
  Directory(volume, volume.system_directory()).each([&](const DirectoryEntry& entry, std::string_view name) {
    if (name != ".." && !show_system_file_anyway(session, InodeNo(entry.inode), name)) ++damaged;
    return true;
  });
  if (damaged > 0) fail(ErrorKind::corrupt, "{} of the system files could not be shown as a whole", damaged);
}

void show_help(DebugSession& session, Words) {
  std::size_t width = 40;
  for (const DebugCommand& command : debug_commands()) width = std::max(width, command.usage.size());
  for (const DebugCommand& command : debug_commands())
    if (!command.usage.empty())
      fmt::print(session.out, "{:<{}}  {}\n", command.usage, width, command.description);
}

void quit(DebugSession& session, Words) { session.over = true; }

constexpr DebugCommand commands[] = {
    {"bmap", "bmap <filespec> <logical_blk>", "Show the physical block of a file's block", show_block_of,
     write_block_of},
    {"cat", "cat <filespec>", "Show file on stdout", write_file},
    action<change_directory>("cd", "cd <filespec>", "Change directory"),
    action<change_root>("chroot", "chroot <filespec>", "Change root"),
    action<close_device>("close", "close", "Close a device"),
    {"curdev", "curdev", "Show current device", show_device, write_device},
    {"help", "help, ?", "This information", show_help},
    {"?", "", "", show_help},
    action<change_local_directory>("lcd", "lcd <directory>", "Change directory on a mounted filesystem"),
    {"ls", "ls [-l] <filespec>", "List directory", list_directory, write_entries},
    action<open_device>("open", "open <device> [-i] [-s backup#]", "Open a device"),
    action<quit>("quit", "quit, q", "Exit the program"),
    action<quit>("q", "", ""),
    {"slotmap", "slotmap", "Show slot map", show_slot_map, write_slot_map},
    {"stat", "stat [-t|-T] <filespec>", "Show inode", show_stat, write_stat},
    {"stat_sysdir", "stat_sysdir", "Show all objects in the system directory", show_system_directory,
     write_system_directory},
    {"stats", "stats [-h] [-s backup#]", "Show superblock", show_superblock, write_super},
};

/// A word that begins with a quotation mark goes on to the next one; a backslash in it takes what follows as
/// it is.
std::vector<std::string> split(std::string_view line) {
  constexpr std::string_view blanks = " \t\r";
  std::vector<std::string> words;
  while (line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size())), !line.empty()) {
    if (line.front() != '"') {
      const std::size_t end = std::min(line.find_first_of(blanks), line.size());
      words.emplace_back(line.substr(0, end));
      line.remove_prefix(end);
      continue;
    }
    std::string& word = words.emplace_back();
    std::size_t at = 1;
    for (; at < line.size() && line[at] != '"'; ++at) {
      if (line[at] == '\\' && at + 1 < line.size()) ++at;
      word += line[at];
    }
    if (at == line.size())
      fail(ErrorKind::invalid_argument, "{}: the second quotation mark is missing", line);
    line.remove_prefix(at + 1);
  }
  return words;
}

}  // namespace

/// Images are known by their first bytes; who says that it is one wants to hear when it is not.
void require_image(const std::string& path) {
  if (image_form(*FileDevice::open(path, Access::read_only)) == ImageForm::plain)
    fail(ErrorKind::invalid_argument, "{}: is no image that o2image made; leave out -i", path);
}

const std::string& only_word(Words words) {
  if (words.size() != 1) throw WrongUsage{};
  return words.front();
}

BlockNo block_word(DebugSession& session, const std::string& word) {
  std::string_view digits = word;
  if (digits.starts_with('<') && digits.ends_with('>')) digits = digits.substr(1, digits.size() - 2);
  const auto lock = decode_lock_name(digits);
  const auto number = lock ? std::optional(lock->block) : number_from(digits);
  if (!number) throw WrongUsage{};
  if (!session.volume().geometry().contains(BlockNo(*number)))
    fail(ErrorKind::invalid_argument, "Invalid block number - {}", *number);
  return BlockNo(*number);
}

FoundSuper asked_super(DebugSession& session, Words words) {
  Volume& volume = session.volume();
  if (!words.empty() && words[0] == "-h") words = words.subspan(1);
  if (words.empty()) return volume.found_super();
  auto backup = find_backup_super(volume.device(), backup_number(words), false);
  if (!backup) fail(ErrorKind::not_found, "Backup superblock not found while reading backup superblock");
  return *backup;
}

std::span<const DebugCommand> session_commands() { return commands; }

std::vector<DebugCommand> debug_commands() {
  std::vector<DebugCommand> all;
  for (const auto part :
       {session_commands(), block_commands(), file_commands(), search_commands(), log_commands(),
        lost_file_commands(), lock_commands(), live_commands(), change_commands(), field_commands()})
    all.insert(all.end(), part.begin(), part.end());
  std::ranges::stable_sort(all, {}, &DebugCommand::name);
  return all;
}

namespace {

/// Every command is one document; what went wrong is in it, too, behind what was found until then.
void write_document(DebugSession& session, const DebugCommand* command, Words words) {
  JsonWriter json;
  json.begin_object().field("command", fmt::format("{}", fmt::join(words, " ")));
  const auto end = [&](std::string_view error) {
    json.end_to(1);
    if (!error.empty()) json.field("error", error);
    json.end_object();
    fmt::print(session.out, "{}", session.one_line ? json.line() : json.text());
  };
  try {
    if (command == nullptr) fail(ErrorKind::not_found, "command not found");
    if (command->json == nullptr) fail(ErrorKind::invalid_argument, "this command has no form in JSON");
    command->json(session, words.subspan(1), json);
    end({});
  } catch (const WrongUsage&) {
    end(fmt::format("usage: {}", command->usage));
    throw;
  } catch (const Error& error) {
    end(error.what());
    throw;
  }
}

}  // namespace

bool run_debug_command(DebugSession& session, Words words) {
  const std::vector<DebugCommand> all = debug_commands();
  const auto found = std::ranges::find(all, words[0], &DebugCommand::name);
  const DebugCommand* const command = found == all.end() ? nullptr : &*found;
  try {
    if (session.json) {
      write_document(session, command, words);
    } else if (command == nullptr) {
      fail(ErrorKind::not_found, "command not found");
    } else {
      command->run(session, words.subspan(1));
    }
    if (session.at_prompt) session.settle();
    return true;
  } catch (const WrongUsage&) {
    std::fflush(session.out);
    fmt::print(stderr, "usage: {}\n", command->usage);
  } catch (const Error& error) {
    std::fflush(session.out);
    fmt::print(stderr, "{}: {}\n", words[0], error.what());
  }
  return false;
}

bool run_debug_line(DebugSession& session, const std::string& line) {
  const std::size_t begin = line.find_first_not_of(" \t\r");
  if (begin == std::string::npos || line[begin] == '#') return true;
  try {
    return run_debug_command(session, split(line));
  } catch (const Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return false;
  }
}

}  // namespace ocfs2
