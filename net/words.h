// SPDX-License-Identifier: GPL-2.0-or-later
//
// Small things about words that people write: in configuration files, on command lines.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ocfs2 {

bool is_word_letter(char letter);                 ///< a letter, a digit or '_'
bool is_word(std::string_view text);              ///< only such, and at least one
std::string_view trimmed(std::string_view text);  ///< without blanks, tabs and carriage returns around it
std::string lower(std::string_view text);
/// What stands between letters of `separators`; nothing is no piece.
std::vector<std::string> pieces(std::string_view text, std::string_view separators = " \t\n");
/// A decimal number below 2^32 and nothing else.
std::optional<unsigned> small_number(std::string_view text);
/// The candidate nearest to `word` if it is near enough to be what was meant; empty otherwise.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace ocfs2
