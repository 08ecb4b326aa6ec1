// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/console.h"

#include <catch2/catch.hpp>

#include <csignal>
#include <memory>
#include <optional>

namespace ocfs2 {
namespace {

u64 now_ms = 0;

/// A console whose words end in memory and whose time the test sets.
class Screen {
 public:
  Screen(Console::Manner manner, bool terminal, std::string typed = "") : typed_(std::move(typed)) {
    now_ms = 1'000'000;
    typed_ += '\0';  // fmemopen refuses an empty buffer; what is behind the last line feed is never a "y"
    in_ = fmemopen(typed_.data(), typed_.size(), "r");
    out_ = open_memstream(&out_text_, &out_size_);
    err_ = open_memstream(&err_text_, &err_size_);
    console.emplace("tool.ocfs2", manner,
                    Console::Surroundings{in_, out_, err_, [] { return now_ms; }, terminal, 60});
  }
  ~Screen() {
    console.reset();
    for (std::FILE* file : {in_, out_, err_}) std::fclose(file);
    std::free(out_text_);
    std::free(err_text_);
  }
  std::string out() { return std::fflush(out_), std::string(out_text_, out_size_); }
  std::string err() { return std::fflush(err_), std::string(err_text_, err_size_); }

  std::optional<Console> console;

 private:
  std::string typed_;
  std::FILE *in_, *out_, *err_;
  char *out_text_ = nullptr, *err_text_ = nullptr;
  std::size_t out_size_ = 0, err_size_ = 0;
};

void three_stages(Console& console) {
  console.note("Label: demo");
  console.stage("Creating bitmaps");
  console.stage_done("done");
  console.stage("Writing backup superblock");
  console.stage_done("2 block(s)");
  console.stage("Formatting slot map");
  console.stage("Formatting journals");
  console.warn("the device is slow");
  console.stage_done("done");
}

TEST_CASE("a stage is one line, and the next stage ends it", "[console]") {
  Screen screen({}, false);
  three_stages(*screen.console);
  CHECK(screen.out() ==
        "Label: demo\nCreating bitmaps: done\nWriting backup superblock: 2 block(s)\n"
        "Formatting slot map: done\nFormatting journals: done\n");
  CHECK(screen.err() == "tool.ocfs2: warning: the device is slow\n");
}

TEST_CASE("quiet and JSON consoles leave standard output alone, but warn", "[console]") {
  const auto output = GENERATE(Console::Output::quiet, Console::Output::json);
  Screen screen({.output = output}, true);
  three_stages(*screen.console);
  CHECK(screen.out().empty());
  CHECK(screen.err() == "tool.ocfs2: warning: the device is slow\n");
}

TEST_CASE("details are for those who asked for them", "[console]") {
  Screen screen({.verbosity = 1}, false);
  screen.console->detail(1, "first level");
  screen.console->detail(2, "second level");
  CHECK(screen.err() == "first level\n");
}

TEST_CASE("a stage of more than a second shows how far it is, on a terminal", "[console]") {
  Screen screen({}, true);
  screen.console->stage("Formatting journals");
  now_ms += 900;
  screen.console->progress(100, 1000);
  CHECK(screen.out() == "Formatting journals: ");
  now_ms += 1100;
  screen.console->progress(200, 1000);
  CHECK(screen.out() == "Formatting journals: \rFormatting journals:  20%  100/s  0:08 left\033[K");
  now_ms += 50;
  screen.console->progress(205, 1000);
  CHECK(screen.out().find("205") == std::string::npos);
  screen.console->stage_done("done");
  CHECK(screen.out().ends_with("\033[K\r\033[KFormatting journals: done\n"));
}

TEST_CASE("progress fits the width and survives odd numbers", "[console]") {
  Screen screen({}, true);
  screen.console->stage("A stage with a title that is a good deal too long for this");
  now_ms += 5000;
  screen.console->progress(0, 0);
  screen.console->progress(0, std::numeric_limits<u64>::max());
  now_ms += 500;
  screen.console->progress(std::numeric_limits<u64>::max(), 10);
  const std::string out = screen.out();
  for (std::size_t at = out.find('\r'); at != out.npos; at = out.find('\r', at + 1))
    CHECK(out.find("\033[K", at) - at - 1 < 60);
}

TEST_CASE("without a terminal there is no progress", "[console]") {
  Screen screen({}, false);
  screen.console->stage("Formatting journals");
  now_ms += 5000;
  screen.console->progress(500, 1000);
  CHECK(screen.out().empty());
}

TEST_CASE("only a y is a yes", "[console]") {
  CHECK(Screen({}, false, "y\n").console->confirm("Proceed (y/N): "));
  CHECK(Screen({}, false, "Yes\n").console->confirm("Proceed (y/N): "));
  CHECK_FALSE(Screen({}, false, "n\n").console->confirm("Proceed (y/N): "));
  CHECK_FALSE(Screen({}, false, "\n").console->confirm("Proceed (y/N): "));
  CHECK_FALSE(Screen({}, false, "ay\n").console->confirm("Proceed (y/N): "));
  CHECK_FALSE(Screen({}, false, "").console->confirm("Proceed (y/N): "));
}

TEST_CASE("a settled answer is shown and nothing is read", "[console]") {
  Screen yes({.answers = Console::Answers::yes}, false, "n\n");
  CHECK(yes.console->confirm("Proceed (y/N): "));
  CHECK(yes.out() == "Proceed (y/N): y\n");
  Screen no({.answers = Console::Answers::no}, false, "y\n");
  CHECK_FALSE(no.console->confirm("Proceed (y/N): "));
  CHECK(no.out() == "Proceed (y/N): n\n");
}

TEST_CASE("a signal is remembered until the work asks", "[console]") {
  Screen screen({}, false);
  CHECK_FALSE(screen.console->interrupted());
  std::raise(SIGTERM);
  CHECK(screen.console->interrupted());
}

}  // namespace
}  // namespace ocfs2
