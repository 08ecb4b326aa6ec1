// SPDX-License-Identifier: GPL-2.0-or-later
//
// o2info: what a volume is and how full, of a device, of an image file, or of whatever a mounted file is on
// (spec: commands.md 12).
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <functional>

#include "cmd/applets.h"
#include "cmd/json.h"
#include "cmd/o2info_file.h"
#include "cmd/o2info_volume.h"
#include "cmd/options.h"
#include "cmd/volume_guard.h"
#include "engine/error.h"
#include "engine/io/open_image.h"

namespace ocfs2 {
namespace {

constexpr u64 usual_chunk_kib = 1024;

/// Where the answers come from.
class Source {
 public:
  Source(const std::string& path, bool coherent) : path_(path), coherent_(coherent) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) fail_errno(errno, "{}", path);
    if (!S_ISBLK(status.st_mode) && !S_ISCHR(status.st_mode) && is_mounted()) return;
    look_at(path);
  }
  ~Source() {
    if (file_ >= 0) close(file_);
  }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  const std::string& path() const { return path_; }
  bool mounted() const { return file_ >= 0; }
  int file() const { return file_; }
  /// The volume, where it is read by us; for one that is mounted what its device shows.
  Volume& volume() {
    if (!volume_) look_at(device_of_mount(path_));
    return *volume_;
  }

  VolumeFigures figures() {
    VolumeFigures figures;
    if (!mounted()) return figures_of(*volume_);
    take(ask_figures(file_, coherent_, figures));
    return figures;
  }
  std::vector<InodeCount> free_inodes() {
    std::vector<InodeCount> slots;
    if (!mounted()) return free_inodes_of(*volume_);
    take(ask_free_inodes(file_, coherent_, slots));
    return slots;
  }
  FreeRuns free_runs(u32 chunk_clusters) {
    FreeRuns runs;
    if (!mounted()) return free_runs_of(*volume_, chunk_clusters);
    take(ask_free_runs(file_, coherent_, chunk_clusters, runs));
    return runs;
  }

 private:
  /// False, and nothing is open: the file is on no OCFS2, so it may hold one.
  bool is_mounted() {
    file_ = open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file_ < 0) fail_errno(errno, "{}", path_);
    VolumeFigures figures;
    if (!ask_figures(file_, false, figures)) return true;
    close(file_);
    file_ = -1;
    return false;
  }
  void look_at(const std::string& device) {
    device_ = open_to_read(device);
    volume_ = look_into(*device_);
  }
  void take(const std::optional<Refusal>& refusal) const {
    if (refusal)
      fail(ErrorKind::io, "{}: could not {}: {}", path_, refusal->tried, errno_text(refusal->number));
  }

  std::string path_;
  bool coherent_;
  int file_ = -1;
  std::unique_ptr<BlockDevice> device_;
  std::unique_ptr<Volume> volume_;  ///< of a mounted one only when it was asked for
};

std::vector<std::string> feature_words(const VolumeFigures& figures) {
  std::vector<std::string> words;
  const std::string text = feature_list_text({.compat = figures.compat}) +
                           feature_list_text({.incompat = figures.incompat}) +
                           feature_list_text({.ro_compat = figures.ro_compat});
  for (std::size_t at = 0, end; (end = text.find(' ', at)) != std::string::npos; at = end + 1)
    if (end > at) words.push_back(text.substr(at, end - at));
  return words;
}

/// Lines of at most 80 columns that all begin with `label`.
void print_wrapped(const std::string& label, const std::vector<std::string>& words) {
  std::string line = label;
  for (const std::string& word : words) {
    if (line.size() + word.size() + 1 > 80) {
      fmt::print("{}\n", line);
      line = label;
    }
    line += word + " ";
  }
  fmt::print("{}\n", line);
}

void print_volume(Source& source) {
  const VolumeFigures figures = source.figures();
  fmt::print("       Label: {}\n        UUID: {}\n  Block Size: {}\nCluster Size: {}\n  Node Slots: {}\n",
             figures.label, figures.uuid, figures.block_bytes, figures.cluster_bytes, figures.slots);
  print_wrapped("    Features: ", feature_words(figures));
}

void print_features(Source& source) { print_wrapped("", feature_words(source.figures())); }

void print_mkfs(Source& source) {
  const VolumeFigures figures = source.figures();
  const auto words = feature_words(figures);
  fmt::print("-N {} -J size={} -b {} -C {} {}{}{}\n", figures.slots, figures.journal_bytes,
             figures.block_bytes, figures.cluster_bytes,
             words.empty() ? "" : fmt::format("--fs-features {} ", fmt::join(words, ",")),
             figures.label.empty() ? "" : "-L " + figures.label, figures.label.empty() ? "" : " ");
}

void print_free_inodes(Source& source) {
  InodeCount sum;
  u32 slot = 0;
  fmt::print("Slot\t\tSpace\t\tFree\n");
  for (const InodeCount& count : source.free_inodes()) {
    fmt::print("{:>3}\t{:>13}\t{:>12}\n", slot++, count.total, count.free);
    sum.total += count.total;
    sum.free += count.free;
  }
  fmt::print("Total\t{:>13}\t{:>12}\n", sum.total, sum.free);
}

void print_histogram(const FreeRuns& runs, u32 cluster_bits) {
  constexpr std::string_view units = "KMGTPEZY";
  fmt::print("\nHISTOGRAM OF FREE EXTENT SIZES:\n");
  fmt::print("{} :  {:>12}  {:>12}  {:>7}\n", "Extent Size Range", "Free extents", "Free Clusters",
             "Percent");
  for (u32 kind = 0; kind < FreeRuns::classes; ++kind) {
    if (runs.runs_of[kind] == 0) continue;
    const u32 kib_bits = kind + cluster_bits - 10, unit = kib_bits / 10;
    const std::string end =
        kind == FreeRuns::classes - 1 ? "max " : fmt::format("{:>5}{}-", 2u << (kib_bits % 10), units[unit]);
    fmt::print("{:>5}{}...{:>7}  :  {:>12}  {:>12}  {:>6.2f}%\n", 1u << (kib_bits % 10), units[unit], end,
               runs.runs_of[kind], runs.clusters_in[kind],
               100.0 * runs.clusters_in[kind] / std::max(1u, runs.free_clusters));
  }
}

void print_free_runs(Source& source, u64 chunk_kib) {
  const VolumeFigures figures = source.figures();
  const u32 cluster_kib = figures.cluster_bytes / 1024;
  if ((chunk_kib & (chunk_kib - 1)) != 0) throw Misuse("the chunk size is a power of 2");
  if (chunk_kib != 0 && chunk_kib < cluster_kib)
    throw Misuse(fmt::format("chunks are not smaller than a cluster, {} KiB", cluster_kib));
  const u64 wanted_kib = chunk_kib != 0 ? chunk_kib : std::max<u64>(usual_chunk_kib, cluster_kib);
  const u32 chunk = static_cast<u32>(wanted_kib / cluster_kib);
  const FreeRuns runs = source.free_runs(chunk);
  fmt::print("Blocksize: {} bytes\nClustersize: {} bytes\n", figures.block_bytes, figures.cluster_bytes);
  fmt::print("Total clusters: {}\nFree clusters: {} ({:.1f}%)\n", runs.clusters, runs.free_clusters,
             100.0 * runs.free_clusters / std::max(1u, runs.clusters));
  fmt::print("\nMin. free extent: {} KB \nMax. free extent: {} KB\nAvg. free extent: {} KB\n",
             u64{runs.shortest} * cluster_kib, u64{runs.longest} * cluster_kib,
             u64{runs.average} * cluster_kib);
  if (chunk_kib != 0) {
    const u64 chunks = (u64{runs.clusters} + chunk) / chunk;
    fmt::print("\nChunksize: {} bytes ({} clusters)\nTotal chunks: {}\nFree chunks: {} ({:.1f}%)\n",
               chunk_kib * 1024, chunk, chunks, runs.free_chunks,
               100.0 * runs.free_chunks / static_cast<double>(std::max<u64>(1, chunks)));
  }
  print_histogram(runs, static_cast<u32>(std::countr_zero(figures.cluster_bytes)));
}

void print_space(Source& source) {
  Volume& volume = source.volume();
  const SpaceReport report = space_of(volume);
  const u64 cluster_kib = volume.geometry().cluster_size() / 1024;
  fmt::print("Free: {} of {} clusters ({} of {} MiB), the longest run {} ({} MiB)\n",
             report.runs.free_clusters, report.runs.clusters, report.runs.free_clusters * cluster_kib / 1024,
             report.runs.clusters * cluster_kib / 1024, report.runs.longest,
             report.runs.longest * cluster_kib / 1024);
  fmt::print(
      "Slot  Free inodes  Free metadata blocks  Clusters in its window  In its truncate log  Orphans\n");
  u32 number = 0;
  for (const SlotSpace& slot : report.slots)
    fmt::print("{:>4}  {:>11}  {:>20}  {:>22}  {:>19}  {:>7}\n", number++, slot.free_inodes,
               slot.free_metadata_blocks, slot.window_clusters, slot.logged_clusters, slot.orphans);
  const auto lines = obstacles(report, volume.name());
  for (const std::string& line : lines) fmt::print("{}\n", line);
  if (lines.empty()) fmt::print("Nothing stands in the way of new files.\n");
}

void write_json(Source& source) {
  const VolumeFigures figures = source.figures();
  JsonWriter json;
  json.begin_object()
      .field("label", figures.label)
      .field("uuid", figures.uuid)
      .field("block_bytes", figures.block_bytes)
      .field("cluster_bytes", figures.cluster_bytes)
      .field("slots", figures.slots)
      .field("journal_bytes", figures.journal_bytes)
      .begin_array("features");
  for (const std::string& word : feature_words(figures)) json.value(word);
  json.end_array().begin_array("inodes");
  for (const InodeCount& slot : source.free_inodes())
    json.begin_object().field("total", slot.total).field("free", slot.free).end_object();
  const FreeRuns runs = source.free_runs(1);
  json.end_array()
      .field("clusters", runs.clusters)
      .field("free_clusters", runs.free_clusters)
      .field("free_runs", runs.runs)
      .field("longest_free_run", runs.longest)
      .end_object();
  fmt::print("{}", json.text());
}

}  // namespace

int run_o2info(std::span<char*> arguments) {
  std::vector<std::function<void(Source&)>> reports;
  bool coherent = false, json = false;
  std::string path;
  Options options(
      arguments,
      "Tell what an OCFS2 volume is and how full. It is named by its device, an image file, or any "
      "file on it where it is mounted.");
  options.flag("-C, --cluster-coherent", coherent, "Mounted: ask all nodes, which takes locks");
  const auto report = [&](const char* spelling, const char* help, std::function<void(Source&)> print) {
    options.custom(
        spelling, [&reports, print](std::string_view) { reports.push_back(print); }, help);
  };
  report("--fs-features", "Its features", print_features);
  report("--volinfo", "Label, UUID, sizes, slots, features", print_volume);
  report("--mkfs", "How mkfs.ocfs2 would make another one like it", print_mkfs);
  report("--freeinode", "Free inodes by slot", print_free_inodes);
  options.custom(
      "--freefrag=KIB",
      [&reports](std::string_view words) {
        const auto chunk = number_from(words);
        if (!chunk) throw Misuse(fmt::format("'{}' is no size of chunks in KiB", words));
        reports.push_back([chunk = *chunk](Source& source) { print_free_runs(source, chunk); });
      },
      "How free space lies, and how many chunks of that size are free; 0: no chunks");
  report("--space", "Why it takes no more files or data, and what mends that", print_space);
  report("--space-usage", "A mounted file's blocks, shared and unwritten ones, holes",
         [](Source& source) { print_space_usage(source.path(), source.file()); });
  report("--filestat", "What stat(1) says of a mounted file, and its extents",
         [](Source& source) { print_file_state(source.path(), source.file()); });
  options.flag("--json", json, "Write a JSON document of the volume instead");
  options.positional("DEVICE|FILE", path, "The volume");
  if (const auto status = options.parse()) return *status;
  if (reports.empty() && !json) options.misuse("say what to tell: --volinfo, for instance");
  Source source(path, coherent);
  if (json) return write_json(source), 0;
  for (const auto& print : reports) print(source);
  return 0;
}

}  // namespace ocfs2
