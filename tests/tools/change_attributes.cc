// SPDX-License-Identifier: GPL-2.0-or-later
//
// Changes extended attributes at random, through this engine or through the kernel, and writes down what
// there must be, so that each can go on where the other left off and must find what that did.
//
//     change_attributes grow VOLUME SEED LISTING      inodes of all kinds in the root directory get
//     attributes change_attributes go-on VOLUME SEED LISTING     finds those of LISTING, changes many, writes
//     it anew change_attributes live DIRECTORY SEED LISTING   the same for a volume that the kernel has
//     mounted
//
// A line of LISTING is an attribute: file, name, size and seed of its value; or, with a name only, a file.
#include <sys/xattr.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>

#include "engine/error.h"
#include "engine/io/file_device.h"
#include "engine/volume/path.h"
#include "engine/volume/volume_journal.h"
#include "tests/worlds/attribute_world.h"

namespace ocfs2 {
namespace {

struct Planned {
  u32 size = 0, seed = 0;
};
using Plan = std::map<std::string, std::map<std::string, Planned>>;  ///< by file and name

constexpr std::string_view access_list = "system.posix_acl_access", default_list = "system.posix_acl_default";
bool is_list(std::string_view name) { return name == access_list || name == default_list; }

/// One that makes sense, as the volume has it.
std::vector<u8> access_control_list(u32 seed) {
  const u16 some = static_cast<u16>(seed % 8);
  const auto tag = [](AclTag tag) { return static_cast<u16>(tag); };
  const AclEntry entries[] = {
      {tag(AclTag::user_object), 6, AclEntry::no_id},  {tag(AclTag::user), some, 1000 + seed % 1000},
      {tag(AclTag::group_object), 4, AclEntry::no_id}, {tag(AclTag::group), some, 5000 + seed % 1000},
      {tag(AclTag::mask), 7, AclEntry::no_id},         {tag(AclTag::other), 4, AclEntry::no_id}};
  const ConstBytes bytes = bytes_of(entries);
  return {bytes.begin(), bytes.end()};
}
/// What the kernel has in front of one.
constexpr u8 list_version[] = {2, 0, 0, 0};

/// Where attributes are kept.
class Keeper {
 public:
  virtual ~Keeper() = default;
  virtual void set(const std::string& file, const std::string& name, const std::vector<u8>& value) = 0;
  virtual void remove(const std::string& file, const std::string& name) = 0;
  virtual std::optional<std::vector<u8>> get(const std::string& file, const std::string& name) = 0;
  virtual std::vector<std::string> names(const std::string& file) = 0;
  virtual void settle() {}
  virtual void close() {}
};

class Engine final : public Keeper {
 public:
  explicit Engine(const std::string& path)
      : device_(FileDevice::open(path, Access::exclusive)),
        volume_(Volume::open(*device_, {.read_only = false})),
        journal_(open_slot_journal(*volume_, 0, [] { return u64{1'800'000'000}; })),
        space_(*volume_, 0),
        transaction_(volume_->cache(), *journal_) {}

  void make(Bearer bearer, const std::string& name) { make_bearer(transaction_, space_, bearer, name); }
  void set(const std::string& file, const std::string& name, const std::vector<u8>& value) override {
    XattrEditor(transaction_, space_, inode(file)).set(name, value);
  }
  void remove(const std::string& file, const std::string& name) override {
    XattrEditor(transaction_, space_, inode(file)).remove(name);
  }
  std::optional<std::vector<u8>> get(const std::string& file, const std::string& name) override {
    return XattrEditor(transaction_, space_, inode(file)).get(name);
  }
  std::vector<std::string> names(const std::string& file) override {
    std::vector<std::string> found;
    for (const XattrItem& item : XattrEditor(transaction_, space_, inode(file)).list())
      found.push_back(item.name);
    return found;
  }
  void settle() override { transaction_.commit(); }
  void close() override { journal_->close(); }

 private:
  InodeNo inode(const std::string& file) {
    InodeNo& known = inodes_[file];
    if (known == InodeNo()) {
      settle();
      known = resolve_path(*volume_, file, {volume_->root(), volume_->root()});
    }
    return known;
  }

  std::unique_ptr<FileDevice> device_;
  std::unique_ptr<Volume> volume_;
  std::unique_ptr<SlotJournal> journal_;
  Space space_;
  Transaction transaction_;
  std::map<std::string, InodeNo> inodes_;
};

class Kernel final : public Keeper {
 public:
  explicit Kernel(std::string directory) : directory_(std::move(directory)) {}
  void set(const std::string& file, const std::string& name, const std::vector<u8>& value) override {
    std::vector<u8> whole = value;
    if (is_list(name)) whole.insert(whole.begin(), std::begin(list_version), std::end(list_version));
    if (lsetxattr((directory_ + file).c_str(), name.c_str(), whole.data(), whole.size(), 0) != 0)
      fail_errno(errno, "setting {} of {} to {} bytes", name, file, value.size());
  }
  void remove(const std::string& file, const std::string& name) override {
    if (lremovexattr((directory_ + file).c_str(), name.c_str()) != 0)
      fail_errno(errno, "removing {} of {}", name, file);
  }
  std::optional<std::vector<u8>> get(const std::string& file, const std::string& name) override {
    std::vector<u8> value(65536);
    const auto size = lgetxattr((directory_ + file).c_str(), name.c_str(), value.data(), value.size());
    if (size < 0 && errno == ENODATA) return std::nullopt;
    if (size < 0) fail_errno(errno, "reading {} of {}", name, file);
    value.resize(static_cast<std::size_t>(size));
    if (is_list(name)) value.erase(value.begin(), value.begin() + sizeof(list_version));
    return value;
  }
  /// The kernel lists none for devices.
  std::vector<std::string> names(const std::string& file) override {
    std::vector<char> all(65536);
    const auto bytes = llistxattr((directory_ + file).c_str(), all.data(), all.size());
    if (bytes < 0) fail_errno(errno, "listing the attributes of {}", file);
    std::vector<std::string> found;
    for (const char* name = all.data(); name < all.data() + bytes; name += found.back().size() + 1)
      found.emplace_back(name);
    return found;
  }

 private:
  std::string directory_;
};

class Changer {
 public:
  Changer(Keeper& keeper, u32 seed) : keeper_(keeper), dice_(seed) {}

  Plan plan;

  void read(const std::string& listing) {
    std::ifstream lines(listing);
    for (std::string line; std::getline(lines, line);) {
      const auto tab = line.find('\t');
      auto& file = plan[line.substr(0, tab)];
      if (tab == line.npos) continue;
      const auto end = line.find('\t', tab + 1);
      Planned& planned = file[line.substr(tab + 1, end - tab - 1)];
      std::sscanf(line.c_str() + end, "%u %u", &planned.size, &planned.seed);
    }
  }

  void write(const std::string& listing) const {
    std::ofstream lines(listing);
    for (const auto& [file, attributes] : plan) {
      lines << file << '\n';
      for (const auto& [name, planned] : attributes)
        lines << file << '\t' << name << '\t' << planned.size << ' ' << planned.seed << '\n';
    }
  }

  /// Changes attributes of a file `times` times; the more `keenness`, of 10, the more are set.
  void change(const std::string& file, u32 times, u32 names, u32 keenness) {
    auto& attributes = plan[file];
    for (u32 i = 0; i < times; ++i) {
      const std::string name = name_for(file, dice_() % names);
      if (dice_() % 10 >= keenness) {
        if (attributes.erase(name) > 0) keeper_.remove(file, name), ++changes;
      } else {
        const Planned planned{size_of_value(), static_cast<u32>(dice_())};
        keeper_.set(file, name, value_of(name, planned));
        attributes[name] = planned;
        ++changes;
      }
      if (i % 20 == 19) keeper_.settle();
    }
    keeper_.settle();
  }

  /// Throws when something else is there.
  void verify() {
    for (const auto& [file, attributes] : plan) {
      for (const auto& [name, planned] : attributes)
        if (keeper_.get(file, name) != value_of(name, planned))
          fail(ErrorKind::corrupt, "{} of {} has another value", name, file);
      for (const std::string& name : keeper_.names(file))
        if (!attributes.contains(name))
          fail(ErrorKind::corrupt, "{} has {}, which nobody gave it", file, name);
    }
  }

  u64 changes = 0;

 private:
  /// What the kernel lets a file have: those that are neither files nor directories have no user.
  static std::string name_for(const std::string& file, u32 number) {
    std::string name = attribute_name(number);
    const bool directory = file.find("directory") != file.npos;
    const bool plain = directory || file.find("file") != file.npos;
    if (name == default_list ? !directory : name == access_list && !plain)
      name = fmt::format("trusted.no-list-{}", number);
    if (!plain && name.starts_with("user.")) name.replace(0, 4, "trusted");
    return name.substr(0, 255);  // the prefix counts, says the kernel
  }

  static std::vector<u8> value_of(const std::string& name, const Planned& planned) {
    return is_list(name) ? access_control_list(planned.seed) : random_bytes(planned.size, planned.seed);
  }

  u32 size_of_value() {
    const u32 kind = dice_() % 32;
    if (kind == 0) return 1 + dice_() % 40'000;
    if (kind < 4) return 70 + dice_() % 20;
    return 1 + dice_() % 60;
  }

  Keeper& keeper_;
  std::mt19937 dice_;
};

constexpr std::pair<Bearer, const char*> files[] = {
    {Bearer::empty_file, "/empty-file"},
    {Bearer::small_file, "/small-file"},
    {Bearer::large_file, "/large-file"},
    {Bearer::fast_link, "/fast-link"},
    {Bearer::slow_link, "/slow-link"},
    {Bearer::small_directory, "/small-directory"},
    {Bearer::large_directory, "/large-directory"},
    {Bearer::device, "/device"},
    {Bearer::empty_file, "/crowded-file"},
    {Bearer::empty_file, "/deserted-file"},
    {Bearer::empty_file, "/emptied-file"},
};

void grow(Engine& engine, Changer& changer) {
  for (const auto& [bearer, name] : files) {
    engine.make(bearer, name + 1);
    engine.settle();
    changer.change(name, 250, 60, 7);
  }
  changer.change("/crowded-file", 1400, 900, 9);
  changer.change("/deserted-file", 800, 500, 10);
  changer.change("/deserted-file", 3000, 500, 0);
  changer.change("/emptied-file", 600, 400, 10);
  const auto all = changer.plan.at("/emptied-file");
  for (const auto& [name, planned] : all) engine.remove("/emptied-file", name);
  changer.plan.at("/emptied-file").clear();
}

/// Turns what is there upside down.
void go_on(Changer& changer) {
  for (const auto& [file, attributes] : Plan(changer.plan)) changer.change(file, 120, 60, 6);
  changer.change("/crowded-file", 900, 900, 5);
  changer.change("/deserted-file", 500, 500, 9);
  changer.change("/emptied-file", 200, 100, 9);
}

void run(std::string_view act, const std::string& where, u32 seed, const std::string& listing) {
  using Clock = std::chrono::steady_clock;
  std::unique_ptr<Keeper> keeper;
  if (act == "live")
    keeper = std::make_unique<Kernel>(where);
  else
    keeper = std::make_unique<Engine>(where);
  Changer changer(*keeper, seed);
  if (act != "grow") {
    changer.read(listing);
    changer.verify();
  }
  const auto begin = Clock::now();
  if (act == "grow")
    grow(static_cast<Engine&>(*keeper), changer);
  else
    go_on(changer);
  keeper->settle();
  const std::chrono::duration<double> taken = Clock::now() - begin;
  changer.verify();
  keeper->close();
  changer.write(listing);
  fmt::print("{} changes in {:.3f} s\n", changer.changes, taken.count());
}

}  // namespace
}  // namespace ocfs2

int main(int count, char** words) {
  const std::string_view act = count == 5 ? words[1] : "";
  if (act != "grow" && act != "go-on" && act != "live")
    return fmt::print(stderr, "usage: change_attributes grow|go-on|live PLACE SEED LISTING\n"), 2;
  try {
    ocfs2::run(act, words[2], static_cast<unsigned>(std::strtoul(words[3], nullptr, 10)), words[4]);
  } catch (const ocfs2::Error& error) {
    return fmt::print(stderr, "change_attributes: {}\n", error.what()), 1;
  }
  return 0;
}
