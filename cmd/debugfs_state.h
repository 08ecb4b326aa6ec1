// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel's locks and traffic as debugfs.ocfs2 prints them, in the words that scripts know, and as JSON.
#pragma once

#include <cstdio>

#include "cmd/json.h"
#include "net/lock_states.h"
#include "net/net_stats.h"

namespace ocfs2 {

/// `values`: with what the lock hands from holder to holder.
void show_file_system_lock(std::FILE* out, const FileSystemLock& lock, bool values);
void show_dlm_resource(std::FILE* out, const DlmResource& resource, bool values);
/// The table of all nodes, over the `seconds` since `before`.
void show_traffic(std::FILE* out, const NetTraffic& before, const NetTraffic& now, unsigned seconds);

// Each writes one object.
void write_file_system_lock(JsonWriter& json, const FileSystemLock& lock);
void write_dlm_resource(JsonWriter& json, const DlmResource& resource);
void write_traffic(JsonWriter& json, const NetTraffic& before, const NetTraffic& now, unsigned seconds);

}  // namespace ocfs2
