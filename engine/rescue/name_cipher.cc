// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/rescue/name_cipher.h"

#include <algorithm>
#include <bit>

#include "ondisk/xattr.h"

namespace ocfs2 {
namespace {

constexpr u32 rounds = 3;
constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

bool is_letter_or_digit(u8 byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

/// Which bytes may stand for each other; 0 for those that stay.
u32 look_of(u8 byte) {
  if (byte == 0 || byte == '/') return 0;
  if (byte >= 0x80) return 1;
  if (byte < 0x20 || byte == 0x7F) return 2;
  return is_letter_or_digit(byte) ? 3 : 4;
}

/// All bytes by their looks, and the place of each among those that look alike.
struct Looks {
  std::array<std::array<u8, 128>, 5> bytes{};
  std::array<u32, 5> count{};
  std::array<u8, 256> place{};
  Looks() {
    for (u32 byte = 0; byte < 256; ++byte) {
      const u32 look = look_of(static_cast<u8>(byte));
      place[byte] = static_cast<u8>(count[look]);
      bytes[look][count[look]++] = static_cast<u8>(byte);
    }
  }
};

const Looks& looks() {
  static const Looks table;
  return table;
}

}  // namespace

u64 NameCipher::mix(u64 value) const {
  value += key_[0];
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
  value = (value ^ (value >> 27) ^ key_[1]) * 0x94D049BB133111EB;
  return value ^ (value >> 31);
}

u64 NameCipher::weight(std::size_t position, u8 byte) const { return mix(position << 8 | byte); }

/// Each byte moves on by what the others say, one after the other: every step can be undone, so no two names
/// meet.
std::string NameCipher::step(std::string_view name) const {
  std::string other(name);
  u64 sum = 0;
  for (std::size_t i = 0; i < other.size(); ++i) sum += weight(i, static_cast<u8>(other[i]));
  for (u64 round = 1; round <= rounds; ++round)
    for (std::size_t i = 0; i < other.size(); ++i) {
      const u8 byte = static_cast<u8>(other[i]);
      const u32 look = look_of(byte);
      if (look == 0) continue;
      const u64 rest = sum - weight(i, byte);
      const u64 place = (looks().place[byte] + mix(rest ^ (round << 60)) % looks().count[look]);
      const u8 changed = looks().bytes[look][place % looks().count[look]];
      other[i] = static_cast<char>(changed);
      sum = rest + weight(i, changed);
    }
  return other;
}

u64 NameCipher::numbered_names(std::size_t length) {
  u64 count = 1;
  for (; length > 0 && count < u64{1} << 32; --length) count *= alphabet.size();
  return count;
}

/// A number in that alphabet, which begins elsewhere in every place.
std::string NameCipher::numbered(u64 number, std::size_t length) const {
  std::string name(length, ' ');
  for (std::size_t i = length; i-- > 0; number /= alphabet.size())
    name[i] = alphabet[(number % alphabet.size() + mix(i) % alphabet.size()) % alphabet.size()];
  return name;
}

void NameCipher::change_path(Bytes path) const {
  const auto end = std::ranges::find(path, u8{0});
  std::fill(end, path.end(), u8{0});
  for (auto from = path.begin(); from < end;) {
    const auto behind = std::find(from, end, u8{'/'});
    const std::string part =
        step({reinterpret_cast<const char*>(&*from), static_cast<std::size_t>(behind - from)});
    std::copy(part.begin(), part.end(), from);
    from = behind == end ? end : behind + 1;
  }
}

/// The hash is hash = rotate(hash, 5) ^ byte, over seven-bit bytes: the last six of them reach all 32 bits,
/// and each overlaps the one before in two. These two are chosen so that bytes are no control characters, and
/// the five below follow from the hash.
std::string NameCipher::attribute(std::string_view suffix, u32 hash, u32 uuid_hash) const {
  if (suffix.size() < 2) return std::string(suffix);
  const std::size_t solved = std::min<std::size_t>(suffix.size(), 6);
  u64 random = 0;
  for (std::size_t i = 0; i < suffix.size(); ++i) random += weight(i, static_cast<u8>(suffix[i]));
  constexpr u32 tries_max = 1000;
  for (u32 tries = 0; tries < tries_max; ++tries) {
    std::string other(suffix);
    u32 before = uuid_hash;
    for (std::size_t i = 0; i + solved < other.size(); ++i) {
      other[i] = static_cast<char>('a' + (random = mix(random)) % 26);
      before = std::rotl(before, 5) ^ static_cast<u8>(other[i]);
    }
    u32 wanted = hash ^ std::rotl(before, static_cast<int>(5 * solved));
    for (std::size_t j = 0; j < solved; ++j) {  // from the last byte on
      const bool first = j + 1 == solved;
      const u32 high = static_cast<u32>(1 + (random = mix(random)) % 3) << 5;
      const u32 byte = first ? wanted : high | (wanted & 0x1F);
      if (first && (byte < 0x20 || byte > 0x7E)) break;
      other[other.size() - 1 - j] = static_cast<char>(byte);
      wanted = (wanted ^ byte) >> 5;
    }
    if (other != suffix && xattr_hash(other, uuid_hash) == hash) return other;
  }
  return std::string(suffix);
}

}  // namespace ocfs2
