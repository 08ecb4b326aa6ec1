// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/cluster_conf.h"

#include <strings.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "net/kernel_files.h"

namespace ocfs2 {
namespace {

constexpr std::string_view blanks = " \t\r";
constexpr unsigned node_number_max = 254;

bool is_word_letter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || letter == '_';
}
bool is_word(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_word_letter); }

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

std::optional<unsigned> number_of(std::optional<std::string_view> text) {
  unsigned number = 0;
  if (!text) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return number;
}

class Parser {
 public:
  ClusterConf run(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      ++line_;
      take(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return std::move(conf_);
  }

 private:
  void take(std::string_view line) {
    if (line.starts_with('#')) return;  // does not end a section
    const std::string_view words = trimmed(line);
    if (words.empty()) {
      open_ = false;
    } else if (is_word_letter(line[0])) {
      begin_section(words);
    } else {
      take_value(words);
    }
  }

  void begin_section(std::string_view words) {
    open_ = words.ends_with(':') && is_word(words.substr(0, words.size() - 1));
    if (!open_) return complain("a section begins with a line like \"node:\"");
    conf_.sections.push_back({std::string(words.substr(0, words.size() - 1)), line_, {}});
  }

  void take_value(std::string_view words) {
    const std::size_t equals = words.find('=');
    if (equals == words.npos || !is_word(trimmed(words.substr(0, equals))))
      return complain("a line of a section reads like \"name = value\"");
    if (!open_) return complain("this line stands in no section");
    conf_.sections.back().values.emplace_back(trimmed(words.substr(0, equals)),
                                              trimmed(words.substr(equals + 1)));
  }

  void complain(std::string words) { conf_.complaints.push_back({line_, std::move(words)}); }

  ClusterConf conf_;
  unsigned line_ = 0;
  bool open_ = false;
};

/// The sections of `kind` that belong to a cluster.
std::vector<const ConfSection*> sections_of(const ClusterConf& conf, std::string_view kind,
                                            std::string_view cluster) {
  std::vector<const ConfSection*> found;
  for (const ConfSection& section : conf.sections)
    if (section.kind == kind && section.find("cluster") == cluster) found.push_back(&section);
  return found;
}

}  // namespace

std::optional<std::string_view> ConfSection::find(std::string_view key) const {
  for (auto value = values.rbegin(); value != values.rend(); ++value)
    if (value->first == key) return value->second;
  return std::nullopt;
}

std::vector<std::string> ClusterConf::clusters() const {
  std::vector<std::string> names;
  for (const ConfSection& section : sections)
    if (const auto name = section.find("name"); section.kind == "cluster" && name) names.emplace_back(*name);
  return names;
}

std::vector<ConfNode> ClusterConf::nodes(std::string_view cluster) const {
  std::vector<ConfNode> nodes;
  for (const ConfSection* section : sections_of(*this, "node", cluster)) {
    const std::optional<unsigned> number = number_of(section->find("number"));
    const auto name = section->find("name");
    if (!number || *number > node_number_max || !name) continue;
    nodes.push_back({*number, std::string(*name), std::string(section->find("ip_address").value_or("")),
                     number_of(section->find("ip_port")).value_or(0)});
  }
  return nodes;
}

bool ClusterConf::global_heartbeat(std::string_view cluster) const {
  for (const ConfSection& section : sections)
    if (section.kind == "cluster" && section.find("name") == cluster)
      return strcasecmp(std::string(section.find("heartbeat_mode").value_or("")).c_str(), "global") == 0;
  return false;
}

std::vector<std::string> ClusterConf::regions(std::string_view cluster) const {
  std::vector<std::string> regions;
  for (const ConfSection* section : sections_of(*this, "heartbeat", cluster))
    if (const auto region = section->find("region")) regions.emplace_back(*region);
  return regions;
}

ClusterConf parse_cluster_conf(std::string_view text) { return Parser().run(text); }

ClusterConf read_cluster_conf(const std::string& path) {
  if (const auto text = whole_file(path)) return parse_cluster_conf(*text);
  ClusterConf none;
  if (errno != ENOENT) none.complaints.push_back({0, path + " cannot be read: " + std::strerror(errno)});
  return none;
}

}  // namespace ocfs2
