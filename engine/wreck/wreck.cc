// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/wreck/wreck.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/wreck/furnish.h"
#include "engine/wreck/scene.h"

namespace ocfs2 {
namespace {

using DamageList = std::span<const Damage> (*)();
constexpr DamageList lists[] = {extent_damages,     chain_damages,   group_damages, inode_damages,
                                inode_form_damages, log_damages,     super_damages, entry_damages,
                                connection_damages, trailer_damages, index_damages, xattr_damages,
                                refcount_damages,   sharing_damages, quota_damages, block_damages};

std::vector<Damage> all_in_order() {
  std::vector<Damage> all;
  for (const DamageList list : lists) all.insert(all.end(), list().begin(), list().end());
  std::stable_sort(all.begin(), all.end(), [](const Damage& left, const Damage& right) {
    return left.number.value_or(damage_numbers) < right.number.value_or(damage_numbers);
  });
  return all;
}

/// "usrquota grpquota", without the blank at the end.
std::string names_of(const Features& features) {
  std::string names = feature_list_text(features);
  if (!names.empty()) names.pop_back();
  return names;
}

void require_features(const Volume& volume, const Damage& damage) {
  const Features missing = damage.needs.without(volume.features());
  if (!missing.empty())
    fail(ErrorKind::not_found, "{} lacks what damage {} needs: {}", volume.name(), damage.name,
         names_of(missing));
  const Features present = damage.lacks & volume.features();
  if (!present.empty())
    fail(ErrorKind::not_found, "{} has {}: damage {} needs a volume without", volume.name(),
         names_of(present), damage.name);
  if (volume.facts().max_slots < damage.slots)
    fail(ErrorKind::not_found, "{} has {} slot: damage {} needs {}", volume.name(), volume.facts().max_slots,
         damage.name, damage.slots);
}

}  // namespace

std::span<const Damage> damages() {
  static const std::vector<Damage> all = all_in_order();
  return all;
}

const Damage* find_damage(std::string_view name_or_number) {
  for (const Damage& damage : damages()) {
    if (damage.name == name_or_number) return &damage;
    if (damage.number && std::to_string(*damage.number) == name_or_number) return &damage;
  }
  return nullptr;
}

bool furnish_if_bare(BlockDevice& device, const Damage& damage) {
  const auto volume = Volume::open(device, {.read_only = false});
  require_features(*volume, damage);
  if (!is_bare(*volume)) return false;
  Wrecker wrecker(device, volume->geometry().block_size());
  furnish(*volume, wrecker);
  return true;
}

std::vector<Alteration> wreck(BlockDevice& device, const Damage& damage, const WreckRequest& request) {
  const auto volume = Volume::open(device, {.read_only = false});
  require_features(*volume, damage);
  Scene scene(*volume, request);
  damage.inflict(scene);
  auto changes = scene.changes();
  Wrecker wrecker(device, volume->geometry().block_size());
  scene.write(wrecker);
  return changes;
}

std::string mkfs_options_for(const Damage& damage, std::optional<u32> slot) {
  std::string without;
  for (const FeatureName& feature : feature_names)
    if (feature.bits != feature::local && !(damage.lacks & feature.bits).empty())
      without += fmt::format(",no{}", feature.name);
  std::string options = "-b 4096 -C 4096 --fs-feature-level=max-features -J size=16M -L fswreck";
  if ((damage.lacks & feature::local).empty()) options += " -M local";
  options += fmt::format(" -N {}", std::max(damage.slots, slot.value_or(1) + 1));
  if (!without.empty()) options += " --fs-features=" + without.substr(1);
  return damage.mkfs.empty() ? options : fmt::format("{} {}", options, damage.mkfs);
}

}  // namespace ocfs2
