// SPDX-License-Identifier: GPL-2.0-or-later
//
// Label and UUID: how a volume is told from others.
#include "engine/error.h"
#include "engine/tune/operations.h"

namespace ocfs2 {
namespace {

constexpr std::string_view clone_suffix = "-cloned";
constexpr std::size_t label_bytes = sizeof(SuperBlock::label);

std::string label_of_clone(std::string label) {
  if (label.ends_with(clone_suffix)) return label;
  label.resize(std::min(label.size(), label_bytes - clone_suffix.size()));
  return label + std::string(clone_suffix);
}

void require_label(const std::string& label) {
  if (label.size() >= label_bytes)
    fail(ErrorKind::invalid_argument, "the label has {} bytes; it can have at most {}", label.size(),
         label_bytes - 1);
}

}  // namespace

Operation change_label(std::string label) {
  require_label(label);
  const auto plan = [label](Tuning& tuning) -> Plan {
    const std::string current = tuning.volume().label();
    if (current == label)
      return {{},
              fmt::format("Device \"{}\" already has the label \"{}\"; nothing to do", tuning.name(), label)};
    return {Change{.what = "label",
                   .from = current,
                   .to = label,
                   .question = fmt::format("Change the label on device \"{}\" from \"{}\" to \"{}\"? ",
                                           tuning.name(), current, label),
                   .after = tuning.prospect,
                   .carry_out = [&tuning, label] {
                     tuning.change_super([&](SuperBlock& super) { set_text(super.label, label); });
                   }}};
  };
  return {.name = "label", .while_mounted = true, .plan = plan};
}

Operation change_uuid(const Uuid& uuid, bool chosen) {
  const auto plan = [uuid, chosen](Tuning& tuning) -> Plan {
    const Uuid current = tuning.volume().super().uuid;
    if (current == uuid)
      return {{},
              fmt::format("Device \"{}\" already has the UUID {}; nothing to do", tuning.name(),
                          uuid_text(uuid))};
    std::string question = fmt::format("Reset the volume UUID on device \"{}\"? ", tuning.name());
    if (chosen)
      question =
          "WARNING!!! OCFS2 uses the UUID to tell one file system from another. Two file systems with one "
          "UUID\ndisturb each other at best, and damage each other at worst. Choose this UUID with care.\n" +
          question;
    // s_uuid_hash stays what it is: all stored hashes were made with it (spec: ondisk.md 2.3)
    return {Change{.what = "uuid",
                   .from = uuid_text(current),
                   .to = uuid_text(uuid),
                   .question = question,
                   .critical = chosen,
                   .after = tuning.prospect,
                   .carry_out = [&tuning, uuid] {
                     tuning.change_super([&](SuperBlock& super) { super.uuid = uuid; });
                   }}};
  };
  return {.name = "uuid", .plan = plan};
}

Operation separate_clone(const Uuid& uuid, std::optional<std::string> wished) {
  if (wished) require_label(*wished);
  const auto plan = [uuid, wished](Tuning& tuning) -> Plan {
    const Volume& volume = tuning.volume();
    const std::string label = wished ? *wished : label_of_clone(volume.label());
    return {
        Change{.what = "clone",
               .from = fmt::format("{} \"{}\"", volume.uuid(), volume.label()),
               .to = fmt::format("{} \"{}\"", uuid_text(uuid), label),
               .question = fmt::format(
                   "Updating the UUID and label on cloned volume \"{}\".\n"
                   "DANGER: THIS WILL MODIFY THE UUID WITHOUT ACCESSING THE CLUSTER SOFTWARE.  YOU MUST BE "
                   "ABSOLUTELY SURE THAT NO OTHER NODE IS USING THIS FILESYSTEM BEFORE MODIFYING ITS UUID.\n"
                   "Update the UUID and label? ",
                   tuning.name()),
               .critical = true,
               .after = tuning.prospect,
               .carry_out = [&tuning, uuid, label] {
                 tuning.change_super([&](SuperBlock& super) {
                   super.uuid = uuid;
                   set_text(super.label, label);
                 });
               }}};
  };
  return {.name = "clone", .cluster = false, .plan = plan};
}

}  // namespace ocfs2
