// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/o2cb_settings.h"

#include <sys/stat.h>
#include <catch2/catch.hpp>

#include "net/config_file.h"
#include "tests/worlds/scratch_directory.h"

namespace ocfs2 {
namespace {

namespace fs = std::filesystem;

constexpr char written[] =
    "# O2CB_ENABLED: start at boot\n"
    "O2CB_ENABLED=true\n"
    "export O2CB_BOOTCLUSTER='prod'  # ours\n"
    "O2CB_HEARTBEAT_THRESHOLD=\"61\"\n"
    "O2CB_IDLE_TIMEOUT_MS=\n"
    "echo hello\n";

}  // namespace

TEST_CASE("the service's settings are read as a shell would", "[o2cb_settings]") {
  const O2cbSettings settings(written);

  REQUIRE(settings.enabled());
  REQUIRE(settings.get("O2CB_BOOTCLUSTER") == "prod");
  REQUIRE(settings.stack() == "o2cb");
  REQUIRE(settings.time(o2cb_times[0]) == 61u);
  REQUIRE_FALSE(settings.time(o2cb_times[1]));
  REQUIRE(settings.get("NOTHING").empty());
  REQUIRE(settings.faults().empty());
}

TEST_CASE("a changed setting stands where it stood, and the rest of the file stays", "[o2cb_settings]") {
  O2cbSettings settings(written);
  settings.set("O2CB_ENABLED", "false");
  settings.set("O2CB_STACK", "pcmk");
  settings.set("O2CB_BOOTCLUSTER", "two words");

  REQUIRE(settings.text() ==
          "# O2CB_ENABLED: start at boot\nO2CB_ENABLED=false\nO2CB_BOOTCLUSTER='two words'\n"
          "O2CB_HEARTBEAT_THRESHOLD=\"61\"\nO2CB_IDLE_TIMEOUT_MS=\necho hello\nO2CB_STACK=pcmk\n");
  REQUIRE(O2cbSettings(settings.text()).get("O2CB_BOOTCLUSTER") == "two words");
}

TEST_CASE("what cannot be in the service's settings is told with its line", "[o2cb_settings]") {
  const O2cbSettings settings(
      "O2CB_ENABLED=yes\nO2CB_STACK=corosync\nO2CB_HEARTBEAT_THRESHOLD=5\nO2CB_IDLE_TIMEOUT_MS=soon\n"
      "O2CB_KEEPALIVE_DELAY_MS=40000\n");

  REQUIRE(settings.faults() ==
          std::vector<std::string>{
              "line 1: O2CB_ENABLED is \"yes\": only \"true\" starts the cluster at boot",
              "line 2: O2CB_STACK is \"corosync\": a cluster stack has four letters: o2cb or pcmk",
              "line 3: O2CB_HEARTBEAT_THRESHOLD is \"5\": it must be a number, and 7 at least",
              "line 4: O2CB_IDLE_TIMEOUT_MS is \"soon\": it must be a number, and 5000 at least",
              "line 5: O2CB_KEEPALIVE_DELAY_MS is \"40000\": the keepalive delay must be below the idle "
              "timeout"});
}

TEST_CASE("sysconfig counts before default, and where neither is, the folder decides", "[o2cb_settings]") {
  const ScratchDirectory scratch;
  const std::string root = scratch / "";
  REQUIRE(o2cb_settings_path(root) == root + "/etc/default/o2cb");
  fs::create_directories(root + "/etc/sysconfig");
  REQUIRE(o2cb_settings_path(root) == root + "/etc/sysconfig/o2cb");
  scratch.text_file("etc/default/o2cb", written);
  REQUIRE(o2cb_settings_path(root) == root + "/etc/default/o2cb");
  REQUIRE(read_o2cb_settings(root).enabled());
  scratch.text_file("etc/sysconfig/o2cb", "O2CB_ENABLED=false\n");
  REQUIRE_FALSE(read_o2cb_settings(root).enabled());
}

TEST_CASE("a configuration file is replaced as a whole, also behind a link", "[config_file]") {
  const ScratchDirectory scratch;
  const std::string path = scratch / "etc/ocfs2/cluster.conf";
  {
    const ConfigLock lock(path);
    REQUIRE_FALSE(replace_file(path, "one\n"));
  }
  fs::create_symlink(path, scratch / "link");
  REQUIRE_FALSE(replace_file(scratch / "link", "two\n"));

  REQUIRE(whole_file(path) == "two\n");
  REQUIRE(fs::is_symlink(scratch / "link"));
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  REQUIRE((status.st_mode & 07777) == 0644);
  REQUIRE(std::distance(fs::directory_iterator(scratch / "etc/ocfs2"), {}) == 1);
}

TEST_CASE("a configuration file that cannot be written stays", "[config_file]") {
  const ScratchDirectory scratch;
  scratch.text_file("file", "x");
  REQUIRE(replace_file(scratch / "file/cluster.conf", "text")->tried.find("make the folder") == 0);
  fs::create_directories(scratch / "folder");
  REQUIRE(replace_file(scratch / "folder", "text")->number == EISDIR);
  REQUIRE(std::distance(fs::directory_iterator(scratch / ""), {}) == 2);
}

}  // namespace ocfs2
