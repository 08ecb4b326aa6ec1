// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/lock_name.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace ocfs2 {
namespace {

constexpr std::string_view padding = "000000";
constexpr std::size_t block_digits = 16, generation_digits = 8;

std::optional<std::uint64_t> hexadecimal(std::string_view digits) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), number, 16);
  if (digits.empty() || error != std::errc() || end != digits.end()) return std::nullopt;
  return number;
}

}  // namespace

std::string encode_lock_name(const LockName& name) {
  char text[48];
  if (name.type == 'N')
    std::snprintf(text, sizeof text, "N%016llx%08llx", static_cast<unsigned long long>(name.parent),
                  static_cast<unsigned long long>(name.block));
  else
    std::snprintf(text, sizeof text, "%c%s%016llx%08x", name.type, padding.data(),
                  static_cast<unsigned long long>(name.block), name.generation);
  return text;
}

std::optional<LockName> decode_lock_name(std::string_view text) {
  if (text.empty() || std::ranges::find(lock_types, text[0], &LockType::letter) == std::end(lock_types))
    return std::nullopt;
  LockName name{.type = text[0]};
  text.remove_prefix(1);
  if (name.type == 'N') {
    const auto parent = hexadecimal(text.substr(0, block_digits));
    const auto block =
        text.size() > block_digits ? hexadecimal(text.substr(block_digits)) : std::optional<std::uint64_t>(0);
    if (text.size() < block_digits || !parent || !block) return std::nullopt;
    name.parent = *parent;
    name.block = *block;
    return name;
  }
  if (!text.starts_with(padding) || text.size() != padding.size() + block_digits + generation_digits)
    return std::nullopt;
  text.remove_prefix(padding.size());
  const auto block = hexadecimal(text.substr(0, block_digits));
  const auto generation = hexadecimal(text.substr(block_digits));
  if (!block || !generation) return std::nullopt;
  name.block = *block;
  name.generation = static_cast<std::uint32_t>(*generation);
  return name;
}

}  // namespace ocfs2
