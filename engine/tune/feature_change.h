// SPDX-License-Identifier: GPL-2.0-or-later
//
// The seam of features: a row a feature, with what turning it on and off takes. A row's functions look at the
// volume and refuse what cannot be; what they return does it, as a part of one transaction or in many.
#pragma once

#include "engine/tune/operation.h"

namespace ocfs2 {

/// What turning a feature on or off does. The question, and that it may be so already, is everybody's.
struct FeatureChange {
  /// The features afterwards; usually the present ones with that one added or taken away.
  Features features;
  std::function<void()> carry_out;
  u64 clusters = 0;                       ///< that it takes of the free ones
  std::string from{}, to{};               ///< where "off" and "on" do not say it all
  std::vector<std::string> remarks{};
  std::string warning{};                  ///< what will be lost; whoever reads it is asked
};

struct FeatureRow {
  Features bits;
  std::string_view title;  ///< "Sparse file feature", as in messages
  std::string_view enable_question, disable_question;  ///< with {} for the device
  FeatureChange (*enable)(Tuning&, const FeatureRow&);
  FeatureChange (*disable)(Tuning&, const FeatureRow&);
};

/// Just the bit, which says what may be on the volume from now on.
FeatureChange set_bit(Tuning& tuning, const FeatureRow& row);
FeatureChange clear_bit(Tuning& tuning, const FeatureRow& row);

/// Throws Error(no_space) that begins with `what`, unless there will be so many clusters.
void require_clusters(const Tuning& tuning, u64 clusters, std::string_view what);

// Features with a file of their own.

FeatureChange enable_extended_slotmap(Tuning& tuning, const FeatureRow& row);
FeatureChange disable_extended_slotmap(Tuning& tuning, const FeatureRow& row);
FeatureChange enable_local(Tuning& tuning, const FeatureRow& row);
FeatureChange disable_local(Tuning& tuning, const FeatureRow& row);
FeatureChange enable_clusterinfo(Tuning& tuning, const FeatureRow& row);
FeatureChange disable_clusterinfo(Tuning& tuning, const FeatureRow& row);
FeatureChange enable_discontig_bg(Tuning& tuning, const FeatureRow& row);
FeatureChange disable_discontig_bg(Tuning& tuning, const FeatureRow& row);
FeatureChange enable_indexed_dirs(Tuning& tuning, const FeatureRow& row);
FeatureChange disable_indexed_dirs(Tuning& tuning, const FeatureRow& row);
FeatureChange disable_sparse(Tuning& tuning, const FeatureRow& row);
FeatureChange disable_inline_data(Tuning& tuning, const FeatureRow& row);
FeatureChange enable_xattr(Tuning& tuning, const FeatureRow& row);
FeatureChange disable_xattr(Tuning& tuning, const FeatureRow& row);
FeatureChange disable_refcount(Tuning& tuning, const FeatureRow& row);
FeatureChange disable_unwritten(Tuning& tuning, const FeatureRow& row);
FeatureChange enable_quota(Tuning& tuning, const FeatureRow& row);
FeatureChange disable_quota(Tuning& tuning, const FeatureRow& row);
FeatureChange enable_metaecc(Tuning& tuning, const FeatureRow& row);
FeatureChange enable_backup_super(Tuning& tuning, const FeatureRow& row);
FeatureChange disable_backup_super(Tuning& tuning, const FeatureRow& row);

}  // namespace ocfs2
