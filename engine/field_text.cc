// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/field_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ctime>

#include "ondisk/uuid.h"

namespace ocfs2 {
namespace {

constexpr std::size_t shown_bytes = 16;

/// What fills a fixed field behind its end is no part of it.
std::string quoted_text(ConstBytes bytes) {
  while (!bytes.empty() && bytes.back() == 0) bytes = bytes.first(bytes.size() - 1);
  std::string text = "\"";
  for (const u8 byte : bytes) {
    if (byte >= ' ' && byte < 0x7F)
      text += static_cast<char>(byte);
    else
      text += fmt::format("\\x{:02x}", byte);
  }
  return text + '"';
}

std::optional<u64> number_in(std::string_view text, int base) {
  u64 number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<u64> any_number(std::string_view text) {
  return text.starts_with("0x") ? number_in(text.substr(2), 16) : number_in(text, 10);
}

/// The digits of a date that stand at `at`, as a number that lies in `least` to `most`.
std::optional<int> part_of(std::string_view text, std::size_t at, std::size_t digits, int least, int most) {
  const auto number = at + digits <= text.size() ? number_in(text.substr(at, digits), 10) : std::nullopt;
  if (!number || *number < static_cast<u64>(least) || *number > static_cast<u64>(most)) return std::nullopt;
  return static_cast<int>(*number);
}

std::optional<u64> seconds_in(std::string_view text) {
  if (const auto seconds = any_number(text)) return seconds;
  const bool day_only = text.size() == 10;
  if ((!day_only && text.size() != 19) || text[4] != '-' || text[7] != '-') return std::nullopt;
  if (!day_only && (text[10] != 'T' || text[13] != ':' || text[16] != ':')) return std::nullopt;
  const auto year = part_of(text, 0, 4, 1970, 9999), month = part_of(text, 5, 2, 1, 12);
  const auto day = part_of(text, 8, 2, 1, 31);
  const auto hour = day_only ? 0 : part_of(text, 11, 2, 0, 23);
  const auto minute = day_only ? 0 : part_of(text, 14, 2, 0, 59);
  const auto second = day_only ? 0 : part_of(text, 17, 2, 0, 59);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  std::tm parts{};
  parts.tm_year = *year - 1900;
  parts.tm_mon = *month - 1;
  parts.tm_mday = *day;
  parts.tm_hour = *hour;
  parts.tm_min = *minute;
  parts.tm_sec = *second;
  const std::time_t time = timegm(&parts);
  if (parts.tm_mday != *day) return std::nullopt;  // 31 February
  return static_cast<u64>(time);
}

std::optional<u64> number_for(const Field& field, std::string_view text) {
  if (field.shape == Shape::seconds) return seconds_in(text);
  return field.shape == Shape::mode ? number_in(text, 8) : any_number(text);
}

}  // namespace

std::string short_hex(ConstBytes bytes) {
  std::string text;
  for (const u8 byte : bytes.first(std::min(bytes.size(), shown_bytes))) text += fmt::format("{:02x}", byte);
  return bytes.size() > shown_bytes ? text + "…" : text;
}

std::string field_text(const Field& field, ConstBytes value) {
  if (field.shape == Shape::text) return quoted_text(value);
  if (!field.is_number() || value.size() > 8) return short_hex(value);
  const u64 number = field.number_of(value);
  if (field.shape == Shape::hex) return fmt::format("{:#x}", number);
  return field.shape == Shape::mode ? fmt::format("0{:o}", number) : fmt::format("{}", number);
}

std::optional<std::vector<u8>> bytes_from_hex(std::string_view digits) {
  if (digits.size() % 2 != 0) return std::nullopt;
  std::vector<u8> bytes;
  for (; !digits.empty(); digits.remove_prefix(2)) {
    const auto byte = number_in(digits.substr(0, 2), 16);
    if (!byte) return std::nullopt;
    bytes.push_back(static_cast<u8>(*byte));
  }
  return bytes;
}

std::optional<std::vector<u8>> field_bytes(const Field& field, std::size_t size, std::string_view text) {
  std::vector<u8> bytes(size);
  if (field.shape == Shape::text) {
    if (text.size() > size) return std::nullopt;
    std::ranges::copy(text, bytes.begin());
    return bytes;
  }
  if (field.shape == Shape::uuid && size == sizeof(Uuid)) {
    const auto uuid = parse_uuid(text);
    return uuid ? std::optional<std::vector<u8>>({uuid->begin(), uuid->end()}) : std::nullopt;
  }
  if (field.is_number() && size <= 8) {
    const auto number = number_for(field, text);
    if (!number || (size < 8 && *number >> (8 * size) != 0)) return std::nullopt;
    field.put_number(bytes, *number);
    return bytes;
  }
  const auto given = bytes_from_hex(text);
  return given && given->size() == size ? given : std::nullopt;
}

std::string_view field_form(const Field& field) {
  switch (field.shape) {
    case Shape::text:
      return "a text that is not longer than the field";
    case Shape::uuid:
      return "32 hexadecimal digits, or 36 characters with hyphens";
    case Shape::mode:
      return "an octal number";
    case Shape::seconds:
      return "seconds since 1970, YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS";
    default:
      break;
  }
  return field.is_number() ? "a number that fits the field, in decimal or behind 0x"
                           : "two hexadecimal digits for each byte of the field";
}

}  // namespace ocfs2
