// SPDX-License-Identifier: GPL-2.0-or-later
//
// Work on a whole volume that consists of small steps after each of which it is sound. Each transaction takes
// as many of them as it holds well, since what costs time is making one durable.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "engine/tune/tuning.h"

namespace ocfs2 {

/// Calls `step` until it returns false: nothing is left to be done. A step changes a few dozen blocks at
/// most.
void in_batches(Tuning& tuning, const std::function<bool(Transaction&, Space&)>& step);

/// A stage in which every one of these inodes is one step.
void change_each(Tuning& tuning, std::string_view title, const std::vector<InodeNo>& inodes,
                 const std::function<void(Transaction&, Space&, InodeNo)>& work);

}  // namespace ocfs2
