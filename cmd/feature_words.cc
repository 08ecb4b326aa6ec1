// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/feature_words.h"

#include <fmt/core.h>

namespace ocfs2 {

std::string feature_list_refusal(const FeatureListError& error, std::string_view where) {
  if (error.kind == FeatureListError::Kind::conflict)
    return fmt::format("Conflicting features specified{}: '{}' contradicts what stands before it", where,
                       error.word);
  std::string names;
  for (const FeatureName& row : feature_names)
    if (row.settable) names += " " + std::string(row.name);
  return fmt::format("Unsupported feature(s) found{}: '{}' is no feature that can be chosen; these are:{}",
                     where, error.word, names);
}

}  // namespace ocfs2
