// SPDX-License-Identifier: GPL-2.0-or-later
//
// What tunefs.ocfs2 shows while it works.
#include <catch2/catch.hpp>

#include <cstdlib>

#include "cmd/tunefs.h"

namespace ocfs2 {
namespace {

using Bar = TuneProgress::Bar;

u64 now_ms = 0;

/// Removes half of ten slots in so many seconds, and is not seen to finish the rest.
std::string shown(Bar bar, bool terminal, u64 seconds, unsigned columns = 80) {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* const out = open_memstream(&text, &size);
  now_ms = 1'000'000;
  const Console::Surroundings around{stdin, out, stderr, [] { return now_ms; }, terminal, columns};
  {
    Console console("tunefs.ocfs2", {}, around);
    TuneProgress progress(console, bar, around);
    progress.operations(1, 4);
    progress.stage("Removing slots");
    now_ms += seconds * 1000;
    progress.progress(5, 10);
    progress.stage_done("done");
  }
  std::fclose(out);
  std::string words(text, size);
  std::free(text);
  return words;
}

}  // namespace

TEST_CASE("work that takes long shows on a terminal how far it is, and leaves no trace", "[tune][console]") {
  CHECK(shown(Bar::when_long, true, 20) ==
        "[tunefs.ocfs2  25% > Removing slots  50%] 0:20 left\033[K\r\033[K");
  CHECK(shown(Bar::when_long, true, 0).empty());
  CHECK(shown(Bar::when_long, false, 20).empty());
  CHECK(shown(Bar::hidden, true, 20).empty());
}

TEST_CASE("a bar that was asked for is there always", "[tune][console]") {
  CHECK(shown(Bar::always, false, 20) ==
        "[tunefs.ocfs2  25% > Removing slots   0%]\n[tunefs.ocfs2  25% > Removing slots  50%]\n"
        "[tunefs.ocfs2  25% > Removing slots 100%]\n");
  const std::string words = shown(Bar::always, true, 20);
  CHECK(words.find("50%] 0:20 left\033[K\r") != std::string::npos);
  CHECK(words.ends_with("100%]\033[K\r\n"));
  CHECK(shown(Bar::when_long, true, 20, 40) == "[Removing slots  50%] 0:20 left\033[K\r\033[K");
}

}  // namespace ocfs2
