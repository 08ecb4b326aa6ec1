// SPDX-License-Identifier: GPL-2.0-or-later
//
// The command line of tunefs.ocfs2 (spec: commands.md 3). Each option that changes something is an operation
// of the engine; in which order they are carried out is the engine's business.
#include <algorithm>
#include <set>

#include "cmd/feature_words.h"
#include "cmd/options.h"
#include "cmd/tunefs.h"
#include "cmd/volume_guard.h"
#include "engine/error.h"
#include "engine/format/identity.h"

namespace ocfs2 {
namespace {

constexpr std::string_view notes =
    "NEW-SIZE is a number of blocks, or with a suffix K, M, G, T or P of bytes; without it the volume "
    "becomes as large as the device. Other sizes are bytes.\n"
    "\n"
    "No node may have the volume mounted, unless it is only to become larger (run it on such a node), to get "
    "another label, or the feature append-dio. A volume of a cluster that runs on this host is locked. "
    "Without "
    "the cluster its heartbeat is watched, and you say that the nodes are off with --assume-offline.\n"
    "\n"
    "Every change is made as a whole or not at all, also when the machine dies in the middle: run "
    "fsck.ocfs2, "
    "then the same command again.\n"
    "\n"
    "Examples:\n"
    "  tunefs.ocfs2 -L archive /dev/mapper/lun0         a new label\n"
    "  tunefs.ocfs2 --dry-run -S /dev/mapper/lun0       what growing would change\n"
    "  tunefs.ocfs2 -S /dev/mapper/lun0 500G            shrink to 500 GiB\n"
    "  tunefs.ocfs2 -N 8 --undo=back /dev/mapper/lun0   eight slots, with a way back\n"
    "  tunefs.ocfs2 -Q '%V %N\\n' /dev/mapper/lun0       label and number of slots\n"
    "\n"
    "Exit status: 0 all is as it was asked for, 1 the command line is wrong or the run was stopped, 20 an "
    "operation failed.";

/// What the options gather until all of them are known.
class WordReader {
 public:
  WordReader(Options& options, TuneWords& words) : options_(options), words_(words) {}

  void declare();
  std::optional<int> read();

 private:
  using Take = std::function<void(std::string_view)>;
  /// An option that may be given once.
  void once(std::string_view spelling, Take take, std::string_view help);
  /// One that is an operation.
  void operation(std::string_view spelling, std::function<Operation(std::string_view)> make,
                 std::string_view help);
  void declare_identity();
  void declare_sizes();
  void declare_features();
  void declare_questions();
  void declare_manner();
  void take_journal_options(std::string_view list);
  void take_features(std::string_view list);
  void take_size();

  Options& options_;
  TuneWords& words_;
  std::set<std::string> given_;
  std::optional<std::string> device_, size_;
  bool resize_ = false;
};

void WordReader::once(std::string_view spelling, Take take, std::string_view help) {
  const std::string name = row_from_spelling(spelling).spelling();
  options_.custom(
      spelling,
      [this, name, take = std::move(take)](std::string_view value) {
        if (!given_.insert(name).second) throw Misuse("specified more than once");
        try {
          take(value);
        } catch (const Error& error) {
          throw Misuse(error.what());
        }
      },
      help);
}

void WordReader::operation(std::string_view spelling, std::function<Operation(std::string_view)> make,
                           std::string_view help) {
  once(
      spelling, [this, make](std::string_view value) { words_.operations.push_back(make(value)); }, help);
}

Uuid random_uuid() { return new_identity({}, {}).uuid; }

Operation uuid_operation(std::string_view text) {
  if (text.empty()) return change_uuid(random_uuid(), false);
  const std::optional<Uuid> uuid = parse_uuid(text);
  if (!uuid)
    throw Misuse(fmt::format("Invalid UUID: '{}' is neither 32 hex digits nor 36 with hyphens", text));
  return change_uuid(*uuid, true);
}

u64 number_or_misuse(std::string_view text) {
  const std::optional<u64> number = number_from(text);
  if (!number) throw Misuse(fmt::format("Invalid number: {}", text));
  return *number;
}

void WordReader::declare_identity() {
  options_.group("Identity");
  operation(
      "-L, --label=LABEL", [](std::string_view text) { return change_label(std::string(text)); },
      "Name of the volume, less than 64 bytes");
  operation("-U, --uuid-reset[=UUID]", uuid_operation, "A new random UUID, or this one");
  operation(
      "--cloned-volume[=LABEL]",
      [](std::string_view text) {
        const bool given = !text.empty();
        return separate_clone(random_uuid(), given ? std::optional(std::string(text)) : std::nullopt);
      },
      "For the copy of a volume: a new UUID and label, without asking the cluster");
  operation(
      "--update-cluster-stack", [](std::string_view) { return change_cluster(); },
      "The volume belongs to the cluster that runs on this host");
}

void WordReader::declare_sizes() {
  options_.group("Sizes");
  once(
      "-S, --volume-size", [this](std::string_view) { resize_ = true; },
      "Grow or shrink the volume to NEW-SIZE, or grow it to the size of the device");
  operation(
      "-N, --node-slots=SLOTS", [](std::string_view text) { return change_slots(number_or_misuse(text)); },
      "How many nodes may mount the volume at once");
  once(
      "-J, --journal-options=LIST", [this](std::string_view list) { take_journal_options(list); },
      "size=SIZE of each slot's journal; block64 for volumes of more than 2^32 blocks, block32");
  operation(
      "--usrquota-sync-interval=MS",
      [](std::string_view text) { return change_quota_sync(QuotaType::user, number_or_misuse(text)); },
      "How often nodes tell each other what users did: 100 or more");
  operation(
      "--grpquota-sync-interval=MS",
      [](std::string_view text) { return change_quota_sync(QuotaType::group, number_or_misuse(text)); },
      "The same for groups");
}

void WordReader::take_journal_options(std::string_view list) {
  std::optional<u64> bytes;
  std::optional<bool> wide;
  const auto keep = [](auto& kept, auto value, std::string_view word) {
    if (kept && *kept != value) throw Misuse(fmt::format("'{}' contradicts what stands before it", word));
    kept = value;
  };
  while (true) {
    const std::size_t comma = list.find(',');
    const std::string_view word = list.substr(0, comma);
    if (word.starts_with("size="))
      keep(bytes, size_in(word.substr(5), SIZES_TO_P, {}), word);
    else if (word == "block64" || word == "noblock32")
      keep(wide, true, word);
    else if (word == "block32" || word == "noblock64")
      keep(wide, false, word);
    else
      throw Misuse(
          fmt::format("Unknown journal option: \"{}\"; there are size=SIZE, block32 and block64", word));
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  if (bytes) words_.operations.push_back(resize_journals(*bytes));
  if (wide) words_.operations.push_back(change_journal_blocks(*wide));
}

void WordReader::take_features(std::string_view list) {
  const auto parsed = parse_feature_list(list);
  if (const auto* wrong = std::get_if<FeatureListError>(&parsed))
    throw Misuse(feature_list_refusal(*wrong, ""));
  std::ranges::move(change_features(std::get<FeatureRequest>(parsed)), std::back_inserter(words_.operations));
}

void WordReader::declare_features() {
  options_.group("Features");
  once(
      "--fs-features=LIST", [this](std::string_view list) { take_features(list); },
      "Features to turn on, or with 'no' before them off: append-dio, backup-super, clusterinfo, "
      "discontig-bg, extended-slotmap, grpquota, indexed-dirs, inline-data, local, metaecc, refcount, "
      "sparse, unwritten, usrquota, xattr");
  once(
      "-M, --mount=TYPE",
      [this](std::string_view type) {
        if (type != "local" && type != "cluster")
          throw Misuse(fmt::format("'{}' is no mount type: give local or cluster", type));
        take_features(type == "local" ? "local" : "nolocal");
      },
      "local: for a single host without a cluster; cluster: for the cluster that runs here");
  once(
      "--backup-super", [this](std::string_view) { take_features("backup-super"); },
      "The same as --fs-features=backup-super");
}

void WordReader::declare_questions() {
  options_.group("Answers about the volume");
  once(
      "-Q, --query=FORMAT",
      [this](std::string_view format) {
        judge_query(std::string(format));
        words_.query = format;
      },
      "Print: %B block size, %T cluster size, %N slots, %V label, %U UUID, %M %H %O features, %R root, %Y "
      "system "
      "directory, %P first cluster group, %m blocks that it can be shrunk to");
  options_.flag("--minimum-size", words_.minimum_size, "Tell how small the volume can be made");
  options_.flag("--list-sparse", words_.list_sparse, "List files with holes");
}

void WordReader::declare_manner() {
  options_.group("How to work");
  options_.flag("--dry-run", words_.dry_run, "Only tell what would change");
  options_.text("--undo=FILE", words_.undo, "Keep in FILE what is overwritten, for ocfs2box undo");
  options_.custom(
      "--assume-offline[=NODES]",
      [this](std::string_view nodes) { words_.offline = offline_claim(std::string(nodes)); },
      "You know that all nodes (or these, by number or name) are off");
  options_.flag("-i, --interactive", words_.interactive, "Ask before each change");
  options_.flag("-y, --yes", words_.yes, "Every answer is yes");
  options_.flag("-n, --no", words_.no, "Every question is asked, and the answer is no");
  options_.flag("-p, --progress", words_.progress, "Show progress");
  options_.flag("--json", words_.json, "Describe what was done as JSON on standard output");
  options_.count("-v, --verbose", words_.verbosity, "Say more; may be repeated");
  options_.count("-q, --quiet", words_.quietness, "Say less");
}

void WordReader::declare() {
  declare_identity();
  declare_sizes();
  declare_features();
  declare_questions();
  declare_manner();
  options_.version_on_stderr();
  options_.positional("DEVICE", device_, "Block device or image file");
  options_.positional("NEW-SIZE", size_, "With -S: how large the volume is to be");
  options_.notes(notes);
}

void WordReader::take_size() {
  if (!resize_ && size_)
    options_.misuse(fmt::format("Too many arguments: '{}' has a meaning with -S only", *size_));
  if (!resize_) return;
  std::optional<VolumeSize> size;
  if (size_) {
    const auto blocks = number_from(*size_);
    const auto bytes = size_from(*size_, SIZES_TO_P);
    if (!bytes) options_.misuse(fmt::format("Invalid number: {}", *size_));
    size = {.value = blocks ? *blocks : *bytes, .in_blocks = blocks.has_value()};
  }
  words_.operations.push_back(resize_volume(size));
}

std::optional<int> WordReader::read() {
  if (const auto status = options_.parse()) return status;
  take_size();
  if (!device_) options_.misuse("No device specified");
  if (words_.yes && words_.no) options_.misuse("only one of -y and -n may be given");
  const bool answers = words_.query || words_.list_sparse || words_.minimum_size;
  if (words_.operations.empty() && !answers) options_.misuse("nothing is to be changed or answered");
  if (words_.json && answers)
    options_.misuse("--json describes changes; -Q, --minimum-size and --list-sparse have forms of their own");
  words_.device = *device_;
  sort_by_turn(words_.operations);
  return std::nullopt;
}

}  // namespace

std::optional<int> parse_tunefs(std::span<char*> arguments, TuneWords& words) {
  Options options(arguments, "Change an OCFS2 volume that no node has mounted.");
  WordReader reader(options, words);
  reader.declare();
  return reader.read();
}

}  // namespace ocfs2
