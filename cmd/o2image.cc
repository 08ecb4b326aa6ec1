// SPDX-License-Identifier: GPL-2.0-or-later
//
// o2image: saves the metadata of a volume as an image, turns one form of image into another, and puts an
// image back (spec: commands.md 11).
#include "cmd/o2image.h"

#include <fmt/format.h>
#include <sys/random.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <csignal>
#include <ctime>

#include "cmd/applets.h"
#include "cmd/console.h"
#include "cmd/options.h"
#include "cmd/volume_guard.h"
#include "engine/error.h"
#include "engine/io/in_use.h"
#include "engine/io/open_image.h"
#include "engine/io/packed_image.h"
#include "engine/rescue/image_writer.h"
#include "engine/rescue/metadata_map.h"
#include "engine/rescue/replayed.h"
#include "engine/rescue/scramble.h"

namespace ocfs2 {
namespace {

struct ImageWords {
  std::string device, image;
  bool raw = false, install = false, ask_first = false, zstd = false, scramble = false, force = false;
  u32 backup = 0;
};

u64 seconds_since_1970() { return static_cast<u64>(std::time(nullptr)); }

/// "7, 9 to 12 and 3 more".
std::string list_text(const std::vector<BlockNo>& blocks) {
  constexpr std::size_t shown_max = 8;
  std::string text;
  std::size_t shown = 0, i = 0;
  for (; i < blocks.size() && shown < shown_max; ++shown) {
    std::size_t end = i + 1;
    while (end < blocks.size() && blocks[end] == blocks[i] + (end - i)) ++end;
    text += fmt::format("{}{}", shown == 0 ? "" : ", ", blocks[i].value);
    if (end - i > 1) text += fmt::format(" to {}", blocks[end - 1].value);
    i = end;
  }
  return i < blocks.size() ? fmt::format("{} and {} more", text, blocks.size() - i) : text;
}

/// A volume, or an image of one, and which blocks of it go into an image.
class Origin {
 public:
  Origin(const std::string& path, const ImageWords& words, Reporter& reporter) {
    auto file = FileDevice::open(path, Access::read_only);
    const bool plain = image_form(*file) == ImageForm::plain;
    device_ = look_inside(std::move(file));
    if (plain || words.scramble) survey(words, reporter);
    if (plain) return;
    const auto* const image = static_cast<const PackedImage*>(device_.get());
    blocks_ = image->stored();
    volume_blocks_ = image->header().volume_blocks;
    block_size_ = image->block_size();
  }

  ImageSource source() {
    ImageSource source{*device_, blocks_, volume_blocks_, block_size_};
    if (scrambler_) source.change = [this](BlockNo first, Bytes bytes) { scrambler_->change(first, bytes); };
    return source;
  }
  u64 stored_bytes() const { return blocks_.count() * block_size_; }
  u64 volume_bytes() const { return volume_blocks_ * block_size_; }

 private:
  void survey(const ImageWords& words, Reporter& reporter) {
    OpenOptions options;
    options.heartbeat_device = options.unknown_features = options.unfinished_change = true;
    options.super = {.backup = words.backup, .check_sums = false, .backup_option = "--backup"};
    volume_ = Volume::open(*device_, options);
    see_all();
    volume_blocks_ = volume_->geometry().blocks();
    block_size_ = volume_->geometry().block_size();
    reporter.stage("Surveying the metadata");
    MetadataMap map = map_metadata(*device_, volume_->facts(), volume_->super(), reporter);
    blocks_ = std::move(map.blocks);
    // What its journals are going to put in place may lead elsewhere, and a checker goes there.
    replayed_ = as_replayed(*volume_);
    if (replayed_->blocks() > 0) {
      const MetadataMap after = map_metadata(*replayed_, volume_->facts(), volume_->super(), reporter);
      for (const StoredRun& run : after.blocks.runs()) blocks_.add(run.first, run.count);
      blocks_.settle();
      map.pieces.insert(map.pieces.end(), after.pieces.begin(), after.pieces.end());
    }
    reporter.stage_done("done");
    if (!words.scramble) return;
    seen_ = Volume::open(*replayed_, options);
    scrambler_ = std::make_unique<Scrambler>(*volume_, *seen_, std::move(map.pieces), fresh_key());
  }

  /// A superblock that says too little hides groups that the bitmap has, and a checker looks at those.
  void see_all() try {
    const auto number = volume_->find_system_file(SystemFile::global_bitmap);
    if (!number) return;
    const auto bytes = volume_->cache().read_raw(block_of(*number), 1);  // its chains lead too far now
    const Inode& bitmap = as<Inode>(ConstBytes(bytes));
    const u64 clusters = bitmap.clusters, room = device_->size_bytes() >> volume_->geometry().cluster_bits;
    if (clusters > volume_->geometry().clusters && clusters <= room && clusters == bitmap.bitmap.total)
      volume_->set_clusters(static_cast<u32>(clusters));
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::interrupted) throw;  // all else is damage, and the superblock is right
  }

  static NameCipher::Key fresh_key() {
    NameCipher::Key key{};
    if (getrandom(key.data(), sizeof key, 0) != sizeof key)
      fail_errno(errno, "the kernel gives no random bytes");
    return key;
  }

  std::unique_ptr<BlockDevice> device_;
  std::unique_ptr<Volume> volume_, seen_;
  std::unique_ptr<ReplayedView> replayed_;
  std::unique_ptr<Scrambler> scrambler_;
  BlockSet blocks_;
  u64 volume_blocks_ = 0;
  u32 block_size_ = 0;
};

class ImageRun {
 public:
  ImageRun(const ImageWords& words, const std::string& program)
      : words_(words), console_(program, manner(words), surroundings(words)) {}

  int run() { return words_.install ? install() : save(); }

 private:
  static Console::Surroundings surroundings(const ImageWords& words) {
    Console::Surroundings around = Console::standard_surroundings();
    if (words.image == "-") {
      around.out = stderr;
      around.terminal = isatty(STDERR_FILENO) == 1;
    }
    return around;
  }
  static Console::Manner manner(const ImageWords& words) {
    // Scripts know it to be silent.
    const bool person = surroundings(words).terminal;
    return {.output = person ? Console::Output::text : Console::Output::quiet};
  }

  int save() {
    warn_of_users();
    Origin origin(words_.device, words_, console_);
    ImageFile file(words_.image);
    if (words_.raw && file.is_stream())
      fail(ErrorKind::invalid_argument, "a raw image has holes, which {} cannot have; leave out -r",
           words_.image == "-" ? "standard output" : words_.image);
    if (words_.ask_first && !file.is_stream() && !confirm_space(origin)) {
      console_.say("Aborting image creation.\n");
      return 0;
    }
    console_.stage(fmt::format("Writing {}", words_.image));
    const std::vector<BlockNo> unread = words_.raw ? save_raw(origin, file) : save_stream(origin, file);
    console_.stage_done("done");
    return tell_unread(unread);
  }

  std::vector<BlockNo> save_stream(Origin& origin, ImageFile& file) {
    file.open();
    const ImageSink sink = [&file](ConstBytes bytes) { file.write(bytes); };
    const auto write = words_.zstd ? write_zstd : write_packed;
    auto unread = write(origin.source(), seconds_since_1970(), sink, console_);
    file.finish();
    return unread;
  }

  std::vector<BlockNo> save_raw(Origin& origin, ImageFile& file) {
    file.open(origin.volume_bytes());
    const auto target = FileDevice::open(file.temporary_name(), Access::read_write, Caching::direct);
    auto unread = write_in_places(origin.source(), *target, true, console_);
    file.finish();
    return unread;
  }

  void warn_of_users() {
    for (const Use& use : uses_of(words_.device))
      if (use.what == Use::What::mounted && !use.read_only)
        console_.warn(use_text(use) + ": what changes meanwhile may contradict itself in the image");
  }

  bool confirm_space(const Origin& origin) {
    const std::size_t slash = words_.image.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : words_.image.substr(0, slash + 1);
    struct statvfs space {};
    if (statvfs(folder.c_str(), &space) != 0) fail_errno(errno, "{}", folder);
    return console_.confirm(
        fmt::format("Image file expected to be {}K, Available free space {}K. Continue ? (y/N): ",
                    origin.stored_bytes() / 1024, space.f_bavail * (space.f_frsize / 1024)));
  }

  int tell_unread(const std::vector<BlockNo>& unread) {
    if (unread.empty()) return 0;
    console_.warn(fmt::format("{}: {} blocks could not be read, and are zeros in {}: {}", words_.device,
                              unread.size(), words_.install ? "its place" : words_.image, list_text(unread)));
    return 1;
  }

  int install() {
    if (words_.image == "-" || words_.device == "-")
      fail(ErrorKind::invalid_argument, "cannot install to/from file -");
    Origin origin(words_.image, words_, console_);
    const std::unique_ptr<FileDevice> target = FileDevice::open(words_.device, Access::exclusive);
    if (target->size_bytes() < origin.volume_bytes())
      fail(ErrorKind::no_space, "{}: has {} bytes, and the volume of this image {}; take a larger one",
           words_.device, target->size_bytes(), origin.volume_bytes());
    refuse_if_used(*target);
    const std::string question =
        fmt::format("Install {} image to {}. Continue? (y/N): ", words_.image, words_.device);
    if (!words_.force && !console_.confirm(question))
      throw Error(ErrorKind::interrupted, "Aborting operation.");
    console_.stage(fmt::format("Writing {}", words_.device));
    const std::vector<BlockNo> unread = put_back(origin, *target);
    console_.stage("Reading it back");
    const std::vector<BlockNo> wrong = compare_in_places(origin.source(), *target, console_);
    console_.stage_done("done");
    if (!wrong.empty())
      fail(ErrorKind::io, "{}: {} blocks read otherwise than they were written: {}; do not trust this device",
           words_.device, wrong.size(), list_text(wrong));
    return tell_unread(unread);
  }

  std::vector<BlockNo> put_back(Origin& origin, BlockDevice& target) try {
    return write_in_places(origin.source(), target, false, console_);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::interrupted) throw;
    fail(ErrorKind::interrupted,
         "interrupted: {} holds a part of the image now, without a superblock; run the same again",
         words_.device);
  }

  /// This host may use the target, and other nodes the volume that is on it now.
  void refuse_if_used(BlockDevice& target) {
    if (words_.force) return;
    for (const Use& use : uses_of(words_.device))
      fail(ErrorKind::busy, "{}; end that use first", use_text(use));
    std::unique_ptr<Volume> volume;
    try {
      volume = look_into(target);
    } catch (const Error&) {
      return;  // nothing that a node could have mounted
    }
    const GuardOutcome outcome = look_for_others(*volume, {.writing = true}, console_);
    if (!outcome.guard) throw Error(ErrorKind::busy, outcome.refusal);
  }

  const ImageWords& words_;
  InterruptWatch watch_{};
  Console console_;
};

void declare(Options& options, ImageWords& words) {
  options.flag("-r, --raw", words.raw, "A sparse file as long as the volume, with every block in its place");
  options.flag("-z, --zstd", words.zstd,
               "A compressed image with checksums; zstd -d makes the packed one of it");
  options.flag("-s, --scramble", words.scramble,
               "Other names for all files, and no values of attributes; the structure stays");
  options.flag("-I, --install", words.install, "Put what IMAGE holds on DEVICE, over what is there");
  options.flag("-i, --interactive", words.ask_first, "Say how large the image gets, and ask before writing");
  options.flag("-f, --force", words.force, "With -I: ask nothing, and do not look for nodes that use DEVICE");
  options.flag("-y, --yes", words.force, "");
  options.number("--backup=NUMBER", words.backup, {1, backup_super_count_max},
                 "Go by a backup superblock of the volume, 1 to 6");
  options.positional("DEVICE", words.device, "Block device, volume in a file, or image to be converted");
  options.positional("IMAGE", words.image, "File to be written; - is standard output");
  options.notes(
      "An image holds the metadata of a volume, names included, and no content of files. Every tool of this "
      "toolkit that only looks opens it in place of the device; a packed one is what other tools know.\n"
      "Exit status: 0; 1 when something failed or could not be read.");
}

}  // namespace

int run_o2image(std::span<char*> arguments) {
  ImageWords words;
  Options options(arguments, "Save the metadata of an OCFS2 volume as an image, or put it back.");
  declare(options, words);
  if (const auto status = options.parse()) return *status;
  if (words.raw && words.zstd) options.misuse("-r and -z are two forms; choose one");
  if (words.scramble && words.install) options.misuse("-s is for making images, -I puts one back as it is");
  std::signal(SIGPIPE, SIG_IGN);  // writing says so
  return ImageRun(words, options.program()).run();
}

}  // namespace ocfs2
