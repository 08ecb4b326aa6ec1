// SPDX-License-Identifier: GPL-2.0-or-later
//
// fswreck: damages a volume on purpose, one fault at a time, for tests of checkers and training of people.
#include <fmt/core.h>

#include "cmd/applets.h"
#include "cmd/options.h"
#include "engine/error.h"
#include "engine/io/file_device.h"
#include "engine/wreck/wreck.h"

namespace ocfs2 {
namespace {

struct WreckWords {
  std::vector<std::string> names;
  std::vector<std::string> choices;
  std::optional<std::string> device;
  std::optional<u32> named_number;
  WreckRequest request;
  bool list = false, codes = false, count = false, mkfs_options = false;
};

void declare(Options& options, WreckWords& words) {
  options.list("-C, --code=CODE", words.choices, "The damage, by number or name; may be repeated");
  options.list("-c, --names=NAME[,...]", words.names, "The damages, by names");
  options.number("--seed=NUMBER", words.request.seed, {}, "Chooses the victims: same seed, same damage");
  options.number("-N, --slot=SLOT", words.request.slot, {0, 254},
                 "The slot whose allocator, journal or log is the victim");
  options.text("--on=FILE", words.request.on,
               "The system file that is the victim, such as extent_alloc:0000 for chains and groups");
  options.flag("-l, --list", words.list, "List the damages: number, name, codes, meaning");
  options.flag("--list-codes", words.codes, "List the codes that are new with this tool, and what they mean");
  options.flag("-n, --count", words.count, "Print how many damages have numbers, and exit with that status");
  options.number("-L NUMBER", words.named_number, {0, damage_numbers - 1}, "Print the name of a number");
  options.flag("-M, --mkfs-options", words.mkfs_options,
               "Print the mkfs.ocfs2 options that make a volume for the damage");
  options.positional("DEVICE", words.device, "Block device or image file");
  options.notes(
      "The volume must be sound and not mounted. One without a user's file is given some of every kind "
      "first. "
      "Every change is printed: block, structure, field, old and "
      "new value.\n"
      "\n"
      "Exit status: 0 done, 1 the volume has no victim for the damage (nothing was written) or the device "
      "failed, 2 the command line is wrong.");
}

void print_list() {
  for (const Damage& damage : damages()) {
    const std::string number = damage.number ? std::to_string(*damage.number) : "-";
    fmt::print("{:>3}  {:<30}  {}: {}\n", number, damage.name, damage.codes, damage.meaning);
  }
}

void print_codes() {
  for (const NewCode& code : new_codes()) fmt::print("{:<24}  {}\n", code.code, code.meaning);
}

/// The damages that were asked for, in order.
std::vector<const Damage*> chosen(const Options& options, const WreckWords& words) {
  std::vector<std::string> names = words.choices;
  for (const std::string& list : words.names)
    for (std::size_t first = 0; first <= list.size();) {
      const std::size_t end = std::min(list.find(',', first), list.size());
      names.push_back(list.substr(first, end - first));
      first = end + 1;
    }
  std::vector<const Damage*> found;
  for (const std::string& name : names) {
    const Damage* const damage = find_damage(name);
    if (damage == nullptr)
      options.misuse(fmt::format("there is no damage \"{}\"; --list shows all of them", name));
    found.push_back(damage);
  }
  if (found.empty()) options.misuse("a damage is needed: -C CODE; --list shows all of them");
  return found;
}

void inflict(const std::string& program, BlockDevice& device, const Damage& damage,
             const WreckRequest& request) {
  if (furnish_if_bare(device, damage))
    fmt::print("{}: {} is empty: made files of every kind first\n", program, device.name());
  const std::vector<Alteration> changes = wreck(device, damage, request);
  const std::string number = damage.number ? fmt::format(" ({})", *damage.number) : "";
  fmt::print("{}: Corrupting {} with code {}{}\n", program, device.name(), damage.name, number);
  for (const Alteration& change : changes)
    fmt::print("  block {} ({}): {}: {} -> {}\n", change.block.value, change.structure, change.field,
               change.before, change.after);
}

}  // namespace

int run_fswreck(std::span<char*> arguments) {
  WreckWords words;
  Options options(arguments,
                  "Damage an OCFS2 volume on purpose, one known fault at a time: to test a checker, or to "
                  "learn repairing. Never use it on a volume that somebody needs.");
  declare(options, words);
  if (const auto status = options.parse()) return *status;
  if (words.list) return print_list(), 0;
  if (words.codes) return print_codes(), 0;
  if (words.count) return fmt::print("{}\n", damage_numbers), static_cast<int>(damage_numbers);
  if (words.named_number)
    return fmt::print("{}\n", find_damage(std::to_string(*words.named_number))->name), 0;
  const auto damages = chosen(options, words);
  if (words.mkfs_options)
    return fmt::print("{}\n", mkfs_options_for(*damages.front(), words.request.slot)), 0;
  if (!words.device) options.misuse("DEVICE is missing");
  const auto device = FileDevice::open(*words.device, Access::exclusive);
  for (const Damage* const damage : damages) inflict(options.program(), *device, *damage, words.request);
  return 0;
}

}  // namespace ocfs2
