// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/files/tar_source.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "ondisk/inode.h"

namespace ocfs2 {
namespace {

constexpr u64 unit = 512;
constexpr u64 words_bytes_max = 1 << 20;  ///< of an extended header
constexpr std::size_t runs_max = 1 << 20;
constexpr u64 size_max = std::numeric_limits<s64>::max();
constexpr std::string_view xattr_key = "SCHILY.xattr.";

std::string_view text_in(ConstBytes field) {
  const std::string_view text(reinterpret_cast<const char*>(field.data()), field.size());
  return text.substr(0, text.find('\0'));
}

/// A number in octal digits or, with the first bit set, in binary. Nothing when it is none.
std::optional<u64> number_in_field(ConstBytes field) {
  if ((field[0] & 0x80) != 0) {
    u64 number = field[0] & 0x7F;
    for (const u8 byte : field.subspan(1)) {
      if (number >> 55 != 0) return std::nullopt;
      number = number << 8 | byte;
    }
    return number;
  }
  std::string_view text = text_in(field);
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  text = text.substr(0, text.find(' '));
  u64 number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 8);
  if (error != std::errc() && !text.empty()) return std::nullopt;
  return end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

std::optional<u64> decimal(std::string_view text) {
  u64 number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

/// "1234567890.123456789", of which times before 1970 become 1970.
Moment moment_in(std::string_view text) {
  if (text.starts_with('-')) return {};
  const std::size_t point = std::min(text.find('.'), text.size());
  std::string fraction(text.substr(std::min(point + 1, text.size())));
  fraction.resize(9, '0');
  return {decimal(text.substr(0, point)).value_or(0), static_cast<u32>(decimal(fraction).value_or(0))};
}

/// The path from the root of the tree: without "/", "." and empty parts. Nothing when it leads out of it.
std::optional<std::string> inner_path(std::string_view path) {
  std::string inner;
  while (!path.empty()) {
    const std::string_view part = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(part.size() + 1, path.size()));
    if (part == "..") return std::nullopt;
    if (part.empty() || part == ".") continue;
    if (!inner.empty()) inner += '/';
    inner += part;
  }
  return inner;
}

u16 type_of(char flag) {
  switch (flag) {
    case '2':
      return file_mode::symlink;
    case '3':
      return file_mode::char_device;
    case '4':
      return file_mode::block_device;
    case '5':
      return file_mode::directory;
    case '6':
      return file_mode::fifo;
    default:
      return file_mode::regular;
  }
}

}  // namespace

struct TarSource::Header {
  std::vector<u8> bytes;

  ConstBytes field(std::size_t offset, std::size_t length) const {
    return ConstBytes(bytes).subspan(offset, length);
  }
  char type() const { return static_cast<char>(bytes[156]); }
  bool is_gnu() const { return text_in(field(257, 8)).starts_with("ustar "); }
  bool is_posix() const { return !is_gnu() && text_in(field(257, 6)) == "ustar"; }
  bool is_end() const {
    return std::ranges::all_of(bytes, [](u8 byte) { return byte == 0; });
  }

  /// The sum of all bytes, with blanks in the place of the sum itself; some programs added signed bytes.
  bool sum_is_right() const {
    u64 sum = 0;
    s64 signed_sum = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const u8 byte = i >= 148 && i < 156 ? u8{' '} : bytes[i];
      sum += byte;
      signed_sum += static_cast<signed char>(byte);
    }
    const auto stored = number_in_field(field(148, 8));
    return stored && (*stored == sum || static_cast<s64>(*stored) == signed_sum);
  }
  std::string path() const {
    const std::string name(text_in(field(0, 100)));
    const std::string_view prefix = is_posix() ? text_in(field(345, 155)) : std::string_view();
    return prefix.empty() ? name : std::string(prefix) + "/" + name;
  }
};

void TarSource::damaged(std::string_view what) const {
  fail(ErrorKind::corrupt, "{}: {} before byte {}; is it a tar archive, and whole?", name_, what, position_);
}

std::vector<u8> TarSource::read_blocks(u64 bytes) {
  std::vector<u8> blocks(round_up(bytes, unit));
  if (read_(blocks) != blocks.size()) damaged("it ends in the middle");
  position_ += blocks.size();
  return blocks;
}

void TarSource::skip(u64 bytes) {
  while (bytes > 0) {
    const u64 part = std::min<u64>(bytes, SourcePiece::bytes_max);
    piece_.resize(part);
    if (read_(piece_) != part) damaged("it ends in the middle");
    position_ += part;
    bytes -= part;
  }
}

/// What packed the archive has its checksum behind it, and whoever writes to a pipe wants to be heard out.
void TarSource::read_to_end() {
  do piece_.resize(SourcePiece::bytes_max);
  while (read_(piece_) == piece_.size());
}

void TarSource::end_file() {
  skip(left_ + padding_);
  left_ = padding_ = 0;
  runs_.clear();
  run_ = 0;
  in_run_ = 0;
}

std::string TarSource::read_text(u64 bytes) {
  if (bytes > words_bytes_max) damaged("a header is too long");
  const std::vector<u8> blocks = read_blocks(bytes);
  return {blocks.begin(), blocks.begin() + static_cast<std::ptrdiff_t>(bytes)};
}

/// "LENGTH KEY=VALUE\n", again and again.
TarSource::Words TarSource::read_words(u64 bytes) {
  const std::string text = read_text(bytes);
  Words words;
  for (std::string_view rest = text; !rest.empty() && rest[0] != '\0';) {
    const std::size_t blank = rest.find(' ');
    const auto length = blank == rest.npos ? std::nullopt : decimal(rest.substr(0, blank));
    if (!length || *length < blank + 2 || *length > rest.size()) damaged("an extended header is damaged");
    const std::string_view word = rest.substr(blank + 1, *length - blank - 2);
    rest.remove_prefix(*length);
    const std::size_t equals = word.find('=');
    if (equals == word.npos) damaged("an extended header is damaged");
    const std::string_view key = word.substr(0, equals), value = word.substr(equals + 1);
    if (key == "GNU.sparse.offset" || key == "GNU.sparse.numbytes")
      words["GNU.sparse.map"] += std::string(value) + ",";  // the first form has a word for each number
    else
      words[std::string(key)] = value;
  }
  return words;
}

std::optional<SourceFile> TarSource::next() {
  end_file();
  Words words = for_all_;
  for (;;) {
    Header header{std::vector<u8>(unit)};
    const std::size_t got = read_(header.bytes);
    position_ += got;
    if (got == 0 && position_ > 0) return std::nullopt;  // the two blocks of zeros are often missing
    if (got != unit) damaged("it ends in the middle");
    if (header.is_end()) return read_to_end(), std::nullopt;
    if (!header.sum_is_right()) damaged("the checksum of a header is wrong");
    const auto size = number_in_field(header.field(124, 12));
    if (!size || *size > size_max) damaged("a size is none");
    const char type = header.type();
    if (type == 'x' || type == 'X' || type == 'g') {
      Words more = read_words(*size);
      Words& into = type == 'g' ? for_all_ : words;
      for (auto& [key, value] : more) words[key] = into[key] = value;
    } else if (type == 'L' || type == 'K') {
      std::string text = read_text(*size);
      words[type == 'L' ? "path" : "linkpath"] = text.substr(0, text.find('\0'));
    } else if (type == 'V' || type == 'M' || type == 'N') {
      skip(round_up(*size, unit));  // a label, or what belongs to several tapes
    } else {
      return file_of(header, words);
    }
  }
}

SourceFile TarSource::file_of(const Header& header, const Words& words) {
  const auto number = [&](std::size_t offset, std::size_t length) {
    const auto found = number_in_field(header.field(offset, length));
    if (!found) damaged("a number is none");
    return *found;
  };
  SourceFile file;
  const std::string link(words.contains("linkpath") ? words.at("linkpath") : text_in(header.field(157, 100)));
  std::string path = words.contains("path") ? words.at("path") : header.path();
  if (words.contains("GNU.sparse.name")) path = words.at("GNU.sparse.name");
  const auto inner = inner_path(path);
  if (!inner) fail(ErrorKind::invalid_argument, "{}: \"{}\" leads out of the archive's tree", name_, path);
  file.path = *inner;
  // Old programs tell directories by a slash.
  const bool is_directory = header.type() == '5' || (header.type() == '\0' && path.ends_with('/'));
  file.mode = static_cast<u16>((is_directory ? file_mode::directory : type_of(header.type())) |
                               (number(100, 8) & 07777));
  file.uid = static_cast<u32>(number(108, 8));
  file.gid = static_cast<u32>(number(116, 8));
  file.modification = file.access = {number(136, 12), 0};
  if (header.type() == '3' || header.type() == '4')
    file.device = device_number(static_cast<u32>(number(329, 8)), static_cast<u32>(number(337, 8)));
  if (header.type() == '2') file.target = link;
  if (header.type() == '1') {
    const auto same = inner_path(link);
    if (!same) fail(ErrorKind::invalid_argument, "{}: \"{}\" leads out of the archive's tree", name_, link);
    file.same_as = *same;
  }
  take_words(file, words);
  place_contents(file, header, words);
  return file;
}

void TarSource::take_words(SourceFile& file, const Words& words) const {
  for (const auto& [key, value] : words) {
    if (key == "uid") file.uid = static_cast<u32>(decimal(value).value_or(file.uid));
    if (key == "gid") file.gid = static_cast<u32>(decimal(value).value_or(file.gid));
    if (key == "mtime") file.modification = moment_in(value);
    if (key == "atime") file.access = moment_in(value);
    if (key.starts_with(xattr_key))
      file.attributes[key.substr(xattr_key.size())] = {value.begin(), value.end()};
    if (key != "SCHILY.acl.access" && key != "SCHILY.acl.default") continue;
    const auto list = AccessList::from_text(value, number_of_);
    if (!list)
      fail(ErrorKind::unsupported,
           "{}: \"{}\": an access control list names somebody whom this host does not know; pack with "
           "tar --numeric-owner",
           name_, file.path);
    const bool own = key == "SCHILY.acl.access";
    if (own && list->is_minimal()) continue;  // the permissions say it
    file.attributes[std::string(own ? AccessList::access_name : AccessList::default_name)] =
        list->for_program();
  }
}

/// Where the bytes that follow belong in the file.
void TarSource::place_contents(SourceFile& file, const Header& header, const Words& words) {
  const auto word = [&](const std::string& key) {
    const auto found = words.find(key);
    const auto number = found == words.end() ? std::nullopt : decimal(found->second);
    if (found != words.end() && (!number || *number > size_max)) damaged("a size is none");
    return number;
  };
  const bool has_contents = (file.mode & file_mode::type_mask) == file_mode::regular && !file.same_as;
  const u64 stored = word("size").value_or(*number_in_field(header.field(124, 12)));
  // Of a link or a directory the size says nothing.
  left_ = has_contents || file.same_as ? stored : 0;
  if (file.same_as && !header.is_posix()) left_ = 0;
  padding_ = round_up(left_, unit) - left_;
  if (!has_contents) return;
  file.size = stored;
  if (header.type() == 'S') {
    file.size = number_in_field(header.field(483, 12)).value_or(size_max + 1);
    read_old_map(header);
  } else if (word("GNU.sparse.major") == u64{1}) {
    file.size = word("GNU.sparse.realsize").value_or(0);
    read_map_in_data();
  } else if (words.contains("GNU.sparse.map")) {
    file.size = word("GNU.sparse.size").value_or(word("GNU.sparse.realsize").value_or(0));
    read_map(words.at("GNU.sparse.map"));
  } else {
    add_run(0, stored);
  }
  u64 end = 0, bytes = 0;
  for (const Run& run : runs_) {
    if (run.offset < end || run.bytes > size_max - run.offset) damaged("a map of holes is damaged");
    end = run.offset + run.bytes;
    bytes += run.bytes;
  }
  if (end > file.size || file.size > size_max || bytes != left_) damaged("a map of holes is damaged");
  file.data_bytes = bytes;
}

void TarSource::add_run(u64 offset, u64 bytes) {
  if (runs_.size() >= runs_max) damaged("a map of holes is too long");
  if (bytes > 0) runs_.push_back({offset, bytes});
}

/// Four runs in the header, and blocks of 21 behind it.
void TarSource::read_old_map(const Header& header) {
  const auto take = [&](ConstBytes table) {
    for (; table.size() >= 24; table = table.subspan(24)) {
      const auto offset = number_in_field(table.first(12)), bytes = number_in_field(table.subspan(12, 12));
      if (!offset || !bytes) damaged("a map of holes is damaged");
      add_run(*offset, *bytes);
    }
  };
  take(header.field(386, 96));
  for (bool more = header.bytes[482] != 0; more;) {
    const std::vector<u8> block = read_blocks(unit);
    take(ConstBytes(block).first(504));
    more = block[504] != 0;
  }
}

/// "OFFSET,BYTES,OFFSET,BYTES"
void TarSource::read_map(std::string_view numbers) {
  while (!numbers.empty()) {
    std::optional<u64> pair[2];
    for (auto& number : pair) {
      const std::string_view text = numbers.substr(0, numbers.find(','));
      number = decimal(text);
      numbers.remove_prefix(std::min(text.size() + 1, numbers.size()));
    }
    if (!pair[0] || !pair[1]) damaged("a map of holes is damaged");
    add_run(*pair[0], *pair[1]);
  }
}

/// Numbers in lines, in the first blocks of the contents: how many runs, then offset and bytes of each.
void TarSource::read_map_in_data() {
  std::string text;
  std::optional<u64> wanted;
  u64 lines = 0;
  while (!wanted || lines < 1 + 2 * *wanted) {
    if (left_ < unit || text.size() > runs_max * 16) damaged("a map of holes is damaged");
    const std::vector<u8> block = read_blocks(unit);
    left_ -= unit;
    text.append(block.begin(), block.end());
    lines += static_cast<u64>(std::ranges::count(block, u8{'\n'}));
    if (wanted || lines == 0) continue;
    wanted = decimal(text.substr(0, text.find('\n')));
    if (!wanted || *wanted > runs_max) damaged("a map of holes is damaged");
  }
  std::string_view rest = std::string_view(text).substr(text.find('\n') + 1);
  std::string numbers;
  for (u64 i = 0; i < 2 * *wanted; ++i) {
    numbers += (i == 0 ? "" : ",") + std::string(rest.substr(0, rest.find('\n')));
    rest.remove_prefix(rest.find('\n') + 1);
  }
  read_map(numbers);
}

std::optional<SourcePiece> TarSource::next_piece() {
  if (run_ >= runs_.size()) return std::nullopt;
  const Run& run = runs_[run_];
  const u64 part = std::min<u64>(run.bytes - in_run_, SourcePiece::bytes_max);
  piece_.resize(part);
  if (read_(piece_) != part) damaged("it ends in the middle");
  position_ += part;
  left_ -= part;
  const u64 offset = run.offset + in_run_;
  in_run_ += part;
  if (in_run_ == run.bytes) {
    ++run_;
    in_run_ = 0;
  }
  return SourcePiece{offset, piece_};
}

}  // namespace ocfs2
