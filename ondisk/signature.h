// SPDX-License-Identifier: GPL-2.0-or-later
//
// The eight bytes by which a metadata block says what it is: seven characters and a NUL.
#pragma once

#include <algorithm>

#include "ondisk/integers.h"

namespace ocfs2 {

using Signature = std::array<char, 8>;

constexpr bool matches(const Signature& signature, const char (&text)[8]) {
  return std::equal(signature.begin(), signature.end(), text);
}
constexpr void stamp(Signature& signature, const char (&text)[8]) {
  std::copy_n(text, signature.size(), signature.begin());
}

}  // namespace ocfs2
