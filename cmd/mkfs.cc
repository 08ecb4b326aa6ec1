// SPDX-License-Identifier: GPL-2.0-or-later
//
// mkfs.ocfs2: makes a volume on a device or in an image file (spec: commands.md 1).
#include "cmd/mkfs.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

#include "cmd/applets.h"
#include "cmd/mkfs_fill.h"
#include "cmd/options.h"
#include "cmd/version.h"
#include "engine/error.h"
#include "engine/format/format.h"
#include "engine/format/identity.h"
#include "engine/io/offset_device.h"

namespace ocfs2 {
namespace {

constexpr std::string_view notes =
    "Sizes are bytes, or have a suffix K, M or G. Without options the sizes follow from the size of the "
    "device.\n"
    "\n"
    "Examples:\n"
    "  mkfs.ocfs2 -L shared -N 4 /dev/mapper/lun0    a volume for up to four nodes\n"
    "  mkfs.ocfs2 -T vmstore --cluster-stack=o2cb --cluster-name=prod /dev/drbd0\n"
    "  mkfs.ocfs2 -M local -n image.img              what would be made, for one host\n"
    "  mkfs.ocfs2 -d tree.tar.gz --shrink-to-fit new.img    an image with files in it\n"
    "\n"
    "Exit status: 0 the volume was made, 1 it was not, 2 the command line is wrong.";

void declare(Options& options, MkfsWords& words) {
  options.group("Volume");
  options.text("-L, --label=TEXT", words.label, "Name of the volume, less than 64 bytes");
  options.text("-U, --uuid=UUID", words.uuid, "Use this UUID, 32 or 36 characters, in place of a random one");
  options.text("-M, --mount=TYPE", words.mount, "'cluster' (default), or 'local' for a single host");
  options.text("-T, --type=TYPE", words.type, "Sizes that suit a use: mail, datafiles or vmstore");
  options.flag("-H, --heartbeat-device", words.heartbeat_only,
               "Make a device that only carries a global heartbeat");

  options.group("Contents");
  options.text("-d, --fill=SOURCE", words.source,
               "Fill it with a directory, or a tar archive (plain, gzip, zstd; - for standard input)");
  options.flag("--shrink-to-fit", words.shrink_to_fit,
               "With -d: as small as what is in it allows; makes the file if there is none");

  options.group("Geometry");
  options.text("-b, --block-size=SIZE", words.block_size, "512, 1K, 2K or 4K");
  options.text("-C, --cluster-size=SIZE", words.cluster_size,
               "4K to 1M, a power of 2: the unit of allocation");
  options.text("-N, --node-slots=SLOTS", words.slots,
               "How many nodes may mount the volume at once, 1 to 255");
  options.list("-J, --journal-options=LIST", words.journal,
               "size=SIZE of each slot's journal; block64 for volumes beyond 2^32 blocks, block32 otherwise");

  options.group("Features");
  options.text("--fs-feature-level=LEVEL", words.feature_level, "max-compat, default or max-features");
  options.list(
      "--fs-features=LIST", words.features,
      "Features to add to the level, or with 'no' before them to leave out: sparse, noinline-data, ...");
  options.flag("--no-backup-super", words.no_backup_super, "No copies of the superblock");

  options.group("Cluster");
  options.text("--cluster-stack=STACK", words.cluster_stack, "o2cb, pcmk or cman");
  options.text("--cluster-name=NAME", words.cluster_name, "The cluster that may mount the volume");
  options.flag("--global-heartbeat", words.global_heartbeat,
               "The cluster's heartbeat is on devices of its own (o2cb)");

  options.group("How to work");
  options.flag("-n, --dry-run", words.dry_run, "Show exactly what would be made and where; write nothing");
  options.flag("-F, --force", words.force,
               "Format although the device is in use or its cluster cannot be asked");
  options.flag("-x, --yes", words.no_questions, "Do not ask before something is overwritten");
  options.flag("-f", words.no_questions, "");
  options.list("-E, --extended=LIST", words.extended, "offset=BYTES: the volume begins there in the file");
  options.custom(
      "--discard", [&](std::string_view) { words.discard = true; },
      "Tell the device first that its old content is gone (default)");
  options.custom(
      "--nodiscard", [&](std::string_view) { words.discard = false; }, "Do not");
  options.flag("--json", words.json, "Describe the result as JSON on standard output");
  options.flag("-q, --quiet", words.quiet, "Say nothing but errors");
  options.count("-v, --verbose", words.verbosity, "Say where everything lies, too");
  options.version_on_stderr();
  options.positional("DEVICE", words.device,
                     "Block device, or a file of the size that the volume shall have");
  options.positional("BLOCKS", words.blocks, "Use only so many blocks of it");
  options.notes(notes);
}

Console::Manner manner_of(const MkfsWords& words) {
  Console::Manner manner;
  manner.output = words.json    ? Console::Output::json
                  : words.quiet ? Console::Output::quiet
                                : Console::Output::text;
  manner.verbosity = words.verbosity;
  return manner;
}

/// SOURCE_DATE_EPOCH, by which build systems ask for the same bytes each time.
std::optional<u64> source_date_epoch() {
  const char* text = std::getenv("SOURCE_DATE_EPOCH");
  if (!text || !*text) return std::nullopt;
  const std::optional<u64> seconds = number_from(text);
  if (!seconds)
    fail(ErrorKind::invalid_argument,
         "SOURCE_DATE_EPOCH is '{}', which is not a number of seconds since 1970", text);
  return seconds;
}

void warn_about_uuid(Console& console) {
  console.note(
      "\nWARNING!!! Cluster and mounts know a volume by its UUID alone. Two volumes with the same\n"
      "UUID are taken for one, and both can be damaged. Use a UUID of your choice only where no\n"
      "other volume, copy or snapshot with it is or will be attached.\n");
}

/// After the superblock is written, every stage of the list that scripts know is over.
void print_finished_stages(const Layout& layout, Console& console) {
  if (layout.has(feature::backup_super))
    console.note(fmt::format("Writing backup superblock: {} block(s)", layout.geometry().backup_supers()));
  if (layout.parameters.heartbeat_only()) return;
  console.note("Formatting Journals: done");
  console.note("Growing extent allocator: done");
  console.note("Formatting slot map: done");
  console.note("Formatting quota files: done");
  if (layout.has(feature::indexed_dirs) && !layout.has(feature::inline_data))
    console.note("Indexing system directories: done");
  console.note("Writing lost+found: done");
}

void make(const MkfsWords& words, const Layout& layout, BlockDevice& device,
          std::optional<MkfsFilling>& filling, Console& console) {
  FormatOptions options{.discard = words.discard};
  if (filling) options.fill = [&](Volume& volume, WriteAhead& way) { filling->fill(layout, volume, way); };
  write_volume(layout, device, options, console);
  print_finished_stages(layout, console);
  if (!filling) return;
  filling->keep();
  filling->shrink(device, layout);
}

int format(const MkfsWords& words, const std::string& program) {
  MkfsRequest request = request_from(words);
  const std::optional<u64> epoch = source_date_epoch();
  request.reproducible = epoch.has_value();
  Console console(program, manner_of(words));
  std::optional<MkfsFilling> filling;
  if (words.source) filling.emplace(words, request, console).make_room();
  if (request.uuid) warn_about_uuid(console);
  if (words.dry_run) console.note("Dry run");
  settle_cluster(words, request, console);
  if (!words.dry_run) check_target(words, request, console);

  const Access access = words.dry_run ? Access::read_only
                        : words.force ? Access::read_write
                                      : Access::exclusive;
  const std::unique_ptr<BlockDevice> device = open_target(words, request, access);
  const u64 device_bytes = filling ? filling->bytes_of(device->size_bytes()) : device->size_bytes();
  const FormatParameters parameters =
      decide(request.format, words.device, device_bytes, device->sector_size());
  if (parameters.larger_than_needed)
    console.warn(fmt::format("Volume larger than required for a heartbeat device; {} bytes of {} are used",
                             parameters.geometry.bytes(), words.device));
  print_parameters(parameters, console);
  const Layout layout = plan_layout(parameters, new_identity(request.uuid, epoch));
  if (words.dry_run || words.verbosity > 0) print_layout(layout, console);
  if (words.dry_run && filling) filling->look(layout);
  if (!words.dry_run) make(words, layout, *device, filling, console);
  if (!words.dry_run) console.note(fmt::format("{} successful\n", program));
  const auto filled = filling ? std::optional(filling->filled()) : std::nullopt;
  if (words.json) std::fputs(layout_as_json(layout, words.device, words.dry_run, filled).c_str(), stdout);
  return 0;
}

}  // namespace

std::unique_ptr<BlockDevice> open_target(const MkfsWords& words, const MkfsRequest& request, Access access) {
  std::unique_ptr<BlockDevice> device = FileDevice::open(words.device, access);
  if (request.offset == 0) return device;
  return std::make_unique<OffsetDevice>(std::move(device), request.offset);
}

int run_mkfs(std::span<char*> arguments) {
  MkfsWords words;
  Options options(arguments, "Make an OCFS2 file system on a device or in a file.");
  declare(options, words);
  if (const auto status = options.parse()) return *status;
  if (!words.quiet && !words.json) fmt::print(stderr, "{}\n", version_line(options.program()));
  return format(words, options.program());
}

}  // namespace ocfs2
