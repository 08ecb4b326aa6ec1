// SPDX-License-Identifier: GPL-2.0-or-later
//
// Answers about a volume as it is: -Q, --minimum-size and --list-sparse (spec: commands.md 3.2).
#include <fmt/format.h>

#include "cmd/option_words.h"
#include "cmd/tunefs.h"
#include "engine/tune/shrink.h"
#include "engine/tune/sparse_files.h"
#include "engine/volume/chain_allocator.h"

namespace ocfs2 {
namespace {

constexpr FlagName unfinished_names[] = {{SuperBlock::tunefs_removing_slots, "remove-slot"},
                                         {SuperBlock::tunefs_adding_trailers, "dir-trailer"}};

std::string or_none(std::string text) {
  while (text.ends_with(' ')) text.pop_back();
  return text.empty() ? "None" : text;
}

std::string incompat_names(const Volume& volume) {
  std::string names = feature_list_text({.incompat = volume.features().incompat});
  for (const FlagName& flag : unfinished_names)
    if ((volume.super().tunefs_flag & flag.bit) != 0) names += std::string(flag.name) + " ";
  return names;
}

u64 minimum_blocks(Volume& volume) {
  return u64{minimum_clusters(volume)} * volume.geometry().blocks_per_cluster();
}

/// A letter of the format, and what it stands for.
struct Specifier {
  char letter;
  std::string (*text)(Volume&);
};

constexpr Specifier specifiers[] = {
    {'B', [](Volume& volume) { return std::to_string(volume.geometry().block_size()); }},
    {'T', [](Volume& volume) { return std::to_string(volume.geometry().cluster_size()); }},
    {'N', [](Volume& volume) { return std::to_string(volume.facts().max_slots); }},
    {'R', [](Volume& volume) { return std::to_string(volume.root().value); }},
    {'Y', [](Volume& volume) { return std::to_string(volume.system_directory().value); }},
    {'P', [](Volume& volume) { return std::to_string(volume.super().first_cluster_group); }},
    {'m', [](Volume& volume) { return std::to_string(minimum_blocks(volume)); }},
    {'V', [](Volume& volume) { return volume.label(); }},
    {'U', [](Volume& volume) { return volume.uuid(); }},
    {'M',
     [](Volume& volume) { return or_none(feature_list_text({.compat = volume.features().compat})); }},
    {'H', [](Volume& volume) { return or_none(incompat_names(volume)); }},
    {'O',
     [](Volume& volume) {
       return or_none(feature_list_text({.ro_compat = volume.features().ro_compat}));
     }},
};

/// "%-10V" taken apart.
struct Directive {
  bool left = false;
  std::size_t width = 0;
  const Specifier* specifier = nullptr;  ///< null: a percent sign
};

constexpr std::size_t width_max = 4096;

/// Takes a directive from the front of `rest`, which begins behind its percent sign. Nothing when it is none.
std::optional<Directive> take_directive(std::string_view& rest) {
  Directive directive;
  const auto take = [&] {
    const char letter = rest.front();
    rest.remove_prefix(1);
    return letter;
  };
  while (rest.starts_with('-')) directive.left = take() == '-';
  while (!rest.empty() && rest.front() >= '0' && rest.front() <= '9') {
    directive.width = directive.width * 10 + static_cast<std::size_t>(take() - '0');
    if (directive.width > width_max) return std::nullopt;
  }
  if (rest.empty()) return std::nullopt;
  const char letter = take();
  if (letter == '%') return directive;
  for (const Specifier& specifier : specifiers)
    if (specifier.letter == letter) directive.specifier = &specifier;
  if (directive.specifier == nullptr) return std::nullopt;
  return directive;
}

std::string padded(const Directive& directive, const std::string& text) {
  return directive.left ? fmt::format("{:<{}}", text, directive.width)
                        : fmt::format("{:>{}}", text, directive.width);
}

/// What a backslash and `letter` stand for.
std::string escape(char letter) {
  constexpr std::string_view letters = "abtnvfr\\", meanings = "\a\b\t\n\v\f\r\\";
  const std::size_t at = letters.find(letter);
  return at == letters.npos ? std::string{'\\', letter} : std::string{meanings[at]};
}

/// Without a volume only judges.
std::string expand(const std::string& format, Volume* volume) {
  std::string text;
  for (std::string_view rest = format; !rest.empty();) {
    const char letter = rest.front();
    rest.remove_prefix(1);
    if (letter == '\\' && !rest.empty()) {
      text += escape(rest.front());
      rest.remove_prefix(1);
    } else if (letter == '%') {
      const auto directive = take_directive(rest);
      if (!directive) throw Misuse(fmt::format("Unknown type specifier in the query format: \"{}\"", format));
      if (volume != nullptr)
        text += padded(*directive, directive->specifier ? directive->specifier->text(*volume) : "%");
    } else {
      text += letter;
    }
  }
  return text;
}

}  // namespace

void judge_query(const std::string& format) {
  if (format.empty()) throw Misuse("No query format specified");
  expand(format, nullptr);
}

std::string query_text(const std::string& format, Volume& volume) { return expand(format, &volume); }

std::string minimum_size_text(Volume& volume) {
  const u64 blocks = minimum_blocks(volume);
  return fmt::format("The filesystem on device \"{}\" can be shrunk to {} blocks ({} bytes)\n", volume.name(),
                     blocks, blocks << volume.geometry().block_bits);
}

void print_sparse_files(Volume& volume) {
  const auto print = [](const SparseFile& file) {
    fmt::print("{}\t{}\t\t{}\n", file.inode.value, file.hole_clusters, file.path);
  };
  fmt::print("Iterating from the root directory:\n#inode\tcluster nums\tfilepath\n");
  u64 total = each_sparse_file(volume, volume.root(), "/", print);
  fmt::print("Total hole clusters in /: {}\nIterating orphan_dirs:\n", total);
  for (u32 slot = 0; slot < volume.facts().max_slots; ++slot) {
    const std::string name = system_file_name(SystemFile::orphan_dir, slot);
    const InodeNo orphans = inode_at(volume.system_file(SystemFile::orphan_dir, slot).block());
    const u64 holes = each_sparse_file(volume, orphans, name + "/", print);
    fmt::print("Total hole clusters in {}: {}\n", name, holes);
    total += holes;
  }
  const ChainAllocator bitmap(volume, volume.system_file(SystemFile::global_bitmap));
  fmt::print("Total hole clusters in the volume: {}\n\nTotal free {} clusters in the volume.\n", total,
             bitmap.free_bits());
}

}  // namespace ocfs2
