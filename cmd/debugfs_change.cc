// SPDX-License-Identifier: GPL-2.0-or-later
//
// The commands of debugfs.ocfs2 -w that change files, as those of the shell do it. What they make belongs to
// root until chown says otherwise, and becomes visible only when it is complete.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "cmd/console.h"
#include "cmd/debugfs.h"
#include "cmd/options.h"
#include "cmd/owner_names.h"
#include "engine/error.h"
#include "engine/field_text.h"
#include "engine/files/directory_source.h"
#include "engine/volume/path.h"

namespace ocfs2 {
namespace {

constexpr std::size_t piece_bytes = 1 << 20;
constexpr u16 all_permissions = 07777;
constexpr u16 for_directories = 0777, for_nodes = 0666;

// Words.

/// Takes a flag off the front; false when another word is there.
bool take_flag(Words& words, std::string_view flag) {
  if (words.empty() || words[0] != flag) return false;
  words = words.subspan(1);
  return true;
}

void require_words(Words words, std::size_t least, std::size_t most = ~std::size_t{0}) {
  if (words.size() < least || words.size() > most || (!words.empty() && words[0].starts_with('-')))
    throw WrongUsage{};
}

u64 number_word(const std::string& word, u64 most) {
  const auto number = number_from(word);
  if (!number || *number > most)
    fail(ErrorKind::invalid_argument, "'{}' is no number from 0 to {}", word, most);
  return *number;
}

u16 mode_word(const std::string& word) {
  u16 mode = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), mode, 8);
  if (error != std::errc{} || end != word.data() + word.size() || mode > all_permissions)
    fail(ErrorKind::invalid_argument, "'{}' is no mode: octal digits are wanted, as in 0644", word);
  return mode;
}

u32 owner_word(const std::string& word, std::string_view what,
               std::optional<u32> (*number_of)(std::string_view)) {
  if (const auto number = number_from(word); number && *number < 0xFFFFFFFF) return static_cast<u32>(*number);
  if (const auto number = number_of(word)) return *number;
  fail(ErrorKind::invalid_argument, "this host has no {} '{}'; use the number", what, word);
}

// Places.

/// The inode that a word names, as far as changes have got.
InodeNo target(DebugSession& session, const std::string& word) {
  return session.filespec(session.node().volume(), word);
}

/// A name that there is, or shall be.
struct Place {
  InodeNo directory;
  std::string name;

  FileName at() const {
    if (name.empty()) fail(ErrorKind::invalid_argument, "the root directory has no name to work on");
    return {directory, name};
  }
};

Place place_of(DebugSession& session, std::string word) {
  if (parse_inode_number(word))
    fail(ErrorKind::invalid_argument, "{} has to be named by its path: an inode may have several names",
         word);
  while (word.size() > 1 && word.ends_with('/')) word.pop_back();
  const std::size_t slash = word.rfind('/');
  const std::string folder = slash == word.npos ? "." : word.substr(0, slash + 1);
  return {target(session, folder), word.substr(slash + 1)};
}

bool is_directory(Node& node, InodeNo inode) {
  return (node.status(inode).mode & file_mode::type_mask) == file_mode::directory;
}

/// Where what is called `source` goes: into the directory that the word names, else there by that name.
Place destination(DebugSession& session, const std::string& word, const std::string& source) {
  Place place = place_of(session, word);
  Node& node = session.node();
  const auto there = place.name.empty() ? place.directory : node.lookup(place.directory, place.name);
  if (!there || !is_directory(node, *there)) return place;
  if (parse_inode_number(source))
    fail(ErrorKind::invalid_argument, "'{}' is a directory; say what {} shall be called in it", word, source);
  return {*there, split_path(source).second};
}

void require_free(Node& node, const Place& place, bool replace) {
  if (replace || !node.lookup(place.directory, place.name)) return;
  fail(ErrorKind::invalid_argument, "{} is there already; -f replaces it",
       path_of_name(node.volume(), place.directory, place.name));
}

// Files that come to be.

/// Calls `act` while somebody holds the inode, who lets go of it in the end.
template <class Act>
void while_held(Node& node, InodeNo inode, const Act& act) {
  try {
    act();
  } catch (...) {
    node.let_go(inode);
    throw;
  }
  node.let_go(inode);
}

/// The file gets its name; what had it before loses it in the same moment.
void give_name(Node& node, InodeNo made, const FileName& at) {
  const auto before = node.lookup(at.directory, at.name);
  if (!before) return node.link(made, at);
  node.hold(*before);
  while_held(node, *before, [&] {
    node.sync();  // so that both are one transaction
    node.unlink(at);
    node.link(made, at);
  });
}

/// Makes a file that `fill` completes.
template <class Fill>
void make_file(Node& node, const Place& place, const NewFile& file, const Fill& fill) {
  const InodeNo made = node.create_nameless(place.directory, file);
  while_held(node, made, [&] {
    fill(made);
    give_name(node, made, place.at());
  });
}

/// What it inherited goes.
void take_attributes(Node& node, InodeNo inode, const std::map<std::string, std::vector<u8>>& attributes) {
  for (const XattrItem& item : node.attributes(inode)) node.remove_attribute(inode, item.name);
  for (const auto& [name, value] : attributes) node.set_attribute(inode, name, value, XattrMode::either);
}

void write_contents(Node& node, InodeNo inode, TreeSource& source, const SourceFile& file, Console& console) {
  u64 done = 0;
  while (const auto piece = source.next_piece()) {
    if (console.interrupted()) fail(ErrorKind::interrupted, "interrupted; nothing was written");
    node.write(inode, piece->offset, piece->bytes);
    console.progress(done += piece->bytes.size(), file.data_bytes);
  }
  node.resize(inode, file.size);
}

void write_file(DebugSession& session, Words words) {
  bool preserve = false, replace = false;
  for (bool more = true; more;) {
    more = false;
    if (take_flag(words, "-p")) preserve = more = true;
    if (take_flag(words, "-f")) replace = more = true;
  }
  require_words(words, 2, 2);
  Node& node = session.node();
  DirectorySource source(words[0]);
  const SourceFile file = source.next().value_or(SourceFile{});
  if (file.type() != file_mode::regular)
    fail(ErrorKind::invalid_argument, "{} is not a regular file", words[0]);
  const Place place = destination(session, words[1], words[0]);
  require_free(node, place, replace);
  const bool watched = session.out == stdout && !session.json && isatty(STDOUT_FILENO) == 1;
  Console console("debugfs.ocfs2", {.output = watched ? Console::Output::text : Console::Output::quiet,
                                    .dialogue_aside = true});
  // Rights that go with a program are not handed on by the way.
  const u16 mode = file_mode::regular | (file.mode & for_directories);
  console.stage("Writing");
  make_file(node, place, {.mode = mode, .umask = file_mask()}, [&](InodeNo made) {
    write_contents(node, made, source, file, console);
    if (!preserve) return;
    take_attributes(node, made, file.attributes);
    node.change_status(made, {.mode = static_cast<u16>(file.mode & all_permissions),
                              .uid = file.uid,
                              .gid = file.gid,
                              .access = file.access,
                              .modification = file.modification});
  });
  console.stage_done(fmt::format("{} bytes", file.size));
}

void copy_contents(Node& node, InodeNo from, InodeNo to) {
  if (node.volume().has(feature::refcount)) return node.share(from, to);
  const u64 size = node.status(from).size;
  std::vector<u8> bytes(piece_bytes);
  try {
    for (u64 offset = 0; offset < size;) {
      offset = node.seek(from, offset, true);
      const std::size_t length = node.read(from, offset, bytes);
      node.write(to, offset, ConstBytes(bytes).first(length));
      offset += length;
    }
  } catch (const FileError& error) {
    if (error.number() != ENXIO) throw;  // a hole at the end
  }
  node.resize(to, size);
}

void copy_inode(DebugSession& session, Words words) {
  const bool replace = take_flag(words, "-f");
  require_words(words, 2, 2);
  Node& node = session.node();
  const InodeNo from = target(session, words[0]);
  const FileStatus status = node.status(from);
  const u16 type = status.mode & file_mode::type_mask;
  if (type == file_mode::directory)
    fail(ErrorKind::invalid_argument, "{} is a directory; files are copied one by one", words[0]);
  const Place place = destination(session, words[1], words[0]);
  require_free(node, place, replace);
  const std::string link = type == file_mode::symlink ? node.read_link(from) : "";
  const NewFile file{.mode = status.mode, .device = status.device, .target = link};
  std::optional<InodeNo> copy;
  make_file(node, place, file, [&](InodeNo made) {
    if (type == file_mode::regular) copy_contents(node, from, made);
    std::map<std::string, std::vector<u8>> attributes;
    for (const XattrItem& item : node.attributes(from))
      attributes[item.name] = node.attribute(from, item.name).value_or(std::vector<u8>{});
    take_attributes(node, made, attributes);
    node.change_status(made, {.mode = static_cast<u16>(status.mode & all_permissions),
                              .uid = status.uid,
                              .gid = status.gid,
                              .access = status.access,
                              .modification = status.modification});
    copy = made;
  });
  if (status.attributes != 0) node.change_status(*copy, {.attributes = status.attributes});
}

// Names.

void make_directories(DebugSession& session, Words words) {
  require_words(words, 1);
  for (const std::string& word : words)
    session.node().create(place_of(session, word).at(),
                          {.mode = file_mode::directory | for_directories, .umask = file_mask()});
}

/// A directory with everything below it.
void remove_tree(Node& node, const Place& place, u32 depth = 0) {
  if (depth > path_depth_max)
    fail(ErrorKind::corrupt, "'{}' lies too deep; a directory may contain itself: fsck.ocfs2 -f tells",
         place.name);
  const auto inode = node.lookup(place.directory, place.name);
  if (!inode || !is_directory(node, *inode)) return node.unlink(place.at());
  for (const DirectoryItem& item : node.list(*inode))
    if (item.name != "." && item.name != "..") remove_tree(node, {*inode, item.name}, depth + 1);
  node.remove_directory(place.at());
}

void remove_files(DebugSession& session, Words words) {
  const bool trees = take_flag(words, "-r");
  require_words(words, 1);
  for (const std::string& word : words) {
    const Place place = place_of(session, word);
    trees ? remove_tree(session.node(), place) : session.node().unlink(place.at());
  }
}

void remove_directories(DebugSession& session, Words words) {
  require_words(words, 1);
  for (const std::string& word : words) session.node().remove_directory(place_of(session, word).at());
}

void make_link(DebugSession& session, Words words) {
  require_words(words, 2, 2);
  const InodeNo inode = target(session, words[0]);
  session.node().link(inode, destination(session, words[1], words[0]).at());
}

void make_symlink(DebugSession& session, Words words) {
  require_words(words, 2, 2);
  session.node().create(place_of(session, words[0]).at(),
                        {.mode = file_mode::symlink | for_directories, .target = words[1]});
}

void make_node(DebugSession& session, Words words) {
  require_words(words, 2, 4);
  NewFile file{.umask = file_mask()};
  if (words[1] == "p" && words.size() == 2) {
    file.mode = file_mode::fifo | for_nodes;
  } else if ((words[1] == "c" || words[1] == "b") && words.size() == 4) {
    file.mode = (words[1] == "c" ? file_mode::char_device : file_mode::block_device) | for_nodes;
    file.device = device_number(static_cast<u32>(number_word(words[2], 0xFFF)),
                                static_cast<u32>(number_word(words[3], 0xFFFFF)));
  } else {
    throw WrongUsage{};
  }
  session.node().create(place_of(session, words[0]).at(), file);
}

void move_file(DebugSession& session, Words words) {
  require_words(words, 2, 2);
  const Place from = place_of(session, words[0]);
  session.node().rename(from.at(), destination(session, words[1], from.name).at());
}

// What files are.

void change_mode(DebugSession& session, Words words) {
  require_words(words, 2);
  const u16 mode = mode_word(words[0]);
  for (const std::string& word : words.subspan(1))
    session.node().change_status(target(session, word), {.mode = mode});
}

void change_owner(DebugSession& session, Words words) {
  require_words(words, 2);
  const std::size_t colon = words[0].find(':');
  const std::string user = words[0].substr(0, colon);
  const std::string group = colon == std::string::npos ? "" : words[0].substr(colon + 1);
  StatusChange change;
  if (!user.empty()) change.uid = owner_word(user, "user", user_number);
  if (!group.empty()) change.gid = owner_word(group, "group", group_number);
  if (!change.uid && !change.gid) throw WrongUsage{};
  for (const std::string& word : words.subspan(1))
    session.node().change_status(target(session, word), change);
}

std::vector<u8> value_word(const std::string& word) {
  if (word.starts_with("0x"))
    if (const auto bytes = bytes_from_hex(std::string_view(word).substr(2))) return *bytes;
  return {word.begin(), word.end()};
}

std::vector<u8> value_file(const std::string& path) {
  DirectorySource source(path);
  if (source.next().value_or(SourceFile{}).type() != file_mode::regular)
    fail(ErrorKind::invalid_argument, "{} is not a regular file", path);
  std::vector<u8> value;
  while (const auto piece = source.next_piece()) {
    value.resize(piece->offset);  // over holes
    value.insert(value.end(), piece->bytes.begin(), piece->bytes.end());
  }
  return value;
}

void set_attribute(DebugSession& session, Words words) {
  const bool from_file = take_flag(words, "-f");
  require_words(words, from_file ? 3 : 2, 3);
  std::vector<u8> value;
  if (words.size() == 3) value = from_file ? value_file(words[2]) : value_word(words[2]);
  session.node().set_attribute(target(session, words[0]), words[1], value, XattrMode::either);
}

void remove_attribute(DebugSession& session, Words words) {
  require_words(words, 2, 2);
  session.node().remove_attribute(target(session, words[0]), words[1]);
}

void truncate_file(DebugSession& session, Words words) {
  require_words(words, 2, 2);
  const auto size = size_from(words[1], SIZES_TO_P);
  if (!size) fail(ErrorKind::invalid_argument, "'{}' is no size", words[1]);
  session.node().resize(target(session, words[0]), *size);
}

/// Refusals name files by their paths, as people do.
template <void (*run)(DebugSession&, Words)>
void by_path(DebugSession& session, Words words) {
  try {
    run(session, words);
  } catch (const FileError& error) {
    if (!error.name()) throw;
    const auto& [directory, name] = *error.name();
    refuse(error.number(), "{}", path_of_name(session.node().volume(), directory, name));
  }
}

template <void (*run)(DebugSession&, Words)>
constexpr DebugCommand change(std::string_view name, std::string_view usage, std::string_view description) {
  return action<by_path<run>>(name, usage, description);
}

constexpr DebugCommand commands[] = {
    change<change_mode>("chmod", "chmod <mode> <filespec> ...", "Change permissions"),
    change<change_owner>("chown", "chown [<user>][:<group>] <filespec> ...", "Change the owner"),
    change<copy_inode>("copy_inode", "copy_inode [-f] <filespec> <path>",
                       "Make a copy of a file, with all that it has"),
    change<make_link>("ln", "ln <filespec> <path>", "Give a file one more name"),
    change<make_directories>("mkdir", "mkdir <path> ...", "Make directories"),
    change<make_node>("mknod", "mknod <path> p | c|b <major> <minor>", "Make a fifo or a device"),
    change<move_file>("mv", "mv <path> <path>", "Rename or move a file, over what is there"),
    change<remove_files>("rm", "rm [-r] <path> ...", "Remove files, or all below a directory"),
    change<remove_directories>("rmdir", "rmdir <path> ...", "Remove empty directories"),
    change<remove_attribute>("rmxattr", "rmxattr <filespec> <name>", "Remove an extended attribute"),
    change<set_attribute>("setxattr", "setxattr [-f] <filespec> <name> [<value>]",
                          "Set an extended attribute: a text, 0x<bytes>, or (-f) a file of this host"),
    change<make_symlink>("symlink", "symlink <path> <target>", "Make a symbolic link"),
    change<truncate_file>("truncate", "truncate <filespec> <size>", "Cut a file to a size, or lengthen it"),
    change<write_file>("write", "write [-p] [-f] <file> <path>", "Copy a file of this host into the volume"),
};

}  // namespace

std::span<const DebugCommand> change_commands() { return commands; }

}  // namespace ocfs2
