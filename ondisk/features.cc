// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/features.h"

namespace ocfs2 {
namespace {

struct Dependency {
  Features feature;
  Features needs;
};
constexpr Dependency dependencies[] = {{feature::unwritten, feature::sparse}};

constexpr Features compat_always = feature::backup_super | feature::strict_journal_super;
constexpr Features default_level = compat_always | feature::sparse | feature::extended_slotmap |
                                   feature::inline_data | feature::xattr | feature::refcount |
                                   feature::indexed_dirs | feature::discontig_bg | feature::append_dio |
                                   feature::unwritten;
constexpr Features max_level = default_level | feature::metaecc | feature::usrquota | feature::grpquota;

const FeatureName* find_settable(std::string_view name) {
  for (const FeatureName& row : feature_names)
    if (row.settable && row.name == name) return &row;
  return nullptr;
}

/// Adds what `bits` needs to be set, and what needs `bits` to be cleared with it.
void add_set(FeatureRequest& request, const Features& bits) {
  request.set = request.set | bits;
  for (const Dependency& row : dependencies)
    if (bits.has(row.feature)) request.set = request.set | row.needs;
}
void add_clear(FeatureRequest& request, const Features& bits) {
  request.clear = request.clear | bits;
  for (const Dependency& row : dependencies)
    if (!(bits & row.needs).empty()) request.clear = request.clear | row.feature;
}

}  // namespace

Features features_of(FeatureLevel level) {
  switch (level) {
    case FeatureLevel::max_compat:
      return compat_always;
    case FeatureLevel::max_features:
      return max_level;
    case FeatureLevel::default_features:
      break;
  }
  return default_level;
}

std::optional<FeatureLevel> parse_feature_level(std::string_view name) {
  if (name == "max-compat") return FeatureLevel::max_compat;
  if (name == "default") return FeatureLevel::default_features;
  if (name == "max-features") return FeatureLevel::max_features;
  return std::nullopt;
}

std::variant<FeatureRequest, FeatureListError> parse_feature_list(std::string_view list) {
  FeatureRequest request;
  while (true) {
    const std::size_t comma = list.find(',');
    const std::string_view word = list.substr(0, comma);
    if (const FeatureName* row = find_settable(word)) {
      add_set(request, row->bits);
    } else if (const FeatureName* no = word.starts_with("no") ? find_settable(word.substr(2)) : nullptr) {
      add_clear(request, no->bits);
    } else {
      return FeatureListError{FeatureListError::Kind::unknown_name, std::string(word)};
    }
    if (!(request.set & request.clear).empty())
      return FeatureListError{FeatureListError::Kind::conflict, std::string(word)};
    if (comma == std::string_view::npos) return request;
    list.remove_prefix(comma + 1);
  }
}

Features missing_dependencies(const Features& features) {
  Features missing;
  for (const Dependency& row : dependencies)
    if (features.has(row.feature)) missing = missing | row.needs.without(features);
  return missing;
}

std::string feature_list_text(const Features& features) {
  std::string text;
  for (const FeatureName& row : feature_names)
    if (features.has(row.bits)) text += std::string(row.name) + " ";
  if (!unknown_bits(features).empty()) text += "unknown ";
  return text;
}

}  // namespace ocfs2
