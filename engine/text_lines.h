// SPDX-License-Identifier: GPL-2.0-or-later
//
// Text of the system in lines and words: /proc, /sys, what people type. Streams of the standard library would
// do the same, and bring all of its locales into the binary.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace ocfs2 {

/// The next line without its line feed; false at the end.
bool read_line(std::FILE* file, std::string& line);
/// The lines of a small file; none when it cannot be read.
std::vector<std::string> lines_of(const std::string& path);
/// The words of a line, which blanks and tabulators part.
std::vector<std::string> words_of(std::string_view line);

}  // namespace ocfs2
