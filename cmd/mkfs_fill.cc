// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/mkfs_fill.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "cmd/owner_names.h"
#include "engine/error.h"
#include "engine/files/tar_source.h"
#include "engine/io/byte_stream.h"
#include "engine/tune/shrink.h"
#include "engine/volume/volume_journal.h"

namespace ocfs2 {
namespace {

constexpr u64 mebibyte = 1 << 20;
constexpr u64 least_bytes = 16 * mebibyte;  ///< with which looking for a size begins
constexpr u64 spare_bytes = 16 * mebibyte;  ///< groups of allocators that are not full
constexpr u64 most_bytes = u64{1} << 53;    ///< of a volume
constexpr u32 usual_block_size = 4096;

std::optional<u32> number_of(std::string_view kind, std::string_view name) {
  return kind.starts_with('g') ? group_number(name) : user_number(name);
}

/// The image as a file of this host, when it is one.
std::optional<DirectorySource::Identity> identity_of(const std::string& image) {
  struct stat status {};
  if (stat(image.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return DirectorySource::Identity{status.st_dev, status.st_ino};
}

u64 used_bytes(const Layout& layout) {
  return layout.space.used_clusters() << layout.geometry().cluster_bits;
}

/// Told before anything is made; the walk through the directory looks, too, since links lead everywhere.
void require_outside(const std::string& source, const std::string& image) {
  std::error_code ignored;
  const auto top = std::filesystem::weakly_canonical(source, ignored);
  const auto file = std::filesystem::weakly_canonical(image, ignored);
  if (std::mismatch(top.begin(), top.end(), file.begin(), file.end()).first == top.end() &&
      !std::filesystem::is_block_file(file, ignored))
    fail(ErrorKind::invalid_argument,
         "the image {} lies in {}, with which it is to be filled; put it somewhere else", image, source);
}

}  // namespace

MkfsFilling::MkfsFilling(const MkfsWords& words, const MkfsRequest& request, Console& console)
    : words_(words), request_(request), console_(console), name_(*words.source) {
  if (words.heartbeat_only)
    fail(ErrorKind::invalid_argument,
         "a heartbeat device holds no files: leave out --heartbeat-device or -d");
  if (words.shrink_to_fit && words.blocks)
    fail(ErrorKind::invalid_argument, "--shrink-to-fit finds the size itself: leave out the {} blocks",
         *words.blocks);
  source_ = open_source();
}

MkfsFilling::~MkfsFilling() {
  if (made_file_) unlink(words_.device.c_str());
}

std::unique_ptr<TreeSource> MkfsFilling::open_source() {
  if (name_ != "-" && std::filesystem::is_directory(name_)) {
    require_outside(name_, words_.device);
    auto source = std::make_unique<DirectorySource>(name_, identity_of(words_.device));
    directory_ = source.get();
    return source;
  }
  return std::make_unique<TarSource>(name_ == "-" ? "standard input" : name_, open_byte_stream(name_),
                                     number_of);
}

MeasuredSource MkfsFilling::listen_to(TreeSource& source, const VolumeFacts& facts) const {
  return {source, facts.geometry.block_size(), facts.geometry.cluster_size(), inline_bytes(facts)};
}

// Filling.

void MkfsFilling::fill(const Layout& layout, Volume& volume, WriteAhead& way) {
  console_.stage(fmt::format("Filling from {}", name_));
  MeasuredSource source = listen_to(*source_, layout.facts);
  try {
    populated_ = populate(volume, way, {layout.identity.time, request_.reproducible}, source, console_);
  } catch (const Error& error) {
    const Error told = error.kind() == ErrorKind::no_space ? with_demand(error, layout, source) : error;
    throw Error(told.kind(), fmt::format("{}. {} holds no volume now", told.what(), words_.device));
  }
  demand_ = source.whole();
  console_.stage_done(fmt::format("{} files, {} bytes", populated_.files, populated_.bytes));
  if (directory_ != nullptr && directory_->sockets() > 0)
    console_.warn(fmt::format("{} sockets were left out: only the programs that made them can use them",
                              directory_->sockets()));
}

void MkfsFilling::look(const Layout& layout) {
  MeasuredSource source = listen_to(*source_, layout.facts);
  demand_ = source.whole();
  populated_ = {demand_.files, demand_.data_bytes};
  const u64 free = layout.geometry().bytes() - used_bytes(layout);
  console_.note(
      fmt::format("Would be filled from {}: {} files, {} bytes; they take about {} of {} free bytes", name_,
                  demand_.files, demand_.data_bytes, demand_.volume_bytes, free));
}

/// The source is asked for what did not get its turn.
Error MkfsFilling::with_demand(const Error& error, const Layout& layout, MeasuredSource& source) const try {
  const Demand& demand = source.whole();
  const u64 needed = used_bytes(layout) + demand.volume_bytes + spare_bytes;
  if (needed <= layout.geometry().bytes()) return error;  // something else has its limits
  return {
      ErrorKind::no_space,
      fmt::format("{} is too small for {}: {} files with {} bytes need a volume of about {} bytes, and "
                  "this one has {}. Enlarge it, or let an image file become as large as it must be: "
                  "--shrink-to-fit",
                  words_.device, name_, demand.files, demand.data_bytes, needed, layout.geometry().bytes())};
} catch (const Error&) {  // it cannot be read to its end
  return error;
}

MkfsFilled MkfsFilling::filled() const {
  return {name_, populated_.files, populated_.bytes, demand_.volume_bytes, volume_bytes_};
}

// The size.

void MkfsFilling::make_room() {
  if (!words_.shrink_to_fit) return;
  std::error_code ignored;
  const bool is_there = std::filesystem::is_block_file(words_.device, ignored) ||
                        (std::filesystem::exists(words_.device, ignored) &&
                         std::filesystem::file_size(words_.device, ignored) > 0);
  if (name_ == "-" && !is_there)
    fail(ErrorKind::invalid_argument,
         "nobody knows how much comes from standard input: make {} first, as large as it may become "
         "(truncate -s SIZE {}; it will shrink), or put the archive in a file",
         words_.device, words_.device);
  if (name_ == "-") return;
  console_.stage(fmt::format("Measuring {}", name_));
  const std::unique_ptr<TreeSource> source = open_source();
  const u64 block_size = request_.format.block_size.value_or(usual_block_size);
  MeasuredSource measured(*source, block_size, request_.format.cluster_size.value_or(block_size), 0);
  demand_ = measured.whole();
  console_.stage_done(fmt::format("{} files, {} bytes", demand_.files, demand_.data_bytes));
  wanted_bytes_ = bytes_for(demand_);
  directory_ = nullptr;
  source_ = open_source();
  if (!is_there && !words_.dry_run) make_file();
}

/// What the volume's own files take depends on its size, too.
u64 MkfsFilling::bytes_for(const Demand& demand) const {
  const u64 own = demand.volume_bytes + demand.volume_bytes / 32 + spare_bytes;
  for (u64 bytes = round_up(own + least_bytes, mebibyte);; bytes += bytes / 4) {
    bytes = round_up(bytes, mebibyte);
    try {
      const FormatParameters parameters = decide(request_.format, words_.device, bytes, block_size_min);
      const Layout layout = plan_layout(parameters, VolumeIdentity{});
      if (used_bytes(layout) + own <= bytes) return bytes;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::no_space || bytes > most_bytes) throw;
    }
  }
}

void MkfsFilling::make_file() {
  const int file = open(words_.device.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) fail_errno(errno, "{} cannot be made", words_.device);
  made_file_ = true;
  const int result = ftruncate(file, static_cast<off_t>(request_.offset + wanted_bytes_));
  const int number = errno;
  close(file);
  if (result != 0)
    fail_errno(number, "{} cannot become {} bytes long", words_.device, request_.offset + wanted_bytes_);
}

void MkfsFilling::shrink(BlockDevice& device, const Layout& layout) {
  if (!words_.shrink_to_fit) return;
  const auto now = [&layout] { return layout.identity.time; };
  const auto volume = Volume::open(device, {.read_only = false});
  WayToWrite way(device, volume->geometry().block_size(), nullptr, "");
  for (u32 slot = 0; slot < volume->facts().max_slots; ++slot)
    way.trust(open_slot_journal(*volume, slot, now), false);
  Tuning tuning(
      *volume, &way,
      {console_, now, [] { return std::nullopt; }, [&layout] { return layout.identity.index_seeds; }});
  const u32 clusters = minimum_clusters(*volume);
  if (clusters < volume->geometry().clusters) plan_smaller(tuning, clusters).carry_out();
  way.finish(true);
  volume_bytes_ = volume->geometry().bytes();
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(words_.device, ignored)) return;
  if (truncate(words_.device.c_str(), static_cast<off_t>(request_.offset + volume_bytes_)) != 0)
    fail_errno(errno, "{} cannot be cut to the {} bytes of its volume", words_.device, volume_bytes_);
  console_.note(fmt::format("Volume size: {}", volume_bytes_));
}

}  // namespace ocfs2
