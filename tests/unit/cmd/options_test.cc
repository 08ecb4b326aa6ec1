// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/options.h"

#include <catch2/catch.hpp>

namespace ocfs2 {
namespace {

/// A command line as main gets it, for a command with one option of every kind.
struct CommandLine {
  explicit CommandLine(std::vector<std::string> words) : words_(std::move(words)) {
    words_.insert(words_.begin(), "/sbin/tool.ocfs2");
    for (std::string& word : words_) pointers_.push_back(word.data());
    options.emplace(pointers_, "Does something to a volume.");
    options->group("Work");
    options->flag("-F, --force", force, "Go on although it is dangerous");
    options->flag("-q, --quiet", quiet, "Say nothing");
    options->flag("-x", no_questions, "");
    options->count("-v, --verbose", verbosity, "Say more");
    options->group("Sizes");
    options->number("-N, --node-slots=SLOTS", slots, {1, 255}, "How many nodes may mount it");
    options->size("-b, --block-size=SIZE", block_size, SIZES_TO_G, "Bytes in a block");
    options->text("-L, --label=TEXT", label, "Name of the volume");
    options->text("-U, --uuid-reset[=UUID]", uuid, "A new UUID, or this one");
    options->list("--fs-features=LIST", features, "Features");
    options->text("--fs-feature-level=LEVEL", level, "Level");
    options->positional("DEVICE", device, "The device");
    options->positional("BLOCKS", blocks, "How much of it");
  }
  std::optional<int> parse() { return options->parse(); }

  bool force = false, quiet = false, no_questions = false;
  int verbosity = 0;
  std::optional<u32> slots;
  u64 block_size = 0;
  std::optional<std::string> label, uuid, blocks;
  std::string level, device;
  std::vector<std::string> features;
  std::optional<Options> options;

 private:
  std::vector<std::string> words_;
  std::vector<char*> pointers_;
};

/// What the program says about a wrong command line; empty when it takes it.
std::string complaint(std::vector<std::string> words) {
  CommandLine line(std::move(words));
  try {
    line.parse();
    return "";
  } catch (const Misuse& misuse) {
    CHECK(misuse.usage == "Usage: tool.ocfs2 [OPTION]... DEVICE [BLOCKS]");
    return misuse.what();
  }
}

TEST_CASE("short options may be clustered, with a value attached or behind", "[options]") {
  CommandLine line({"-Fqx", "-N4", "-b", "4K", "-vv", "-v", "disk"});
  REQUIRE_FALSE(line.parse());
  CHECK(line.force);
  CHECK(line.quiet);
  CHECK(line.no_questions);
  CHECK(line.slots == 4u);
  CHECK(line.block_size == 4096);
  CHECK(line.verbosity == 3);
  CHECK(line.device == "disk");
}

TEST_CASE("a value may end a cluster, attached or behind", "[options]") {
  CommandLine line({"-FN8", "-qL", "home", "disk"});
  REQUIRE_FALSE(line.parse());
  CHECK(line.slots == 8u);
  CHECK(line.label == "home");
}

TEST_CASE("long options take their value behind '=' or as the next word", "[options]") {
  CommandLine line({"--label=home", "--node-slots", "2", "disk"});
  REQUIRE_FALSE(line.parse());
  CHECK(line.label == "home");
  CHECK(line.slots == 2u);
}

TEST_CASE("an unambiguous beginning of a long option is enough", "[options]") {
  CommandLine line({"--lab", "home", "--node=2", "--fs-features=a", "disk"});
  REQUIRE_FALSE(line.parse());
  CHECK(line.label == "home");
  CHECK(line.slots == 2u);
  CHECK(line.features == std::vector<std::string>{"a"});
}

TEST_CASE("a value may look like an option, be empty or be in brackets", "[options]") {
  const std::string value =
      GENERATE(Catch::Generators::as<std::string>{}, "--force", "-F", "", "[a,b]", "{}", "%%", "--", "a b");
  CommandLine line({"-L", value, "disk"});
  REQUIRE_FALSE(line.parse());
  CHECK(line.label == value);
  CHECK_FALSE(line.force);
}

TEST_CASE("an empty value behind '=' does not swallow the next word", "[options]") {
  CommandLine line({"--label=", "disk"});
  REQUIRE_FALSE(line.parse());
  CHECK(line.label == "");
  CHECK(line.device == "disk");
}

TEST_CASE("an optional value must be attached", "[options]") {
  SECTION("left out") {
    CommandLine line({"--uuid-reset", "disk"});
    REQUIRE_FALSE(line.parse());
    CHECK(line.uuid == "");
    CHECK(line.device == "disk");
  }
  SECTION("behind '='") {
    CommandLine line({"--uuid-reset=1234", "disk"});
    REQUIRE_FALSE(line.parse());
    CHECK(line.uuid == "1234");
  }
  SECTION("behind the letter") {
    CommandLine line({"-U1234", "disk"});
    REQUIRE_FALSE(line.parse());
    CHECK(line.uuid == "1234");
  }
}

TEST_CASE("options may follow arguments, and '--' ends them", "[options]") {
  CommandLine line({"disk", "-F", "--", "-7"});
  REQUIRE_FALSE(line.parse());
  CHECK(line.force);
  CHECK(line.device == "disk");
  CHECK(line.blocks == "-7");
}

TEST_CASE("the last of several values counts; lists keep them all in order", "[options]") {
  CommandLine line({"-L", "one", "--label=two", "--fs-features=a,b", "--fs-features", "c", "disk"});
  REQUIRE_FALSE(line.parse());
  CHECK(line.label == "two");
  CHECK(line.features == std::vector<std::string>{"a,b", "c"});
}

TEST_CASE("what is wrong with a command line is said in words", "[options]") {
  CHECK(complaint({}) == "DEVICE is missing");
  CHECK(complaint({"a", "b", "c"}) == "'c' is one argument too many");
  CHECK(complaint({"--lable", "a"}) == "unknown option '--lable', did you mean '--label'?");
  CHECK(complaint({"--nothing-like-it"}) == "unknown option '--nothing-like-it'");
  CHECK(complaint({"-z"}) == "unknown option '-z'");
  CHECK(complaint({"-orce"}) == "unknown option '-o', did you mean '--force'?");
  CHECK(complaint({"--fs-feat=x"}) == "option '--fs-feat' is ambiguous: --fs-features, --fs-feature-level");
  CHECK(complaint({"--force=yes"}) == "option '--force' takes no value");
  CHECK(complaint({"disk", "--label"}) == "option '--label' needs a value: TEXT");
  CHECK(complaint({"disk", "-N"}) == "option '-N' needs a value: SLOTS");
  CHECK(complaint({"disk", "-N0"}) == "option '--node-slots': '0' is not a number from 1 to 255");
  CHECK(complaint({"disk", "-N4x"}) == "option '--node-slots': '4x' is not a number from 1 to 255");
  CHECK(complaint({"disk", "-b", "4T"}) ==
        "option '--block-size': '4T' is not a size (a number, possibly with one of bKMG behind it)");
}

TEST_CASE("the help text shows every option that has one, by group, in 80 columns", "[options]") {
  CommandLine line({"disk"});
  line.options->notes("Exit status: 0 when it worked.\n  tool.ocfs2 -F disk     an example, kept as it is");
  line.parse();
  const std::string help = line.options->help_text();
  CHECK(help.starts_with("Usage: tool.ocfs2 [OPTION]... DEVICE [BLOCKS]\n\nDoes something to a volume.\n"));
  CHECK(help.find("\nWork:\n  -F, --force                 Go on although it is dangerous\n") != help.npos);
  CHECK(help.find("\n  -U, --uuid-reset[=UUID]     A new UUID, or this one\n") != help.npos);
  CHECK(help.find("\n      --fs-features=LIST      Features\n") != help.npos);
  CHECK(help.find("\n  -h, --help                  Show this text and exit\n") != help.npos);
  CHECK(help.find("  tool.ocfs2 -F disk     an example, kept as it is\n") != help.npos);
  CHECK(help.find("-x") == help.npos);
  for (std::size_t at = 0, end; at < help.size(); at = end + 1) {
    end = help.find('\n', at);
    CHECK(end - at <= 80);
  }
}

TEST_CASE("sizes are numbers with a suffix of 1024s, and bad text is nothing", "[options]") {
  CHECK(size_from("0", SIZES_TO_G) == 0u);
  CHECK(size_from("512b", SIZES_TO_G) == 512u);
  CHECK(size_from("4k", SIZES_TO_G) == 4096u);
  CHECK(size_from("3M", SIZES_TO_G) == 3u << 20);
  CHECK(size_from("2T", SIZES_TO_P) == u64{2} << 40);
  CHECK(size_from("15p", SIZES_TO_P) == u64{15} << 50);
  CHECK(size_from("0x10", SIZES_TO_P) == 16u);
  CHECK(size_from("0x1b", SIZES_TO_P) == 0x1bu);
  for (const char* text :
       {"", "K", "4T", "4KB", "-1", "+1", " 4", "4 ", "1.5G", "4Q", "0x", "18014398509481984K"})
    CHECK_FALSE(size_from(text, SIZES_TO_G));
  CHECK(number_from("18446744073709551615") == std::numeric_limits<u64>::max());
  CHECK_FALSE(number_from("18446744073709551616"));
}

}  // namespace
}  // namespace ocfs2
