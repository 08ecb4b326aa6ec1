// SPDX-License-Identifier: GPL-2.0-or-later
//
// A node dies at any moment: what a replay leaves is a sound volume with the names as they were at some
// moment since the last sync, and with all contents that were not being written since.
#include "engine/volume/directory.h"
#include "engine/volume/file_data.h"
#include "tests/worlds/random_files.h"
#include "tests/worlds/recording_device.h"

namespace ocfs2 {
namespace {

struct Fact {
  std::string form;     ///< what must be as at one moment: type, links, size
  std::string content;  ///< may be of another moment
  bool operator==(const Fact&) const = default;
};
using Facts = std::map<std::string, Fact>;

void add_facts(const ModelFile& file, const std::string& path, Facts& facts) {
  const std::string size = file.is_directory() ? "" : std::to_string(file.content.size());
  facts[path] = {std::to_string(static_cast<int>(file.type)) + " " + std::to_string(file.links) + " " + size,
                 file.content};
  for (const auto& [name, below] : file.names) add_facts(*below, path + "/" + name, facts);
}

void add_facts(Volume& volume, InodeNo number, const std::string& path, Facts& facts) {
  const auto inode = volume.inode(number);
  const int type = inode->is_directory() ? 1 : inode->is_symlink() ? 2 : 0;
  std::string content;
  if (inode->is_symlink()) content = symlink_target(volume, inode);
  if (inode->is_regular()) {
    content.resize(inode->size);
    FileData(volume, inode).read(0, {reinterpret_cast<u8*>(content.data()), content.size()});
  }
  const std::string size = type == 1 ? "" : std::to_string(content.size());
  facts[path] = {std::to_string(type) + " " + std::to_string(inode->links()) + " " + size, content};
  if (!inode->is_directory()) return;
  Directory(volume, number).each([&](const DirectoryEntry& entry, std::string_view name) {
    if (name != "." && name != ".." && name != "lost+found")
      add_facts(volume, InodeNo(entry.inode), path + "/" + std::string(name), facts);
    return true;
  });
}

struct Step {
  Facts after;
  std::size_t done;  ///< how many events had happened when it returned
};

/// What is said of a volume that is none of the states between `first` and `last`; empty: it is one.
std::string complaint(const Facts& found, const std::vector<Step>& steps, std::size_t first,
                      std::size_t last) {
  const auto same_form = [&](const Facts& state) {
    return std::ranges::equal(
        found, state, {}, [](const auto& row) { return std::pair(row.first, row.second.form); },
        [](const auto& row) { return std::pair(row.first, row.second.form); });
  };
  for (std::size_t i = first; i <= last; ++i) {
    if (!same_form(steps[i].after)) continue;
    for (const auto& [path, fact] : found) {
      bool written = false;
      for (std::size_t j = first; j <= last; ++j) {
        const auto at = steps[j].after.find(path);
        written |= at == steps[j].after.end() || at->second.content != steps[i].after.at(path).content;
      }
      if (!written && fact.content != steps[i].after.at(path).content)
        return "the content of " + path + " is lost";
    }
    return "";
  }
  return "the names are those of no moment";
}

VolumeWish small_volume() {
  VolumeWish wish;
  wish.bytes = 32 << 20;
  wish.slots = 1;
  return wish;
}

/// What is left at every moment from `first` on, recovered and sound, as a volume.
void each_crash(const RecordingDevice& device, std::size_t first, const std::function<void(Volume&)>& use) {
  for (std::size_t moment = first; moment <= device.events(); ++moment) {
    INFO("moment " << moment << " of " << device.events());
    MemoryDevice left = moment % 2 == 1 ? device.after_power_loss(moment, moment) : device.after(moment);
    REQUIRE(check_volume(left).codes == std::vector<std::string>());
    require_sound(left);
    const auto volume = Volume::open(left);
    use(*volume);
  }
}

void crash_everywhere(const VolumeWish& wish, u64 seed, u32 count) {
  VolumeWorld world(wish);
  RecordingDevice device(std::move(world.device));
  Alone alone;
  std::vector<Step> steps;
  std::vector<std::size_t> syncs = {0};  ///< steps that a sync followed
  {
    NodeHost host(device, 0, alone);
    RandomFiles files(host.node, seed, {.names = 6, .bytes = 40'000});
    const auto note = [&] {
      Facts facts;
      add_facts(*files.model.root, "", facts);
      steps.push_back({facts, device.events()});
    };
    note();
    for (u32 i = 0; i < count; ++i) {
      files.step();
      note();
      if (i % 4 != 3) continue;
      host.node.sync();
      note();
      syncs.push_back(steps.size() - 1);
    }
  }
  for (std::size_t moment = 0; moment <= device.events(); ++moment) {
    const bool power_lost = moment % 2 == 1;
    INFO("seed " << seed << " moment " << moment << " of " << device.events());
    MemoryDevice left = power_lost ? device.after_power_loss(moment, seed) : device.after(moment);
    const CheckRun recovery = check_volume(left);
    INFO((recovery.texts.empty() ? "" : recovery.texts.front()));
    REQUIRE(recovery.codes == std::vector<std::string>());
    require_sound(left);
    std::size_t first = 0, last = 0;
    for (const std::size_t sync : syncs)
      if (steps[sync].done <= moment) first = sync;
    while (last + 1 < steps.size() && steps[last].done < moment) ++last;
    Facts found;
    const auto volume = Volume::open(left);
    add_facts(*volume, volume->root(), "", found);
    REQUIRE(complaint(found, steps, first, std::max(first, last)) == "");
  }
}

}  // namespace

TEST_CASE("a node that dies at any moment leaves what it had synced", "[files][crash]") {
  VolumeWish wish = small_volume();
  for (u64 seed = 1; seed <= 40; ++seed) {
    wish.block_size = seed % 3 == 0 ? 1024 : 4096;
    wish.features = features_of(FeatureLevel::default_features);
    if (seed % 2 == 0) wish.features = wish.features | feature::metaecc;
    crash_everywhere(wish, seed, 12);
  }
}

TEST_CASE("a file that is held when it loses its last name is gone after a crash", "[files][crash]") {
  VolumeWorld world(small_volume());
  RecordingDevice device(std::move(world.device));
  Alone alone;
  NodeHost host(device, 0, alone);
  const InodeNo root = host.volume->root();
  const InodeNo file = host.node.create({root, "a"}, {.mode = file_mode::regular | 0644});
  host.node.hold(file);
  host.node.sync();
  const std::size_t first = device.events();
  host.node.unlink({root, "a"});
  host.node.sync();
  host.node.let_go(file);
  host.node.sync();
  each_crash(device, first, [&](Volume& volume) {
    const bool named = Directory(volume, root).lookup("a").has_value();
    CHECK(named == volume.any_inode(file)->has_flag(inode_flag::valid));
  });
}

TEST_CASE("a file made without a name comes in the place of another at one moment", "[files][crash]") {
  VolumeWorld world(small_volume());
  RecordingDevice device(std::move(world.device));
  Alone alone;
  NodeHost host(device, 0, alone);
  Node& node = host.node;
  const InodeNo root = host.volume->root();
  const std::string old_text(50'000, 'o'), new_text(90'000, 'n');
  const auto write = [&](InodeNo file, const std::string& text) {
    node.write(file, 0, {reinterpret_cast<const u8*>(text.data()), text.size()});
  };
  const InodeNo old = node.create({root, "a"}, {.mode = file_mode::regular | 0644});
  write(old, old_text);
  node.sync();
  const std::size_t first = device.events();
  const InodeNo made = node.create_nameless(root, {.mode = file_mode::regular | 0644});
  write(made, new_text);
  node.sync();
  node.hold(old);
  node.unlink({root, "a"});
  node.link(made, {root, "a"});
  node.let_go(old);
  node.let_go(made);
  node.sync();
  CHECK(node.status(made).links == 1);
  each_crash(device, first, [&](Volume& volume) {
    const auto found = Directory(volume, root).lookup("a");
    REQUIRE(found);
    std::string text(volume.inode(*found)->size, '\0');
    FileData(volume, volume.inode(*found)).read(0, {reinterpret_cast<u8*>(text.data()), text.size()});
    CHECK((text == old_text || text == new_text));
    CHECK((*found == old || !volume.any_inode(old)->has_flag(inode_flag::valid)));
  });
}

TEST_CASE("what a file gave up is nobody's until that is durable", "[files][crash]") {
  VolumeWorld world(small_volume());
  RecordingDevice device(std::move(world.device));
  Alone alone;
  NodeHost host(device, 0, alone);
  const InodeNo root = host.volume->root();
  const auto write = [&](std::string_view name, char byte, std::size_t length) {
    const std::string text(length, byte);
    const InodeNo file = host.node.create({root, name}, {.mode = file_mode::regular | 0644});
    host.node.write(file, 0, {reinterpret_cast<const u8*>(text.data()), text.size()});
  };
  write("old", 'o', 1 << 20);
  const Geometry& geometry = host.volume->geometry();
  const u64 free = host.node.space_status().free_clusters - 20;
  write("rest", 'r', free << geometry.cluster_bits);
  host.node.sync();
  const std::size_t first = device.events();
  host.node.unlink({root, "old"});
  write("new", 'n', 1 << 20);  // has nowhere else to go
  host.node.sync();
  each_crash(device, first, [&](Volume& volume) {
    const auto old = Directory(volume, root).lookup("old");
    if (!old) return;
    std::string text(1 << 20, '\0');
    FileData(volume, volume.inode(*old)).read(0, {reinterpret_cast<u8*>(text.data()), text.size()});
    REQUIRE((text == std::string(1 << 20, 'o')));
  });
}

}  // namespace ocfs2
