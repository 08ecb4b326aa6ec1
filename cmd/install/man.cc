// SPDX-License-Identifier: GPL-2.0-or-later
//
// The manual pages, each compressed as it is installed. The Makefile puts them together behind an index: a
// line "NAME BYTES" a page, then an empty line, then the pages.
#include "cmd/install/install.h"

#include "net/words.h"

// The linker's names for what it takes as it is.
extern const char pages_begin[] __asm__("_binary_man_pages_start");
extern const char pages_end[] __asm__("_binary_man_pages_end");

namespace ocfs2 {

std::vector<ManPage> man_pages() {
  const std::string_view all(pages_begin, static_cast<std::size_t>(pages_end - pages_begin));
  const std::size_t index_end = all.find("\n\n");
  std::string_view rest = all.substr(index_end + 2);
  std::vector<ManPage> pages;
  for (const std::string& line : pieces(all.substr(0, index_end), "\n")) {
    const auto words = pieces(line);
    const std::string_view text = rest.substr(0, small_number(words.at(1)).value_or(0));
    rest.remove_prefix(text.size());
    pages.push_back({words[0], text});
  }
  return pages;
}

}  // namespace ocfs2
