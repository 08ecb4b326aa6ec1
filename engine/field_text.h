// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a field holds, as people write it, in both directions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ondisk/field.h"

namespace ocfs2 {

/// Flags and hashes in hexadecimal, permissions in octal, texts in quotation marks; of long bytes the first.
std::string field_text(const Field& field, ConstBytes value);

/// The bytes of a field that is `size` bytes long from what somebody typed: numbers in decimal or behind 0x,
/// permissions in octal; times in seconds since 1970, as YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS in UTC; texts as
/// they are; UUIDs with hyphens or without; all else as two hexadecimal digits a byte. Nothing when it is
/// none of these, or does not fit.
std::optional<std::vector<u8>> field_bytes(const Field& field, std::size_t size, std::string_view text);
/// The form that field_bytes wants, for messages.
std::string_view field_form(const Field& field);

/// The first bytes in hexadecimal.
std::string short_hex(ConstBytes bytes);
/// "0a1b" as bytes; nothing when these are no pairs of hexadecimal digits.
std::optional<std::vector<u8>> bytes_from_hex(std::string_view digits);

}  // namespace ocfs2
