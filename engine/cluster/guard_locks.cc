// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/cluster/guard_locks.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "engine/cluster/beat_place.h"
#include "engine/error.h"
#include "engine/refusal.h"
#include "net/lock_name.h"
#include "net/user_lockspace.h"

namespace ocfs2 {
namespace {

std::string mode_text(bool global) { return global ? "global" : "local"; }

}  // namespace

std::string super_lock_name() { return encode_lock_name({.type = 'S', .block = super_block_no.value}); }

std::string journal_lock_name(InodeNo journal, u32 fs_generation) {
  return encode_lock_name({.block = journal.value, .generation = fs_generation});
}

std::unique_ptr<ClusterGuard> LockTaker::take() {
  if (!right_cluster()) return nullptr;
  auto guard = std::make_unique<ClusterGuard>(ClusterGuard::Basis::lock);
  if (!beat(*guard) || !join(*guard)) return nullptr;
  const bool super =
      lock(*guard->domain_, super_lock_name(),
           "its superblock is locked: a node is mounting or unmounting it, or a tool works on it");
  // A node that has it mounted may keep the superblock's lock, too, for as long as nobody else is served.
  const bool journals = no_cluster_.empty() && try_journals(*guard->domain_);
  return super && journals ? std::move(guard) : nullptr;
}

std::unique_ptr<ClusterGuard> LockTaker::take_beside() {
  if (!right_cluster()) return nullptr;
  auto guard = std::make_unique<ClusterGuard>(ClusterGuard::Basis::beside);
  if (!beat(*guard) || !join(*guard)) return nullptr;
  return lock(*guard->domain_, "tunefs-online-resize-lock", "a tool changes it while it is mounted")
             ? std::move(guard)
             : nullptr;
}

/// Whether the locks that this host's cluster gives are the ones that the volume's nodes take.
bool LockTaker::right_cluster() {
  const ClusterIdentity wanted = volume_.cluster();
  if (!running_) {
    no_cluster_ = "no cluster is running on this host";
  } else if (running_->stack != wanted.stack) {
    no_cluster_ = fmt::format("the cluster stack of this host is {}, that of the volume {}", running_->stack,
                              wanted.stack);
  } else if (running_->name.empty()) {
    no_cluster_ = "dlm_controld does not run on this host";
  } else if (!wanted.cluster.empty() && running_->name != wanted.cluster) {
    no_cluster_ = fmt::format("this host is in the cluster \"{}\", the volume belongs to \"{}\"",
                              running_->name, wanted.cluster);
  } else if (running_->global_heartbeat != wanted.global_heartbeat && !is_own_region()) {
    no_cluster_ = fmt::format("the cluster of this host has {} heartbeat, the volume {}",
                              mode_text(running_->global_heartbeat), mode_text(wanted.global_heartbeat));
  } else if (wanted.stack == "o2cb" && !running_->local_node) {
    no_cluster_ = fmt::format("this host is none of the nodes of its cluster \"{}\"", running_->name);
  }
  return no_cluster_.empty();
}

/// A volume that is for local heartbeat, or was made before there was a cluster, can still be a region of
/// this one: then its nodes beat on it and none of them can mount it. Whoever did before would stand in a
/// slot.
bool LockTaker::is_own_region() {
  std::error_code ignored;
  const std::string region = fmt::format("{}/sys/kernel/config/cluster/{}/heartbeat/{}", world_.root,
                                         running_->name, volume_.uuid());
  const auto slots = volume_.slot_map();
  return running_->global_heartbeat && std::filesystem::exists(region, ignored) &&
         std::ranges::none_of(slots, [](const auto& node) { return node.has_value(); });
}

/// With global heartbeat the cluster beats already; other stacks do not beat on disks.
bool LockTaker::beat(ClusterGuard& guard) {
  if (running_->stack != "o2cb" || running_->global_heartbeat) return true;
  try {
    guard.heartbeat_ = std::make_unique<HeartbeatService>(
        fmt::format("{}/sys/kernel/config/cluster/{}", world_.root, running_->name), beat_place(volume_));
  } catch (const Error& error) {
    no_cluster_ = error.what();
    return false;
  }
  return !refused(guard.heartbeat_->start());
}

bool LockTaker::join(ClusterGuard& guard) {
  if (running_->stack == "o2cb")
    guard.domain_ = std::make_unique<DlmDomain>(world_.dlmfs, volume_.uuid());
  else
    guard.domain_ = std::make_unique<UserLockspace>(volume_.uuid());
  const auto refusal = guard.domain_->join();
  if (!refusal || refusal->number != EPROTO) return !refused(refusal);
  in_use_ = "a node has it mounted, or is mounting it";
  mounted_ = true;
  return false;
}

bool LockTaker::refused(const std::optional<Refusal>& refusal) {
  if (refusal) no_cluster_ = refusal_text(*refusal);
  return refusal.has_value();
}

/// `holder`: what is known when somebody has it.
bool LockTaker::lock(LockDomain& domain, const std::string& name, std::string_view holder) {
  const auto refusal = domain.lock_exclusive(name);
  if (!refusal || refusal->number != ETXTBSY) return !refused(refusal);
  in_use_ = holder;
  return false;
}

/// A mounted node holds the lock on the journal of its slot as long as it is mounted. A journal that cannot
/// be found by name cannot be tried, so the volume may be used through it.
bool LockTaker::try_journals(LockDomain& domain) {
  for (u32 slot = 0; slot < volume_.facts().max_slots; ++slot) {
    std::optional<InodeNo> journal;
    try {
      journal = volume_.find_system_file(SystemFile::journal, slot);
    } catch (const Error& error) {
      no_cluster_ = error.what();
      return false;
    }
    if (!journal) {
      no_cluster_ = fmt::format("the journal of slot {} is missing, so its lock cannot be tried", slot);
      return false;
    }
    const std::string name = journal_lock_name(*journal, volume_.facts().generation);
    if (!lock(domain, name, fmt::format("the journal of slot {} is locked by the node that uses it", slot)))
      return mounted_ = no_cluster_.empty(), false;
    domain.unlock(name);
  }
  return true;
}

}  // namespace ocfs2
