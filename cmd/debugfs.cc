// SPDX-License-Identifier: GPL-2.0-or-later
//
// debugfs.ocfs2: looks into a volume, with one command, those of a file, or at a prompt.
#include "cmd/debugfs.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "cmd/applets.h"
#include "cmd/debugfs_walk.h"
#include "cmd/line_editor.h"
#include "cmd/options.h"
#include "cmd/version.h"
#include "cmd/volume_guard.h"
#include "engine/error.h"
#include "engine/io/in_use.h"
#include "engine/text_lines.h"
#include "engine/volume/path.h"
#include "net/lock_name.h"

namespace ocfs2 {
namespace {

constexpr std::string_view prompt = "debugfs: ";

struct DebugfsWords {
  std::optional<std::string> device;
  std::optional<std::string> command_file;
  std::optional<std::string> request;
  std::optional<u32> backup;
  std::vector<std::string> further;  ///< words behind the device
  bool image = false;
  bool no_prompt = false;
  bool strict = false;
  bool decode = false, encode = false, log = false;
  bool json = false;
  bool write = false;
  std::optional<OfflineClaim> offline;
};

void declare(Options& options, DebugfsWords& words) {
  options.text("-R, --request=COMMAND", words.request, "Run one command and end");
  options.text("-f, --file=FILE", words.command_file, "Run the commands in FILE, one a line");
  options.number("-s, --superblock=NUMBER", words.backup, {1, backup_super_count_max},
                 "Open the device by a backup superblock, 1 to 6");
  options.flag("-n, --noprompt", words.no_prompt, "Neither prompt nor repeat the commands");
  options.flag("--strict", words.strict, "Exit with status 1 when a command failed");
  options.flag("-w, --write", words.write, "Open the device to be changed, when nobody else has it");
  options.custom(
      "--assume-offline[=NODES]",
      [&words](std::string_view nodes) { words.offline = offline_claim(std::string(nodes)); },
      "With -w: you assert that all nodes are off, or these (numbers or names)");
  options.flag("-i, --image", words.image, "Take nothing but an image that o2image made");
  options.flag("-d, --decode", words.decode, "Show what the names of locks mean that follow");
  options.flag("-e, --encode", words.encode, "Show the name of a lock: TYPE BLOCK GENERATION|PARENT");
  options.flag("-l, --log", words.log,
               "Show the kernel's log masks, or set them: MASK... allow|off|deny, as often as wanted");
  options.flag("--json", words.json, "Results as JSON documents: one, or with several commands one a line");
  options.positional("DEVICE", words.device, "Block device or image file");
  options.positional("WORD", words.further, "With -d, -e and -l: what they take");
  options.notes(
      "Without -R and -f, commands are read from standard input; \"help\" lists them.\n"
      "Exit status: 0, also when commands failed (unless --strict: 1); 1 when the command line is wrong.");
}

/// Runs one command of an interactive session, its output in a pager, which may be left before the end.
bool run_in_pager(DebugSession& session, const std::string& line) {
  const char* const wanted = std::getenv("PAGER");
  const std::string pager = wanted == nullptr ? "more" : wanted;
  std::FILE* const pipe = pager == "__none__" ? nullptr : popen(pager.c_str(), "w");
  if (pipe == nullptr) return run_debug_line(session, line);
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  session.out = pipe;
  bool good = true;
  try {
    good = run_debug_line(session, line);
  } catch (const std::system_error&) {
    good = true;  // nobody reads any more
  }
  session.out = stdout;
  pclose(pipe);
  std::signal(SIGPIPE, before);
  return good;
}

/// A person at a terminal that can be written to. False when a command failed.
bool run_typed(DebugSession& session, bool no_prompt) {
  session.at_prompt = true;
  LineEditor editor(stdin, stdout,
                    [&](std::string_view before) { return complete_debug_word(session, before); });
  bool good = true;
  while (!session.over) {
    const auto line = editor.read(no_prompt ? "" : prompt);
    if (!line) break;
    if (line->find_first_not_of(" \t") == std::string::npos) continue;
    good = run_in_pager(session, *line) && good;
    std::fflush(stdout);
  }
  return good;
}

/// Runs the commands of a file, of a pipe or of a person. False when one failed.
bool run_lines(DebugSession& session, std::FILE* input, bool person, bool no_prompt) {
  bool good = true;
  session.at_prompt = person;
  std::string line;
  while (!session.over) {
    if (person && !no_prompt) fmt::print("{}", prompt), std::fflush(stdout);
    if (!read_line(input, line)) break;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    if (!person && !no_prompt && !session.json) fmt::print("{}{}\n", prompt, line);
    good = (person ? run_in_pager(session, line) : run_debug_line(session, line)) && good;
    std::fflush(stdout);
  }
  if (!session.over && !session.json) fmt::print("\n");
  return good;
}

bool run_session(DebugSession& session, const DebugfsWords& words, std::string_view program) {
  bool good = true;
  if (words.device) {
    if (words.image) require_image(*words.device);
    std::vector<std::string> open = {"open", *words.device};
    if (words.backup) open.insert(open.end(), {"-s", std::to_string(*words.backup)});
    session.json = false;  // it is no command of the user's
    good = run_debug_command(session, open);
    session.json = words.json;
  }
  if (words.request) return run_debug_line(session, *words.request) && good;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(nullptr, std::fclose);
  if (words.command_file) {
    file.reset(std::fopen(words.command_file->c_str(), "re"));
    if (!file) fail_errno(errno, "{}", *words.command_file);
  }
  if (!words.no_prompt) fmt::print(stderr, "{}\n", version_line(program));
  const bool person = !words.command_file && isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
  if (person && LineEditor::possible(stdin, stdout)) return run_typed(session, words.no_prompt) && good;
  return run_lines(session, file ? file.get() : stdin, person, words.no_prompt) && good;
}

}  // namespace

void DebugSession::write_too(std::optional<OfflineClaim> offline) { writing_ = std::move(offline); }

void DebugSession::open(const std::string& name, u32 backup) {
  close();
  if (!writing_) {
    open_to_look(open_to_read(name), backup);
  } else if (backup != 0) {
    fail(ErrorKind::invalid_argument, "by a backup superblock a volume is only looked at; {}",
         "fsck.ocfs2 -r brings the first one back");
  } else {
    open_to_write(name);
  }
}

void DebugSession::open_to_look(std::unique_ptr<BlockDevice> device, u32 backup) {
  close();
  OpenOptions options;
  options.heartbeat_device = true;
  options.unknown_features = true;
  options.unfinished_change = true;
  options.super.backup = backup;
  options.super.check_sums = false;
  looking_device_ = std::move(device);
  device_ = looking_device_.get();
  looking_volume_ = Volume::open(*device_, options);
  volume_ = looking_volume_.get();
  root = current = volume_->root();
}

void DebugSession::open_to_write(const std::string& name) {
  Console console("debugfs.ocfs2", {.output = Console::Output::quiet, .dialogue_aside = true});
  own_ = std::make_unique<ExclusiveVolume>(name, *writing_, "leave out -w", console);
  device_ = &own_->device();
  volume_ = &own_->volume();
  root = current = volume_->root();
}

void DebugSession::close() {
  const std::unique_ptr<ExclusiveVolume> own = std::move(own_);
  unsettled_ = false;
  views_.reset();
  volume_ = nullptr;
  looking_volume_.reset();
  device_ = nullptr;
  looking_device_.reset();
  if (own) own->close();
}

Volume& DebugSession::volume() {
  if (volume_ == nullptr) fail(ErrorKind::not_found, "No device open");
  settle();
  return *volume_;
}

ExclusiveVolume& DebugSession::own() {
  if (volume_ == nullptr) fail(ErrorKind::not_found, "No device open");
  if (!own_)
    fail(ErrorKind::invalid_argument, "{} is open to look only; to change it: debugfs.ocfs2 -w",
         volume_->name());
  views_.reset();
  return *own_;
}

Node& DebugSession::node() {
  Node& node = own().node();
  unsettled_ = true;
  return node;
}

void DebugSession::settle() {
  if (std::exchange(unsettled_, false)) own_->node().sync();
}

/// A superblock that was changed makes another volume of it.
void DebugSession::change(const std::function<void(Transaction&)>& make) {
  unsettled_ = false;
  if (!own().change(make)) return;
  const std::string name = volume_->name();
  const InodeNo top = root, here = current;
  open(name, 0);
  root = top;
  current = here;
}

RescueViews& DebugSession::views() {
  if (device_ == nullptr) fail(ErrorKind::not_found, "No device open");
  settle();
  if (!views_) {
    const bool in_use = std::ranges::any_of(uses_of(device_->name()), [](const Use& use) {
      return use.what == Use::What::mounted || use.what == Use::What::attached;
    });
    views_ = std::make_unique<RescueViews>(*device_, volume_, in_use);
  }
  return *views_;
}

InodeNo DebugSession::filespec(std::string_view word) { return filespec(volume(), word); }

InodeNo DebugSession::filespec(Volume& view, std::string_view word) {
  if (word.starts_with('<') && word.ends_with('>'))
    if (const auto lock = decode_lock_name(word.substr(1, word.size() - 2))) return InodeNo(lock->block);
  const InodeNo top = volume_ ? root : view.root();
  return resolve_path(view, word, {.root = top, .current = volume_ ? current : top});
}

std::vector<u8> DebugSession::inode_block(InodeNo number) {
  return read_unjudged(volume(), block_of(number), Inode::signature_text, "inode");
}

int run_debugfs(std::span<char*> arguments) {
  DebugfsWords words;
  Options options(arguments,
                  "Look into an OCFS2 volume, and with -w change it. Damage is shown, not refused.");
  declare(options, words);
  if (const auto status = options.parse()) return *status;
  if (words.decode || words.encode || words.log) {
    if (words.device) words.further.insert(words.further.begin(), *words.device);
    if (words.log) return log_masks(words.further);
    return words.decode ? decode_locks(words.further) : encode_lock(words.further);
  }
  if (!words.further.empty()) options.misuse("there is one device");
  if (words.write && words.image) options.misuse("what o2image made is only looked at: leave out -w");
  if (words.offline && !words.write) options.misuse("--assume-offline has a meaning with -w only");
  DebugSession session;
  session.json = words.json;
  session.one_line = !words.request;
  if (words.write) session.write_too(words.offline);
  const bool good = run_session(session, words, options.program());
  session.close();
  return words.strict && !good ? 1 : 0;
}

}  // namespace ocfs2
