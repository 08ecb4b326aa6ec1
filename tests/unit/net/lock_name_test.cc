// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/lock_name.h"

#include <catch2/catch.hpp>

namespace ocfs2 {

TEST_CASE("a lock's name says type, block and generation", "[lock_name]") {
  const std::string text = encode_lock_name({.type = 'W', .block = 0x50A, .generation = 0x1B2C3D4E});

  REQUIRE(text == "W000000000000000000050a1b2c3d4e");
  const auto name = decode_lock_name(text);
  REQUIRE(name);
  REQUIRE(name->type == 'W');
  REQUIRE(name->block == 0x50A);
  REQUIRE(name->generation == 0x1B2C3D4E);
}

TEST_CASE("a dentry lock's name says directory and inode", "[lock_name]") {
  const std::string text = encode_lock_name({.type = 'N', .block = 9, .parent = 5});

  REQUIRE(text == "N000000000000000500000009");
  REQUIRE(decode_lock_name(text)->parent == 5);
  REQUIRE(decode_lock_name(text)->block == 9);
  REQUIRE(decode_lock_name("N0000000000000005")->parent == 5);
}

TEST_CASE("what is no name of a lock is not taken for one", "[lock_name]") {
  for (const char* text : {"", "M", "Z000000000000000000050a1b2c3d4e", "M000000000000000000050a1b2c3d4",
                           "M000000000000000000050a1b2c3d4e0", "M0000000000000000000 0a1b2c3d4e", "N5",
                           "N000000000000000x", "5"})
    REQUIRE_FALSE(decode_lock_name(text));
}

}  // namespace ocfs2
