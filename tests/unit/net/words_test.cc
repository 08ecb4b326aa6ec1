// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/words.h"

#include <catch2/catch.hpp>

namespace ocfs2 {

TEST_CASE("the nearest name is offered only when it is near", "[words]") {
  const std::string_view names[] = {"mkfs.ocfs2", "fsck.ocfs2", "o2cb"};
  CHECK(nearest("mkf.ocfs2", names) == "mkfs.ocfs2");
  CHECK(nearest("o2bc", names) == "o2cb");
  CHECK(nearest("something", names).empty());
}

TEST_CASE("what stands between separators", "[words]") {
  CHECK(pieces(" a\tbc\n") == std::vector<std::string>{"a", "bc"});
  CHECK(pieces("a b\nc d\n\n", "\n") == std::vector<std::string>{"a b", "c d"});
  CHECK(pieces(" ").empty());
}

}  // namespace ocfs2
