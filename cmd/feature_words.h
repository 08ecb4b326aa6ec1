// SPDX-License-Identifier: GPL-2.0-or-later
//
// Why a list of features that a user gave cannot be, in words.
#pragma once

#include <string>

#include "ondisk/features.h"

namespace ocfs2 {

/// Begins with the established text; `where` goes behind that ("" or " when parsing ...").
std::string feature_list_refusal(const FeatureListError& error, std::string_view where);

}  // namespace ocfs2
