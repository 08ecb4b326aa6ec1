// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/field_text.h"

#include <catch2/catch.hpp>

#include "ondisk/inode.h"

namespace ocfs2 {
namespace {

const Field& row(std::span<const Field> rows, std::string_view name) {
  const Field* const found = find_field(rows, name);
  REQUIRE(found != nullptr);
  return *found;
}

/// What becomes of a text that is written to the field; "none" when it is refused.
std::string there_and_back(const Field& field, std::string_view text) {
  const auto bytes = field_bytes(field, field.size, text);
  return bytes ? field_text(field, *bytes) : "none";
}

}  // namespace

TEST_CASE("fields are written as they are read", "[fields]") {
  const auto inode = fields_of<Inode>;
  const auto super = fields_of<SuperBlock>;
  const Field& size = row(inode, "i_size");
  CHECK(there_and_back(size, "4096") == "4096");
  CHECK(there_and_back(size, "0x10") == "16");
  CHECK(there_and_back(size, "18446744073709551615") == "18446744073709551615");
  for (const char* text : {"18446744073709551616", "-1", "+1", "1x", "0x", "", " 1"})
    CHECK(there_and_back(size, text) == "none");
  CHECK(there_and_back(row(inode, "i_links_count"), "65535") == "65535");
  CHECK(there_and_back(row(inode, "i_links_count"), "65536") == "none");
  CHECK(there_and_back(row(inode, "i_flags"), "17") == "0x11");

  const Field& mode = row(inode, "i_mode");
  CHECK(there_and_back(mode, "0100644") == "0100644");
  CHECK(there_and_back(mode, "9") == "none");

  const Field& time = row(inode, "i_mtime");
  CHECK(there_and_back(time, "981173106") == "981173106");
  CHECK(there_and_back(time, "2001-02-03") == "981158400");
  CHECK(there_and_back(time, "2001-02-03T04:05:06") == "981173106");
  CHECK(there_and_back(time, "2000-02-29") == "951782400");
  for (const char* text : {"2001-02-29", "2001-13-01", "1969-12-31", "2001-02-03T24:00:00",
                           "2001-02-03 04:05:06", "2001-02-03T04:05", "01-02-2003"})
    CHECK(there_and_back(time, text) == "none");

  const Field& label = row(super, "s_label");
  CHECK(there_and_back(label, "two words") == "\"two words\"");
  CHECK(there_and_back(label, "") == "\"\"");
  CHECK(there_and_back(label, std::string(64, 'x')) == '"' + std::string(64, 'x') + '"');
  CHECK(there_and_back(label, std::string(65, 'x')) == "none");

  const Field& uuid = row(super, "s_uuid");
  const std::string digits = "00112233445566778899aabbccddeeff";
  CHECK(there_and_back(uuid, digits) == digits);
  CHECK(there_and_back(uuid, "00112233-4455-6677-8899-aabbccddeeff") == digits);
  CHECK(there_and_back(uuid, "0011") == "none");
}

TEST_CASE("bytes are written in pairs of digits", "[fields]") {
  CHECK(bytes_from_hex("00fF") == std::vector<u8>{0, 0xFF});
  CHECK(bytes_from_hex("") == std::vector<u8>{});
  for (const char* text : {"0", "0g", "+1", "0x00"}) CHECK_FALSE(bytes_from_hex(text));
  const Field three = variable_row("id_data", 0, 3, Shape::bytes);
  CHECK(there_and_back(three, "0a0b0c") == "0a0b0c");
  CHECK(there_and_back(three, "0a0b") == "none");
}

}  // namespace ocfs2
