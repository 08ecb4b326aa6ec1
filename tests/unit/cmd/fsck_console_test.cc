// SPDX-License-Identifier: GPL-2.0-or-later
//
// The conversation of fsck: what is asked, how it is answered, and what programs are told.
#include "cmd/fsck_console.h"

#include <fcntl.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <csignal>

namespace ocfs2 {
namespace {

u64 now_ms = 0;

constexpr Problem GROUP_BITS = {.code = "GROUP_BITS",
                                .usual = Answer::yes,
                                .unattended = Answer::yes,
                                .found = "Group at block {block} counts {found} bits.",
                                .question = "Correct it?",
                                .explanation = ""};
constexpr Problem INODE_LOST = {.code = "INODE_LOST",
                                .severity = Severity::loss,
                                .usual = Answer::no,
                                .found = "Inode {inode} is lost.",
                                .question = "Clear it?",
                                .refusal = "it keeps its space.",
                                .explanation = ""};

constexpr Problem NO_ROOM = {.code = "NO_ROOM",
                             .severity = Severity::loss,
                             .usual = Answer::no,
                             .wholesale = Answer::no,
                             .found = "There is no room for inode {inode}.",
                             .question = "Let it go?",
                             .explanation = ""};

/// A conversation whose other side is what the test types.
class Conversation {
 public:
  explicit Conversation(const FsckWords& words, std::string typed = "", bool terminal = false)
      : typed_(std::move(typed)) {
    now_ms = 1'000'000;
    in_ = typed_.empty() ? std::fopen("/dev/null", "r") : fmemopen(typed_.data(), typed_.size(), "r");
    out_ = open_memstream(&out_text_, &out_size_);
    err_ = open_memstream(&err_text_, &err_size_);
    Console::Manner manner;
    manner.headings = true;
    if (words.json) manner.output = Console::Output::json;
    console.emplace("fsck.ocfs2", manner,
                    Console::Surroundings{in_, out_, err_, [] { return now_ms; }, terminal, 60});
    talk.emplace(*console, words);
  }
  ~Conversation() {
    talk.reset();
    console.reset();
    for (std::FILE* file : {in_, out_, err_}) std::fclose(file);
    std::free(out_text_);
    std::free(err_text_);
  }

  Reply put(const Problem& problem, bool settled = false) {
    const Facts facts{.inode = InodeNo(77), .block = BlockNo(5), .found = 9};
    return talk->answer(
        {problem, facts, finding_text(problem.found, facts, {}), std::string(problem.question), settled});
  }
  std::string out() { return std::fflush(out_), std::string(out_text_, out_size_); }
  std::string err() { return std::fflush(err_), std::string(err_text_, err_size_); }

  std::optional<Console> console;
  std::optional<FsckConsole> talk;

 private:
  std::string typed_;
  std::FILE *in_, *out_, *err_;
  char *out_text_ = nullptr, *err_text_ = nullptr;
  std::size_t out_size_ = 0, err_size_ = 0;
};

/// A pipe of which one end is given away.
class Pipe {
 public:
  Pipe() {
    REQUIRE(pipe(ends_) == 0);
    fcntl(ends_[0], F_SETFL, O_NONBLOCK);
  }
  ~Pipe() {
    close(ends_[0]);
    close(ends_[1]);
  }
  int writer() const { return ends_[1]; }
  std::string read_all() {
    char text[4096];
    const ssize_t length = read(ends_[0], text, sizeof text);
    return length > 0 ? std::string(text, static_cast<std::size_t>(length)) : "";
  }

 private:
  int ends_[2];
};

FsckWords with_progress_to(int file) {
  FsckWords words;
  words.device = "/dev/sdb1";
  words.progress_file = file;
  return words;
}

}  // namespace

TEST_CASE("a question is one key, and shows its usual answer", "[fsck_console]") {
  Conversation talk({}, "yN");

  REQUIRE(talk.put(GROUP_BITS) == Reply::yes);
  REQUIRE(talk.put(INODE_LOST) == Reply::no);
  REQUIRE(talk.out() ==
          "[GROUP_BITS] Group at block 5 counts 9 bits. Correct it? <y> y\n"
          "[INODE_LOST] Inode 77 is lost. Clear it? (If not: it keeps its space.) <n> n\n");
}

TEST_CASE("space and Enter take the usual answer, other keys none", "[fsck_console]") {
  Conversation talk({}, "qx \n");

  REQUIRE(talk.put(GROUP_BITS) == Reply::yes);
  REQUIRE(talk.put(INODE_LOST) == Reply::no);
}

TEST_CASE("lines from a pipe answer one question each", "[fsck_console]") {
  Conversation talk({}, "n\ny\n\ny\n");

  REQUIRE(talk.put(GROUP_BITS) == Reply::no);
  REQUIRE(talk.put(INODE_LOST) == Reply::yes);
  REQUIRE(talk.put(INODE_LOST) == Reply::no);  // the empty line: as usual
  REQUIRE(talk.put(INODE_LOST) == Reply::yes);
}

TEST_CASE("a is yes to all of a kind, and what it settled is only shown", "[fsck_console]") {
  Conversation talk({}, "a");

  REQUIRE(talk.put(GROUP_BITS) == Reply::yes_to_all);
  REQUIRE(talk.put(GROUP_BITS, true) == Reply::yes);
  REQUIRE(
      talk.out().ends_with("Correct it? <y> a (yes to all of these)\n"
                           "[GROUP_BITS] Group at block 5 counts 9 bits. Correct it? y\n"));
}

TEST_CASE("who does not want to answer ends the run", "[fsck_console]") {
  using Abort = FsckConsole::Abort;
  struct Way {
    std::string typed, words;
    Abort abort;
  };
  const Way ways[] = {{"\003", "ctl-c pressed, aborting.\n", Abort::ctrl_c},
                      {"\033", "ESC pressed, aborting.\n", Abort::escape},
                      {"", "input failed, aborting.\n", Abort::closed}};
  const std::size_t which = GENERATE(0u, 1u, 2u);
  Conversation talk({}, ways[which].typed);

  REQUIRE_THROWS_AS(talk.put(GROUP_BITS), Error);
  REQUIRE(talk.talk->abort() == ways[which].abort);
  REQUIRE(talk.out().ends_with(ways[which].words));
}

TEST_CASE("-n, -y and -p answer themselves, -p only what is safe, -y not what can wait", "[fsck_console]") {
  FsckWords words;
  words.no = true;
  Conversation no(words);
  REQUIRE(no.put(GROUP_BITS) == Reply::no);
  REQUIRE(no.out() == "[GROUP_BITS] Group at block 5 counts 9 bits. Correct it? n\n");

  words = {};
  words.yes = true;
  Conversation yes(words);
  REQUIRE(yes.put(INODE_LOST) == Reply::yes);
  REQUIRE(yes.out() == "[INODE_LOST] Inode 77 is lost. Clear it? y\n");
  REQUIRE(yes.put(NO_ROOM) == Reply::no);
  REQUIRE(yes.put(NO_ROOM, true) == Reply::yes);

  words = {};
  words.unasked = true;
  Conversation unasked(words);
  REQUIRE(unasked.put(GROUP_BITS) == Reply::yes);
  REQUIRE(unasked.put(INODE_LOST) == Reply::no);
}

TEST_CASE("headings are lines of their own, and progress goes below them", "[fsck_console]") {
  Conversation talk({}, "", true);

  talk.talk->stage("Pass 1: Checking inodes and blocks");
  now_ms += 2000;
  talk.talk->progress(50, 200);
  talk.talk->stage("Pass 2: Checking directory entries");

  REQUIRE(talk.out() ==
          "Pass 1: Checking inodes and blocks\n"
          "\rPass 1:  25%  25/s  0:06 left\033[K"
          "\r\033[K"
          "Pass 2: Checking directory entries\n");
  REQUIRE(talk.talk->passes().size() == 2);
}

TEST_CASE("without a terminal there is no progress, until SIGUSR1 asks for it", "[fsck_console]") {
  const FsckSignals signals;
  Conversation talk({});
  talk.talk->stage("Pass 1: Checking inodes and blocks");
  now_ms += 10'000;
  talk.talk->progress(1, 4);
  REQUIRE(talk.out() == "Pass 1: Checking inodes and blocks\n");

  std::raise(SIGUSR1);
  talk.talk->progress(2, 4);
  REQUIRE(talk.out().ends_with("\nPass 1:  50%  0/s  0:10 left\n"));

  std::raise(SIGUSR2);
  now_ms += 10'000;
  talk.talk->progress(3, 4);
  REQUIRE(talk.out().ends_with("\nPass 1:  50%  0/s  0:10 left\n"));
}

TEST_CASE("programs are told pass, done, total and device", "[fsck_console]") {
  Pipe pipe;
  Conversation talk(with_progress_to(pipe.writer()));

  talk.talk->stage("Pass 0a: Checking cluster allocation chains");
  talk.talk->progress(1, 2);
  talk.talk->stage("Pass 1: Checking inodes and blocks");
  talk.talk->progress(100, 1000);
  talk.talk->progress(100, 1000);  // no news
  talk.talk->progress(1000, 1000);
  talk.talk->stage("Pass 1b: Determining ownership of multiply-claimed clusters");
  talk.talk->progress(1, 2);
  talk.talk->stage("Pass 4a: Checking for orphaned inodes");
  talk.talk->progress(7, 7);

  REQUIRE(pipe.read_all() == "1 100 1000 /dev/sdb1\n1 1000 1000 /dev/sdb1\n4 7 7 /dev/sdb1\n");
}

TEST_CASE("a negative descriptor is silent until SIGUSR1", "[fsck_console]") {
  const FsckSignals signals;
  Pipe pipe;
  Conversation talk(with_progress_to(-pipe.writer()));

  talk.talk->stage("Pass 3: Checking directory connectivity");
  talk.talk->progress(1, 3);
  REQUIRE(pipe.read_all().empty());
  std::raise(SIGUSR1);
  talk.talk->progress(2, 3);

  REQUIRE(pipe.read_all() == "3 2 3 /dev/sdb1\n");
}

TEST_CASE("for JSON the facts of a sentence are kept, and standard output stays free", "[fsck_console]") {
  FsckWords words;
  words.json = words.yes = true;
  Conversation talk(words);

  talk.put(GROUP_BITS);

  REQUIRE(talk.out().empty());
  REQUIRE(talk.err().starts_with("[GROUP_BITS]"));
  const AnsweredFinding& kept = talk.talk->findings().at(0);
  REQUIRE(kept.code == "GROUP_BITS");
  REQUIRE(kept.yes);
  REQUIRE(kept.numbers == std::vector<std::pair<std::string, u64>>{{"block", 5}, {"found", 9}});
}

}  // namespace ocfs2
