// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/uuid.h"

namespace ocfs2 {
namespace {

constexpr bool hyphen_before(std::size_t byte) { return byte == 4 || byte == 6 || byte == 8 || byte == 10; }

std::optional<u8> digit_value(char digit) {
  if (digit >= '0' && digit <= '9') return static_cast<u8>(digit - '0');
  if (digit >= 'a' && digit <= 'f') return static_cast<u8>(digit - 'a' + 10);
  if (digit >= 'A' && digit <= 'F') return static_cast<u8>(digit - 'A' + 10);
  return std::nullopt;
}

std::string to_text(const Uuid& uuid, std::string_view digits, bool hyphens) {
  std::string text;
  for (std::size_t i = 0; i < uuid.size(); ++i) {
    if (hyphens && hyphen_before(i)) text += '-';
    text += digits[uuid[i] >> 4];
    text += digits[uuid[i] & 0xF];
  }
  return text;
}

}  // namespace

std::optional<Uuid> parse_uuid(std::string_view text) {
  if (text.size() != 32 && text.size() != 36) return std::nullopt;
  const bool hyphens = text.size() == 36;
  Uuid uuid;
  std::size_t at = 0;
  for (std::size_t i = 0; i < uuid.size(); ++i) {
    if (hyphens && hyphen_before(i) && text[at++] != '-') return std::nullopt;
    const auto high = digit_value(text[at++]);
    const auto low = digit_value(text[at++]);
    if (!high || !low) return std::nullopt;
    uuid[i] = static_cast<u8>(*high << 4 | *low);
  }
  return uuid;
}

std::string uuid_text(const Uuid& uuid) { return to_text(uuid, "0123456789ABCDEF", false); }
std::string uuid_hyphenated(const Uuid& uuid) { return to_text(uuid, "0123456789abcdef", true); }

}  // namespace ocfs2
