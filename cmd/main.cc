// SPDX-License-Identifier: GPL-2.0-or-later
//
// The front door: which command is meant, and what becomes of an error that nobody else could handle. Started
// by a command's name (a symbolic link, as --install makes them) it is that command; started as ocfs2box, the
// first argument says which.
#include <fcntl.h>
#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "cmd/applet.h"
#include "cmd/install/install.h"
#include "cmd/links.h"
#include "cmd/options.h"
#include "net/words.h"

namespace ocfs2 {
namespace {

const Applet* find_applet(std::string_view name) {
  const auto found = std::ranges::find(applets(), name, &Applet::name);
  return found == applets().end() ? nullptr : &*found;
}

std::string list_text(std::string_view indent) {
  std::size_t width = 0;
  for (const Applet& applet : applets()) width = std::max(width, applet.name.size());
  std::string text;
  for (const Applet& applet : applets())
    text += fmt::format("{}{:<{}}  {}\n", indent, applet.name, width, applet.summary);
  return text;
}

/// What --install does, as far as it was asked for.
struct InstallWords {
  std::optional<std::string> folder;  ///< behind --install=
  std::optional<std::string> root;    ///< or as an argument
  std::vector<std::string> parts;
  LinkRequest links;
};

/// Links in a folder; with parts these, below a root.
int install(const std::string& program, InstallWords& words) {
  const std::string where = words.folder && !words.folder->empty() ? *words.folder : words.root.value_or("");
  if (words.parts.empty()) {
    words.links.directory = where;
    return make_links(program, words.links);
  }
  std::vector<std::string_view> commands;
  for (const Applet& applet : applets())
    if (!applet.directory.empty()) commands.push_back(applet.name);
  for (const std::string& part : words.parts) install_part(part, where, commands);
  return 0;
}

int run_box(std::span<char*> arguments) {
  bool list = false;
  InstallWords words;
  Options options(
      arguments,
      "The OCFS2 tools in one program. A command is reached by a symbolic link of its name, or as the "
      "first argument: ocfs2box COMMAND [ARGUMENT]...");
  options.flag("-l, --list", list, "List the commands, one a line: the name, then what it does");
  options.text("--install[=DIR]", words.folder,
               "Make a symbolic link to this program in DIR for every command");
  options.text("--kind=FOLDER", words.links.kind,
               "With --install: only for commands that belong in sbin, or in bin");
  options.flag("-f, --force", words.links.force,
               "With --install: replace also what is not a link to an ocfs2box");
  const std::pair<const char*, const char*> parts[] = {
      {"--systemd", "With --install: no links, but units of systemd below DIR"},
      {"--udev", "The same with the rule of udev"},
      {"--initramfs", "The same with the hooks of initramfs-tools and dracut"},
      {"--completions", "The same with the completions of bash"},
      {"--man", "The same with the manual pages"},
      {"--magic", "The same with the lines by which file(1) knows a volume"}};
  for (const auto& [spelling, help] : parts)
    options.custom(
        spelling, [&words, part = spelling + 2](std::string_view) { words.parts.emplace_back(part); }, help);
  options.positional("DIR", words.root, "Where to install, when --install does not say so");
  const std::string notes = fmt::format("Commands (each knows --help):\n{}", list_text("  "));
  options.notes(notes);
  if (const auto status = options.parse()) return *status;
  if (list == words.folder.has_value()) options.misuse("one of --list and --install is needed, or a command");
  if (list) return std::fputs(list_text("").c_str(), stdout), 0;
  if (words.folder->empty() == !words.root.has_value()) options.misuse("where to? --install takes one DIR");
  return install(options.program(), words);
}

int which_command(std::string_view program, std::string_view words) {
  fmt::print(stderr, "{}: {}\nCommands:\n{}", program, words, list_text("  "));
  return 2;
}

int unknown_command(std::string_view program, std::string_view name) {
  std::vector<std::string_view> names;
  for (const Applet& applet : applets()) names.push_back(applet.name);
  const std::string_view near = nearest(name, names);
  const std::string hint = near.empty() ? "" : fmt::format(", did you mean '{}'?", near);
  return which_command(program, fmt::format("unknown command '{}'{}", name, hint));
}

/// The exit status of `applet`. This is where every exception ends.
int run(const Applet& applet, std::span<char*> arguments) {
  const std::string_view path = arguments[0];
  const std::string_view program = path.substr(path.rfind('/') + 1);
  try {
    return applet.run(arguments);
  } catch (const Misuse& misuse) {
    fmt::print(stderr, "{}: {}\n{}  (see --help)\n", program, misuse.what(), misuse.usage);
    return applet.misused;
  } catch (const Error& error) {
    fmt::print(stderr, "{}: {}\n", program, error.what());
    return applet.failed(error.kind());
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "{}: out of memory\n", program);
    return applet.failed(ErrorKind::io);
  }
}

int dispatch(std::span<char*> arguments) {
  const std::string_view path = arguments[0];
  const std::string_view name = path.substr(path.rfind('/') + 1);
  if (const Applet* const applet = find_applet(name)) return run(*applet, arguments);
  if (!name.starts_with(BOX)) return unknown_command(name, name);
  constexpr Applet box = {.name = BOX, .directory = "sbin", .summary = "", .run = run_box};
  if (arguments.size() < 2) return which_command(name, "the first argument says which command");
  if (arguments[1][0] == '-') return run(box, arguments);
  if (const Applet* const applet = find_applet(arguments[1])) {
    std::string full_name = fmt::format("{} {}", name, arguments[1]);
    if (applet->directory.empty()) arguments[1] = full_name.data();  // it has no other name than this
    return run(*applet, arguments.subspan(1));
  }
  return unknown_command(name, arguments[1]);
}

/// If a caller closed one of the standard descriptors, the device would be opened in its place and be written
/// with our messages.
void occupy_standard_descriptors() {
  for (int descriptor = 0; descriptor <= 2; ++descriptor)
    if (fcntl(descriptor, F_GETFD) < 0) open("/dev/null", O_RDWR);
}

}  // namespace
}  // namespace ocfs2

/// In the place of the library's own, which would bring a demangler of 60 KB along: an exception that nobody
/// caught is our mistake.
void __gnu_cxx::__verbose_terminate_handler() {
  std::fputs("ocfs2box: stopped by an error that nobody expected; please report it\n", stderr);
  std::abort();
}

int main(int count, char** words) {
  ocfs2::occupy_standard_descriptors();
  if (count < 1) return 2;
  const int status = ocfs2::dispatch({words, static_cast<std::size_t>(count)});
  if (std::fflush(stdout) == 0 && !std::ferror(stdout)) return status;
  std::fputs("ocfs2box: cannot write to standard output\n", stderr);
  return status ? status : 1;
}
