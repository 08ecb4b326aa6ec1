// SPDX-License-Identifier: GPL-2.0-or-later
//
// The service on a host and a kernel that refuse one thing after the other: whatever failed, it is said
// where, nothing stays half done, and the next try gets there.
#include "cmd/o2cb_service.h"

#include <unistd.h>
#include <catch2/catch.hpp>

#include "engine/error.h"
#include "tests/worlds/fake_host.h"
#include "tests/worlds/fake_kernel.h"
#include "tests/worlds/scratch_directory.h"

namespace ocfs2 {
namespace {

/// A host that is one of two nodes, on which nothing is loaded.
class Node {
 public:
  explicit Node(const std::string& settings = "O2CB_HEARTBEAT_THRESHOLD=61\nO2CB_IDLE_TIMEOUT_MS=20000\n") {
    char name[256] = {};
    gethostname(name, sizeof name - 1);
    run.conf_path = scratch.text_file(
        "cluster.conf",
        std::string("cluster:\n\tname = san\n\tnode_count = 2\n\nnode:\n\tname = ") + name +
            "\n\tnumber = 1\n\tip_address = 10.0.0.1\n\tip_port = 7777\n\tcluster = san\n\nnode:\n\tname = "
            "peer-of-it\n\tnumber = 2\n\tip_address = 10.0.0.2\n\tip_port = 7777\n\tcluster = san\n");
    scratch.text_file("etc/default/o2cb", settings);
    kernel.put(root + "/sys/fs/ocfs2/cluster_stack", "o2cb");
  }

  /// What was printed until it ended or failed; the failure is in `failure`.
  template <class Work>
  std::string said(const Work& work) {
    std::FILE* const out = std::tmpfile();
    failure.clear();
    try {
      O2cbService service(run, host, kernel, {.root = root, .out = out});
      work(service);
    } catch (const Error& error) {
      failure = error.what();
    }
    std::string text(static_cast<std::size_t>(std::ftell(out)), '\0');
    std::rewind(out);
    REQUIRE(std::fread(text.data(), 1, text.size(), out) == text.size());
    std::fclose(out);
    return text;
  }
  std::string start() {
    return said([](O2cbService& service) { service.load(), service.online("san"); });
  }
  std::string stop() {
    return said([](O2cbService& service) { service.offline("san"), service.unload(); });
  }
  std::string value(const std::string& file) { return kernel.read(cluster + file).value_or(""); }
  bool registered() { return kernel.folders(root + clusters_folder) == std::vector<std::string>{"san"}; }
  bool online() { return registered() && value("/heartbeat/dead_threshold") == "61"; }

  ScratchDirectory scratch;
  std::string root = scratch / ".";
  std::string cluster = root + clusters_folder + "/san";
  FakeKernel kernel{root + clusters_folder};
  FakeHost host;
  O2cbRun run;
  std::string failure;
};

bool ends_in_failed(const std::string& text) { return text.ends_with(": Failed\n"); }

}  // namespace

TEST_CASE("the service brings a bare host online, and leaves it bare", "[o2cb][service]") {
  Node node;

  REQUIRE(node.start() ==
          "checking debugfs...\n"
          "Loading filesystem \"configfs\": OK\n"
          "Mounting configfs filesystem at /sys/kernel/config: OK\n"
          "Loading stack plugin \"o2cb\": OK\n"
          "Loading filesystem \"ocfs2_dlmfs\": OK\n"
          "Mounting ocfs2_dlmfs filesystem at /dlm: OK\n"
          "Registering O2CB cluster \"san\": OK\n"
          "Setting O2CB cluster timeouts : OK\n");
  REQUIRE(node.failure.empty());
  REQUIRE(node.online());
  REQUIRE(node.value("/idle_timeout_ms") == "20000");
  REQUIRE(node.value("/node/peer-of-it/ipv4_address") == "10.0.0.2");
  REQUIRE(node.host.ran == std::vector<std::string>{"o2hbmonitor"});

  node.stop();
  REQUIRE(node.failure.empty());
  REQUIRE(node.kernel.left() == 0);
  REQUIRE_FALSE(node.host.is_mounted("ocfs2_dlmfs", "/dlm"));
  REQUIRE_FALSE(node.host.has_module("ocfs2_stack_o2cb"));
}

TEST_CASE("going online loads what it needs and nobody has loaded", "[o2cb][service]") {
  Node node;
  node.host.mounted = {"configfs /sys/kernel/config", "debugfs /sys/kernel/debug"};

  node.said([](O2cbService& service) { service.online("san"); });

  REQUIRE(node.failure.empty());
  REQUIRE(node.online());
  REQUIRE(node.host.is_mounted("ocfs2_dlmfs", "/dlm"));
}

TEST_CASE("whatever the kernel refuses on the way online, the next try gets there", "[o2cb][service]") {
  Node whole;
  whole.start();
  const int steps = whole.kernel.changes;
  REQUIRE(steps > 12);
  for (int refused = 1; refused <= steps; ++refused) {
    Node node;
    node.kernel.refuse_at = refused;

    const std::string said = node.start();

    INFO(refused << ": " << said << node.failure);
    if (!node.failure.empty()) {  // the folder of dlmfs may be there already
      REQUIRE(ends_in_failed(said));
      REQUIRE_FALSE(node.registered());
      node.start();
    }
    REQUIRE(node.failure.empty());
    REQUIRE(node.online());
  }
}

TEST_CASE("whatever the host refuses on the way online, the next try gets there", "[o2cb][service]") {
  Node whole;
  whole.start();
  const int steps = whole.host.changes;
  REQUIRE(steps > 5);
  for (int refused = 1; refused <= steps; ++refused) {
    Node node;
    node.host.refuse_at = refused;

    const std::string said = node.start();

    INFO(refused << ": " << said << node.failure);
    REQUIRE_FALSE(node.failure.empty());
    REQUIRE_FALSE(node.registered());
    node.start();
    REQUIRE(node.failure.empty());
    REQUIRE(node.online());
  }
}

TEST_CASE("whatever is refused on the way offline, the next try gets there", "[o2cb][service]") {
  Node whole;
  whole.start();
  const int before = whole.kernel.changes;
  whole.stop();
  const int steps = whole.kernel.changes - before;
  REQUIRE(steps == 3);  // two nodes and the cluster
  for (int refused = 1; refused <= steps; ++refused) {
    Node node;
    node.start();
    node.kernel.refuse_at = node.kernel.changes + refused;

    const std::string said = node.stop();

    INFO(refused << ": " << said << node.failure);
    REQUIRE(ends_in_failed(said));
    REQUIRE(node.registered());
    REQUIRE(node.host.is_mounted("configfs", "/sys/kernel/config"));
    node.stop();
    REQUIRE(node.failure.empty());
    REQUIRE(node.kernel.left() == 0);
  }
}

TEST_CASE("a module or a mount that is in use ends the way offline with a word, or stays",
          "[o2cb][service]") {
  Node whole;
  whole.start();
  const int before = whole.host.changes;
  whole.stop();
  for (int refused = 1; refused <= whole.host.changes - before; ++refused) {
    Node node;
    node.start();
    node.host.refuse_at = node.host.changes + refused;

    const std::string said = node.stop();

    INFO(refused << ": " << said << node.failure);
    REQUIRE(node.kernel.left() == 0);
    REQUIRE(node.failure.empty() != ends_in_failed(said));
    node.stop();
    REQUIRE(node.failure.empty());
  }
}

TEST_CASE("a cluster that others use is not taken offline", "[o2cb][service]") {
  Node node;
  node.start();
  node.kernel.pinned.insert(node.cluster + "/node/peer-of-it");

  REQUIRE(ends_in_failed(node.stop()));
  REQUIRE(node.registered());

  node.kernel.pinned.clear();
  node.stop();
  REQUIRE(node.kernel.left() == 0);
}

TEST_CASE("the stack of corosync is set, and nothing is registered", "[o2cb][service]") {
  Node node("O2CB_STACK=pcmk\n");

  const std::string said = node.start();

  REQUIRE(node.failure.empty());
  REQUIRE(said.find("Loading stack plugin \"user\": OK\n") != std::string::npos);
  REQUIRE(said.ends_with("Setting cluster stack \"pcmk\": OK\n"));
  REQUIRE(node.kernel.read(node.root + "/sys/fs/ocfs2/cluster_stack") == "pcmk");
  REQUIRE(node.kernel.left() == 0);
}

}  // namespace ocfs2
