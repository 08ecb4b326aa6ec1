// SPDX-License-Identifier: GPL-2.0-or-later
//
// The operations: what each takes, and which rules it keeps (spec: commands.md 3.2, 3.3).
#pragma once

#include "engine/tune/operation.h"
#include "ondisk/quota.h"
#include "ondisk/uuid.h"

namespace ocfs2 {

// All throw Error(invalid_argument) for values that no volume can have.

/// -L. At most 63 bytes.
Operation change_label(std::string label);
/// -U. `chosen`: by the user, who must know that it is not in use elsewhere.
Operation change_uuid(const Uuid& uuid, bool chosen);
/// --cloned-volume. Without a label the volume's own with "-cloned" behind it.
Operation separate_clone(const Uuid& uuid, std::optional<std::string> label);
/// --update-cluster-stack: the volume belongs to this cluster; nothing: to the one that runs here.
Operation change_cluster(std::optional<ClusterIdentity> cluster = {});

/// --usrquota-sync-interval, --grpquota-sync-interval. 100 to 4294967295 milliseconds.
Operation change_quota_sync(QuotaType type, u64 sync_ms);

/// -J size. Bytes of each slot's journal.
Operation resize_journals(u64 bytes);
/// -J block64, block32: how wide the logs' block numbers are.
Operation change_journal_blocks(bool wide);

/// -N. 1 to 255.
Operation change_slots(u64 slots);
struct VolumeSize {
  u64 value = 0;
  bool in_blocks = false;  ///< else bytes
};
/// -S. Nothing: as large as the device.
Operation resize_volume(std::optional<VolumeSize> size);

/// --fs-features: one operation a feature, in the order in which dependencies hold.
std::vector<Operation> change_features(const FeatureRequest& request);

}  // namespace ocfs2
