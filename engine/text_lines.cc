// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/text_lines.h"

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace ocfs2 {

bool read_line(std::FILE* file, std::string& line) {
  char* text = nullptr;
  std::size_t room = 0;
  const ssize_t length = getline(&text, &room, file);
  const std::unique_ptr<char, void (*)(void*)> owner(text, std::free);
  if (length < 0) return false;
  line.assign(text, static_cast<std::size_t>(length));
  if (line.ends_with('\n')) line.pop_back();
  return true;
}

std::vector<std::string> lines_of(const std::string& path) {
  std::vector<std::string> lines;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"), std::fclose);
  for (std::string line; file && read_line(file.get(), line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  for (std::size_t begin = line.find_first_not_of(" \t"); begin != line.npos;) {
    const std::size_t end = std::min(line.find_first_of(" \t", begin), line.size());
    words.emplace_back(line.substr(begin, end - begin));
    begin = line.find_first_not_of(" \t", end);
  }
  return words;
}

}  // namespace ocfs2
