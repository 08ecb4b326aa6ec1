// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/json.h"

#include <fmt/core.h>

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

namespace ocfs2 {
namespace {

constexpr std::string_view REPLACEMENT = "\xef\xbf\xbd";  // U+FFFD

/// Length of the valid UTF-8 character at the start of `text`, 0 when there is none (RFC 3629).
std::size_t character_length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<u8>(i < text.size() ? text[i] : 0); };
  const auto follows = [&](std::size_t i, u8 least = 0x80, u8 most = 0xbf) {
    return byte(i) >= least && byte(i) <= most;
  };
  const u8 first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const bool second = follows(1, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf);
    return second && follows(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const bool second = follows(1, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf);
    return second && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

std::string as_utf8(std::string_view text) {
  std::string clean;
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    clean += length ? text.substr(0, length) : REPLACEMENT;
    text.remove_prefix(length ? length : 1);
  }
  return clean;
}

}  // namespace

struct JsonWriter::Parts {
  rapidjson::StringBuffer buffer;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> writer{buffer};
  std::string open;  ///< the brackets, outermost first
};

JsonWriter::JsonWriter() : parts_(std::make_unique<Parts>()) { parts_->writer.SetIndent(' ', 2); }
JsonWriter::~JsonWriter() = default;

JsonWriter& JsonWriter::begin_object() { return parts_->open += '{', parts_->writer.StartObject(), *this; }
JsonWriter& JsonWriter::begin_object(std::string_view name) { return key(name).begin_object(); }
JsonWriter& JsonWriter::end_object() { return parts_->open.pop_back(), parts_->writer.EndObject(), *this; }
JsonWriter& JsonWriter::begin_array() { return parts_->open += '[', parts_->writer.StartArray(), *this; }
JsonWriter& JsonWriter::begin_array(std::string_view name) { return key(name).begin_array(); }
JsonWriter& JsonWriter::end_array() { return parts_->open.pop_back(), parts_->writer.EndArray(), *this; }

JsonWriter& JsonWriter::key(std::string_view name) {
  return parts_->writer.Key(name.data(), static_cast<rapidjson::SizeType>(name.size())), *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  const std::string clean = as_utf8(text);
  return parts_->writer.String(clean.data(), static_cast<rapidjson::SizeType>(clean.size())), *this;
}

JsonWriter& JsonWriter::value(bool truth) { return parts_->writer.Bool(truth), *this; }
JsonWriter& JsonWriter::value(double number) { return parts_->writer.Double(number), *this; }
JsonWriter& JsonWriter::value(std::nullptr_t) { return parts_->writer.Null(), *this; }
JsonWriter& JsonWriter::unsigned_value(u64 number) { return parts_->writer.Uint64(number), *this; }
JsonWriter& JsonWriter::signed_value(s64 number) { return parts_->writer.Int64(number), *this; }

JsonWriter& JsonWriter::text_field(std::string_view name, std::string_view content) {
  key(name).value(content);
  if (as_utf8(content) == content) return *this;
  std::string digits;
  for (const char byte : content) digits += fmt::format("{:02x}", static_cast<u8>(byte));
  return key(std::string(name) + "_hex").value(digits);
}

std::size_t JsonWriter::depth() const { return parts_->open.size(); }

JsonWriter& JsonWriter::end_to(std::size_t depth) {
  while (parts_->open.size() > depth) parts_->open.back() == '{' ? end_object() : end_array();
  return *this;
}

/// A line feed inside of a string is written as \n, so that those that are there only indent.
std::string JsonWriter::line() const {
  std::string line;
  bool indenting = false;
  for (const char letter : std::string_view(parts_->buffer.GetString())) {
    indenting = letter == '\n' || (indenting && letter == ' ');
    if (!indenting) line += letter;
  }
  return line + "\n";
}

std::string JsonWriter::text() const { return parts_->buffer.GetString() + std::string("\n"); }

}  // namespace ocfs2
