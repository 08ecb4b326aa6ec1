// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/super.h"

namespace ocfs2 {

void SuperBlock::set_features(const Features& features) {
  feature_compat = features.compat;
  feature_incompat = features.incompat;
  feature_ro_compat = features.ro_compat;
}

}  // namespace ocfs2
