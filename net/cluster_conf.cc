// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/cluster_conf.h"

#include <arpa/inet.h>
#include <strings.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "net/kernel_files.h"
#include "net/words.h"

namespace ocfs2 {
namespace {

class Parser {
 public:
  ClusterConf run(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      ++line_;
      take(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    conf_.closing_comments = std::move(comments_);
    return std::move(conf_);
  }

 private:
  void take(std::string_view line) {
    if (line.ends_with('\r')) once(carriage_returns_, "the line ends as on Windows; other tools refuse that");
    const std::string_view words = trimmed(line);
    if (words.starts_with('#')) {
      if (line[0] != '#')
        once(shifted_comments_, "other tools want the '#' of a comment in the first column");
      comments_.emplace_back(words);
    } else if (words.empty()) {
      open_ = false;
    } else if (words.ends_with(':') && words.find('=') == words.npos) {
      begin_section(line, words);
    } else {
      take_value(line, words);
    }
  }

  void begin_section(std::string_view line, std::string_view words) {
    const std::string_view kind = trimmed(words.substr(0, words.size() - 1));
    open_ = is_word(kind);
    if (!open_) return complain("a section begins with a line like \"node:\"");
    if (!is_word_letter(line[0]) || kind.size() + 1 != words.size())
      warn("other tools want \"" + std::string(kind) + ":\" at the beginning of the line, without blanks");
    conf_.sections.push_back({lower(kind), line_, {}, std::exchange(comments_, {})});
    if (conf_.sections.back().kind != kind)
      warn("other tools want \"" + lower(kind) + ":\" in small letters");
  }

  void take_value(std::string_view line, std::string_view words) {
    const std::size_t equals = words.find('=');
    if (equals == words.npos || !is_word(trimmed(words.substr(0, equals))))
      return complain("a line of a section reads like \"name = value\"");
    if (conf_.sections.empty()) return complain("this line stands in no section");
    if (is_word_letter(line[0]))
      once(unindented_, "other tools want the lines of a section indented, best by a tab");
    if (!open_) warn("the empty line before this one ends the section for other tools");
    open_ = true;
    ConfSection& section = conf_.sections.back();
    const std::string_view key = trimmed(words.substr(0, equals));
    if (section.find(key))
      warn("\"" + std::string(key) + "\" stands in this section already, in line " +
           std::to_string(section.line_of(key)) + "; this one counts");
    section.values.push_back({std::string(key), std::string(trimmed(words.substr(equals + 1))), line_,
                              std::exchange(comments_, {})});
  }

  void complain(std::string words) { conf_.complaints.push_back({line_, std::move(words), true}); }
  void warn(std::string words) { conf_.complaints.push_back({line_, std::move(words), false}); }
  /// What is so in every line is worth one.
  void once(bool& said, std::string words) {
    if (!std::exchange(said, true)) warn(std::move(words));
  }

  ClusterConf conf_;
  std::vector<std::string> comments_;  ///< since the last line that was none
  unsigned line_ = 0;
  bool open_ = false;
  bool carriage_returns_ = false, shifted_comments_ = false, unindented_ = false;
};

void write_lines(std::string& text, const std::vector<std::string>& comments) {
  for (const std::string& comment : comments) text += comment + "\n";
}

}  // namespace

std::optional<std::string_view> ConfSection::find(std::string_view key) const {
  for (auto value = values.rbegin(); value != values.rend(); ++value)
    if (value->key == key) return value->value;
  return std::nullopt;
}

unsigned ConfSection::line_of(std::string_view key) const {
  for (auto value = values.rbegin(); value != values.rend(); ++value)
    if (value->key == key) return value->line;
  return line;
}

void ConfSection::set(std::string_view key, std::string_view value) {
  for (auto known = values.rbegin(); known != values.rend(); ++known) {
    if (known->key != key) continue;
    known->value = value;
    return;
  }
  values.push_back({std::string(key), std::string(value)});
}

std::vector<std::string> ClusterConf::clusters() const {
  std::vector<std::string> names;
  for (const ConfSection& section : sections)
    if (const auto name = section.find("name"); section.kind == "cluster" && name) names.emplace_back(*name);
  return names;
}

std::vector<const ConfSection*> ClusterConf::sections_of(std::string_view kind,
                                                         std::string_view cluster) const {
  const std::string_view key = kind == "cluster" ? "name" : "cluster";
  std::vector<const ConfSection*> found;
  for (const ConfSection& section : sections)
    if (section.kind == kind && section.find(key) == cluster) found.push_back(&section);
  return found;
}

ConfSection* ClusterConf::section_of(std::string_view cluster) {
  for (ConfSection& section : sections)
    if (section.kind == "cluster" && section.find("name") == cluster) return &section;
  return nullptr;
}

bool ClusterConf::has_cluster(std::string_view cluster) const {
  return !sections_of("cluster", cluster).empty();
}

std::vector<ConfNode> ClusterConf::nodes(std::string_view cluster) const {
  std::vector<ConfNode> nodes;
  for (const ConfSection* section : sections_of("node", cluster)) {
    const std::optional<unsigned> number = small_number(section->find("number").value_or(""));
    const auto name = section->find("name");
    if (!number || *number >= cluster_nodes_max || !name) continue;
    nodes.push_back({*number, std::string(*name), std::string(section->find("ip_address").value_or("")),
                     small_number(section->find("ip_port").value_or("")).value_or(0)});
  }
  return nodes;
}

bool ClusterConf::global_heartbeat(std::string_view cluster) const {
  const auto found = sections_of("cluster", cluster);
  return !found.empty() && lower(found.front()->find("heartbeat_mode").value_or("")) == "global";
}

std::vector<std::string> ClusterConf::regions(std::string_view cluster) const {
  std::vector<std::string> regions;
  for (const ConfSection* section : sections_of("heartbeat", cluster))
    if (const auto region = section->find("region")) regions.emplace_back(*region);
  return regions;
}

ConfSection& ClusterConf::append(std::string_view kind, std::vector<ConfValue> values) {
  sections.push_back({std::string(kind), 0, std::move(values)});
  return sections.back();
}

void ClusterConf::add_cluster(std::string_view cluster) {
  append("cluster", {{"node_count", "0"}, {"heartbeat_mode", "local"}, {"name", std::string(cluster)}});
}

void ClusterConf::remove_cluster(std::string_view cluster) {
  std::erase_if(sections, [&](const ConfSection& section) {
    return section.find(section.kind == "cluster" ? "name" : "cluster") == cluster;
  });
}

void ClusterConf::add_node(std::string_view cluster, const ConfNode& node) {
  append("node", {{"number", std::to_string(node.number)},
                  {"name", node.name},
                  {"ip_address", node.address},
                  {"ip_port", std::to_string(node.port)},
                  {"cluster", std::string(cluster)}});
  count_nodes(cluster);
}

void ClusterConf::remove_if(std::string_view kind, std::string_view cluster, std::string_view key,
                            std::string_view value) {
  std::erase_if(sections, [&](const ConfSection& section) {
    return section.kind == kind && section.find("cluster") == cluster && section.find(key) == value;
  });
}

void ClusterConf::remove_node(std::string_view cluster, std::string_view name) {
  remove_if("node", cluster, "name", name);
  count_nodes(cluster);
}

void ClusterConf::count_nodes(std::string_view cluster) {
  if (ConfSection* const section = section_of(cluster))
    section->set("node_count", std::to_string(sections_of("node", cluster).size()));
}

void ClusterConf::add_region(std::string_view cluster, std::string_view region) {
  append("heartbeat", {{"region", std::string(region)}, {"cluster", std::string(cluster)}});
}

void ClusterConf::remove_region(std::string_view cluster, std::string_view region) {
  remove_if("heartbeat", cluster, "region", region);
}

void ClusterConf::set_heartbeat_mode(std::string_view cluster, bool global) {
  if (ConfSection* const section = section_of(cluster))
    section->set("heartbeat_mode", global ? "global" : "local");
}

std::string ClusterConf::text() const {
  std::string text;
  for (const ConfSection& section : sections) {
    write_lines(text, section.comments);
    text += section.kind + ":\n";
    for (const ConfValue& value : section.values) {
      write_lines(text, value.comments);
      text += "\t" + value.key + " =" + (value.value.empty() ? "" : " " + value.value) + "\n";
    }
    text += "\n";
  }
  write_lines(text, closing_comments);
  return text;
}

ClusterConf parse_cluster_conf(std::string_view text) { return Parser().run(text); }

ClusterConf read_cluster_conf(const std::string& path) {
  if (const auto text = whole_file(path)) return parse_cluster_conf(*text);
  ClusterConf none;
  if (errno != ENOENT) none.complaints.push_back({0, path + " cannot be read: " + std::strerror(errno)});
  return none;
}

bool names_host(std::string_view node, std::string_view host) {
  return !node.empty() && host.size() >= node.size() &&
         strncasecmp(node.data(), host.data(), node.size()) == 0 &&
         (host.size() == node.size() || host[node.size()] == '.');
}

bool is_ipv4_address(std::string_view text) {
  in_addr address{};
  return inet_pton(AF_INET, std::string(text).c_str(), &address) == 1;
}

bool is_loopback(std::string_view address) { return address.starts_with("127."); }

bool is_region_name(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789ABCDEF") == text.npos;
}

std::string_view cluster_name_fault(std::string_view name) {
  if (name.empty()) return "zero length";
  if (name.size() > 16) return "max 16 characters";
  const bool plain = is_word(name) && name.find('_') == name.npos;
  return plain ? "" : "only alpha-numeric characters allowed";
}

}  // namespace ocfs2
